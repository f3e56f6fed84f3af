"""Kill -9 of a process that sends: nothing is lost, and a double has the same Message-ID.

A machine that is switched off with everybody on it is in ``test_restarts.py``.
"""

import os
import signal
from collections import Counter
from contextlib import contextmanager

import pytest
from celery import current_app
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from notifications.models import Delivery
from notifications.outbox import enqueue
from sepo_incident.embedded import processes
from tests.notifications.conftest import request, write

pytestmark = pytest.mark.engines

WAITING = """
    SELECT pid FROM pg_locks
    WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def standing():
    return Counter(Delivery.objects.values_list("state", flat=True))


def names(sink):
    return Counter((mail.message["Message-ID"], mail.rcpt_tos[0]) for mail in sink.mails)


@contextmanager
def locked(table, mode):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN {mode} MODE")
        yield cursor


def kill_the_one_that_waits(worker, cursor):
    """It stands before a lock of ours. PostgreSQL would do what it was last asked, so that is ended too."""

    def who():
        cursor.execute(WAITING)
        return [pid for (pid,) in cursor.fetchall()]

    assert processes.wait_until(who, seconds=20), worker.log()
    kill_the_sender(worker)
    cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) pid", [who()])


def kill_the_sender(worker):
    (sender,) = processes.child_pids(worker.process.pid)
    os.kill(sender, signal.SIGKILL)


def test_killed_at_the_three_worst_moments(cast, start_worker, sink):
    """One worker, one bell: after each kill Celery hands the bell to the next process, and that goes on."""
    write(request(cast.incident))
    current_app.control.purge()  # what was rung for the writing
    worker = start_worker(queues="mail", concurrency=1)

    with locked("notifications_delivery", "ACCESS EXCLUSIVE") as cursor:
        enqueue.wake_mail_workers()
        kill_the_one_that_waits(worker, cursor)  # before the claim
        greeting = sink.delay_reply("MAIL", seconds=30, times=1)
    assert processes.wait_until(lambda: greeting.times == 0, seconds=20), worker.log()
    assert standing() == {"SENDING": 3, "READY": 2}

    with locked("notifications_attempt", "SHARE") as cursor:
        kill_the_sender(worker)  # between claim and SMTP; the next takes what is left, and one mail arrives
        kill_the_one_that_waits(worker, cursor)  # after the 250, before the commit
    assert processes.wait_until(lambda: standing() == {"SENDING": 4, "ACCEPTED": 1}, seconds=20), worker.log()
    assert len(sink.mails) == 2

    Delivery.objects.filter(state="SENDING").update(next_attempt_at=timezone.now())  # two minutes later
    enqueue.wake_mail_workers()
    assert processes.wait_until(lambda: standing() == {"ACCEPTED": 5}, seconds=20), worker.log()
    assert names(sink).keys() == set(Delivery.objects.values_list("notice__message_id", "address"))
    assert sorted(names(sink).values()) == [1, 1, 1, 1, 2], "for three kills one double, with the same Message-ID"
    call_command("balance")


def test_from_button_to_sink_through_real_workers(cast, start_worker, sink):
    """The bell wakes the worker that writes, and it rings for the one that sends."""
    start_worker(queues="celery,mail", concurrency=1)
    dispatch = request(cast.incident)
    assert processes.wait_until(lambda: len(sink.mails) == 5 and standing() == {"ACCEPTED": 5}, seconds=20)
    dispatch.refresh_from_db()
    assert dispatch.written == 3
