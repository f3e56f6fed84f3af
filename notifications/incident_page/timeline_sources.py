"""The sources of the incident's timeline: those of the apps below, notes, dispatches, alarms and certificates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.db import connection
from django.urls import reverse

from followups.reporting import milestones
from letters.story import timeline
from letters.story.story_rows import StoryRows
from letters.story.timeline import Event, Source, event_at
from notifications.alarms.alarm_list import ALARMS
from notifications.models import Alarm, Kind
from sepo_incident.core import danish
from sepo_incident.core.sql_files import read_sql

_SQL = read_sql(__file__, "timeline_sources.sql")


def system_events(story: StoryRows) -> Iterator[Event]:
    """Yield what the system knows of the incident. Of the reminders of a day there is one event. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL, {"incident": story.incident.pk, "created_at": story.incident.created_at})
        rows = cursor.fetchall()
    reminders: dict[date, tuple[datetime, int, int]] = {}
    for what, at, pk, kind, name, number in rows:
        title = ALARMS[Alarm.Kind(kind)].title if "alarm" in what else ""
        match what:
            case "note":
                text = f"Statusnotat om {name}, udgave {number}, er udgivet."
                yield event_at(at, text, reverse("note", args=[pk]), "Læs notatet")
            case "certificate":
                text = f"Afslutningsbevis nr. {number} er udstedt."
                yield event_at(at, text, reverse("certificates"), "Se beviset")
            case "alarm":
                yield event_at(at, f"Alarm: {title}.", f"{reverse('alarms')}#alarm-{pk}", "Se alarmen")
            case "ended alarm":
                yield event_at(at, f"Alarmen er lukket{f' af {name}' if name else ''}: {title}.")
            case "dispatch" if kind == Kind.FIRST_NOTICE:
                text = f"{danish.count(number, 'afsender', 'afsendere')} får besked."
                yield event_at(at, text, reverse("dispatch", args=[pk]), "Se udsendelsen")
            case "dispatch":
                first_at, first, before = reminders.get(danish.local_date(at), (at, pk, 0))
                reminders[danish.local_date(at)] = (first_at, first, before + number)
    for at, pk, number in reminders.values():
        text = f"{danish.count(number, 'påmindelse', 'påmindelser')} sendt."
        yield event_at(at, text, reverse("dispatch", args=[pk]), "Se udsendelsen")


SOURCES: tuple[Source, ...] = (
    *timeline.SOURCES,
    lambda story: milestones.milestones(story.incident),
    system_events,
)
