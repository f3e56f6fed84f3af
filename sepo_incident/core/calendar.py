"""Date rules only: inclusive deadlines, Copenhagen time, Danish working days."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache

import holidays
from django.utils import timezone

from sepo_incident.core import danish

#: Days on which the municipality is closed without being public holidays (month, day).
CLOSING_DAYS = {(6, 5), (12, 24), (12, 31)}
#: When somebody is at work on a working day, and for how long.
OPENING_TIME, WORKDAY_LENGTH = time(8), timedelta(hours=8)


def today(now: datetime | None = None) -> date:
    """The date in Copenhagen."""
    return danish.local_date(now or timezone.now())


def is_overdue(deadline: date, today: date) -> bool:
    """The deadline is the end of its day: 15 January 23.59 is in time, 16 January 00.00 is not."""
    return today > deadline


def is_working_day(day: date) -> bool:
    """Store bededag counts until 2023 and not since; the calendar library knows the years."""
    return day.weekday() < 5 and day not in weekdays_off(day.year)


@lru_cache(maxsize=32)
def weekdays_off(year: int) -> frozenset[date]:
    """The weekdays of a year on which nobody works."""
    closed = {date(year, month, day) for month, day in CLOSING_DAYS}
    return frozenset(day for day in closed.union(holidays.country_holidays("DK", years=year)) if day.weekday() < 5)


def working_days_between(start: date, end: date) -> int:
    """Working days from ``start`` to ``end``, both included; 0 when ``end`` lies before.

    Reckoned in whole weeks, not walked day by day: a board asks for it, whatever the deadline is.
    """
    if end < start:
        return 0
    weeks, rest = divmod((end - start).days + 1, 7)
    weekdays = 5 * weeks + sum((start + timedelta(days=n)).weekday() < 5 for n in range(rest))
    years = range(start.year, end.year + 1)
    return weekdays - sum(start <= day <= end for year in years for day in weekdays_off(year))


def previous_working_day(day: date) -> date:
    """The last working day before ``day``."""
    return next(before for n in range(1, 30) if is_working_day(before := day - timedelta(days=n)))


def add_working_days(day: date, count: int) -> date:
    """The ``count``-th working day after ``day``, which is not counted itself; ``day`` for none."""
    for _ in range(count):
        day = next(after for n in range(1, 30) if is_working_day(after := day + timedelta(days=n)))
    return day


def working_time_between(start: datetime, end: datetime) -> timedelta:
    """How long somebody was at work between two moments; nothing when ``end`` lies before."""
    if end <= start:
        return timedelta()
    whole_days = working_days_between(danish.local_date(start), danish.local_date(end) - timedelta(days=1))
    return WORKDAY_LENGTH * whole_days + _working_time_elapsed(end) - _working_time_elapsed(start)


def subtract_working_time(moment: datetime, length: timedelta) -> datetime:
    """Who has waited since before this has waited longer than ``length`` of working time at ``moment``."""
    day, left = danish.local_date(moment), length - _working_time_elapsed(moment)
    while left > timedelta():
        day, left = previous_working_day(day), left - WORKDAY_LENGTH
    return datetime.combine(day, OPENING_TIME, danish.COPENHAGEN) - left


def _working_time_elapsed(moment: datetime) -> timedelta:
    """The working time of the moment's day that has gone by."""
    if not is_working_day(danish.local_date(moment)):
        return timedelta()
    since_opening = danish.local_time(moment) - datetime.combine(
        danish.local_date(moment), OPENING_TIME, danish.COPENHAGEN
    )
    return max(timedelta(), min(since_opening, WORKDAY_LENGTH))
