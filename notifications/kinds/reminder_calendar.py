"""The reminder calendar: the days with a reminder step, and the hours in which mails are written. Pure functions.

Days are counted in Danish working days. A deadline on a day off counts as the last working day before the deadline.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from notifications.models import Kind, ReminderSchedule
from sepo_incident.core import calendar, danish

SENDING_STARTS, SENDING_ENDS = time(8), time(16)
#: The kinds of reminder; ``reminder_kind_on`` picks the kind of a day.
REMINDER_KINDS = (Kind.REMINDER, Kind.DEADLINE_TODAY, Kind.OVERDUE)
#: How far ahead a reminder day is searched for.
MAX_LOOKAHEAD = timedelta(days=400)


def is_reminder_day(schedule: ReminderSchedule, day: date, deadline: date) -> bool:
    """Return whether reminders are sent on this day."""
    if not calendar.is_working_day(day):
        return False
    away = working_days_from_deadline(day, deadline)
    return away in (0, *schedule.before) if day <= deadline else away % schedule.every == 0


def is_digest_day(schedule: ReminderSchedule, day: date) -> bool:
    """Return whether the leaders get their digest on this day."""
    return day.weekday() in schedule.digest_days and calendar.is_working_day(day)


def reminder_kind_on(day: date, deadline: date) -> Kind:
    """Return the kind of a reminder sent on that working day."""
    if day > deadline:
        return Kind.OVERDUE
    return Kind.REMINDER if working_days_from_deadline(day, deadline) else Kind.DEADLINE_TODAY


def working_days_from_deadline(day: date, deadline: date) -> int:
    """Return the number of working days between the two days; 0 on the deadline's last working day."""
    first, last = sorted((day, deadline))
    return calendar.working_days_between(first + timedelta(days=1), last)


def is_sending_hour(now: datetime) -> bool:
    """Return whether mails may be written now: on working days from 8 to 16."""
    return (
        calendar.is_working_day(danish.local_date(now))
        and SENDING_STARTS <= danish.local_time(now).time() < SENDING_ENDS
    )


def closing_time(day: date) -> datetime:
    return datetime.combine(day, SENDING_ENDS, danish.COPENHAGEN)


def first_sending_day(now: datetime) -> date:
    """Return the first day on which mails may be written: today until 16, otherwise the next working day."""
    today = danish.local_date(now)
    days = (today + timedelta(days=number) for number in range(now >= closing_time(today), MAX_LOOKAHEAD.days))
    return next(filter(calendar.is_working_day, days))
