"""Senders and writers whose clock is three minutes ahead or behind: no mail is sent twice, and none is late."""

import os
import subprocess
import sys
from collections import Counter

import pytest
from django.core.management import call_command

from notifications.models import Attempt, Delivery
from sepo_incident.core import database
from sepo_incident.embedded import processes
from tests.factories import FollowUpFactory, LetterFactory, UserFactory
from tests.fixtures_worker import worker_environment
from tests.notices import request_first_notices, write_notices

pytestmark = pytest.mark.engines

MAILS = 12
#: says that it is ready, and runs one statement when the input ends; the clock is so many minutes ahead
PROCESS = """
import datetime, sys, time_machine
ahead = datetime.timedelta(minutes={minutes})
time_machine.travel(datetime.datetime.now(datetime.UTC) + ahead, tick=True).start()
import django; django.setup()
from notifications import mail_worker
from notifications.dispatching import outbox_writer
print("ready", flush=True)
sys.stdin.read()
{statement}
"""
SEND = "mail_worker.drain_outbox()"


@pytest.fixture
def dispatch_of_twelve(transactional_db, cast, no_workers):
    """A requested dispatch to twelve senders without a leader: twelve mails."""
    cast.incident.letters.all().update(sender=None)
    for number in range(MAILS):
        letter = LetterFactory(incident=cast.incident, sender=UserFactory(email=f"a{number}@kk.example"), leader=None)
        FollowUpFactory(letter=letter)
    return request_first_notices(cast.incident)


@pytest.fixture
def start(settings, sink):
    """`start(SEND, minutes=3)` starts a process whose clock is three minutes ahead. `begin` makes it begin."""
    running = []

    def process(statement, minutes):
        code = PROCESS.format(statement=statement, minutes=minutes)
        env = {**os.environ, **worker_environment(settings, sink)}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        running.append(subprocess.Popen([sys.executable, "-c", code], env=env, **pipes))
        return running[-1]

    yield process
    for one in running:
        one.kill()
        one.wait()
        one.stdin.close()
        one.stdout.close()


def begin(process):
    assert process.stdout.readline() == b"ready\n"
    process.stdin.close()
    return process


def run(process):
    assert begin(process).wait(60) == 0


def count_doubled(sink):
    received = Counter(mail.message["Message-ID"] for mail in sink.mails)
    assert len(received) == MAILS, "each mail arrived"
    return sum(1 for times in received.values() if times > 1)


def test_sender_with_a_clock_ahead_doubles_no_mail(dispatch_of_twelve, sink, start):
    """A sender with the right clock holds half of the mails and waits for an answer. Meanwhile another sender comes."""
    write_notices(dispatch_of_twelve)
    answer = sink.delay_reply("DOT", seconds=2, times=1)
    right, ahead = start(SEND, minutes=0), start(SEND, minutes=3)
    begin(right)
    assert processes.wait_until(lambda: answer.times == 0, seconds=20)
    run(ahead)
    assert right.wait(60) == 0
    assert count_doubled(sink) == 0
    assert Attempt.objects.count() == MAILS
    call_command("balance")


def test_mail_is_not_late_by_the_clock_of_the_sender(dispatch_of_twelve, sink, start):
    """The sender's clock is behind. One mail is deferred by a minute."""
    write_notices(dispatch_of_twelve)
    sink.refuse("RCPT", "450 4.2.1 Optaget", times=1)
    run(start(SEND, minutes=-3))
    assert len(sink.mails) == MAILS - 1
    deferred = Delivery.objects.get(state=Delivery.State.DEFERRED)
    assert (deferred.next_attempt_at - deferred.changed_at).total_seconds() == 60
    attempt = Attempt.objects.get(delivery=deferred)
    assert dispatch_of_twelve.requested_at < attempt.started_at < attempt.ended_at < database.now()
