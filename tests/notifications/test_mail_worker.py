"""Sending the outbox to a real mail server: every outcome is stored on its own row, and no mail blocks later mails."""

import os
import subprocess
import sys

import pytest
from django.core.management import call_command

from notifications import mail_worker
from notifications.alarms import lifecycle
from notifications.models import Delivery, Dispatch, Notice
from notifications.outbox import delivery_queue, mime
from tests.fixtures_worker import worker_environment
from tests.notices import delivery_to

State = Delivery.State


def states_by_name():
    return {one.recipient.name.split()[0]: one.state for one in Delivery.objects.select_related("recipient")}


def test_each_recipient_gets_one_mail_that_names_all(cast, dispatch, drain, sink):
    assert drain() == 5
    assert set(states_by_name().values()) == {State.ACCEPTED}
    (to_karen,), (to_jens,) = sink.mails_to(cast.karen.email), sink.mails_to(cast.jens.email)
    assert to_karen.rcpt_tos == [cast.karen.email]
    for mail in (to_karen, to_jens):
        assert mail.message["To"] == "Karen Bülow Møller <karen@kk.example>"
        assert mail.message["Cc"] == "Jens Ågård <jens@kk.example>"
    notice = Notice.objects.get(receiver=cast.karen)
    assert to_karen.message["Message-ID"] == to_jens.message["Message-ID"] == notice.message_id
    assert to_karen.mail_from == delivery_to(cast.karen).return_path
    assert to_karen.mail_from != to_jens.mail_from
    assert to_karen.text == notice.text
    assert "Indkaldelse til møde den 15. januar" in to_karen.html
    assert "sygefravær" not in to_karen.raw.decode("latin-1") + to_karen.text + to_karen.html
    call_command("balance")


def test_leader_refused_with_550_while_the_sender_is_accepted(cast, dispatch, drain, sink):
    sink.refuse("RCPT", "550 5.1.1 User unknown", address=cast.jens.email)
    drain()
    assert delivery_to(cast.karen).state == State.ACCEPTED
    refused = delivery_to(cast.jens)
    assert (refused.state, refused.stage, refused.code) == (State.REFUSED, "rcpt", 550)
    assert refused.reply == "5.1.1 User unknown"
    call_command("balance")


def test_time_limit_releases_remaining_mails(dispatch, drain, sink, monkeypatch):
    def drain_within(claim_seconds, send_seconds):
        with monkeypatch.context() as limits:
            limits.setattr(mail_worker, "CLAIM_SECONDS", claim_seconds)
            limits.setattr(mail_worker, "SEND_SECONDS", send_seconds)
            return drain()

    assert drain_within(-1, -1) == 0
    assert set(states_by_name().values()) == {State.READY}
    assert drain_within(-1, 45) == 0
    sink.delay_reply("DOT", seconds=0.3, times=3)
    assert drain_within(0.5, 0.5) < 3, "of the three it took it gives back what it cannot begin in time"
    assert set(states_by_name().values()) <= {State.READY, State.ACCEPTED}
    drain()
    assert set(states_by_name().values()) == {State.ACCEPTED}


def test_unbuildable_mail_does_not_stop_the_others(cast, dispatch, drain, monkeypatch, caplog):
    build = mime.build_mail
    monkeypatch.setattr(
        mime,
        "build_mail",
        lambda notice, siblings: 1 / 0 if notice.receiver_id == cast.anne.pk else build(notice, siblings),
    )
    drain()
    assert states_by_name() | {"Anne": "", "Torben": ""} == {
        "Karen": State.ACCEPTED,
        "Jens": State.ACCEPTED,
        "Ulla": State.ACCEPTED,
        "Anne": "",
        "Torben": "",
    }
    assert states_by_name()["Anne"] == states_by_name()["Torben"] == State.DEFERRED
    assert "cannot be made into a mail" in caplog.text


def test_no_transaction_is_open_during_smtp(transactional_db, cast, sink, monkeypatch):
    from django.db import connection

    from notifications.outbox.smtp_conversation import Conversation
    from tests.notices import request_first_notices, write_notices

    write_notices(request_first_notices(cast.incident))
    send, seen = Conversation.send, []
    monkeypatch.setattr(Conversation, "send", lambda *both: (seen.append(connection.in_atomic_block), send(*both))[1])
    mail_worker.drain_outbox()
    assert seen == [False] * 5


def test_draining_takes_few_queries_before_the_first_mail(dispatch, drain, sink, django_assert_max_num_queries):
    """One query for the database identity; two for due work; three for a connection to a server that answers; for each
    of three batches (three mails, one and one) the rate, the claim, the notices and the deliveries; one statement per
    mail; two for another batch, one to release the connection, and two for more work. The first settlement of a
    session is planned.
    """
    lifecycle.check_sending_database()
    with django_assert_max_num_queries(1 + 2 + 3 + 3 * 4 + 5 + 2 + 1 + 2 + 1):
        drain()


def test_outcome_is_saved_before_the_next_mail(cast, dispatch, drain, sink, monkeypatch):
    settle, seen = delivery_queue.settle_claim, []
    monkeypatch.setattr(
        delivery_queue, "settle_claim", lambda *words: (seen.append(len(sink.mails)), settle(*words))[1]
    )
    drain()
    assert seen == [1, 2, 3, 4, 5]


PRESS_THE_BUTTON = """
import django; django.setup()
from letters.models import Incident
from notifications.dispatching.dispatch_lifecycle import request_dispatch
print("dispatch", request_dispatch("FIRST_NOTICE", Incident.objects.get(), 3).pk)
"""


@pytest.mark.engines
def test_dispatch_request_works_without_a_broker(transactional_db, cast, settings, sink):
    """The row is stored, and the poller finds the row."""
    env = {
        **os.environ,
        **worker_environment(settings, sink),
        "CELERY_BROKER_URL": "redis+socket:///nowhere/at/all.sock",
    }
    pressed = subprocess.run(
        [sys.executable, "-c", PRESS_THE_BUTTON], env=env, capture_output=True, text=True, timeout=60
    )
    assert pressed.stdout == f"dispatch {Dispatch.objects.get().pk}\n"
    assert "the task was not sent" in pressed.stderr


def test_tasks_are_enqueued_after_commit(cast, monkeypatch, django_capture_on_commit_callbacks):
    from tests.notices import request_first_notices

    rung = []
    monkeypatch.setattr("sepo_incident.core.task_queue.enqueue_now", lambda task, **options: rung.append(task))
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        request_first_notices(cast.incident)
        assert rung == []
    assert len(callbacks) == 1
    assert rung == ["notifications.tasks.write_dispatch"]


@pytest.mark.parametrize(("ready", "expected"), [(5, 2), (1, 1), (0, 0)])
def test_poller_enqueues_due_work(dispatch, monkeypatch, django_capture_on_commit_callbacks, ready, expected):
    from notifications import tasks

    rung = []
    monkeypatch.setattr("sepo_incident.core.task_queue.enqueue_now", lambda task, **options: rung.append(task))
    for claimed in delivery_queue.claim_deliveries(5 - ready):
        assert claimed.lease == 1
    with django_capture_on_commit_callbacks(execute=True):
        tasks.poll_outbox()
    assert rung == ["notifications.tasks.drain_outbox"] * expected
