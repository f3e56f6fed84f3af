"""The faults of promises.md that concern sending, each with the sums afterwards.

Kills are in ``test_kill.py``, several servers in ``test_servers.py``, a person's retry of *Uvist*, poison and a dead
server in ``test_draining.py``; restarts of PostgreSQL and a broker that
forgets in benchmarks/soak_mail.py (``make soak``).
"""

import os
import signal
from datetime import timedelta

import pytest
import time_machine
from celery import current_app
from django.core.management import call_command
from django.utils import timezone

from notifications import bells, draining, tasks
from notifications.models import Attempt, Delivery
from notifications.sending import outbox
from sepo_incident.embedded import processes
from tests.factories import at
from tests.notifications.conftest import request, write

State = Delivery.State


def states():
    return set(Delivery.objects.values_list("state", flat=True))


def all_accepted():
    return states() == {State.ACCEPTED}


@pytest.mark.parametrize("offers", [("DSN", "PIPELINING"), ()])
@pytest.mark.parametrize(
    ("step", "answer", "state", "stage"),
    [
        ("CONNECT", "421 4.3.2 Optaget", State.DEFERRED, "connect"),
        ("CONNECT", "554 5.3.2 Nej", State.DEFERRED, "connect"),
        ("MAIL", "451 4.3.0 Prøv senere", State.DEFERRED, "mail"),
        ("MAIL", "550 5.7.0 Afsender ukendt", State.REFUSED, "mail"),
        ("RCPT", "450 4.2.1 Optaget", State.DEFERRED, "rcpt"),
        ("RCPT", "550 5.1.1 Ukendt", State.REFUSED, "rcpt"),
        ("DATA", "451 4.3.0 Prøv senere", State.DEFERRED, "data"),
        ("DATA", "554 5.5.1 Nej", State.REFUSED, "data"),
        ("DOT", "452 4.3.1 Fuld", State.DEFERRED, "data"),
        ("DOT", "552 5.3.4 For stor", State.REFUSED, "data"),
    ],
)
def test_a_server_that_always_says_no_at_one_step(dispatch, sink, step, answer, state, stage, offers):
    sink.offer(*offers)
    sink.refuse(step, answer)
    draining.drain()
    assert states() == {state}
    assert set(Attempt.objects.values_list("stage", flat=True)) == {stage}
    assert not sink.mails
    call_command("balance")


@pytest.mark.parametrize(("step", "first"), [("RCPT", State.DEFERRED), ("DOT", State.UNKNOWN)])
def test_a_server_that_keeps_us_waiting_once(dispatch, sink, settings, step, first):
    settings.MAIL = {**settings.MAIL, "timeout": 1}
    sink.dawdle(step, seconds=2, times=1)
    draining.drain()
    assert sorted(Delivery.objects.values_list("state", flat=True)) == sorted([first] + [State.ACCEPTED] * 4)
    call_command("balance")


@pytest.mark.parametrize(
    ("step", "first"), [("DATA", State.DEFERRED), ("DOT", State.UNKNOWN), ("ACCEPTED", State.UNKNOWN)]
)
def test_a_line_that_is_cut_once(dispatch, sink, step, first):
    sink.hang_up(step)
    draining.drain()
    assert sorted(Delivery.objects.values_list("state", flat=True)) == sorted([first] + [State.ACCEPTED] * 4)
    call_command("balance")


def test_the_clock_is_put_back_while_mails_wait(dispatch, sink):
    """In the night to 25 October 2026 the hour from 2 to 3 comes twice; what waits counts in real minutes."""
    with time_machine.travel(at(2026, 10, 25, 2, 58), tick=False) as clock:
        Delivery.objects.update(next_attempt_at=timezone.now())
        sink.refuse("RCPT", "450 4.2.1 Optaget", times=5)
        assert draining.drain() == 5
        clock.shift(59)
        assert draining.drain() == 0
        clock.shift(2)
        assert draining.drain() == 5
    assert all_accepted()


def test_a_clock_that_was_wrong_loses_nothing(dispatch, sink):
    """Set an hour back by hand: what waits, waits an hour longer, and then goes."""
    sink.refuse("RCPT", "450 4.2.1 Optaget", times=5)
    draining.drain()
    with time_machine.travel(timezone.now() - timedelta(hours=1), tick=False) as clock:
        assert not outbox.is_due()
        clock.shift(timedelta(hours=1, minutes=2))
        draining.drain()
        assert all_accepted()
    call_command("balance")


@pytest.mark.engines
def test_a_broker_that_forgets_everything(cast, start_worker, sink):
    """Flushed with all bells in it, while nobody listened: the poller rings again."""
    write(request(cast.incident))
    with current_app.connection_for_write() as line:
        line.default_channel.client.flushdb()
    start_worker(queues="mail", concurrency=1)
    tasks.poll_outbox()
    assert processes.wait_until(all_accepted, seconds=20)
    assert len(sink.mails) == 5
    call_command("balance")


@pytest.mark.engines
def test_a_worker_that_lives_and_hears_nothing(cast, start_worker, sink):
    """It is there and does nothing: another one sends, and when the first wakes nothing goes out twice."""
    write(request(cast.incident))
    deaf = start_worker(queues="mail", concurrency=1)
    os.killpg(deaf.process.pid, signal.SIGSTOP)
    bells.ring_for_mail()
    start_worker(queues="mail", concurrency=1)
    bells.ring_for_mail()
    assert processes.wait_until(all_accepted, seconds=20)
    os.killpg(deaf.process.pid, signal.SIGCONT)
    assert processes.wait_until(lambda: "succeeded" in deaf.log(), seconds=10), "it hears the bell that was its own"
    assert len(sink.mails) == 5
    call_command("balance")
