"""The rules by which an incident's mails go out, as KIT sets them: who must approve, and how fast."""

from __future__ import annotations

from typing import NamedTuple

from django.db import transaction

from letters.models import Incident
from notifications.models import Sending, SendingChange
from sepo_incident.accounts.models import User
from sepo_incident.core import danish
from sepo_incident.core.conflict import Conflict


class SendingRules(NamedTuple):
    """``Sending`` tells what they mean; None: no such rule."""

    approval_above: int | None
    per_minute: int | None

    @property
    def in_words(self) -> str:
        """«Udsendelser på mere end 100 varsler skal godkendes, og der går højst 30 mails ud i minuttet»"""
        approval, speed = "Ingen udsendelser skal godkendes", "mailene går ud, så hurtigt de kan"
        if self.approval_above is not None:
            number = danish.count(self.approval_above, "varsel", "varsler")
            approval = f"Udsendelser på mere end {number} skal godkendes"
        if self.per_minute is not None:
            speed = f"der går højst {danish.count(self.per_minute, 'mail', 'mails')} ud i minuttet"
        return f"{approval}, og {speed}"

    def raises_approval_limit(self, seen: SendingRules) -> bool:
        """Are there dispatches that had to be approved before, and now have not?"""
        before, now = seen.approval_above, self.approval_above
        return before is not None and (now is None or now > before)


@transaction.atomic
def change_sending_rules(incident: Incident, rules: SendingRules, seen: SendingRules, by: User) -> None:
    """They hold from now on, also for what is on its way; a dispatch that waits for approval goes on waiting,
    and whoever loosens the limit is held to the old one (``Sending.limit_passed``).

    ``seen`` is what held when the form was drawn. Raises ``Overtaken`` when somebody has changed it since.
    """
    Sending.objects.get_or_create(incident=incident)
    if not Sending.objects.filter(incident=incident, **seen._asdict()).update(**rules._asdict()):
        raise Conflict
    if rules != seen:
        number = seen.approval_above if rules.raises_approval_limit(seen) else None
        said = {"reason": rules.in_words, "number": number}
        SendingChange.objects.create(incident=incident, kind=SendingChange.Kind.RULED, by=by, **said)
