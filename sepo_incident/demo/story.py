"""The story of the demo's incident (story_data.toml): what is known on the day of the mails, and what comes after."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from letters.models import (
    AdministrationPlan,
    BreachReport,
    Cause,
    Claim,
    Emergency,
    Incident,
    IncidentContact,
    Letter,
    Measure,
    SupplierExchange,
    TimelineEntry,
)
from letters.models.incident_story import StoryRow
from letters.story import breach, plans
from letters.story.rows import save_row
from notifications.status_note.versions import publish_version, take_version
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.core import calendar, danish
from sepo_incident.core.danish import COPENHAGEN

DATA = tomllib.loads(Path(__file__).with_name("story_data.toml").read_text(encoding="utf-8"))
#: Working days after the mails on which the measure that is done was done.
MEASURE_DONE_AFTER = 2
#: Working days after the mails on which a note is made; on the first two it is published. One note a day.
NOTE_DAYS, PUBLISHING_DAYS = (1, 2, 3, 4), (1, 2)


def tell_beginning(incident: Incident, first: date, kit: User) -> None:
    """Write the story up to the day of the mails. The first breach is assessed at once, within its 72 hours."""

    def save(row: StoryRow) -> None:
        row.incident = incident
        save_row(row, kit)

    letters = danish.number(Letter.objects.filter(incident=incident).count())
    for day, clock, kind, text, source in DATA["timeline"]:
        at = {"day": shifted(first, day), "time": parse_clock(clock)}
        save(TimelineEntry(kind=kind, text=text.format(letters=letters), source=source, **at))
    known, unknown = DATA["cause"]
    save(Cause(known=known, unknown=unknown))
    for kind, title, name, phone, email, number in DATA["contacts"]:
        fields = {"kind": kind, "title": title, "contact_name": name, "phone": phone}
        save(IncidentContact(**fields, email=email, case_number=number))
    for title, owner, phone, due, status in DATA["measures"]:
        fields = {"title": title, "contact_name": owner, "phone": phone, "due_on": shifted(first, due)}
        status = Measure.Status.IN_PROGRESS if status == Measure.Status.DONE else status
        save(Measure(**fields, status=status))
    for day, text, answer, following in DATA["exchanges"]:
        answers = {"answer": answer, "next_answer_on": shifted(first, following)}
        save(SupplierExchange(day=shifted(first, day), text=text, **answers))
    day, clock, text = DATA["breach"][0]
    aware_at = moment(shifted(first, day), parse_clock(clock))
    save(Emergency(raised_at=aware_at, contact_name=kit.name))
    report = BreachReport(incident=incident, aware_at=aware_at, lost_availability=True, by=kit)
    report.text = text.format(letters=letters)
    report.save()
    breach.assess(report, breach.Answer.DO_NOT_NOTIFY, DATA["assessment"], 0, kit, concerns_all=True)
    for kind, reason in DATA["claims"]:
        save(Claim(kind=kind, reason=reason))


def tell_day(incident: Incident, first: date, number: int, kit: User) -> None:
    """Write what happened on a working day, `number` days after the mails: measures, plans, a breach report, a note."""
    for row in DATA["plans"]:
        if row[3] == number:
            _send_plan(incident, first, row, kit)
    for title, _, _, _, status in DATA["measures"]:
        if status == Measure.Status.DONE and number == MEASURE_DONE_AFTER:
            measure = Measure.objects.get(incident=incident, title=title)
            measure.status, measure.done_by, measure.done_at = status, kit, timezone.now()
            save_row(measure, kit, measure.version)
    day, _, text = DATA["breach"][1]
    if number == day:
        BreachReport(incident=incident, aware_at=timezone.now(), text=text, lost_availability=True, by=kit).save()
    tell_notes(incident, number)


def tell_notes(incident: Incident, number: int) -> None:
    """Publish the status note of an administration, then the municipality's, then make a working version of each."""
    notes = list(_note_people())
    if number not in NOTE_DAYS or number % 2 >= len(notes):
        return
    unit, author, publisher = notes[number % 2]
    version = take_version(incident, unit, author)
    if number in PUBLISHING_DAYS:
        publish_version(version, publisher)


def _note_people() -> Iterator[tuple[Unit, User | None, User]]:
    """Yield the unit of each note, its author, and another person who publishes it."""
    kit = User.objects.get(name="Mette Dahl")
    yield Unit.root(), None, kit
    coordinator = Membership.objects.filter(role=Membership.Role.COORDINATOR).select_related("unit", "user").first()
    if coordinator:
        yield coordinator.unit, kit, coordinator.user


def _send_plan(incident: Incident, first: date, row: list[Any], kit: User) -> None:
    name, contact, phone, _, committee, meeting, number = row
    unit = Unit.objects.filter(kind=Unit.Kind.ADMINISTRATION, name=name).first()
    if unit is None:  # a short list
        return
    by = User.objects.filter(name=contact).first() or kit
    plan = AdministrationPlan(incident=incident, unit=unit, contact_name=contact, phone=phone, received_by=by)
    plan.committee, plan.case_number, plan.statement = committee, number, DATA["statement"]
    plan.meeting_on = shifted(first, meeting) if meeting != "" else None
    plan.deadline, plan.text = calendar.previous_working_day(incident.deadline), DATA["text"]
    plans.save_plan(plan, by, None)


def shifted(first: date, days: int) -> date:
    """Return the day so many days after the mails; from a day off on to the next working day away from them."""
    day, step = first + timedelta(days=days), timedelta(days=1 if days > 0 else -1)
    while days and not calendar.is_working_day(day):
        day += step
    return day


def parse_clock(text: str) -> time | None:
    return datetime.strptime(text, "%H.%M").time() if text else None


def moment(day: date, clock: time | None) -> datetime:
    return datetime.combine(day, clock or time(12), COPENHAGEN)
