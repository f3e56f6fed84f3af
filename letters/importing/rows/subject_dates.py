"""Dates named in subjects: a meeting, a time limit."""

import re
from datetime import date, timedelta

from sepo_incident.core import cpr, danish

_WRITTEN_DATE = re.compile(rf"\b(\d{{1,2}})\. ?({'|'.join(danish.MONTHS)})(?: (\d{{4}}))?\b", re.IGNORECASE)
_NUMERIC_DATE = re.compile(r"\b(\d{1,2})[./-](\d{1,2})(?:[./-](\d{4}))?\b")
MAX_DISTANCE = timedelta(days=366)


def find_date_in_subject(subject: str, sent_on: date) -> date | None:
    """Return the first date in the subject that lies on or after the day of sending, within a year; else None.

    CPR numbers are masked first. A date without a year is the next such day after sending: «Møde 10. januar» sent in
    December means January.
    """
    subject = cpr.mask(subject)
    written = [(d, danish.MONTHS.index(m.lower()) + 1, y) for d, m, y in _WRITTEN_DATE.findall(subject)]
    for day, month, year in written + _NUMERIC_DATE.findall(subject):
        found = _next_such_date(int(day), int(month), int(year) if year else None, sent_on)
        if found:
            return found
    return None


def _next_such_date(day: int, month: int, year: int | None, sent_on: date) -> date | None:
    for candidate_year in [year] if year else [sent_on.year, sent_on.year + 1]:
        try:
            candidate = date(candidate_year, month, day)
        except ValueError:
            return None
        if sent_on <= candidate <= sent_on + MAX_DISTANCE:
            return candidate
    return None
