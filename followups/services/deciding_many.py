"""One person decides about many letters in one act: by the rules of ``decide``, in a handful of statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from followups import deadlines, duties
from followups.answers import Answers
from followups.models import BulkDecision, BulkLetter, Escalation, FollowUp
from followups.services.deciding import NOT_YOURS, TO_DECIDE, as_fields, write_consequences
from followups.services.moving import (
    POSSIBLE_FROM,
    REFUSALS,
    WITHDRAWN,
    Kind,
    Status,
    Step,
    advance_each,
    locked_with_letters,
)
from followups.services.outcomes import CHANGED, NOT_OPENED, Outcome, Sorted, sort, sort_letters
from letters.models import Letter
from sepo_incident.accounts.models import User

Way, State = BulkDecision.Way, BulkLetter.State

#: what one decision about many letters never touches
IS_PERSONNEL = "Det er en personalesag. Beslut om brevet på dets egen side."
HAS_DECISION = "Brevet har allerede en beslutning."
IS_ASKED = "Der er spurgt om brevet, og svaret er ikke kommet. Beslut om brevet på dets egen side."
HAS_PASSED = "Brevets egen dato er passeret, og det siger beslutningen ikke. Beslut om brevet på dets egen side."


@dataclass(frozen=True)
class Asked:
    """What is to be decided about one letter, and the version of its follow-up that the person saw."""

    version: int
    answers: Answers

    def __post_init__(self) -> None:
        if self.answers.asks_for_help:
            raise ValueError("help is asked for on one letter at a time")


@transaction.atomic
def decide_many(asked: Mapping[Letter, Asked], by: User, way: BulkDecision.Way) -> Outcome:
    """Record decisions, each by its own answers. What ``decide`` would refuse is left alone with the reason.

    ``way``: on the PAGE one decision is made about all, which leaves alone what wants a look of its own.
    A dozen statements, however many letters.
    """
    bulk = ask_to_decide(asked, by, way)
    decide_next(bulk, len(asked))
    left = bulk.letters.filter(state=State.LEFT).values_list("letter_id", "why")
    letters = {letter.pk: letter for letter in asked}
    skipped = [(letters[pk], why) for pk, why in left.order_by("pk")]
    return Outcome(len(asked) - len(skipped), skipped, bulk)


def would_decide(asked: Mapping[Letter, Asked], by: User, way: BulkDecision.Way) -> Sorted:
    """What ``decide_many`` would do now, told beforehand: it writes and locks nothing.

    Fetch the letters with their follow-up, unit, sender and leader; then this is one query at the most.
    """
    return sort_letters(asked, _why_not({letter.pk: one for letter, one in asked.items()}, by, way))


def ask_to_decide(asked: Mapping[Letter, Asked], by: User, way: BulkDecision.Way) -> BulkDecision:
    """Write down what is to be decided; nothing is decided yet."""
    bulk = BulkDecision.objects.create(by=by, way=way)
    BulkLetter.objects.bulk_create(
        BulkLetter(bulk=bulk, letter=letter, version=one.version, answers=one.answers.as_json())
        for letter, one in asked.items()
    )
    return bulk


@transaction.atomic(savepoint=False)
def decide_next(bulk: BulkDecision, at_most: int) -> int:
    """Decide about those that have waited longest, and write down what became of each. Returns how many it had."""
    rows = {row.letter_id: row for row in bulk.letters.filter(state=State.WAITING).order_by("pk")[:at_most]}
    asked = {pk: Asked(row.version, Answers.from_json(row.answers)) for pk, row in rows.items()}
    found = sort(locked_with_letters(list(asked)), _why_not(asked, bulk.by, Way(bulk.way)))
    _decide(found.sound, asked, bulk)
    reasons = {letter.pk: why for letter, why in found.left}
    decided = {followup.letter_id for followup in found.sound}
    for pk, row in rows.items():
        row.state = State.DECIDED if pk in decided else State.LEFT
        row.why = "" if pk in decided else reasons.get(pk, NOT_OPENED)
    settle(list(rows.values()))
    return len(rows)


def _decide(followups: list[FollowUp], asked: Mapping[int, Asked], bulk: BulkDecision) -> None:
    now = timezone.now()
    decided = [(followup, asked[followup.letter_id].answers) for followup in followups]
    steps = [Step(one, as_fields(one, answers, bulk.by, now), answers.as_json()) for one, answers in decided]
    advance_each(steps, Kind.DECIDED, bulk.by, together=bulk)
    write_consequences(decided)


def settle(rows: list[BulkLetter]) -> None:
    """Write what became of them: a statement for each reason there is."""
    became: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        became.setdefault((row.state, row.why), []).append(row.pk)
    for (state, why), ids in became.items():
        BulkLetter.objects.filter(pk__in=ids).update(state=state, why=why)


def _why_not(asked: Mapping[int, Asked], by: User, way: BulkDecision.Way) -> Callable[[FollowUp], str]:
    """The rule for each follow-up; ``asked`` by the letter's id."""
    escalations = Escalation.objects.with_desk().filter(followup__letter__in=asked)
    at_desk = set(escalations.values_list("followup", flat=True)) if way == Way.PAGE else set()

    def why_not(followup: FollowUp) -> str:
        one = asked[followup.letter_id]
        is_as_seen = followup.version == one.version
        wants_a_look = _wants_a_look_of_its_own(followup, one.answers) if way == Way.PAGE else ""
        if not wants_a_look and followup.pk in at_desk:
            wants_a_look = IS_ASKED
        return _why_not_decide(followup, by) or wants_a_look or ("" if is_as_seen else CHANGED)

    return why_not


def _why_not_decide(followup: FollowUp, by: User) -> str:
    letter = followup.letter
    if letter.withdrawn_at:
        return WITHDRAWN
    if not duties.may_decide(by, letter):
        return NOT_YOURS.format(TO_DECIDE)
    return "" if followup.status in POSSIBLE_FROM[Kind.DECIDED] else REFUSALS[Status(followup.status)]


def _wants_a_look_of_its_own(followup: FollowUp, answers: Answers) -> str:
    """Why one decision about many letters is not about this one; "" when it is."""
    if followup.letter.is_personnel_case:
        return IS_PERSONNEL
    if not followup.is_open:
        return HAS_DECISION
    due_on = followup.due_on
    has_passed = due_on is not None and deadlines.is_overdue(due_on, deadlines.today())
    return HAS_PASSED if has_passed and answers.missed_on != due_on else ""
