"""Date rules only: inclusive deadlines, Copenhagen time, Danish working days."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache

import holidays
from django.utils import timezone

from sepo_incident import danish

#: Days on which the municipality is closed without being public holidays (month, day).
CLOSING_DAYS = {(6, 5), (12, 24), (12, 31)}

WRITTEN_DATE = re.compile(rf"\b(\d{{1,2}})\. ?({'|'.join(danish.MONTHS)})(?: (\d{{4}}))?\b", re.IGNORECASE)
NUMERIC_DATE = re.compile(r"\b(\d{1,2})[./-](\d{1,2})(?:[./-](\d{4}))?\b")


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


def date_in_subject(subject: str, sent_on: date) -> date | None:
    """The first date that a subject names and that lies on or after the day of sending, within a year.

    A date without a year is the next such day after sending: «Møde 10. januar» sent in December means January.
    """
    written = [(d, danish.MONTHS.index(m.lower()) + 1, y) for d, m, y in WRITTEN_DATE.findall(subject)]
    for day, month, year in written + NUMERIC_DATE.findall(subject):
        found = _on_or_after(int(day), int(month), int(year) if year else None, sent_on)
        if found:
            return found
    return None


def _on_or_after(day: int, month: int, year: int | None, sent_on: date) -> date | None:
    for candidate_year in [year] if year else [sent_on.year, sent_on.year + 1]:
        try:
            candidate = date(candidate_year, month, day)
        except ValueError:
            return None
        if sent_on <= candidate <= sent_on + timedelta(days=366):
            return candidate
    return None
