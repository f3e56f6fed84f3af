"""The breach question that the kind of an incident asks although nobody has reported a breach."""

from __future__ import annotations

from datetime import datetime

from letters.models import BreachReport, Incident
from letters.story.breach import BreachClock


def unreported_breach(incident: Incident, now: datetime) -> BreachClock | None:
    """Return the clock of the breach question, or None if the incident raises none or somebody has reported a breach.

    The clock starts when the incident is created. One query, none for a kind without the question. The clock's report
    is not saved.
    """
    known = incident.rules.breach
    if not known or BreachReport.objects.filter(incident=incident).exists():
        return None
    return BreachClock(BreachReport(incident=incident, aware_at=incident.created_at, text=known), [], None, now)
