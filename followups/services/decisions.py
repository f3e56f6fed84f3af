"""Decisions by the sender, or by a leader or substitute on behalf of the sender; for one letter or for many.

Also records: whether the letter is sent, whether a change is on record, what was done about consequences, and the
answer to the leader's question.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.utils import timezone

from followups.models import BulkDecision, BulkLetter, Consequence, Escalation, FollowUp
from followups.models.answer_columns import NO_ANSWERS
from followups.models.answers import DecisionAnswers, DeletionAnswer, RecordAnswer
from followups.rules import rights
from followups.rules.rights import LetterRights
from followups.services.escalations import ask_for_help
from followups.services.state_machine import (
    DECISION_CHANGED,
    NOT_OPENED,
    ONLY_SENDER_OR_LEADER,
    REFUSALS,
    TRANSITIONS,
    WITHDRAWN,
    Eligibility,
    Kind,
    NotPossible,
    Outcome,
    Status,
    Transition,
    advance,
    advance_each,
    advance_many,
    lock_followups,
    lock_followups_and_letters,
    lock_for_decider,
    refusal_as_seen,
    revert_to_undecided,
    split_eligible,
    split_eligible_letters,
)
from letters.models import Letter
from sepo_incident.accounts.models import User
from sepo_incident.core import calendar, danish

Review = FollowUp.ConsequenceReview

TO_RECORD_ACTION = "skrive, hvad der er gjort ved konsekvenserne"
NO_OPEN_REVIEW = "Brevet mangler ikke svar om konsekvenser."
NO_RECORD_OWED = "Brevet mangler ikke svar om journalisering."
TO_MARK_SENT = "markere brevet som sendt"
TO_DECIDE = "beslutte, hvad der skal ske med brevet"
ORIGINAL_IS_MISSING = (
    "Originalen findes ikke, så det samme brev kan ikke sendes igen. Skriv et nyt brev. "
    "Har I en kopi, så notér først på brevets side, at originalen er fundet."
)


def refusal_without_original(answers: DecisionAnswers, *, is_gone: bool) -> str:
    """Return why the answers cannot be saved if the original is gone: the same letter is to be sent again."""
    return ORIGINAL_IS_MISSING if is_gone and answers.remedy in FollowUp.RESENDING else ""


@transaction.atomic
def decide(letter: Letter, answers: DecisionAnswers, by: User, version: int) -> FollowUp:
    """Record a decision, or the question if the answers ask for help.

    `version` is the version that the form was made from. Raise Conflict or NotPossible.
    """
    followup = lock_for_decider(letter, by, version, TO_DECIDE)
    return _record_decision(followup, answers, by)


@transaction.atomic
def correct_decision(letter: Letter, answers: DecisionAnswers, by: User, version: int, reason: str) -> FollowUp:
    """Change a confirmed decision and record the reason. The letter waits for the leader again."""
    followup = lock_for_decider(letter, by, version, "rette beslutningen")
    unconfirmed = {"status": Status.DONE, "confirmed_by": None, "confirmed_at": None}
    advance(followup, Kind.CORRECTED, by, {"reason": reason}, **unconfirmed)
    return _record_decision(followup, answers, by)


def _record_decision(followup: FollowUp, answers: DecisionAnswers, by: User) -> FollowUp:
    """Save the decision on the follow-up and in the history; if the answers ask for help, save the question instead."""
    if answers.asks_for_help:
        return ask_for_help(followup, answers, by)
    if refusal := refusal_without_original(answers, is_gone=followup.is_original_gone):
        raise NotPossible(refusal)
    _save_decisions([(followup, answers)], by)
    return followup


def _save_decisions(
    decided: Sequence[tuple[FollowUp, DecisionAnswers]], by: User, bulk: BulkDecision | None = None
) -> None:
    """Save the answers and replace the consequences. The number of queries does not depend on the number of letters."""
    now = timezone.now()
    steps = [Transition(one, decision_fields(one, answers, by, now), answers.as_json()) for one, answers in decided]
    advance_each(steps, Kind.DECIDED, by, bulk_decision=bulk)
    Consequence.objects.filter(followup__in=[followup for followup, _ in decided]).delete()
    Consequence.objects.bulk_create(
        Consequence(
            followup=followup,
            party=party,
            severity=answers.severity,
            text=answers.consequence_text,
            amount=answers.amount,
        )
        for followup, answers in decided
        if answers.consequence_review == Review.FOUND
        for party in answers.parties
    )


def decision_fields(followup: FollowUp, answers: DecisionAnswers, by: User, now: datetime) -> dict[str, Any]:
    """Return the values of the follow-up's fields after the decision."""
    return {name: getattr(answers, name) for name in NO_ANSWERS} | {
        "status": Status.DONE if answers.is_done else Status.DECIDED,
        "decided_by": by,
        "decided_at": now,
        "done_at": now if answers.is_done else None,
        **_remedial_fields(followup, answers, by, now),
    }


