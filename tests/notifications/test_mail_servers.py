"""Several mail servers: fail-over, connection limits and the rate limit shared by workers."""

import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from notifications import mail_worker
from notifications.models import Attempt, Delivery, MailServer
from notifications.outbox import delivery_queue, mail_servers
from tests.fixtures_sink import server_at
from tests.fixtures_worker import worker_environment

State, Outcome = Delivery.State, Attempt.Outcome


@pytest.fixture
def dead_server_and_sink(sink, settings, unused_port):
    """The names of a dead server and of the sink beside the dead server."""
    settings.MAIL = {**settings.MAIL, "servers": [server_at(unused_port), server_at(sink.port)]}
    return f"127.0.0.1:{unused_port}", f"127.0.0.1:{sink.port}"


@pytest.fixture
def sink_under_two_names(sink, settings):
    """The sink under two names."""
    names = ["127.0.0.1", "localhost"]
    settings.MAIL = {**settings.MAIL, "servers": [server_at(sink.port, host) for host in names]}
    return [f"{name}:{sink.port}" for name in names]


@contextmanager
def another_worker():
    """The database session of another worker process."""
    session = connection.get_new_connection(connection.get_connection_params())
    try:
        yield session.cursor()
    finally:
        session.close()


def requeue_copies():
    again = {"state": State.READY, "accepted_at": None, "next_attempt_at": timezone.now(), "lease": 2}
    assert Delivery.objects.filter(role="CC").update(**again) == 2


def available_servers():
    return [server.name for server in mail_servers.servers_by_availability()]


def test_second_server_takes_over(dispatch, dead_server_and_sink, sink):
    assert mail_worker.drain_outbox() == 5
    assert set(Delivery.objects.values_list("state", "attempts")) == {(State.ACCEPTED, 1)}
    assert set(Attempt.objects.values_list("server", flat=True)) == {dead_server_and_sink[1]}
    aside = MailServer.objects.get()
    assert (aside.name, aside.failures) == (dead_server_and_sink[0], 1)
    assert "refused" in aside.reply
    assert available_servers() == [dead_server_and_sink[1], dead_server_and_sink[0]]
    call_command("balance")


def test_failed_server_is_retried_with_growing_delay(dispatch, dead_server_and_sink, sink):
    mail_worker.drain_outbox()
    with time_machine.travel(timezone.now() + mail_servers.SET_ASIDE_DURATIONS[0] + timedelta(seconds=1)):
        assert available_servers() == [*dead_server_and_sink]
        requeue_copies()
        mail_worker.drain_outbox()
        aside = MailServer.objects.get()
        assert aside.failures == 2
        assert aside.aside_until - aside.changed_at == mail_servers.SET_ASIDE_DURATIONS[1]


def test_one_attempt_counts_for_the_batch_when_no_server_answers(dispatch, settings, unused_port):
    settings.MAIL = {**settings.MAIL, "servers": [server_at(unused_port), server_at(unused_port, "localhost")]}
    assert mail_worker.drain_outbox() == 5
    assert set(Delivery.objects.values_list("state", "stage", "attempts")) == {(State.DEFERRED, "connect", 1)}
    assert MailServer.objects.count() == 2
    call_command("balance")


def test_server_lost_within_a_batch_is_replaced(dispatch, sink_under_two_names, sink, settings):
    settings.MAIL = {**settings.MAIL, "workers": 1}
    sink.hang_up("RCPT", times=2)
    assert mail_worker.drain_outbox() >= 3
    outcomes = list(Attempt.objects.order_by("pk").values_list("server", "outcome"))
    assert (
        outcomes
        == [(sink_under_two_names[0], Outcome.DEFERRED)] * 2 + [(sink_under_two_names[1], Outcome.ACCEPTED)] * 3
    )
    assert set(Delivery.objects.values_list("state", "lease")) == {(State.DEFERRED, 1), (State.ACCEPTED, 1)}
    call_command("balance")


def test_connection_limit_holds(dispatch, sink, settings):
    settings.MAIL = {**settings.MAIL, "connections": 2}
    server = mail_servers.configured_servers()[0]
    with another_worker() as first, another_worker() as second:
        for other, place in ((first, 0), (second, 1)):
            other.execute("SELECT pg_advisory_lock(%s, %s)", [mail_servers.lock_key_of(server), place])
        assert mail_worker.drain_outbox() == 0
        assert set(Delivery.objects.values_list("state", "lease")) == {(State.READY, 0)}
        assert not sink.mails
    assert mail_worker.drain_outbox() == 5


def test_rate_limit_holds_in_every_minute(dispatch, sink, settings):
    settings.MAIL = {**settings.MAIL, "per_minute": 3}
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert mail_worker.drain_outbox() == 3
        assert not delivery_queue.has_due_mail()
        clock.shift(59)
        assert mail_worker.drain_outbox() == 0
        clock.shift(2)
        assert mail_worker.drain_outbox() == 2


CLAIM = """
import django; django.setup()
from notifications.outbox import delivery_queue
print(sum(len(delivery_queue.claim_deliveries(3)) for _ in range(20)))
"""


@pytest.mark.engines
def test_workers_share_the_rate_limit(transactional_db, cast, settings, sink):
    from tests.notices import request_first_notices, write_notices

    write_notices(request_first_notices(cast.incident))
    env = {**subprocess.os.environ, **worker_environment(settings, sink), "MAIL_PER_MINUTE": "3"}
    workers = [
        subprocess.Popen([sys.executable, "-c", CLAIM], env=env, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    assert sum(int(worker.communicate(timeout=60)[0]) for worker in workers) == 3, "of five mails"
