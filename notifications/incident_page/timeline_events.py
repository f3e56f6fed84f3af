"""The events of the incident's timeline: of the story, milestones, notes, dispatches, alarms and certificates."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from followups.reporting.milestones import milestones
from letters.story.story_rows import StoryRows
from letters.story.timeline import Event, derived_events, event_at, typed_events
from notifications.alarms.alarm_list import ALARMS
from notifications.models import Alarm
from sepo_incident.core import danish, database
from sepo_incident.core.sql_files import read_sql

_SQL = read_sql(__file__, "timeline_events.sql")


def incident_events(story: StoryRows) -> Iterator[Event]:
    """Yield the events. Two queries."""
    yield from typed_events(story)
    yield from derived_events(story)
    yield from milestones(story.incident)
    values = {"incident": story.incident.pk, "created_at": story.incident.created_at}
    for what, at, pk, name, number in database.fetch_all(_SQL, values):
        match what:
            case "first notices":
                text = f"{danish.count(number, 'afsender', 'afsendere')} får besked."
                yield event_at(at, text, reverse("dispatch", args=[pk]), "Se udsendelsen")
            case "reminders":
                text = f"{danish.count(number, 'påmindelse', 'påmindelser')} sendt."
                yield event_at(at, text, reverse("dispatch", args=[pk]), "Se udsendelsen")
            case "note":
                text = f"Statusnotat om {name}, udgave {number}, er udgivet."
                yield event_at(at, text, reverse("note", args=[pk]), "Læs notatet")
            case "certificate":
                text = f"Afslutningsbevis nr. {number} er udstedt."
                yield event_at(at, text, reverse("certificates"), "Se beviset")
            case _ if pk:
                title = ALARMS[Alarm.Kind(what)].title
                yield event_at(at, f"Alarm: {title}.", f"{reverse('alarms')}#alarm-{pk}", "Se alarmen")
            case _:
                yield event_at(at, f"Alarmen er lukket{name}: {ALARMS[Alarm.Kind(what)].title}.")
