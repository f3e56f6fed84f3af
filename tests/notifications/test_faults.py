"""The faults of docs/promises.md that concern mail. Each test here ends with the command `balance`.

Other tests cover these faults:

- A sender killed before the claim, between claim and SMTP, after the 250: `test_killed_sender.py`; an import killed:
  `tests/letters/test_killed_worker.py`
- Broker flushed, broker, beat and PostgreSQL killed, restarted or away in a send, and kills at random:
  `test_engine_restarts.py`
- No broker when the button is pressed, 5xx for one of two recipients, a mail that cannot be built:
  `test_mail_worker.py`
- A mail that kills its worker: `test_delivery_queue.py`
- A server that is not there or falls silent: `test_mail_servers.py` and `test_mail_worker.py`
- 554 spam: `alarms/test_alarms.py`; accepted, then nothing: `alarms/test_silence.py` and
  `inbound/test_delivery_states.py`
- DSN late, twice, out of order, before the settlement: `inbound/test_delivery_states.py`; DSN forged:
  `inbound/test_delivery_matching.py`
- A worker whose clock is wrong: `test_clocks.py`
- Killed, or no PostgreSQL, while a mail comes in: `inbound/test_smtp_listener.py`
- Mail loop: `inbound/test_incoming_page.py` and `inbound/test_delivery_matching.py`
- Midnight of the deadline: `tests/followups/test_calendar.py`
- Restored from a backup: `alarms/test_restored_database.py` and `test_engine_restarts.py`
- 20.000 mails: `benchmarks/mail.py` (`make bench-mail`)
"""

import os
import signal
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from notifications import mail_worker
from notifications.models import Attempt, Delivery
from notifications.outbox import delivery_queue, enqueue
from sepo_incident.embedded import processes
from tests.factories import at
from tests.notices import request_first_notices, write_notices

State = Delivery.State


@pytest.fixture(autouse=True)
def sums_agree(db):
    yield
    call_command("balance")


def states():
    return set(Delivery.objects.values_list("state", flat=True))


def all_accepted():
    return states() == {State.ACCEPTED}


@pytest.mark.parametrize(
    ("step", "answer", "state", "stage"),
    [
        ("CONNECT", "554 5.3.2 Nej", State.DEFERRED, "connect"),
        ("RCPT", "450 4.2.1 Optaget", State.DEFERRED, "rcpt"),
        ("DOT", "452 4.3.1 Fuld", State.DEFERRED, "data"),
    ],
)
def test_server_that_always_refuses_at_one_step(dispatch, sink, step, answer, state, stage):
    sink.refuse(step, answer)
    mail_worker.drain_outbox()
    assert states() == {state}
    assert set(Attempt.objects.values_list("stage", flat=True)) == {stage}
    assert not sink.mails


@pytest.mark.parametrize(("step", "first"), [("RCPT", State.DEFERRED), ("DOT", State.UNKNOWN)])
def test_server_that_times_out_once(dispatch, sink, settings, step, first):
    settings.MAIL = {**settings.MAIL, "timeout": 1}
    sink.delay_reply(step, seconds=2, times=1)
    mail_worker.drain_outbox()
    assert sorted(Delivery.objects.values_list("state", flat=True)) == sorted([first] + [State.ACCEPTED] * 4)


def test_clock_change_while_mails_wait(dispatch, sink):
    """In the night to 25 October 2026 the hour from 2 to 3 occurs twice; waiting times are real minutes."""
    with time_machine.travel(at(2026, 10, 25, 2, 59, 30), tick=False) as clock:
        Delivery.objects.update(next_attempt_at=timezone.now())
        sink.refuse("RCPT", "450 4.2.1 Optaget", times=5)
        assert mail_worker.drain_outbox() == 5
        clock.shift(59)
        assert mail_worker.drain_outbox() == 0
        clock.shift(2)
        assert mail_worker.drain_outbox() == 5
    assert all_accepted()


def test_clock_set_back_loses_no_mail(dispatch, sink):
    """PostgreSQL's clock is set back by an hour: waiting mails wait an hour longer and are then sent."""
    sink.refuse("RCPT", "450 4.2.1 Optaget", times=5)
    mail_worker.drain_outbox()
    with time_machine.travel(timezone.now() - timedelta(hours=1), tick=False) as clock:
        assert not delivery_queue.has_due_mail()
        clock.shift(timedelta(hours=1, minutes=2))
        mail_worker.drain_outbox()
        assert all_accepted()


@pytest.mark.engines
def test_stopped_worker_sends_nothing_twice(cast, start_worker, sink):
    """A worker is alive and does nothing: another worker sends, and the first worker sends nothing twice after
    waking.
    """
    write_notices(request_first_notices(cast.incident))
    deaf = start_worker(queues="mail", concurrency=1)
    os.killpg(deaf.process.pid, signal.SIGSTOP)
    enqueue.wake_mail_workers()
    start_worker(queues="mail", concurrency=1)
    enqueue.wake_mail_workers()
    assert processes.wait_until(all_accepted, seconds=20)
    os.killpg(deaf.process.pid, signal.SIGCONT)
    assert processes.wait_until(lambda: "succeeded" in deaf.log(), seconds=10), "the worker takes its own task"
    assert len(sink.mails) == 5
