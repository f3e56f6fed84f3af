"""What was sent the same day in the same way, and arrived: said once of many letters, by the rules of ``recording``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.db import transaction

from followups import duties
from followups.arriving.recording import NOT_SENT, NOT_YOURS, Said, row_of
from followups.models import Arrival, FollowUp
from followups.services.moving import WITHDRAWN, locked_with_letters
from followups.services.outcomes import Outcome, Sorted, sort, sort_letters
from letters.models import Letter
from sepo_incident.accounts.models import User

HAS_ARRIVED = "Det står allerede på brevet, at det er kommet frem."
CHANGED_SINCE = "Der er besluttet eller skrevet noget om brevet, siden siden blev vist."


@transaction.atomic
def record_many(seen: Mapping[Letter, int], said: Said, by: User, newest: int) -> Outcome:
    """``seen``: the version of each decision, for it is what was sent then that has arrived; ``newest``: the id of the
    newest arrival that stood on any of them, 0 for none. What did not arrive is said letter by letter. Few statements,
    however many letters; what ``record`` would refuse is left alone with the reason."""
    if said.has_arrived is False or said.file:
        raise ValueError("that is about one letter")
    followups = locked_with_letters([letter.pk for letter in seen])
    found = sort(followups, _why_not(seen, newest_of([one.pk for one in followups]), by, newest))
    Arrival.objects.bulk_create([row_of(one, said, said.kind, by) for one in found.sound])
    return Outcome(len(found.sound), found.left)


def would_record(seen: Mapping[Letter, int], said: Mapping[int, Arrival], by: User, newest: int) -> Sorted:
    """What ``record_many`` would do now, told beforehand; fetch the letters as ``chosen.whole`` does."""
    return sort_letters(seen, _why_not(seen, said, by, newest))


def newest_of(followups: list[int]) -> dict[int, Arrival]:
    """Follow-up → the one that counts. One query."""
    return {one.followup_id: one for one in Arrival.objects.newest().filter(followup__in=followups)}


def newest_among(said: Mapping[int, Arrival]) -> int:
    return max((one.pk for one in said.values()), default=0)


def _why_not(
    seen: Mapping[Letter, int], said: Mapping[int, Arrival], by: User, newest: int
) -> Callable[[FollowUp], str]:
    versions = {letter.pk: version for letter, version in seen.items()}

    def why_not(followup: FollowUp) -> str:
        last = said.get(followup.pk)
        if refusal := _why_not_said(followup, last, by):
            return refusal
        is_as_seen = followup.version == versions[followup.letter_id] and (last is None or last.pk <= newest)
        return "" if is_as_seen else CHANGED_SINCE

    return why_not


def _why_not_said(followup: FollowUp, newest: Arrival | None, by: User) -> str:
    letter = followup.letter
    if letter.withdrawn_at:
        return WITHDRAWN
    if not duties.may_decide(by, letter):
        return NOT_YOURS
    if not followup.is_sent_again:
        return NOT_SENT
    return HAS_ARRIVED if newest and newest.has_arrived else ""
