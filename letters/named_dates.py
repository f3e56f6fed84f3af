"""The date that a letter itself names: a meeting, a time limit. Read from its subject."""

import re
from datetime import date, timedelta

from sepo_incident import cpr, danish

WRITTEN = re.compile(rf"\b(\d{{1,2}})\. ?({'|'.join(danish.MONTHS)})(?: (\d{{4}}))?\b", re.IGNORECASE)
NUMERIC = re.compile(r"\b(\d{1,2})[./-](\d{1,2})(?:[./-](\d{4}))?\b")
LONGEST_AHEAD = timedelta(days=366)


def date_in(subject: str, sent_on: date) -> date | None:
    """The first date that a subject names and that lies on or after the day of sending, within a year.

    What stands in a CPR number is no date. A date without a year is the next such day after sending: «Møde 10. januar»
    sent in December means January.
    """
    subject = cpr.mask(subject)
    written = [(d, danish.MONTHS.index(m.lower()) + 1, y) for d, m, y in WRITTEN.findall(subject)]
    for day, month, year in written + NUMERIC.findall(subject):
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
        if sent_on <= candidate <= sent_on + LONGEST_AHEAD:
            return candidate
    return None
