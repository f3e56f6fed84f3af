"""Several commit at once: the links lie in the order of the commits, and nobody waits for anybody for longer."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from threading import Event

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from followups import services
from followups.models import Decision, FollowUp
from followups.models.answers import DecisionAnswers
from letters import incidents
from letters.models import CategoryRule, DeadlineChange, Incident, Letter
from notifications.models import Attempt
from notifications.outbox import delivery_queue
from notifications.outbox.smtp_replies import Reply
from sepo_incident.accounts.models import User
from sepo_incident.audit.models import Link, PendingLink
from sepo_incident.audit.verification import verify_chain
from sepo_incident.embedded.processes import wait_until
from tests.notifications.conftest import request, write

pytestmark = pytest.mark.django_db(transaction=True)

SENT_AGAIN = DecisionAnswers(remedy="RESEND", is_sent=True, deadline_missed=False, consequence_review="NONE")
#: a transaction sees it as it was the first time, unless it is forgotten
WAITING = """
    SELECT pg_stat_clear_snapshot();
    SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def decide(letter: Letter, by: User) -> FollowUp:
    return services.decide(letter, SENT_AGAIN, by, version=0)


def ask(statement: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


def somebody_waits() -> bool:
    return bool(ask(WAITING))


@pytest.fixture
def beside() -> Iterator[Callable[..., Future]]:
    """Does something in another thread, with a connection of its own."""

    def closing(act: Callable[..., object], *given: object) -> object:
        try:
            return act(*given)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        yield lambda act, *given: pool.submit(closing, act, *given)


@contextmanager
def standing_in_the_commit(beside, letter: Letter, by: User) -> Iterator[tuple[int, Future]]:
    """(Its backend, how it ends): it has decided and has the lock of the chain, until we are done."""
    has_lock, may_end, backend = Event(), Event(), []

    def act() -> None:
        with transaction.atomic():
            decide(letter, by)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            backend.extend(ask("SELECT pg_backend_pid()")[0])
            has_lock.set()
            assert may_end.wait(20)

    ended = beside(act)
    try:
        assert has_lock.wait(20)
        yield backend[0], ended
    finally:
        may_end.set()


@pytest.mark.parametrize("first_to_commit", ["first to write", "last to write"])
def test_the_links_lie_in_the_order_of_the_commits(cast, beside, first_to_commit):
    """Each writes while the other has written and not committed."""
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

    ended = beside(first)
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


def test_whoever_is_killed_in_the_commit_leaves_nothing_and_the_next_goes_on(cast, beside):
    with standing_in_the_commit(beside, cast.plain, cast.karen) as (backend, ended):
        waits = beside(decide, cast.annes, cast.anne)
        assert wait_until(somebody_waits, seconds=20)
        assert not waits.done()
        ask(f"SELECT pg_terminate_backend({backend})")
        waits.result(20)
    with pytest.raises(OperationalError):
        ended.result(20)
    assert Decision.objects.get().by == cast.anne
    assert (verify_chain().links, verify_chain().rows) == (1, 1)


def test_no_mail_and_no_reader_waits_for_somebody_who_commits(cast, beside):
    write(request(cast.incident))
    with standing_in_the_commit(beside, cast.plain, cast.karen) as (_, ended):
        ask("SET lock_timeout = '1s'; SELECT 1")
        (claimed,) = delivery_queue.claim_deliveries(1)
        reply = Reply(Attempt.Stage.DONE, Attempt.Outcome.ACCEPTED, 250, "2.0.0 Ok", True)
        assert delivery_queue.settle_claim(claimed, reply, timezone.now())
        assert FollowUp.objects.get(letter=cast.plain).is_open
        ask("SET lock_timeout = 0; SELECT 1")
    ended.result(20)
    assert not FollowUp.objects.get(letter=cast.plain).is_open


def test_the_lock_of_the_chain_is_taken_after_every_other_of_the_commit(cast, beside):
    """Or two would wait for each other: one for the chain with an incident in hand, the other for the incident."""

    def rule_after_line() -> None:
        with transaction.atomic():
            decide(cast.plain, cast.karen)
            CategoryRule.objects.create(incident=cast.incident, position=99, name="Sent", words="sent")

    with transaction.atomic():
        Incident.objects.select_for_update().get(pk=cast.incident.pk)
        ended = beside(rule_after_line)
        assert wait_until(somebody_waits, seconds=20)  # the rule's incident may be on its way out, for all it knows
        assert incidents.move_deadline(cast.incident, date(2020, 2, 1), "Flere breve", cast.mette)
    ended.result(20)
    assert (DeadlineChange.objects.count(), Decision.objects.count(), verify_chain().rows) == (1, 1, 4)
    assert not PendingLink.objects.exists()
