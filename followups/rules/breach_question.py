"""The breach question that the kind of an incident asks although nobody has reported a breach."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Min

from followups.models import FollowUp
from letters.models import BreachReport, Incident
from letters.story.breach import BreachClock


def unreported_breach(incident: Incident, now: datetime) -> BreachClock | None:
    """Return the clock of the breach question, or None if the incident raises none or somebody has reported a breach.

    At most two queries, none for a kind without the question. The clock's report is not saved.
    """
    question = incident.rules.breach
    if question is None or BreachReport.objects.filter(incident=incident).exists():
        return None
    raised_at = breach_raised_at(incident)
    if raised_at is None:
        return None
    return BreachClock(BreachReport(incident=incident, aware_at=raised_at, text=question.text), [], None, now)


def breach_raised_at(incident: Incident) -> datetime | None:
    """Return when the question was raised: at the creation of the incident, or by the first decision that raises it."""
    question = incident.rules.breach
    if question is None or not question.answer:
        return incident.created_at if question else None
    raising = FollowUp.objects.of_incident(incident).filter(**{question.answer: True})
    raised_at: datetime | None = raising.aggregate(since=Min("decided_at"))["since"]
    return raised_at
