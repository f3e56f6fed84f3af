"""The leader has seen what was decided, and stands by it or sends it back with a question."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.db import transaction
from django.utils import timezone

from followups.models import FollowUp
from followups.rules import rights
from followups.services.state_machine import (
    DECISION_CHANGED,
    REFUSALS,
    TRANSITIONS,
    WITHDRAWN,
    Eligibility,
    Kind,
    NotPossible,
    Outcome,
    Status,
    advance,
    advance_many,
    lock_followup_at_version,
    lock_followups,
    split_eligible,
    split_eligible_letters,
)
from letters.models import Letter
from sepo_incident.accounts.models import User

Review = FollowUp.ConsequenceReview

#: why a letter cannot be closed, and what helps
LACKS_REVIEW = {
    Review.FOUND: "Fejlen har fået følger. Skriv først på brevets side, hvad der er gjort ved dem.",
    Review.UNKNOWN: "Ingen ved endnu, om fejlen har fået følger. Skriv først på brevets side, hvad I har fundet ud af.",
}
PASSED_MEANWHILE = "Brevets frist passerede, før brevet blev sendt. Ret først beslutningen, og svar igen."
LACKS_RECORD = "Noget er ændret. Skriv først på brevets side, om ændringen er skrevet på sagen."


@transaction.atomic
def confirm_letters(seen: Mapping[Letter, int], by: User) -> Outcome:
    """The leader has seen the decisions, each letter at this version, and stands by them.

    What cannot be confirmed, or is no longer what was seen, is left alone with the reason.
    """
    versions = {letter.pk: version for letter, version in seen.items()}
    found = split_eligible(lock_followups(list(versions)), _refusal_to_confirm_as_seen(versions, by))
    _mark_confirmed(found.eligible, by)
    return Outcome(done=len(found.eligible), skipped=found.left)


def preview_confirmation(seen: Mapping[Letter, int], by: User) -> Eligibility:
    """What ``confirm`` would do now, told beforehand: it writes and locks nothing.

    Fetch the letters with their follow-up, unit, sender and leader; then this asks the database nothing.
    """
    versions = {letter.pk: version for letter, version in seen.items()}
    return split_eligible_letters(seen, _refusal_to_confirm_as_seen(versions, by))


def _refusal_to_confirm_as_seen(versions: Mapping[int, int], by: User) -> Callable[[FollowUp], str]:
    def why_not(followup: FollowUp) -> str:
        is_as_seen = followup.version == versions[followup.letter_id]
        return _refusal_to_confirm(followup, by) or ("" if is_as_seen else DECISION_CHANGED)

    return why_not


def _refusal_to_confirm(followup: FollowUp, by: User) -> str:
    """Why this person may not confirm this now; "" when nothing is in the way."""
    return _refusal_of_confirmer(followup, by) or explain_missing_answer(followup)


def _refusal_of_confirmer(followup: FollowUp, by: User) -> str:
    """Why it does not wait for this person's confirmation, and where it helps for whose; "" when it does."""
    letter = followup.letter
    if letter.withdrawn_at:
        return WITHDRAWN
    if followup.status not in TRANSITIONS[Kind.CONFIRMED]:
        return REFUSALS[Status(followup.status)]
    if letter.sender_id == by.pk:
        return f"Du har selv sendt brevet. {rights.confirmer_label(letter)} bekræfter det."
    if not letter.may_be_read_by(by):
        left_to = "Kun brevets egen leder kan bekræfte den"
        if rights.is_led_by_hr(letter):
            left_to = f"{rights.confirmer_label(letter)} bekræfter den"
        return f"Det er en personalesag. {left_to}."
    if not rights.may_confirm(by, letter):
        return "Kun lederen kan bekræfte."
    return ""


def explain_missing_answer(followup: FollowUp) -> str:
    """What must be answered before the letter can be closed; "" when nothing is missing, or it is closed already."""
    if not followup.lacks_answer:
        return ""
    if followup.is_review_open:
        return LACKS_REVIEW[Review(followup.consequence_review)]
    return PASSED_MEANWHILE if followup.due_date_passed_before_sending else LACKS_RECORD


@transaction.atomic
def confirm_letter(letter: Letter, by: User, version: int) -> FollowUp:
    """The leader confirms the decision she has just read, and no later one."""
    followup = lock_followup_at_version(letter, version)
    if refusal := _refusal_to_confirm(followup, by):
        raise NotPossible(refusal)
    _mark_confirmed([followup], by)
    return followup


@transaction.atomic
def send_back(letter: Letter, by: User, version: int, question: str) -> FollowUp:
    """Who is to confirm it asks instead: the sender decides anew, or says why the decision stands (``uphold``)."""
    followup = lock_followup_at_version(letter, version)
    if refusal := _refusal_of_confirmer(followup, by):
        raise NotPossible(refusal)
    advance(followup, Kind.SENT_BACK, by, {"question": question}, status=Status.SENT_BACK)
    return followup


def _mark_confirmed(followups: list[FollowUp], by: User) -> None:
    advance_many(followups, Kind.CONFIRMED, by, status=Status.CONFIRMED, confirmed_by=by, confirmed_at=timezone.now())
