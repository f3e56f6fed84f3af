"""Several mail servers, so many connections to each, and so many mails a minute: what the workers agree on."""

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
def two(sink, settings, unused_port):
    """The names of a server that is not there, and of the sink beside it."""
    settings.MAIL = {**settings.MAIL, "servers": [server_at(unused_port), server_at(sink.port)]}
    return f"127.0.0.1:{unused_port}", f"127.0.0.1:{sink.port}"


@pytest.fixture
def twice(sink, settings):
    """The sink under two names."""
    names = ["127.0.0.1", "localhost"]
    settings.MAIL = {**settings.MAIL, "servers": [server_at(sink.port, host) for host in names]}
    return [f"{name}:{sink.port}" for name in names]


@contextmanager
def another_worker():
    """Its session, as that of a process of its own."""
    session = connection.get_new_connection(connection.get_connection_params())
    try:
        yield session.cursor()
    finally:
        session.close()


def owe_the_copies_again():
    again = {"state": State.READY, "accepted_at": None, "next_attempt_at": timezone.now(), "lease": 2}
    assert Delivery.objects.filter(role="CC").update(**again) == 2


def asked():
    return [server.name for server in mail_servers.servers_by_availability()]


def test_the_next_server_takes_what_the_first_does_not_answer_to(dispatch, two, sink):
    assert mail_worker.drain_outbox() == 5
    assert set(Delivery.objects.values_list("state", "attempts")) == {(State.ACCEPTED, 1)}
    assert set(Attempt.objects.values_list("server", flat=True)) == {two[1]}
    aside = MailServer.objects.get()
    assert (aside.name, aside.failures) == (two[0], 1)
    assert "refused" in aside.reply
    assert asked() == [two[1], two[0]]
    call_command("balance")


def test_a_server_that_is_set_aside_is_asked_again_later_and_waits_longer_each_time(dispatch, two, sink):
    mail_worker.drain_outbox()
    with time_machine.travel(timezone.now() + mail_servers.SET_ASIDE_DURATIONS[0] + timedelta(seconds=1)):
        assert asked() == [*two]
        owe_the_copies_again()
        mail_worker.drain_outbox()
        aside = MailServer.objects.get()
        assert aside.failures == 2
        assert aside.aside_until - aside.changed_at == mail_servers.SET_ASIDE_DURATIONS[1]


def test_one_that_answers_again_is_the_first_again(dispatch, twice, sink):
    sink.refuse("CONNECT", "421 4.7.0 For mange forbindelser", times=1)
    mail_worker.drain_outbox()
    assert set(Attempt.objects.values_list("server", flat=True)) == {twice[1]}
    assert MailServer.objects.get().reply == "421 4.7.0 For mange forbindelser"
    assert asked() == twice[::-1]
    with time_machine.travel(timezone.now() + mail_servers.SET_ASIDE_DURATIONS[0] + timedelta(seconds=1)):
        owe_the_copies_again()
        mail_worker.drain_outbox()
    assert not MailServer.objects.exists()
    assert asked() == twice


def test_no_server_answers_and_one_try_stands_for_a_batch(dispatch, settings, unused_port):
    settings.MAIL = {**settings.MAIL, "servers": [server_at(unused_port), server_at(unused_port, "localhost")]}
    assert mail_worker.drain_outbox() == 5
    assert set(Delivery.objects.values_list("state", "stage", "attempts")) == {(State.DEFERRED, "connect", 1)}
    assert MailServer.objects.count() == 2
    call_command("balance")


def test_a_server_that_falls_silent_in_the_middle_leaves_the_rest_to_the_next(dispatch, twice, sink, settings):
    settings.MAIL = {**settings.MAIL, "workers": 1}
    sink.hang_up("RCPT", times=2)
    assert mail_worker.drain_outbox() >= 3
    outcomes = list(Attempt.objects.order_by("pk").values_list("server", "outcome"))
    assert outcomes == [(twice[0], Outcome.DEFERRED)] * 2 + [(twice[1], Outcome.ACCEPTED)] * 3
    assert set(Delivery.objects.values_list("state", "lease")) == {(State.DEFERRED, 1), (State.ACCEPTED, 1)}
    call_command("balance")


def test_two_workers_who_find_a_server_gone_set_it_aside_once(db, two):
    server, reply = mail_servers.configured_servers()[0], mail_worker.UNBUILDABLE_REPLY
    mail_servers.set_server_aside(server, reply)
    mail_servers.set_server_aside(server, reply)
    assert MailServer.objects.get().failures == 1


def test_no_more_connections_than_the_server_takes(dispatch, sink, settings):
    settings.MAIL = {**settings.MAIL, "connections": 2}
    server = mail_servers.configured_servers()[0]
    with another_worker() as first, another_worker() as second:
        for other, place in ((first, 0), (second, 1)):
            other.execute("SELECT pg_advisory_lock(%s, %s)", [mail_servers.lock_key_of(server), place])
        assert mail_worker.drain_outbox() == 0
        assert set(Delivery.objects.values_list("state", "lease")) == {(State.READY, 0)}
        assert not sink.mails
    assert mail_worker.drain_outbox() == 5


def test_when_the_first_has_no_connection_free_the_next_is_used(dispatch, twice, sink, settings):
    settings.MAIL = {**settings.MAIL, "connections": 1}
    with another_worker() as other:
        other.execute(
            "SELECT pg_advisory_lock(%s, 0)", [mail_servers.lock_key_of(mail_servers.configured_servers()[0])]
        )
        assert mail_worker.drain_outbox() == 5
    assert set(Attempt.objects.values_list("server", flat=True)) == {twice[1]}


def test_a_connection_is_given_back(dispatch, sink, settings):
    settings.MAIL = {**settings.MAIL, "connections": 1}
    mail_worker.drain_outbox()
    with another_worker() as other:
        other.execute(
            "SELECT pg_try_advisory_lock(%s, 0)", [mail_servers.lock_key_of(mail_servers.configured_servers()[0])]
        )
        assert other.fetchone() == (True,)


def test_a_speed_limit_holds_in_every_minute(dispatch, sink, settings):
    settings.MAIL = {**settings.MAIL, "per_minute": 3}
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert mail_worker.drain_outbox() == 3
        assert not delivery_queue.has_due_mail()
        clock.shift(59)
        assert mail_worker.drain_outbox() == 0
        clock.shift(2)
        assert mail_worker.drain_outbox() == 2


def test_what_never_met_a_server_does_not_count(dispatch, sink, settings, monkeypatch):
    settings.MAIL = {**settings.MAIL, "per_minute": 3}
    delivery_queue.settle_claim(delivery_queue.claim_deliveries(1)[0], mail_worker.UNBUILDABLE_REPLY, timezone.now())
    assert mail_worker.drain_outbox() == 3


CLAIM = """
import django; django.setup()
from notifications.outbox import outbox
print(sum(len(outbox.claim(3)) for _ in range(20)))
"""


@pytest.mark.engines
def test_workers_keep_the_speed_limit_together(transactional_db, cast, settings, sink):
    from tests.factories import FollowUpFactory, LetterFactory, UserFactory
    from tests.notifications.conftest import request, write

    for _ in range(30):
        FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=UserFactory(), leader=cast.jens))
    write(request(cast.incident))
    env = {**subprocess.os.environ, **worker_environment(settings, sink), "MAIL_PER_MINUTE": "20"}
    workers = [
        subprocess.Popen([sys.executable, "-c", CLAIM], env=env, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    assert sum(int(worker.communicate(timeout=60)[0]) for worker in workers) == 20
