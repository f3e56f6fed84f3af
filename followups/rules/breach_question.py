"""The breach question that the kind of an incident asks although nobody has reported a breach."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min

from followups.models import FollowUp
from letters.models import BreachReport, Incident
from letters.story.breach import BreachClock


def unreported_breach(incident: Incident, now: datetime) -> BreachClock | None:
    """Return the clock of the breach question, or None if the incident raises none or somebody has reported a breach.

    The 72 hours run from the creation of the incident, or from the first decision that raises the question. At most two
    queries, none for a kind without the question. The clock's report is not saved.
    """
    question = incident.rules.breach
    if question is None or BreachReport.objects.filter(incident=incident).exists():
        return None
    since = incident.created_at
    if question.answer:
        raising = FollowUp.objects.of_incident(incident).filter(**{question.answer: True})
        since = raising.aggregate(since=Min("decided_at"))["since"]
    report = BreachReport(incident=incident, aware_at=since, text=question.text)
    return BreachClock(report, [], None, now) if since else None
