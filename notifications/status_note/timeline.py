"""The published notes in the timeline of the incident."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from followups.models import NotePublication
from letters.models import Incident
from letters.story.timeline import Event, Source, event_at


def published_notes(incident: Incident) -> Iterator[Event]:
    """Yield the published versions of the notes. One query."""
    for one in NotePublication.objects.filter(incident=incident).select_related("unit"):
        about = "hele kommunen" if one.unit.is_root else one.unit.name
        text = f"Statusnotat om {about}, udgave {one.number}, er udgivet."
        yield event_at(one.at, text, reverse("note", args=[one.version_id]), "Læs notatet")


SOURCES: tuple[Source, ...] = (published_notes,)
