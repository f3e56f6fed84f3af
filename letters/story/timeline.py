"""The timeline of an incident: what people typed, and what follows from other rows. Nothing of it is stored.

The apps above have events of their own, and the page of the incident adds all of them up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.urls import reverse
from django.utils import timezone

from letters.models import ImportBatch, Incident, TimelineEntry
from letters.story.rows import Correction, explain_changes
from letters.story.story_rows import StoryRows
from sepo_incident.core import danish

Kind = TimelineEntry.Kind
#: Kinds that people look for first. They are drawn filled.
KEY_KINDS = frozenset({Kind.FIRST_LETTER, Kind.SUSPICION, Kind.SCALE_KNOWN})


class Event(NamedTuple):
    """An event of the timeline. `time` None: only the day is known.

    `url` and `action`: a page that shows more, for people who may open the page. `entry`: the row that people typed,
    with its `corrections`; None for an event that follows from other rows. `when`: the day and time as people read
    them today.
    """

    day: date
    text: str
    time: time | None = None
    url: str = ""
    action: str = ""
    is_key: bool = False
    source: str = ""
    entry: TimelineEntry | None = None
    corrections: Sequence[Correction] = ()
    when: str = ""


def event_at(moment: datetime, text: str, url: str = "", action: str = "", *, is_key: bool = False) -> Event:
    """Return the event of a moment, by the clock in Copenhagen."""
    local = danish.local_time(moment)
    return Event(local.date(), text, local.time(), url, action, is_key)


def typed_events(story: StoryRows) -> Iterator[Event]:
    """Yield the entries that people typed, with corrections."""
    corrections = explain_changes(TimelineEntry, story.changes_of(TimelineEntry), story.names)
    for entry in story.entries:
        text = entry.text
        if entry.kind == Kind.SUSPICION:
            text = f"{text} {days_since_first_letter(story.incident, entry.day)}".strip()
        yield Event(
            entry.day,
            text,
            entry.time,
            is_key=entry.kind in KEY_KINDS,
            source=entry.source,
            entry=entry,
            corrections=corrections.get(entry.pk, ()),
        )


def days_since_first_letter(incident: Incident, day: date) -> str:
    """Return «Der er gået 25 dage siden det første brev.», or "" on the first day and before."""
    days = (day - incident.first_day).days
    number = danish.count(days, "dag", "dage")
    return f"Der er gået {number} siden det første brev." if days > 0 else ""


STATUS_SENTENCES = {
    (Incident.Status.PREPARING, Incident.Status.OPEN): "Opfølgningen åbner.",
    (Incident.Status.OPEN, Incident.Status.CLOSED): "Hændelsen lukkes.",
    (Incident.Status.CLOSED, Incident.Status.OPEN): "Hændelsen åbnes igen.",
}


def derived_events(story: StoryRows) -> Iterator[Event]:
    """Yield what follows from the incident and from other rows than the entries."""
    yield from _planned_days(story)
    yield from _acts(story)
    yield from _acts_about_breach(story)


def _planned_days(story: StoryRows) -> Iterator[Event]:
    """Yield the days that are fields of the incident and of the administrations' plans."""
    incident = story.incident
    yield Event(incident.first_day, "Fejlen rammer det første brev.", is_key=True)
    if incident.last_day != incident.first_day:
        yield Event(incident.last_day, "Den sidste dag, hvor fejlen rammer breve.")
    if incident.fix_checked_on:
        told = f"{incident.fix_checked_by} kontrollerer, at breve {incident.rules.works_again} igen:"
        yield Event(incident.fix_checked_on, f"{told} {incident.fix_evidence.rstrip('.')}.", is_key=True)
    yield Event(incident.deadline, "Kommunens frist for at følge op på brevene.")
    for plan in story.plans:
        if plan.meeting_on:
            yield Event(plan.meeting_on, f"Møde i {plan.committee or plan.unit.name}.")


