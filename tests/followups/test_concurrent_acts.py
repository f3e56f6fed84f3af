"""Two people act on one letter on two live connections: the second act waits for the first and is refused.

`test_competing_acts` tries each act by everybody; here each pair of kinds runs concurrently, in both orders.
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
from followups.models import BulkDecision, DecisionDraft, StandardAnswer
from followups.services.state_machine import WITHDRAWN
from letters.models import Letter
from sepo_incident.audit.verification import verify_chain
from sepo_incident.core.database import Conflict
from tests.factories import FollowUpFactory, LetterFactory, at
from tests.followups.competing_acts import ACTS, STARTS, followup_values
from tests.followups.decision_answers import NO_DISPATCH, bulk_result, decision_kinds
from tests.followups.decision_posts import RESEND_POST
from tests.letters.concurrency import act_during

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("monday")]
#: Names of `ACTS`. SECOND has the variant by another person where one exists.
FIRST = ["decide", "decide with others", "correct", "ask for help", "set the date", "original gone", "original found"]
FIRST += ["undo", "sent", "handled", "send back", "uphold", "confirm", "confirm with others"]
SECOND = [f"{name} on behalf" if f"{name} on behalf" in ACTS else name for name in FIRST]
SECOND = [f"{name} from above" if f"{name} from above" in ACTS else name for name in SECOND]
WAITS = "SELECT FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"


class Worker:
    """A thread with a database connection of its own."""

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
def two_workers() -> Iterator[tuple[Worker, Worker]]:
    workers = Worker(), Worker()
    yield workers
    for worker in workers:
        worker.end()


def is_waiting(backend: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITS, [backend])
        return cursor.fetchone() is not None


def run_second_during_first(
    two_workers: tuple[Worker, Worker], first: Callable[[], object], second: Callable[[], object]
) -> Future:
    """Return the future of the second act, started after the first act ran and before the first act committed."""
    has_done, may_end = Event(), Event()

    def hold() -> None:
        with transaction.atomic():
            try:
                first()
            finally:
                has_done.set()
            assert may_end.wait(20)

    winner = two_workers[0].do(hold)
    assert has_done.wait(20)
    loser = two_workers[1].do(second)
    while not is_waiting(two_workers[1].backend) and not wait([loser], timeout=0.002).done:
        pass
    assert not loser.done(), "it waits for the first"
    may_end.set()
    winner.result(20)
    return loser


def letters_in_state(cast, start: str, many: int) -> list[Letter]:
    """Return `many` letters of Karen's in the given starting state."""
    known = {"incident": cast.incident, "batch": cast.plain.batch, "sender": cast.karen, "leader": cast.jens}
    with transaction.atomic():
        letters = [FollowUpFactory(letter=LetterFactory(**known)).letter for _ in range(many)]
        for version, (act, who) in enumerate(STARTS[start][0]):
            for letter in letters:
                act(letter, getattr(cast, who), version)
    return letters


def test_second_act_waits_for_the_lock_and_is_refused(cast, two_workers):
    """Each pair gets a letter of its own, because committed changes stay."""
    for start, (until, possible) in STARTS.items():
        one, other = ([name for name in names if ACTS[name][0] in possible] for names in (FIRST, SECOND))
        pairs = list(product(one, other))
        for pair, letter in zip(pairs, letters_in_state(cast, start, len(pairs)), strict=True):
            (kind, winner, wins), (_, loser, loses) = (ACTS[name] for name in pair)
            seen = len(until)
            first, second = partial(wins, letter, getattr(cast, winner)), partial(loses, letter, getattr(cast, loser))
            told = run_second_during_first(two_workers, partial(first, seen), partial(second, seen))
            with pytest.raises((Conflict, services.NotPossible), match=r"\w"):
                told.result(20)
            since = decision_kinds(letter)[seen:]
            assert kind in since, (start, pair)
            assert followup_values(letter)["version"] == seen + len(since), (start, pair)
    assert verify_chain().rows > 0


def run_together(two_workers: tuple[Worker, Worker], *acts: Callable[[], object]) -> list[object]:
    """Start all acts at the same moment and return their results."""
    gate = Barrier(2)

    def go(act: Callable[[], object]) -> object:
        gate.wait(20)
        return act()

    return [one.result(20) for one in [worker.do(go, act) for worker, act in zip(two_workers, acts, strict=True)]]


def test_bulk_acts_in_opposite_order_do_not_deadlock(cast, two_workers):
    for turn in range(2):
        letters = letters_in_state(cast, "done", 4)
        seen = dict.fromkeys(letters, 1)
        asked = {letter: services.RequestedDecision(1, NO_DISPATCH) for letter in reversed(letters)}
        confirmed, decided = run_together(
            two_workers,
            partial(services.confirm_letters, seen, cast.jens),
            partial(services.start_bulk_decision, asked, cast.karen, BulkDecision.Way.WORKBOOK),
        )
        assert {len(confirmed.skipped), len(bulk_result(decided)[1])} == {0, 4}, turn


def test_bulk_confirmation_waits_for_a_withdrawal(cast, two_workers):
    [letter] = letters_in_state(cast, "done", 1)
    withdraw = partial(Letter.objects.filter(pk=letter.pk).update, withdrawn_at=at(2020, 1, 12))
    confirmed = run_second_during_first(
        two_workers, withdraw, partial(services.confirm_letters, {letter: 1}, cast.jens)
    )
    assert [why for _, why in confirmed.result(20).skipped] == [WITHDRAWN]


def post_as(person, address: str, posted: dict) -> Callable[[], object]:
    client = Client()
    client.force_login(person)
    return partial(client.post, address, posted)


def test_draft_kept_during_a_save_is_refused(cast, two_workers):
    keep = partial(decision_drafts.keep_draft, cast.plain.followup, cast.karen, {"note": "Halvt"}, 0, 0)
    told = run_second_during_first(two_workers, partial(services.decide, cast.plain, NO_DISPATCH, cast.karen, 0), keep)
    with pytest.raises(decision_drafts.DraftNotKept, match="Du har gemt brevet"):
        told.result(20)
    assert not DecisionDraft.objects.exists()


def test_standard_answer_with_a_name_just_taken_is_refused(cast, as_user):
    said = {"desk": "DIT", "title": "Find et brev", "text": "Se i Sendt post."}
    pia = as_user(cast.pia)
    second = act_during(
        lambda: StandardAnswer.objects.create(**said),
        lambda: pia.post(reverse("new_standard_answer"), said | {"text": "Ring til os."}),
    )
    assert (second.status_code, StandardAnswer.objects.count()) == (422, 1)
    for words in ("Der er allerede et standardsvar med det navn.", "Ring til os."):
        assert words in second.text


def test_bulk_decision_posted_twice_is_made_once(cast, two_workers):
    letters = [cast.plain, cast.soon]
    posted = RESEND_POST | {"trin": "gem", "breve": " ".join(f"{letter.pk}:0" for letter in letters)}
    answers = run_together(two_workers, *[post_as(cast.karen, reverse("decide_my_letters"), posted) for _ in range(2)])
    bulk = BulkDecision.objects.get()
    assert [one.url.split("?")[0] for one in answers] == [reverse("bulk_decision", args=[bulk.pk])] * 2
    assert [decision_kinds(letter) for letter in letters] == [["DECIDED"]] * 2
