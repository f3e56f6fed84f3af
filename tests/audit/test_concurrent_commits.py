"""Concurrent commits: links are in commit order, and the lock of the chain blocks nobody for longer than the commit."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from threading import Event

import pytest
from django.db import OperationalError, connection, transaction

from followups import services
from followups.models import Decision, FollowUp
from followups.models.answers import DecisionAnswers
from letters import incidents
from letters.models import CategoryRule, DeadlineChange, Incident, Letter
from notifications.models import Attempt
from notifications.outbox import delivery_queue
from notifications.outbox.replies_and_retries import Reply
from sepo_incident.accounts.models import User
from sepo_incident.audit.models import Link, PendingLink
from sepo_incident.audit.verification import verify_chain
from sepo_incident.embedded.processes import wait_until
from tests.notices import write_first_notices

pytestmark = pytest.mark.django_db(transaction=True)

SENT_AGAIN = DecisionAnswers(remedy="RESEND", is_sent=True, deadline_missed=False, consequence_review="NONE")
#: pg_stat_activity is cached for the length of a transaction, so the snapshot is cleared first
WAITING_SESSIONS = """
    SELECT pg_stat_clear_snapshot();
    SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def decide(letter: Letter, by: User) -> FollowUp:
    return services.decide(letter, SENT_AGAIN, by, version=0)


def fetch_all(statement: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def is_any_session_waiting() -> bool:
    return bool(fetch_all(WAITING_SESSIONS))


@pytest.fixture
def run_in_thread() -> Iterator[Callable[..., Future]]:
    """`run_in_thread(function, *arguments)` runs the function in another thread with a connection of its own."""

    def closing(act: Callable[..., object], *given: object) -> object:
        try:
            return act(*given)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        yield lambda act, *given: pool.submit(closing, act, *given)


@contextmanager
def hold_chain_lock(run_in_thread, letter: Letter, by: User) -> Iterator[tuple[int, Future]]:
    """Hold the lock of the chain in another thread until the block ends. Yield (backend pid, future)."""
    has_lock, may_end, backend = Event(), Event(), []

    def act() -> None:
        with transaction.atomic():
            decide(letter, by)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            backend.extend(fetch_all("SELECT pg_backend_pid()")[0])
            has_lock.set()
            assert may_end.wait(20)

    ended = run_in_thread(act)
    try:
        assert has_lock.wait(20)
        yield backend[0], ended
    finally:
        may_end.set()


@pytest.mark.parametrize("first_to_commit", ["first to write", "last to write"])
def test_links_are_in_commit_order(cast, run_in_thread, first_to_commit):
    """Each transaction writes while the other transaction has written and not committed."""
    has_written, has_committed = Event(), Event()

    def first() -> None:
        try:
            with transaction.atomic():
                decide(cast.plain, cast.karen)
                has_written.set()
                if first_to_commit == "last to write":
                    assert has_committed.wait(20)
        finally:
            has_committed.set()

    ended = run_in_thread(first)
    assert has_written.wait(20)
    with transaction.atomic():
        decide(cast.annes, cast.anne)
        if first_to_commit == "first to write":
            assert has_committed.wait(20)
    has_committed.set()
    ended.result()
    assert verify_chain().links == 2
    writers = [
        Decision.objects.get(pk=link.statement.ids[0]).by
        for link in Link.objects.select_related("statement").order_by("number")
    ]
    assert writers == ([cast.karen, cast.anne] if first_to_commit == "first to write" else [cast.anne, cast.karen])


def test_killed_commit_leaves_nothing_and_the_next_continues(cast, run_in_thread):
    with hold_chain_lock(run_in_thread, cast.plain, cast.karen) as (backend, ended):
        waits = run_in_thread(decide, cast.annes, cast.anne)
        assert wait_until(is_any_session_waiting, seconds=20)
        assert not waits.done()
        fetch_all(f"SELECT pg_terminate_backend({backend})")
        waits.result(20)
    with pytest.raises(OperationalError):
        ended.result(20)
    assert Decision.objects.get().by == cast.anne
    assert (verify_chain().links, verify_chain().rows) == (1, 1)


def test_mail_and_readers_do_not_wait_for_a_commit(cast, run_in_thread):
    write_first_notices(cast.incident)
    with hold_chain_lock(run_in_thread, cast.plain, cast.karen) as (_, ended):
        fetch_all("SET lock_timeout = '1s'; SELECT 1")
        (claimed,) = delivery_queue.claim_deliveries(1)
        reply = Reply(Attempt.Stage.DONE, Attempt.Outcome.ACCEPTED, 250, "2.0.0 Ok", True)
        assert delivery_queue.settle_claim(claimed, reply)
        assert FollowUp.objects.get(letter=cast.plain).is_open
        fetch_all("SET lock_timeout = 0; SELECT 1")
    ended.result(20)
    assert not FollowUp.objects.get(letter=cast.plain).is_open


def test_chain_lock_is_the_last_lock_of_a_commit(cast, run_in_thread):
    """Otherwise two commits deadlock: one holds the incident and waits for the chain, the other holds the chain and
    waits for the incident.
    """

    def rule_after_line() -> None:
        with transaction.atomic():
            decide(cast.plain, cast.karen)
            CategoryRule.objects.create(incident=cast.incident, position=99, name="Sent", words="sent")

    with transaction.atomic():
        Incident.objects.select_for_update().get(pk=cast.incident.pk)
        ended = run_in_thread(rule_after_line)
        assert wait_until(
            is_any_session_waiting, seconds=20
        )  # the foreign key of the rule waits for the locked incident
        assert incidents.move_deadline(cast.incident, date(2020, 2, 1), "Flere breve", cast.mette)
    ended.result(20)
    assert (DeadlineChange.objects.count(), Decision.objects.count(), verify_chain().rows) == (1, 1, 4)
    assert not PendingLink.objects.exists()