@transaction.atomic
def undo_decision(letter: Letter, by: User, version: int) -> FollowUp:
    """Set the follow-up back to undecided. The history keeps the decision and the answers."""
    followup = lock_for_decider(letter, by, version, "fortryde")
    revert_to_undecided(followup, by)
    return followup


@transaction.atomic
def mark_done(letter: Letter, by: User, version: int, record: RecordAnswer | None = None) -> FollowUp:
    """Record that the letter is sent today, and in `record`, if given, whether the change is on record."""
    followup = lock_for_decider(letter, by, version, TO_MARK_SENT)
    if record and not followup.has_unrecorded_change:
        raise NotPossible(NO_RECORD_OWED)
    answers, fields = (record.as_json(), record.as_fields()) if record else ({}, {})
    advance(followup, Kind.DONE, by, answers, status=Status.DONE, done_at=timezone.now(), **fields)
    return followup


@transaction.atomic
def mark_letters_done(seen_versions: Mapping[Letter, int], by: User, sent_on: date) -> Outcome:
    """Record that the letters were sent on the day `sent_on`, each at its version in `seen_versions`.

    Return the letters recorded, and the skipped letters with reasons. The number of queries does not depend on the
    number of letters.
    """
    followups = lock_followups_and_letters([letter.pk for letter in seen_versions])
    found = split_eligible(followups, refusal_as_seen(seen_versions, by, _refusal_to_mark_sent))
    is_today = sent_on == calendar.today()
    sent_at = timezone.now() if is_today else datetime.combine(sent_on, time(12), danish.COPENHAGEN)
    answers = {} if is_today else {"sent_on": sent_on.isoformat()}
    advance_many(found.eligible, Kind.DONE, by, answers, status=Status.DONE, done_at=sent_at)
    return Outcome(found.eligible, found.skipped)


def _refusal_to_mark_sent(followup: FollowUp, allowed: LetterRights) -> str:
    if followup.letter.withdrawn_at:
        return WITHDRAWN
    if not allowed.decide:
        return ONLY_SENDER_OR_LEADER.format(TO_MARK_SENT)
    return "" if followup.status in TRANSITIONS[Kind.DONE] else REFUSALS[Status(followup.status)]


@transaction.atomic
def put_on_record(letter: Letter, by: User, version: int, record: RecordAnswer) -> FollowUp:
    """Record whether the change is on record, for a letter that is sent. The letter keeps waiting for the leader."""
    followup = lock_for_decider(letter, by, version, "skrive, om ændringen er journaliseret")
    if not followup.lacks_record_answer:
        raise NotPossible(NO_RECORD_OWED)
    advance(followup, Kind.RECORDED, by, record.as_json(), **record.as_fields())
    return followup


@transaction.atomic
def record_deletion(letter: Letter, by: User, version: int, answer: DeletionAnswer) -> FollowUp:
    """Record whether the wrong recipient has confirmed by now that the letter is deleted."""
    followup = lock_for_decider(letter, by, version, "skrive, om brevet er slettet")
    if not followup.awaits_deletion:
        raise NotPossible("Brevet mangler ikke svar om sletning.")
    advance(followup, Kind.DELETION, by, answer.as_json(), **answer._asdict())
    return followup


@transaction.atomic
def record_remedial_action(letter: Letter, by: User, version: int, text: str) -> FollowUp:
    """Record what was done or became known about the consequences. From now on the letter can be closed."""
    followup = lock_for_decider(letter, by, version, TO_RECORD_ACTION)
    if not followup.is_review_open:
        raise NotPossible(NO_OPEN_REVIEW)
    handled = {"handled_text": text, "handled_by": by, "handled_at": timezone.now()}
    advance(followup, Kind.HANDLED, by, {"handled_text": text}, **handled)
    return followup


