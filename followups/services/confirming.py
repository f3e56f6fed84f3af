"""The leader has seen what was decided and stands by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
    advance_many,
    locked,
    locked_at,
)
from letters.models import Letter
from sepo_incident.accounts.models import User

CHANGED = "Beslutningen er ændret, siden du så den."


@dataclass(frozen=True)
class Outcome:
    """What a bulk act did: how many letters, and for each one left alone why (letter, sentence)."""

    done: int
    skipped: list[tuple[Letter, str]]


@transaction.atomic
def confirm(seen: Mapping[Letter, int], by: User) -> Outcome:
    """The leader has seen the decisions, each letter at this version, and stands by them.

    What cannot be confirmed, or is no longer what was seen, is left alone with the reason.
    """
    versions = {letter.pk: version for letter, version in seen.items()}
    skipped, sound = [], []
    for followup in locked(list(versions)):
        refusal = _why_not_confirm(followup, by)
        if not refusal and followup.version != versions[followup.letter_id]:
            refusal = CHANGED
        if refusal:
            skipped.append((followup.letter, refusal))
        else:
            sound.append(followup)
    _stand_by(sound, by)
    return Outcome(done=len(sound), skipped=skipped)


def _why_not_confirm(followup: FollowUp, by: User) -> str:
    if followup.letter.withdrawn_at:
        return WITHDRAWN
    if followup.letter.sender_id == by.pk:
        return "Du har selv sendt brevet. En anden leder skal bekræfte det."
    if not followup.letter.may_be_read_by(by):
        return "Det er en personalesag. Kun brevets egen leder kan bekræfte den."
    if not duties.may_confirm(by, followup.letter):
        return "Kun lederen kan bekræfte."
    return "" if followup.status in POSSIBLE_FROM[Kind.CONFIRMED] else REFUSALS[Status(followup.status)]


@transaction.atomic
def confirm_one(letter: Letter, by: User, version: int) -> FollowUp:
    """The leader confirms the decision she has just read, and no later one."""
    followup = locked_at(letter, version)
    if refusal := _why_not_confirm(followup, by):
        raise NotPossible(refusal)
    _stand_by([followup], by)
    return followup


def _stand_by(followups: list[FollowUp], by: User) -> None:
    advance_many(followups, Kind.CONFIRMED, by, status=Status.CONFIRMED, confirmed_by=by, confirmed_at=timezone.now())
