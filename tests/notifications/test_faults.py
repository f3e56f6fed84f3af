"""The faults of docs/promises.md that concern mail, and where each is tried. Those here end with the sums, ``balance``.

Killed before the claim, between claim and SMTP, after the 250    test_kill.py::test_killed_at_the_three_worst_moments
… with everybody on the machine, at random                        test_restarts.py::test_the_soak_in_small
… in an import                                                    tests/letters/test_kill.py
Broker and beat killed in a send, broker away for ten minutes     test_restarts.py::test_the_broker_and_the_clock_…
Broker flushed; a worker that lives and is deaf                   here
No broker when the button is pressed                              test_draining.py::test_the_button_works_…
PostgreSQL restarted, killed, long away in a send                 test_restarts.py::test_postgres_is_restored_…
4xx and 5xx at connect, MAIL, RCPT, DATA and after the dot        here
5xx for one of two recipients                                     test_draining.py::test_leader_refused_with_550_…
554 spam                                                          alarms/test_alarms.py::TestSpamPauses
A server that is not there, or falls silent                       test_servers.py, test_draining.py::test_a_dead_…
Timeout, slow, cut before and after the dot                       here
Accepted, then nothing                                            inbound/test_states.py::test_silence_is_a_state,
                                                                  alarms/test_silence.py
DSN late, twice, out of order, before our commit                  inbound/test_states.py
DSN forged                                                        inbound/test_matching.py::test_a_forged_…
Killed, or no PostgreSQL, while a mail comes in                   inbound/test_listening.py
Mail loop                                                         inbound/test_incoming_page.py::test_who_is_never_…,
                                                                  inbound/test_matching.py::test_our_own_mail_…
The clock is changed                                              here
Midnight of the deadline                                          tests/followups/test_deadlines.py
Poison mail; one that kills its worker                            test_draining.py::test_a_poison_mail_…,
                                                                  test_outbox.py::test_a_mail_that_kills_its_worker_…
Restored from a backup                                            alarms/test_restored.py, test_restarts.py
20.000 mails                                                      benchmarks/mail.py (``make bench-mail``)
"""

import os
import signal
from datetime import timedelta

import pytest
import time_machine
from celery import current_app
from django.core.management import call_command
from django.utils import timezone

from notifications import mail_worker, tasks
from notifications.models import Attempt, Delivery
from notifications.outbox import delivery_queue, enqueue
from sepo_incident.embedded import processes
from tests.factories import at
from tests.notifications.conftest import request, write

State = Delivery.State


@pytest.fixture(autouse=True)
def sums_agree(db):
    yield
    call_command("balance")


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
    mail_worker.drain_outbox()
    assert states() == {state}
    assert set(Attempt.objects.values_list("stage", flat=True)) == {stage}
    assert not sink.mails


@pytest.mark.parametrize(("step", "first"), [("RCPT", State.DEFERRED), ("DOT", State.UNKNOWN)])
def test_a_server_that_keeps_us_waiting_once(dispatch, sink, settings, step, first):
    settings.MAIL = {**settings.MAIL, "timeout": 1}
    sink.delay_reply(step, seconds=2, times=1)
    mail_worker.drain_outbox()
    assert sorted(Delivery.objects.values_list("state", flat=True)) == sorted([first] + [State.ACCEPTED] * 4)


@pytest.mark.parametrize(
    ("step", "first"), [("DATA", State.DEFERRED), ("DOT", State.UNKNOWN), ("ACCEPTED", State.UNKNOWN)]
)
def test_a_line_that_is_cut_once(dispatch, sink, step, first):
    sink.hang_up(step)
    mail_worker.drain_outbox()
    assert sorted(Delivery.objects.values_list("state", flat=True)) == sorted([first] + [State.ACCEPTED] * 4)


def test_the_clock_is_put_back_while_mails_wait(dispatch, sink):
    """In the night to 25 October 2026 the hour from 2 to 3 comes twice; what waits counts in real minutes."""
    with time_machine.travel(at(2026, 10, 25, 2, 59, 30), tick=False) as clock:
        Delivery.objects.update(next_attempt_at=timezone.now())
        sink.refuse("RCPT", "450 4.2.1 Optaget", times=5)
        assert mail_worker.drain_outbox() == 5
        clock.shift(59)
        assert mail_worker.drain_outbox() == 0
        clock.shift(2)
        assert mail_worker.drain_outbox() == 5
    assert all_accepted()


def test_a_clock_that_was_wrong_loses_nothing(dispatch, sink):
    """Set an hour back by hand: what waits, waits an hour longer, and then goes."""
    sink.refuse("RCPT", "450 4.2.1 Optaget", times=5)
    mail_worker.drain_outbox()
    with time_machine.travel(timezone.now() - timedelta(hours=1), tick=False) as clock:
        assert not delivery_queue.has_due_mail()
        clock.shift(timedelta(hours=1, minutes=2))
        mail_worker.drain_outbox()
        assert all_accepted()


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


@pytest.mark.engines
def test_a_worker_that_lives_and_hears_nothing(cast, start_worker, sink):
    """It is there and does nothing: another one sends, and when the first wakes nothing goes out twice."""
    write(request(cast.incident))
    deaf = start_worker(queues="mail", concurrency=1)
    os.killpg(deaf.process.pid, signal.SIGSTOP)
    enqueue.wake_mail_workers()
    start_worker(queues="mail", concurrency=1)
    enqueue.wake_mail_workers()
    assert processes.wait_until(all_accepted, seconds=20)
    os.killpg(deaf.process.pid, signal.SIGCONT)
    assert processes.wait_until(lambda: "succeeded" in deaf.log(), seconds=10), "it hears the bell that was its own"
    assert len(sink.mails) == 5