@transaction.atomic
def uphold(letter: Letter, by: User, version: int, why: str) -> FollowUp:
    """Uphold a decision that the leader sent back, with the reason. The letter waits for the leader again."""
    followup = lock_for_decider(letter, by, version, "svare på lederens spørgsmål")
    advance(followup, Kind.UPHELD, by, {"answer": why}, status=Status.DONE)
    return followup


def _remedial_fields(followup: FollowUp, answers: DecisionAnswers, by: User, now: datetime) -> dict[str, Any]:
    """Return the fields about the remedial action after the decision.

    A previous text keeps the author and time while the new answers say the same.
    """
    kept: dict[str, Any] = {name: getattr(followup, name) for name in ("handled_text", "handled_by", "handled_at")}
    is_same = followup.consequence_review == answers.consequence_review
    if answers.consequence_review == Review.UNKNOWN and is_same:
        return kept
    if answers.consequence_review != Review.FOUND or not answers.is_handled:
        return {"handled_text": "", "handled_by": None, "handled_at": None}
    if is_same and followup.handled_text == answers.handled_text:
        return kept
    return {"handled_text": answers.handled_text, "handled_by": by, "handled_at": now}


Way, State = BulkDecision.Way, BulkLetter.State

#: Why a decision about many letters skips a letter.
IS_PERSONNEL_CASE = "Det er en personalesag. Beslut på brevets egen side."
HAS_DECISION = "Brevet har allerede en beslutning."
DUE_DATE_PASSED = "Brevets dato er passeret. Beslut på brevets egen side."


@dataclass(frozen=True)
class RequestedDecision:
    """Answers for a letter, and the version of the follow-up that the person saw.

    Raise ValueError if the answers ask for help: help is asked for on one letter at a time.
    """

    version: int
    answers: DecisionAnswers

    def __post_init__(self) -> None:
        if self.answers.asks_for_help:
            raise ValueError("help is asked for on one letter at a time")


def preview_decisions(requested: Mapping[Letter, RequestedDecision], by: User, way: BulkDecision.Way) -> Eligibility:
    """Return the letters that `decide_next_letters` would decide about and skip now. Writes and locks nothing.

    Fetch the letters with follow-up, unit, sender and leader; the preview then makes at most two queries.
    """
    return split_eligible_letters(
        requested, _refusal_to_decide_as_seen({letter.pk: one for letter, one in requested.items()}, by, way)
    )


def create_bulk_decision(
    requested: Mapping[Letter, RequestedDecision], by: User, way: BulkDecision.Way
) -> BulkDecision:
    """Save the requested decisions as a bulk decision. No letter is decided yet.

    The lock on the follow-ups makes a change of the incident's kind come before or after.
    """
    lock_followups([letter.pk for letter in requested])
    bulk = BulkDecision.objects.create(by=by, way=way)
    BulkLetter.objects.bulk_create(
        BulkLetter(bulk=bulk, letter=letter, version=one.version, answers=one.answers.as_json())
        for letter, one in requested.items()
    )
    return bulk


@transaction.atomic(savepoint=False)
def decide_next_letters(bulk: BulkDecision, at_most: int) -> int:
    """Decide about the `at_most` letters that come first, and save the result of every letter.

    Letters that `decide` would refuse are skipped with the reason. A decision from the PAGE also skips letters that
    need individual attention. Return the number of letters handled. A dozen queries, whatever the number of letters.
    """
    rows = {row.letter_id: row for row in bulk.letters.filter(state=State.WAITING).order_by("pk")[:at_most]}
    requested = {pk: RequestedDecision(row.version, DecisionAnswers.from_json(row.answers)) for pk, row in rows.items()}
    found = split_eligible(
        lock_followups_and_letters(list(requested)), _refusal_to_decide_as_seen(requested, bulk.by, Way(bulk.way))
    )
    _save_decisions([(one, requested[one.letter_id].answers) for one in found.eligible], bulk.by, bulk)
    reasons = {letter.pk: why for letter, why in found.skipped}
    decided = {followup.letter_id for followup in found.eligible}
    for pk, row in rows.items():
        row.state = State.DECIDED if pk in decided else State.SKIPPED
        row.why = "" if pk in decided else reasons.get(pk, NOT_OPENED)
    save_results(list(rows.values()))
    return len(rows)


