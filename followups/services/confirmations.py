"""Confirmation: the leader confirms a decision, or sends the letter back with a question."""

from collections.abc import Mapping
from functools import partial

from django.db import transaction
from django.utils import timezone

from followups.models import FollowUp
from followups.rules import rights
from followups.rules.rights import LetterRights
from followups.services.state_machine import (
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
    lock_followups_and_letters,
    refusal_as_seen,
    split_eligible,
    split_eligible_letters,
)
from letters.models import Letter
from sepo_incident.accounts.models import User
from sepo_incident.core import calendar, danish

Review = FollowUp.ConsequenceReview

#: Why a letter cannot be closed, and what helps.
LACKS_REVIEW = {
    Review.FOUND: "Fejlen har fået konsekvenser. Skriv på brevets side, hvad I har gjort.",
    Review.UNKNOWN: "Skriv på brevets side, om fejlen har fået konsekvenser.",
}
LACKS_DELETION = "Skriv på brevets side, om den forkerte modtager har bekræftet, at brevet er slettet."
CONFIRMED_EARLIER = "Bekræftelsen er fra en tidligere dag. Ret beslutningen på brevets side."


@transaction.atomic
def confirm_letters(seen_versions: Mapping[Letter, int], by: User) -> Outcome:
    """Confirm many letters, every letter at the version in `seen_versions`. Return the outcome.

    Letters that cannot be confirmed, or have changed since, are skipped with the reason.
    """
    followups = lock_followups_and_letters([letter.pk for letter in seen_versions])
    found = split_eligible(followups, refusal_as_seen(seen_versions, by, partial(_refusal_to_confirm, by)))
    now = timezone.now()
    advance_many(found.eligible, Kind.CONFIRMED, by, status=Status.CONFIRMED, confirmed_by=by, confirmed_at=now)
    return Outcome(found.eligible, found.skipped)


def confirm_letter(letter: Letter, by: User, version: int) -> FollowUp:
    """Confirm the decision at `version`. Raise Conflict or NotPossible."""
    return confirm_letters({letter: version}, by).require_done(version)


@transaction.atomic
def undo_confirmations(seen_versions: Mapping[Letter, int], by: User) -> Outcome:
    """Undo confirmations that `by` made today, each at its version in `seen_versions`. Return the outcome.

    The letters wait for confirmation again; the history keeps both acts.
    """
    followups = lock_followups_and_letters([letter.pk for letter in seen_versions])
    found = split_eligible(followups, refusal_as_seen(seen_versions, by, partial(_refusal_to_undo, by)))
    advance_many(found.eligible, Kind.UNCONFIRMED, by, status=Status.DONE, confirmed_by=None, confirmed_at=None)
    return Outcome(found.eligible, found.skipped)


def _refusal_to_undo(by: User, followup: FollowUp, allowed: LetterRights) -> str:
    if followup.letter.withdrawn_at:
        return WITHDRAWN
    if followup.status != Status.CONFIRMED:
        return "Brevet er ikke bekræftet længere."
    if followup.confirmed_by_id != by.pk:
        return "En anden har bekræftet brevet."
    if not allowed.confirm:
        return "Du er ikke længere brevets leder."
    assert followup.confirmed_at is not None  # noqa: S101 - the database sees to it
    return "" if danish.local_date(followup.confirmed_at) == calendar.today() else CONFIRMED_EARLIER


def preview_confirmation(seen_versions: Mapping[Letter, int], by: User) -> Eligibility:
    """Return the letters that `confirm_letters` would confirm and skip now. Writes and locks nothing.

    Fetch the letters with follow-up, unit, sender and leader; the preview then makes one query.
    """
    return split_eligible_letters(seen_versions, refusal_as_seen(seen_versions, by, partial(_refusal_to_confirm, by)))


def _refusal_to_confirm(by: User, followup: FollowUp, allowed: LetterRights) -> str:
    """Return why `by` may not confirm the letter now, as a Danish sentence; "" if allowed."""
    return _refusal_of_confirmer(followup, by, allowed) or explain_missing_answer(followup)


def _refusal_of_confirmer(followup: FollowUp, by: User, allowed: LetterRights) -> str:
    """Return why the letter does not wait for confirmation by `by`; "" if it does.

    The Danish sentence names the person who confirms instead, where that helps.
    """
    letter = followup.letter
    if letter.withdrawn_at:
        return WITHDRAWN
    if followup.status not in TRANSITIONS[Kind.CONFIRMED]:
        return REFUSALS[Status(followup.status)]
    if letter.sender_id == by.pk:
        return f"Du har selv sendt brevet. {rights.confirmer_label(letter)} bekræfter det."
    if not allowed.read:
        left_to = "Kun brevets egen leder kan bekræfte den"
        if not rights.has_leader_besides_sender(letter):
            left_to = f"{rights.confirmer_label(letter)} bekræfter den"
        return f"Det er en personalesag. {left_to}."
    if not allowed.confirm:
        return "Kun lederen kan bekræfte."
    return ""


def explain_missing_answer(followup: FollowUp) -> str:
    """Return what must be answered before the letter can be closed; "" if nothing is missing or it is closed."""
    if not followup.lacks_answer:
        return ""
    if followup.is_review_open:
        return LACKS_REVIEW[Review(followup.consequence_review)]
    if followup.due_date_passed_before_sending:
        return "Brevets dato passerede, før brevet blev sendt. Ret beslutningen, og svar igen."
    return LACKS_DELETION if followup.awaits_deletion else "Svar på brevets side, om ændringen er journaliseret."


@transaction.atomic
def send_back(letter: Letter, by: User, version: int, question: str) -> FollowUp:
    """Send the letter back to the sender with a question, instead of confirming.

    The sender decides again, or explains why the decision stands (`uphold`). Raise Conflict or NotPossible.
    """
    followup = lock_followup_at_version(letter, version)
    if refusal := _refusal_of_confirmer(followup, by, rights.rights_on(by, letter)):
        raise NotPossible(refusal)
    advance(followup, Kind.SENT_BACK, by, {"question": question}, status=Status.SENT_BACK)
    return followup
