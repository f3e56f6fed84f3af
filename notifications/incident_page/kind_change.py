"""Change the kind of an incident.

Possible while nobody has acted on a letter, no letter waits for a bulk decision, and no dispatch exists.
"""

from __future__ import annotations

from django.db import IntegrityError, transaction

from followups.models import BulkLetter, Decision
from letters.incident_kinds import IncidentKind
from letters.models import Incident
from notifications.models import Dispatch
from notifications.models.dispatch import KIND_IS_FIXED
from sepo_incident.accounts.models import User
from sepo_incident.audit.triggers import set_actor
from sepo_incident.core.database import Conflict


def is_kind_fixed(incident: Incident) -> bool:
    """Return whether the kind can no longer change. The trigger of `IncidentOfMails` says the same. Three queries."""
    decisions = Decision.objects.filter(followup__letter__incident=incident)
    waiting = BulkLetter.objects.filter(letter__incident=incident, state=BulkLetter.State.WAITING)
    return decisions.exists() or waiting.exists() or Dispatch.objects.filter(incident=incident).exists()


@transaction.atomic
def change_kind(incident: Incident, kind: IncidentKind, by: User) -> None:
    """Change the kind of the incident. Raise Conflict if the kind is fixed or the incident closed."""
    Incident.objects.lock_open(incident.pk)
    set_actor(by.pk)
    try:
        with transaction.atomic():
            Incident.objects.filter(pk=incident.pk).update(kind=kind)
    except IntegrityError as fixed:
        raise Conflict(KIND_IS_FIXED) from fixed
