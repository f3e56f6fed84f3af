"""Two people act on one letter on two live connections: the second waits for the first, and is told.

``test_two_people`` has every pair of acts by everybody; here each pair of kinds meets for real, in both orders.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from itertools import product
from threading import Barrier, Event

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from followups import services
from followups.letter import decision_drafts
from followups.models import BulkDecision, DecisionDraft
from letters.models import Letter
from sepo_incident.audit.verification import verify_chain
from tests.factories import FollowUpFactory, LetterFactory
from tests.followups.test_services import NOT_AGAIN, kinds
from tests.followups.test_two_people import ACTS, STARTS, row_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("monday")]
#: the first of them is at it, and the second comes: who each is where two people may
FIRST = ["decide", "decide with others", "correct", "ask for help", "set the date", "original gone", "original found"]
FIRST += ["undo", "sent", "handled", "send back", "uphold", "confirm", "confirm with others"]
SECOND = [f"{name} on behalf" if f"{name} on behalf" in ACTS else name for name in FIRST]
SECOND = [f"{name} from above" if f"{name} from above" in ACTS else name for name in SECOND]
WAITS = "SELECT FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"
DECISION = {
    "version": "0",
    "remedy": "RESEND",
    "is_resent": "ja",
    "deadline_missed": "nej",
    "consequence_review": "NONE",
}


class Worker:
    """A person at another machine: a thread with a connection of its own."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1)
        self.backend = self.do(self._connect).result()

    def do(self, act: Callable, *given: object) -> Future:
        return self._pool.submit(act, *given)

    def end(self) -> None:
        self.do(lambda: connection.close()).result()
        self._pool.shutdown()

    @staticmethod
    def _connect() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return cursor.fetchone()[0]


@pytest.fixture
def two() -> Iterator[tuple[Worker, Worker]]:
    workers = Worker(), Worker()
    yield workers
    for worker in workers:
        worker.end()


def is_waiting(backend: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITS, [backend])
        return cursor.fetchone() is not None


def meet(two: tuple[Worker, Worker], first: Callable[[], object], second: Callable[[], object]) -> Future:
    """How the second ends, who came while the first had done its act and not committed it."""
    has_done, may_end = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            try:
                first()
            finally:
                has_done.set()
            assert may_end.wait(20)

    winner = two[0].do(hold)
    assert has_done.wait(20)
    loser = two[1].do(second)
    while not is_waiting(two[1].backend) and not wait([loser], timeout=0.002).done:
        pass
    assert not loser.done(), "it waits for the first"
    may_end.set()
    winner.result(20)
    return loser


def brought_to(cast, start: str, many: int) -> list[Letter]:
    """So many letters of Karen's that stand there."""
    known = {"incident": cast.incident, "batch": cast.plain.batch, "sender": cast.karen, "leader": cast.jens}
    with transaction.atomic():
        letters = [FollowUpFactory(letter=LetterFactory(**known)).letter for _ in range(many)]
        for version, (act, who) in enumerate(STARTS[start][0]):
            for letter in letters:
                act(letter, getattr(cast, who), version)
    return letters


def test_the_second_waits_and_is_told_and_nothing_is_lost(cast, two):
    """Each pair has a letter of its own, for what was committed is never taken back."""
    for start, (until, possible) in STARTS.items():
        one, other = ([name for name in names if ACTS[name][0] in possible] for names in (FIRST, SECOND))
        pairs = list(product(one, other))
        for pair, letter in zip(pairs, brought_to(cast, start, len(pairs)), strict=True):
            (kind, winner, wins), (_, loser, loses) = (ACTS[name] for name in pair)
            seen = len(until)
            first, second = partial(wins, letter, getattr(cast, winner)), partial(loses, letter, getattr(cast, loser))
            told = meet(two, partial(first, seen), partial(second, seen))
            with pytest.raises((services.FollowUpConflict, services.NotPossible), match=r"\w"):
                told.result(20)
            since = kinds(letter)[seen:]
            assert kind in since, (start, pair)
            assert row_of(letter)["version"] == seen + len(since), (start, pair)
    assert verify_chain().rows > 0


def together(two: tuple[Worker, Worker], *acts: Callable[[], object]) -> list[object]:
    """What each returns, both let go at the same moment."""
    gate = Barrier(2)

    def go(act: Callable[[], object]) -> object:
        gate.wait(20)
        return act()

    return [one.result(20) for one in [worker.do(go, act) for worker, act in zip(two, acts, strict=True)]]


def test_two_with_the_same_letters_in_another_order_never_lock_each_other(cast, two):
    for turn in range(5):
        letters = brought_to(cast, "done", 4)
        seen = dict.fromkeys(letters, 1)
        asked = {letter: services.RequestedDecision(1, NOT_AGAIN) for letter in reversed(letters)}
        confirmed, decided = together(
            two,
            partial(services.confirm_letters, seen, cast.jens),
            partial(services.decide_many, asked, cast.karen, BulkDecision.Way.WORKBOOK),
        )
        assert {len(confirmed.skipped), len(decided.skipped)} == {0, 4}, turn


def test_on_the_page_the_second_has_the_others_decision_before_them(cast, two):
    people = [cast.karen, cast.jens]
    for letter in brought_to(cast, "open", 3):
        answers = together(two, *(post_to(person, reverse("letter", args=[letter.pk]), DECISION) for person in people))
        assert sorted(one.status_code for one in answers) == [302, 409]
        [told] = [one for one in answers if one.status_code == 409]
        assert "er <strong>ikke gemt</strong>" in told.text
        assert kinds(letter) == ["DECIDED"]


def post_to(person, address: str, posted: dict) -> Callable[[], object]:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return partial(client.post, address, posted)


def test_a_draft_that_is_kept_while_its_writer_saves_does_not_come_after_the_decision(cast, two):
    keep = partial(decision_drafts.keep_draft, cast.plain.followup, cast.karen, {"note": "Halvt"}, 0, 0)
    told = meet(two, partial(services.decide, cast.plain, NOT_AGAIN, cast.karen, 0), keep)
    with pytest.raises(decision_drafts.DraftNotKept, match="Du har gemt brevet"):
        told.result(20)
    assert not DecisionDraft.objects.exists()


def test_one_decision_about_many_that_is_sent_twice_is_made_once(cast, two):
    letters = [cast.plain, cast.soon]
    posted = DECISION | {"trin": "gem", "breve": " ".join(f"{letter.pk}:0" for letter in letters)}
    answers = together(two, *[post_to(cast.karen, reverse("decide_my_letters"), posted) for _ in range(2)])
    bulk = BulkDecision.objects.get()
    assert [one.url.split("?")[0] for one in answers] == [reverse("bulk_decision", args=[bulk.pk])] * 2
    assert [kinds(letter) for letter in letters] == [["DECIDED"]] * 2
