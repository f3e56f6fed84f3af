"""A person sets a letter's own date, or gives it back to its subject and the clock of its category."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from followups import duties, urgency
from followups.models import FollowUp
from followups.services.moving import Kind, NotPossible, advance, locked_at
from letters.models import Letter
from sepo_incident.accounts.models import User


@transaction.atomic
def set_date(letter: Letter, due_on: date | None, by: User, version: int) -> FollowUp:
    """From now on no subject, rule or list says otherwise; ``None`` lets them again. The ledger has both dates.

    ``version`` is the one that was read; raises ``Stale`` or ``NotPossible``.
    """
    followup = locked_at(letter, version)
    if not duties.may_decide(by, followup.letter):
        raise NotPossible("Kun afsenderen og lederen kan sætte brevets frist.")
    now = due_on or urgency.date_of(followup.letter)
    told = {"due_on": now.isoformat() if now else None, "is_set": due_on is not None}
    advance(followup, Kind.DATE_SET, by, told, due_on=now, due_by=by if due_on else None)
    return followup
