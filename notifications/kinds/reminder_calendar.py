"""The ladder's calendar: which step falls on which day, and the hours in which mails go out. Pure.

Days are counted in Danish working days. A deadline on a day off counts as the last working day before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from notifications.models import Kind
from sepo_incident.core import calendar, danish

SENDING_STARTS, SENDING_ENDS = time(8), time(16)
#: the kinds of mail to somebody who owes something; the day decides which
REMINDER_KINDS = (Kind.REMINDER, Kind.DEADLINE_TODAY, Kind.OVERDUE)
#: so far ahead a step is looked for
MAX_LOOKAHEAD = timedelta(days=400)


@dataclass(frozen=True)
class ReminderSteps:
    """``before``: so many working days before the deadline. ``every``: after it, each so many-th working day.
    ``digest_days``: weekdays of the leaders' digest; 0 is Monday."""

    before: tuple[int, ...] = (5, 2, 1)
    every: int = 2
    digest_days: tuple[int, ...] = (0, 3)

    def has(self, day: date, deadline: date) -> bool:
        """Is everybody who owes something reminded on this day?"""
        if not calendar.is_working_day(day):
            return False
        away = working_days_from_deadline(day, deadline)
        return away in (0, *self.before) if day <= deadline else away % self.every == 0

    def is_digest_day(self, day: date) -> bool:
        return day.weekday() in self.digest_days and calendar.is_working_day(day)

    def step_days_from(self, first: date, deadline: date) -> Iterator[date]:
        """The days of steps, from ``first`` on."""
        days = (first + timedelta(days=number) for number in range(MAX_LOOKAHEAD.days))
        return (day for day in days if self.has(day, deadline))


def reminder_kind_on(day: date, deadline: date) -> Kind:
    """What a reminder on that working day is."""
    if day > deadline:
        return Kind.OVERDUE
    return Kind.REMINDER if working_days_from_deadline(day, deadline) else Kind.DEADLINE_TODAY


def working_days_from_deadline(day: date, deadline: date) -> int:
    """Working days between the two; 0 on the last working day of the deadline."""
    first, last = sorted((day, deadline))
    return calendar.working_days_between(first + timedelta(days=1), last)


def is_sending_hour(now: datetime) -> bool:
    """May mails be written now? On working days from 8 to 16."""
    return (
        calendar.is_working_day(danish.local_date(now))
        and SENDING_STARTS <= danish.local_time(now).time() < SENDING_ENDS
    )


def closing_time(day: date) -> datetime:
    return datetime.combine(day, SENDING_ENDS, danish.COPENHAGEN)


def first_sending_day(now: datetime) -> date:
    """The first day on which something may be written from now on: today until 16, else the next working day."""
    today = danish.local_date(now)
    days = (today + timedelta(days=number) for number in range(now >= closing_time(today), MAX_LOOKAHEAD.days))
    return next(filter(calendar.is_working_day, days))