def save_results(rows: list[BulkLetter]) -> None:
    """Save state and reason of the rows. One query per distinct state and reason."""
    became: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        became.setdefault((row.state, row.why), []).append(row.pk)
    for (state, why), ids in became.items():
        BulkLetter.objects.filter(pk__in=ids).update(state=state, why=why)


def _refusal_to_decide_as_seen(
    requested: Mapping[int, RequestedDecision], by: User, way: BulkDecision.Way
) -> Callable[[FollowUp], str]:
    """Return a function from follow-up to refusal. `requested` is keyed by letter id. At most two queries."""
    escalations = Escalation.objects.with_desk().filter(followup__letter__in=requested)
    at_desk = set(escalations.values_list("followup", flat=True)) if way == Way.PAGE else set()
    allowed = rights.rights_by_letter(by, requested)

    def why_not(followup: FollowUp) -> str:
        one = requested[followup.letter_id]
        is_as_seen = followup.version == one.version
        individual_reason = _refusal_of_bulk_decision(followup, one.answers) if way == Way.PAGE else ""
        if not individual_reason and followup.pk in at_desk:
            individual_reason = "Brevet har en åben henvendelse. Beslut på brevets egen side."
        refusal = _refusal_to_decide(followup, allowed[followup.letter_id])
        refusal = refusal or refusal_without_original(one.answers, is_gone=followup.is_original_gone)
        return refusal or individual_reason or ("" if is_as_seen else DECISION_CHANGED)

    return why_not


def _refusal_to_decide(followup: FollowUp, allowed: LetterRights) -> str:
    if followup.letter.withdrawn_at:
        return WITHDRAWN
    if not allowed.decide:
        return ONLY_SENDER_OR_LEADER.format(TO_DECIDE)
    return "" if followup.status in TRANSITIONS[Kind.DECIDED] else REFUSALS[Status(followup.status)]


def _refusal_of_bulk_decision(followup: FollowUp, answers: DecisionAnswers) -> str:
    """Return why a decision about many letters does not cover the letter; "" if it does."""
    if followup.letter.is_personnel_case:
        return IS_PERSONNEL_CASE
    if not followup.is_open:
        return HAS_DECISION
    due_on = followup.due_on
    has_passed = due_on is not None and calendar.is_overdue(due_on, calendar.today())
    return DUE_DATE_PASSED if has_passed and answers.missed_on != due_on else ""


#: A letter that harmed somebody needs individual attention.
HAS_CONSEQUENCES = "Fejlen har fået konsekvenser. Skriv på brevets egen side, hvad I har gjort."


@transaction.atomic
def record_remedial_actions(seen_versions: Mapping[Letter, int], by: User, text: str) -> Outcome:
    """Record the same text for many letters with unknown consequences, each at its version in `seen_versions`.

    Return the number recorded, and the skipped letters with reasons.
    """
    followups = lock_followups_and_letters([letter.pk for letter in seen_versions])
    found = split_eligible(followups, refusal_as_seen(seen_versions, by, _refusal_to_record_action))
    handled = {"handled_text": text, "handled_by": by, "handled_at": timezone.now()}
    advance_each([Transition(one, handled, {"handled_text": text}) for one in found.eligible], Kind.HANDLED, by)
    return Outcome(found.eligible, found.skipped)


def preview_remedial_actions(seen_versions: Mapping[Letter, int], by: User) -> Eligibility:
    """Return the letters that `record_remedial_actions` would record and skip now. Writes nothing.

    Fetch the letters as `followups.selection.select_related_rows` does.
    """
    return split_eligible_letters(seen_versions, refusal_as_seen(seen_versions, by, _refusal_to_record_action))


def _refusal_to_record_action(followup: FollowUp, allowed: LetterRights) -> str:
    if followup.letter.withdrawn_at:
        return WITHDRAWN
    if not allowed.decide:
        return ONLY_SENDER_OR_LEADER.format(TO_RECORD_ACTION)
    if followup.letter.is_personnel_case:
        return IS_PERSONNEL_CASE
    if followup.status not in TRANSITIONS[Kind.HANDLED]:
        return REFUSALS[Status(followup.status)]
    if not followup.is_review_open:
        return NO_OPEN_REVIEW
    return HAS_CONSEQUENCES if followup.consequence_review == FollowUp.ConsequenceReview.FOUND else ""
