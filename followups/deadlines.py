"""Date rules only: inclusive deadlines, Copenhagen time, Danish working days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache

import holidays
from django.utils import timezone

from sepo_incident import danish

#: Days on which the municipality is closed without being public holidays (month, day).
CLOSING_DAYS = {(6, 5), (12, 24), (12, 31)}


def today(now: datetime | None = None) -> date:
    """The date in Copenhagen."""
    return danish.day(now or timezone.now())


def is_overdue(deadline: date, today: date) -> bool:
    """The deadline is the end of its day: 15 January 23.59 is in time, 16 January 00.00 is not."""
    return today > deadline


def is_working_day(day: date) -> bool:
    """Store bededag counts until 2023 and not since; the calendar library knows the years."""
    return day.weekday() < 5 and day not in danish_holidays(day.year) and (day.month, day.day) not in CLOSING_DAYS


@lru_cache(maxsize=32)
def danish_holidays(year: int) -> holidays.HolidayBase:
    return holidays.country_holidays("DK", years=year)


def working_days_between(start: date, end: date) -> int:
    """Working days from ``start`` to ``end``, both included; 0 when ``end`` lies before."""
    return sum(is_working_day(start + timedelta(days=n)) for n in range((end - start).days + 1))


def working_day_before(day: date) -> date:
    """The last working day before ``day``."""
    return next(before for n in range(1, 30) if is_working_day(before := day - timedelta(days=n)))
