"""The sources of the incident's timeline: those of the apps below, notes, dispatches, alarms and certificates."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from django.db.models import Count, Q
from django.urls import reverse

from followups.models import ClosingCertificate, NotePublication
from followups.reporting import milestones
from letters.models import Incident
from letters.story import timeline
from letters.story.timeline import Event, Source, event_at
from notifications.alarms.alarm_list import ALARMS
from notifications.models import Alarm, Delivery, Kind
from sepo_incident.core import danish


def dispatches(incident: Incident) -> Iterator[Event]:
    """Yield the dispatches of first notices, and one event for the reminders of each day. One query."""
    to = Count("notices", filter=Q(notices__deliveries__role=Delivery.Role.TO), distinct=True)
    sent = incident.dispatches.annotate(number=to).filter(number__gt=0).order_by("requested_at")
    first = [one for one in sent if one.kind == Kind.FIRST_NOTICE]
    for one in first:
        people = danish.count(one.number, "afsender", "afsendere")
        yield event_at(one.requested_at, f"{people} får besked.", reverse("dispatch", args=[one.pk]), "Se udsendelsen")
    reminders = [one for one in sent if one.kind != Kind.FIRST_NOTICE]
    for _, day in groupby(reminders, key=lambda one: danish.local_date(one.requested_at)):
        group = list(day)
        text = f"{danish.count(sum(one.number for one in group), 'påmindelse', 'påmindelser')} sendt."
        yield event_at(group[0].requested_at, text, reverse("dispatch", args=[group[0].pk]), "Se udsendelsen")


def alarms(incident: Incident) -> Iterator[Event]:
    """Yield the alarms raised and ended since the incident was made. An alarm belongs to no incident."""
    for alarm in Alarm.objects.filter(raised_at__gte=incident.created_at).select_related("ended_by"):
        title = ALARMS[Alarm.Kind(alarm.kind)].title
        yield event_at(alarm.raised_at, f"Alarm: {title}.", f"{reverse('alarms')}#alarm-{alarm.pk}", "Se alarmen")
        if alarm.ended_at:
            by = f" af {alarm.ended_by.name}" if alarm.ended_by else ""
            yield event_at(alarm.ended_at, f"Alarmen er lukket{by}: {title}.")


def certificates(incident: Incident) -> Iterator[Event]:
    """Yield the closing certificates. One query."""
    for number, at in ClosingCertificate.objects.filter(incident=incident).values_list("number", "at"):
        yield event_at(at, f"Afslutningsbevis nr. {number} er udstedt.", reverse("certificates"), "Se beviset")


def published_notes(incident: Incident) -> Iterator[Event]:
    """Yield the published versions of the notes. One query."""
    for one in NotePublication.objects.filter(incident=incident).select_related("unit"):
        about = "hele kommunen" if one.unit.is_root else one.unit.name
        text = f"Statusnotat om {about}, udgave {one.number}, er udgivet."
        yield event_at(one.at, text, reverse("note", args=[one.version_id]), "Læs notatet")


SOURCES: tuple[Source, ...] = (
    *timeline.SOURCES,
    milestones.milestones,
    published_notes,
    dispatches,
    alarms,
    certificates,
)
