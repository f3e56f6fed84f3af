"""Date rules: inclusive deadlines, Copenhagen time and Danish working days."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache

from dateutil.easter import easter
from django.utils import timezone

from sepo_incident.core import danish

#: Days (month, day) on which the municipality is closed, in addition to public holidays.
CLOSING_DAYS = {(6, 5), (12, 24), (12, 31)}
#: Public holidays (month, day): New Year's Day and Christmas.
FIXED_HOLIDAYS = {(1, 1), (12, 25), (12, 26)}
#: Public holidays in days from Easter Sunday: Maundy Thursday, Good Friday, Easter Monday, Ascension, Whit Monday.
EASTER_HOLIDAYS = {-3, -2, 1, 39, 50}
#: Store bededag, in days from Easter Sunday, was a public holiday until this year (law 214 of 2023).
PRAYER_DAY, LAST_PRAYER_DAY = 26, 2023
#: Start and length of a working day.
OPENING_TIME, WORKDAY_LENGTH = time(8), timedelta(hours=8)


def today() -> date:
    """Return the current date in Copenhagen."""
    return danish.local_date(timezone.now())


def is_overdue(deadline: date, today: date) -> bool:
    """Return whether `today` is after the deadline.

    A deadline includes the whole day: 15 January 23.59 is in time, 16 January 00.00 is overdue.
    """
    return today > deadline


def is_working_day(day: date) -> bool:
    """Return whether the day is neither a weekend, a Danish public holiday nor a closing day."""
    return day.weekday() < 5 and day not in weekdays_off(day.year)


@lru_cache(maxsize=32)
def weekdays_off(year: int) -> frozenset[date]:
    """Return the days from Monday to Friday of a year on which the municipality is closed.

    Not the holidays library: it loads 251 modules and 23 MB to know one country (docs/decisions/0048).
    """
    closed = {date(year, month, day) for month, day in CLOSING_DAYS | FIXED_HOLIDAYS}
    from_easter = EASTER_HOLIDAYS | ({PRAYER_DAY} if year <= LAST_PRAYER_DAY else set())
    closed |= {easter(year) + timedelta(days=days) for days in from_easter}
    return frozenset(day for day in closed if day.weekday() < 5)


def working_days_between(start: date, end: date) -> int:
    """Return the number of working days from `start` to `end`, both included; 0 if `end` is before `start`.

    Counts whole weeks instead of walking day by day, because boards call the function for any deadline.
    """
    if end < start:
        return 0
    weeks, rest = divmod((end - start).days + 1, 7)
    weekdays = 5 * weeks + sum((start + timedelta(days=n)).weekday() < 5 for n in range(rest))
    years = range(start.year, end.year + 1)
    return weekdays - sum(start <= day <= end for year in years for day in weekdays_off(year))


def previous_working_day(day: date) -> date:
    """Return the last working day before `day`."""
    return next(before for n in range(1, 30) if is_working_day(before := day - timedelta(days=n)))


def add_working_days(day: date, count: int) -> date:
    """Return the `count`-th working day after `day`, not counting `day`. A `count` of 0 returns `day`."""
    for _ in range(count):
        day = next(after for n in range(1, 30) if is_working_day(after := day + timedelta(days=n)))
    return day


def working_time_between(start: datetime, end: datetime) -> timedelta:
    """Return the working time between two moments; zero if `end` is not after `start`."""
    if end <= start:
        return timedelta()
    whole_days = working_days_between(danish.local_date(start), danish.local_date(end) - timedelta(days=1))
    return WORKDAY_LENGTH * whole_days + _working_time_elapsed(end) - _working_time_elapsed(start)


def subtract_working_time(moment: datetime, length: timedelta) -> datetime:
    """Return the moment that lies `length` of working time before `moment`.

    A person who has waited since before the returned moment has waited longer than `length`.
    """
    day, left = danish.local_date(moment), length - _working_time_elapsed(moment)
    while left > timedelta():
        day, left = previous_working_day(day), left - WORKDAY_LENGTH
    return datetime.combine(day, OPENING_TIME, danish.COPENHAGEN) - left


def add_working_time(moment: datetime, length: timedelta) -> datetime:
    """Return the moment that lies `length` of working time after `moment`."""
    day, left = danish.local_date(moment), length + _working_time_elapsed(moment)
    while not is_working_day(day) or left > WORKDAY_LENGTH:
        left -= WORKDAY_LENGTH if is_working_day(day) else timedelta()
        day += timedelta(days=1)
    return datetime.combine(day, OPENING_TIME, danish.COPENHAGEN) + left


def _working_time_elapsed(moment: datetime) -> timedelta:
    """Return the working time from opening until the moment; zero outside working days, at most a whole workday."""
    if not is_working_day(danish.local_date(moment)):
        return timedelta()
    since_opening = danish.local_time(moment) - datetime.combine(
        danish.local_date(moment), OPENING_TIME, danish.COPENHAGEN
    )
    return max(timedelta(), min(since_opening, WORKDAY_LENGTH))
