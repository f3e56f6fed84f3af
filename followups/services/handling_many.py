"""What became known of the consequences, said once of many letters: by the rules of ``handle``, in few statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.db import transaction
from django.utils import timezone

from followups import duties
from followups.models import FollowUp
from followups.services.deciding import HANDLED_BY, NONE_LACKING, NOT_YOURS
from followups.services.deciding_many import IS_PERSONNEL
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
from followups.services.outcomes import CHANGED, Outcome, Sorted, sort, sort_letters
from letters.models import Letter
from sepo_incident.accounts.models import User

#: who was harmed wants a look of its own
IS_HARMED = "Fejlen har fået følger for nogen. Skriv på brevets egen side, hvad der er gjort."


@transaction.atomic
def handle_many(seen: Mapping[Letter, int], by: User, text: str) -> Outcome:
    """The same of all whose consequences nobody knew, each at the version that was seen; the others are left alone."""
    found = sort(locked_with_letters([letter.pk for letter in seen]), _why_not(seen, by))
    handled = {"handled_text": text, "handled_by": by, "handled_at": timezone.now()}
    advance_each([Step(one, handled, {"handled_text": text}) for one in found.sound], Kind.HANDLED, by)
    return Outcome(len(found.sound), found.left)


def would_handle(seen: Mapping[Letter, int], by: User) -> Sorted:
    """What ``handle_many`` would do now, told beforehand, of letters that were fetched as ``chosen.whole`` does."""
    return sort_letters(seen, _why_not(seen, by))


def _why_not(seen: Mapping[Letter, int], by: User) -> Callable[[FollowUp], str]:
    versions = {letter.pk: version for letter, version in seen.items()}

    def why_not(followup: FollowUp) -> str:
        is_as_seen = followup.version == versions[followup.letter_id]
        return _why_not_handle(followup, by) or ("" if is_as_seen else CHANGED)

    return why_not


def _why_not_handle(followup: FollowUp, by: User) -> str:
    letter = followup.letter
    if letter.withdrawn_at:
        return WITHDRAWN
    if not duties.may_decide(by, letter):
        return NOT_YOURS.format(HANDLED_BY)
    if letter.is_personnel_case:
        return IS_PERSONNEL
    if followup.status not in POSSIBLE_FROM[Kind.HANDLED]:
        return REFUSALS[Status(followup.status)]
    if not followup.is_review_open:
        return NONE_LACKING
    return IS_HARMED if followup.consequence_review == FollowUp.ConsequenceReview.FOUND else ""
