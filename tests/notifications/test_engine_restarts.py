"""Engines that restart, die and stay away while mails are sent. Each test has engines of its own."""

import os
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from celery import current_app
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.models import F
from django.utils import timezone

from notifications import mail_worker
from notifications.alarms import lifecycle
from notifications.dispatching import dispatch_lifecycle
from notifications.models import Delivery
from notifications.outbox import delivery_queue
from sepo_incident import embedded
from sepo_incident.embedded import processes
from tests.fixtures_worker import worker_environment
from tests.notices import request_first_notices, write_notices

pytestmark = pytest.mark.engines
State = Delivery.State


def count_states():
    """Count the mails to people by state."""
    return Counter(Delivery.objects.exclude(notice__dispatch=None).values_list("state", flat=True))


def times_sent(sink):
    """Return the number of times each mail was received, highest first."""
    return sorted(Counter((mail.message["Message-ID"], mail.rcpt_tos[0]) for mail in sink.mails).values(), reverse=True)


# --- the broker ---------------------------------------------------------------------------------------------------


@pytest.fixture
def start_beat(own_folder, settings, sink):
    """Return a function that starts Celery beat with the schedule of the previous beat."""
    beats = []
    command = [*(sys.executable, "-m", "celery", "-A", "sepo_incident", "beat", "--pidfile=", "-s")]

    def start():
        env = {**os.environ, **worker_environment(settings, sink), "CELERY_BROKER_URL": embedded.broker_url()}
        schedule = str(own_folder / "schedule")
        beats.append(
            processes.spawn([*command, schedule], dies_with=signal.SIGKILL, env=env, output=subprocess.DEVNULL)
        )
        return beats[-1]

    yield start
    for beat in beats:
        beat.kill()
        beat.wait()


def test_sending_survives_killed_broker_and_beat(cast, own_broker, start_worker, start_beat, sink):
    """The current turn needs no broker. Then PostgreSQL alone keeps the due mails: the broker returns empty, and the
    waiting worker sends.
    """
    write_notices(request_first_notices(cast.incident))
    beat = start_beat()
    worker = start_worker(queues="mail", CELERY_BROKER_URL=embedded.broker_url())
    sink.refuse("RCPT", "450 4.2.1 Optaget", address=cast.karen.email, times=1)
    slow = sink.delay_reply("DOT", seconds=1, times=1)
    with current_app.connection_for_write(embedded.broker_url()) as line:
        current_app.send_task("notifications.tasks.drain_outbox", connection=line)
    assert processes.wait_until(lambda: slow.times == 0, seconds=20), worker.log()

    own_broker.end(signal.SIGKILL)
    beat.kill()
    own_broker.forget()
    assert processes.wait_until(lambda: count_states() == {State.ACCEPTED: 4, State.DEFERRED: 1}, seconds=20)
    start_beat()
    Delivery.objects.filter(state=State.DEFERRED).update(next_attempt_at=F("next_attempt_at") - timedelta(minutes=10))
    assert processes.wait_until(lambda: "(1/None)" in worker.log(), seconds=20), "it tries again, without end"
    assert delivery_queue.count_due_mails() == 1

    own_broker.start()
    assert processes.wait_until(lambda: count_states() == {State.ACCEPTED: 5}, seconds=40), worker.log()
    assert times_sent(sink) == [1, 1, 1, 1, 1]
    call_command("balance")


# --- PostgreSQL ---------------------------------------------------------------------------------------------------


@pytest.fixture
def sent_before(transactional_db):
    """Mails were sent from the shared test database; `own_database` is a backup of that database."""
    lifecycle.check_sending_database()


@contextmanager
def sending(sink, mail):
    """Run the block after the server stored the n-th mail and before the server replies. `yes.played`: the reply was
    sent.
    """

    def drain():
        try:
            mail_worker.drain_outbox()
        finally:
            connection.close()

    yes = sink.delay_reply("ACCEPTED", seconds=1, times=1)
    with ThreadPoolExecutor(1) as worker:
        turn = worker.submit(drain)
        assert processes.wait_until(lambda: yes.times == 0, seconds=20)
        assert len(sink.mails) == mail
        connection.close()
        yield yes
        with pytest.raises(OperationalError):
            turn.result(timeout=60)


def test_sending_survives_postgres_restarts(cast, sent_before, own_database, sink, monkeypatch):
    """A restored backup asks before sending. After a restart of PostgreSQL the accepted mail is settled and the
    remaining claims are released. Only after a longer outage is that one mail sent twice.
    """
    write_notices(request_first_notices(cast.incident))
    assert mail_worker.drain_outbox() == 1, "the mail to the watch"
    assert count_states() == {State.READY: 5}
    sink.mails.clear()
    dispatch_lifecycle.resume_all_mails(cast.incident, cast.mette)

    for mail, how in enumerate((None, signal.SIGKILL), start=1):
        with sending(sink, mail) as yes:
            own_database.end(how)
            assert processes.wait_until(lambda yes=yes: yes.played, seconds=20)
            own_database.start()
        assert count_states() == {State.ACCEPTED: mail, State.READY: 5 - mail}

    monkeypatch.setattr(delivery_queue, "RESTART_SECONDS", 0.5)
    with sending(sink, mail=3):
        own_database.end()
    own_database.start()
    assert count_states()[State.ACCEPTED] == 2
    Delivery.objects.filter(state=State.SENDING).update(next_attempt_at=timezone.now())  # two minutes later
    mail_worker.drain_outbox()
    assert count_states() == {State.ACCEPTED: 5}
    assert times_sent(sink) == [2, 1, 1, 1, 1]
    call_command("balance")
