"""The leader has seen what was decided, and stands by it or sends it back with a question."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.db import transaction
from django.utils import timezone

from followups import duties
from followups.models import FollowUp
from followups.services.moving import (
    POSSIBLE_FROM,
    REFUSALS,
    WITHDRAWN,
    Kind,
    NotPossible,
    Status,
    advance,
    advance_many,
    locked,
    locked_at,
)
from followups.services.outcomes import CHANGED, Outcome, Sorted, sort, sort_letters
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
def confirm(seen: Mapping[Letter, int], by: User) -> Outcome:
    """The leader has seen the decisions, each letter at this version, and stands by them.

    What cannot be confirmed, or is no longer what was seen, is left alone with the reason.
    """
    versions = {letter.pk: version for letter, version in seen.items()}
    found = sort(locked(list(versions)), _why_not_as_seen(versions, by))
    _stand_by(found.sound, by)
    return Outcome(done=len(found.sound), skipped=found.left)


def sort_out(seen: Mapping[Letter, int], by: User) -> Sorted:
    """What ``confirm`` would do now, told beforehand: it writes and locks nothing.

    Fetch the letters with their follow-up, unit, sender and leader; then this asks the database nothing.
    """
    versions = {letter.pk: version for letter, version in seen.items()}
    return sort_letters(seen, _why_not_as_seen(versions, by))


def _why_not_as_seen(versions: Mapping[int, int], by: User) -> Callable[[FollowUp], str]:
    def why_not(followup: FollowUp) -> str:
        is_as_seen = followup.version == versions[followup.letter_id]
        return _why_not_confirm(followup, by) or ("" if is_as_seen else CHANGED)

    return why_not


def _why_not_confirm(followup: FollowUp, by: User) -> str:
    """Why this person may not confirm this now; "" when nothing is in the way."""
    return _not_your_turn(followup, by) or lacks_answer(followup)


def _not_your_turn(followup: FollowUp, by: User) -> str:
    """Why it does not wait for this person's confirmation, and where it helps for whose; "" when it does."""
    letter = followup.letter
    if letter.withdrawn_at:
        return WITHDRAWN
    if followup.status not in POSSIBLE_FROM[Kind.CONFIRMED]:
        return REFUSALS[Status(followup.status)]
    if letter.sender_id == by.pk:
        return f"Du har selv sendt brevet. {duties.who_confirms(letter)} bekræfter det."
    if not letter.may_be_read_by(by):
        left_to = "Kun brevets egen leder kan bekræfte den"
        if duties.is_left_to_hr(letter):
            left_to = f"{duties.who_confirms(letter)} bekræfter den"
        return f"Det er en personalesag. {left_to}."
    if not duties.may_confirm(by, letter):
        return "Kun lederen kan bekræfte."
    return ""


def lacks_answer(followup: FollowUp) -> str:
    """What must be answered before the letter can be closed; "" when nothing is missing, or it is closed already."""
    if not followup.lacks_answer:
        return ""
    if followup.is_review_open:
        return LACKS_REVIEW[Review(followup.consequence_review)]
    return PASSED_MEANWHILE if followup.passed_meanwhile else LACKS_RECORD


@transaction.atomic
def confirm_one(letter: Letter, by: User, version: int) -> FollowUp:
    """The leader confirms the decision she has just read, and no later one."""
    followup = locked_at(letter, version)
    if refusal := _why_not_confirm(followup, by):
        raise NotPossible(refusal)
    _stand_by([followup], by)
    return followup


@transaction.atomic
def send_back(letter: Letter, by: User, version: int, question: str) -> FollowUp:
    """Who is to confirm it asks instead: the sender decides anew, or says why the decision stands (``uphold``)."""
    followup = locked_at(letter, version)
    if refusal := _not_your_turn(followup, by):
        raise NotPossible(refusal)
    advance(followup, Kind.SENT_BACK, by, {"question": question}, status=Status.SENT_BACK)
    return followup


def _stand_by(followups: list[FollowUp], by: User) -> None:
    advance_many(followups, Kind.CONFIRMED, by, status=Status.CONFIRMED, confirmed_by=by, confirmed_at=timezone.now())
