"""What the ladder still has in store: the next reminder about some letters, and what a day of it comes to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from typing import NamedTuple

from django.db.models import Count, Max, Q

from followups.models import FollowUp
from letters.models import Incident
from notifications.kinds import owed
from notifications.models import Dispatch, Kind, Ladder, LadderPause
from notifications.owing import ladder
from notifications.owing.reminding import debtors, have_all_in_one, steps_of
from sepo_incident import danish

#: so many days of the calendar are shown
SHOWN = 8
#: and on so many of them it is looked for somebody who gets a mail
LOOKED_AHEAD = 3


class Coming(NamedTuple):
    """The day of the next reminder, to how many people and about how many letters; ``who`` is one of them."""

    day: date
    people: int
    letters: int
    who: int


def coming(incident: Incident, about: Q, now: datetime) -> Coming | None:
    """The next reminder about these follow-ups as they are now; None when there is none, or the ladder is off.

    On the first day to come for who was held back, or else on the next step.
    """
    if not Ladder.objects.of(incident).is_on:
        return None
    first = next_day(incident, now)
    later = next(steps_of(incident).from_day(first + timedelta(days=1), incident.deadline), None)
    for day in filter(None, (first, later)):
        due = owed(ladder.kind_on(day, incident.deadline), incident, day).filter(about)
        counted = due.aggregate(people=Count("receiver", distinct=True), letters=Count("pk"), who=Max("receiver"))
        if counted["letters"]:
            return Coming(day, **counted)
    return None


def next_day(incident: Incident, now: datetime) -> date:
    """The first on which somebody may still be reminded: today until it closes, or until its reminders are taken."""
    day = ladder.first_day(now)
    is_taken = Dispatch.objects.of(incident).filter(kind__in=ladder.RUNGS, step_on=day).exists()
    return ladder.first_day(ladder.closing(day)) if is_taken else day


def pause_over(incident: Incident, about: Q, today: date) -> LadderPause | None:
    """The pause because of which nobody is reminded of these follow-ups."""
    undone = FollowUp.objects.of(incident).undone().filter(about, letter__unit__isnull=False)
    lineages = undone.values_list("letter__unit__lineage", flat=True).distinct()
    above = {unit for lineage in lineages for unit in lineage}
    return LadderPause.objects.in_force(today).filter(incident=incident, unit__in=above).order_by("-until").first()


class Forecast(NamedTuple):
    """What a day of the ladder comes to, as things stand now: who is reminded, which leaders get a copy, and which
    leaders and coordinators all of it in one."""

    day: date
    reminded: int
    letters: int
    copied: int
    leaders: int
    coordinators: int

    @property
    def mails(self) -> int:
        return self.reminded + self.copied + self.leaders + self.coordinators

    @property
    def others(self) -> str:
        """«To ledere får en kopi, og 38 ledere får en samlet oversigt.»; "" when there are none."""
        parts = [
            (self.copied, "leder får en kopi", "ledere får en kopi"),
            (self.leaders, "leder får en samlet oversigt", "ledere får en samlet oversigt"),
            (self.coordinators, "koordinator får besked", "koordinatorer får besked"),
        ]
        said = danish.listed([danish.count(*part) for part in parts if part[0]])
        return f"{said}." if said else ""


def upcoming(incident: Incident, now: datetime) -> Forecast | None:
    """Of the next days of the ladder the first on which somebody gets a mail, as things stand; else the first."""
    first = None
    for line in islice(days_from(incident, next_day(incident, now)), LOOKED_AHEAD):
        one = forecast(incident, line.day)
        if one.mails:
            return one
        first = first or one
    return first


def forecast(incident: Incident, day: date) -> Forecast:
    steps = steps_of(incident)
    kind = ladder.kind_on(day, incident.deadline)
    reminded = owed(kind, incident, day).aggregate(people=Count("receiver", distinct=True), letters=Count("pk"))
    if steps.has_digest(day):
        copied, leaders = 0, people_owed(Kind.LEADER_DIGEST, incident, day)
    else:
        receivers, led = debtors(incident, day) if reminded["people"] else (set(), {})
        without = have_all_in_one(receivers, led)
        copied, leaders = len(led.keys() - without), len(without - receivers)
    coordinators = people_owed(Kind.COORDINATOR_DIGEST, incident, day)
    return Forecast(day, reminded["people"], reminded["letters"], copied, leaders, coordinators)


def people_owed(kind: Kind, incident: Incident, day: date) -> int:
    return owed(kind, incident, day).values("receiver").distinct().count()


class Day(NamedTuple):
    """A line of the calendar; ``what`` is "" on a day of the digest alone."""

    day: date
    what: str
    has_digest: bool


def calendar(incident: Incident, now: datetime) -> list[Day]:
    """The days on which something goes out, from today on."""
    return list(islice(days_from(incident, ladder.first_day(now)), SHOWN))


def days_from(incident: Incident, first: date) -> Iterator[Day]:
    steps, deadline = steps_of(incident), incident.deadline
    for number in range(ladder.HORIZON.days):
        day = first + timedelta(days=number)
        is_step, has_digest = steps.has(day, deadline), steps.has_digest(day)
        if is_step or has_digest:
            yield Day(day, name_of(day, deadline) if is_step else "", has_digest)


def name_of(day: date, deadline: date) -> str:
    """«2 arbejdsdage før fristen» · «På fristens dag» · «4 arbejdsdage efter fristen»"""
    number = ladder.distance(day, deadline)
    side = "efter" if day > deadline else "før"
    return f"{danish.count(number, 'arbejdsdag', 'arbejdsdage')} {side} fristen" if number else "På fristens dag"