def _acts(story: StoryRows) -> Iterator[Event]:
    """Yield the lists, the deadlines that were moved, the changes of status and the emergencies."""
    for one in story.lists:
        if one.status == ImportBatch.Status.COMMITTED and one.committed_at:
            url = reverse("import_batch", args=[one.pk])
            yield event_at(one.committed_at, f"Listen »{one.filename}« er indlæst.", url, "Se listen")
    for move in story.deadline_changes:
        text = f"{move.by.name} flytter fristen fra {danish.date(move.old)} til {danish.date(move.new)}."
        yield event_at(move.at, f"{text} »{move.reason}«")
    for extension in story.extensions:
        if extension.unit:  # a letter's reason may tell of the letter
            whom, until = extension.unit.name, danish.date(extension.deadline)
            text = f"{extension.by.name} sætter fristen for {whom} til {until}."
            yield event_at(extension.at, f"{text} »{extension.reason}«")
    for change in story.status_changes:
        text = STATUS_SENTENCES[Incident.Status(change.old), Incident.Status(change.new)]
        if change.still_open:
            text = f"{text} {danish.capitalized(danish.join_with_and(change.still_open))}."
        reason = f" »{change.reason}«" if change.reason else ""
        yield event_at(change.at, f"{text}{reason}", is_key=change.new == Incident.Status.CLOSED)
    for emergency in story.emergencies:
        yield event_at(emergency.raised_at, f"{emergency.contact_name} aktiverer it-beredskabet.", is_key=True)
        if emergency.stood_down_at:
            yield event_at(emergency.stood_down_at, "It-beredskabet slutter.")


def _acts_about_breach(story: StoryRows) -> Iterator[Event]:
    """Yield the reports of a possible breach, which each start 72 hours, and what was said of them."""
    breach_page = reverse("breach")
    for report in story.reports:
        yield event_at(report.aware_at, f"{danish.sentence(report.text)} De 72 timer begynder.", is_key=True)
    for assessment in story.assessments:
        text = f"Vurdering af databrud: {assessment.get_answer_display().lower()}."
        yield event_at(assessment.at, text, f"{breach_page}#vurdering-{assessment.pk}", "Læs begrundelsen")
    for opinion in story.opinions:
        text = "Databeskyttelsesrådgiveren skriver sin udtalelse om databrud."
        yield event_at(opinion.at, text, f"{breach_page}#udtalelse-{opinion.pk}", "Læs udtalelsen")
    for sent in story.notifications:
        yield event_at(sent.sent_at, "Bruddet er anmeldt til Datatilsynet.", breach_page, "Se anmeldelsen")


class Timeline(NamedTuple):
    """The events, the farthest ahead first. `coming`: those after `now`; `past`: the newest first."""

    coming: list[Event]
    past: list[Event]


def build_timeline(found: Iterable[Event], now: datetime | None = None) -> Timeline:
    """Return the events in order. Events without a time come first on their day.

    Events of the same instant are in descending order of their texts, whatever order the database returns them in.
    """
    local = danish.local_time(now or timezone.now())
    events = [event._replace(when=describe_day(event, local.date())) for event in found]
    events.sort(key=lambda event: (event.day, event.time or time(0), event.text), reverse=True)
    moment = (local.date(), local.time())
    coming = [event for event in events if (event.day, event.time or time(0)) > moment]
    return Timeline(coming, events[len(coming) :])


def describe_day(event: Event, today: date) -> str:
    """Return «I dag kl. 08.15», «I går, søndag den 12. januar», or «Fredag den 3. januar 2020»."""
    near = {0: "i dag", -1: "i går"}.get((event.day - today).days, "")
    same_year = event.day.year == today.year
    day = danish.weekday_date_short(event.day) if same_year else danish.weekday_date(event.day)
    clock = f" kl. {event.time:%H.%M}" if event.time else ""
    return danish.capitalized(f"{near if near and clock else ', '.join(filter(None, (near, day)))}{clock}")


def open_days(incident: Incident, today: date) -> int:
    """Return for how many days the incident has been open, from the day on which it was made."""
    return max(timedelta(), today - danish.local_date(incident.created_at)).days
