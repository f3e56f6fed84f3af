"""A sender killed with SIGKILL: no mail is lost, and a duplicate has the same Message-ID.

`test_engine_restarts.py` kills whole engines.
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
from tests.notices import request_first_notices, write_notices

pytestmark = pytest.mark.engines

WAITING = """
    SELECT pid FROM pg_locks
    WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def count_states():
    return Counter(Delivery.objects.values_list("state", flat=True))


def count_received(sink):
    return Counter((mail.message["Message-ID"], mail.rcpt_tos[0]) for mail in sink.mails)


@contextmanager
def locked(table, mode):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN {mode} MODE")
        yield cursor


def kill_waiting_sender(worker, cursor):
    """Kill the sender that waits for a lock of ours. PostgreSQL would still run its last statement, so end the backend
    too.
    """

    def who():
        cursor.execute(WAITING)
        return [pid for (pid,) in cursor.fetchall()]

    assert processes.wait_until(who, seconds=20), worker.log()
    kill_the_sender(worker)
    cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) pid", [who()])


def kill_the_sender(worker):
    (sender,) = processes.child_pids(worker.process.pid)
    os.kill(sender, signal.SIGKILL)


def test_sender_killed_at_the_three_worst_moments(cast, start_worker, sink):
    """One worker, one task: after each kill Celery gives the task to the next process."""
    write_notices(request_first_notices(cast.incident))
    current_app.control.purge()  # the tasks enqueued for the writing
    worker = start_worker(queues="mail", concurrency=1)

    with locked("notifications_delivery", "ACCESS EXCLUSIVE") as cursor:
        enqueue.wake_mail_workers()
        kill_waiting_sender(worker, cursor)  # before the claim
        greeting = sink.delay_reply("MAIL", seconds=30, times=1)
    assert processes.wait_until(lambda: greeting.times == 0, seconds=20), worker.log()
    assert count_states() == {"SENDING": 3, "READY": 2}

    with locked("notifications_attempt", "SHARE") as cursor:
        # between claim and SMTP; the next worker takes the remaining mails, and one mail is sent
        kill_the_sender(worker)
        kill_waiting_sender(worker, cursor)  # after the 250, before the commit
    assert processes.wait_until(lambda: count_states() == {"SENDING": 4, "ACCEPTED": 1}, seconds=20), worker.log()
    assert len(sink.mails) == 2

    Delivery.objects.filter(state="SENDING").update(next_attempt_at=timezone.now())  # two minutes later
    enqueue.wake_mail_workers()
    assert processes.wait_until(lambda: count_states() == {"ACCEPTED": 5}, seconds=20), worker.log()
    assert count_received(sink).keys() == set(Delivery.objects.values_list("notice__message_id", "address"))
    assert sorted(count_received(sink).values()) == [1, 1, 1, 1, 2], (
        "for three kills one double, with the same Message-ID"
    )
    call_command("balance")
