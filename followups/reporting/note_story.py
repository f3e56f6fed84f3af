"""What people have written about the incident, for the sections of the note."""

from __future__ import annotations

from followups.reporting.note_sections import Story
from letters.models import Incident
from sepo_incident.accounts.models import Unit

#: The committees that read the note: for the whole municipality, and for an administration without a plan.
WHOLE_COMMITTEE = "Økonomiudvalget"


def read_story(incident: Incident, unit: Unit) -> Story:
    return Story()


def read_committee(incident: Incident, unit: Unit, number: int) -> tuple[str, str, str]:
    """Return the committee that reads the note, the case number, and the number of the document."""
    committee = WHOLE_COMMITTEE if unit.parent_id is None else f"{unit.name}s udvalg"
    return committee, incident.case_number, f"{incident.case_number}-{number}" if incident.case_number else ""
