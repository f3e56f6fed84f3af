"""The sending rules of an incident, set by KIT: approval of large dispatches, and mails per minute."""

from __future__ import annotations

from typing import NamedTuple

from django.db import transaction

from letters.models import Incident
from notifications.models import SendingChange, SendingSettings
from sepo_incident.accounts.models import User
from sepo_incident.core import danish
from sepo_incident.core.conflict import Conflict


class SendingRules(NamedTuple):
    """The sending rules, with the fields of ``Sending``. None means no limit."""

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
        """Return whether some dispatches needed approval before and no longer do."""
        before, now = seen.approval_above, self.approval_above
        return before is not None and (now is None or now > before)


@transaction.atomic
def change_sending_rules(incident: Incident, rules: SendingRules, seen: SendingRules, by: User) -> None:
    """Change the sending rules from now on, also for mails under way.

    A dispatch that awaits approval keeps waiting. A person who raises the limit is held to the old limit
    (``Sending.exceeded_approval_limit``).

    seen: the rules shown on the form. Raises Conflict if the rules have changed since.
    """
    SendingSettings.objects.get_or_create(incident=incident)
    if not SendingSettings.objects.filter(incident=incident, **seen._asdict()).update(**rules._asdict()):
        raise Conflict
    if rules != seen:
        number = seen.approval_above if rules.raises_approval_limit(seen) else None
        said = {"reason": rules.in_words, "number": number}
        SendingChange.objects.create(incident=incident, kind=SendingChange.Kind.RULED, by=by, **said)
