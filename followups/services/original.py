"""The mail itself is gone, or has turned up again: what somebody who looked for it says."""

from __future__ import annotations

from django.db import transaction

from followups import duties
from followups.models import FollowUp
from followups.services.moving import Kind, NotPossible, advance, locked_at
from letters.models import Letter
from sepo_incident.accounts.models import User


def original_gone(letter: Letter, by: User, version: int) -> FollowUp:
    """Nobody can find it. It keeps nobody from any decision: a copy on the record may be sent instead."""
    return _say(letter, by, version, is_gone=True)


def original_found(letter: Letter, by: User, version: int) -> FollowUp:
    return _say(letter, by, version, is_gone=False)


@transaction.atomic
def _say(letter: Letter, by: User, version: int, *, is_gone: bool) -> FollowUp:
    """``version`` is the one that was read; raises ``Stale`` or ``NotPossible``."""
    followup = locked_at(letter, version)
    if not duties.may_decide(by, followup.letter):
        raise NotPossible("Kun afsenderen og lederen kan skrive, om originalen findes.")
    if followup.is_original_gone == is_gone:
        raise NotPossible("Det står allerede på brevet.")
    advance(followup, Kind.ORIGINAL_GONE if is_gone else Kind.ORIGINAL_FOUND, by, is_original_gone=is_gone)
    return followup
