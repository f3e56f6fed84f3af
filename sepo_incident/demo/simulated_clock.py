"""The demo's clock: what is filled in as of another day is written by the same services, as if it were that day.

Django asks ``datetime.now`` in one place (``django.utils.timezone``), and so do the services through it. Only the
process that fills an empty demo ever moves it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.utils import timezone

from sepo_incident.core import calendar
from sepo_incident.core.danish import COPENHAGEN

#: when people come and go; the mails go out before
WORKDAY_START, WORKDAY_END = time(9, 40), time(15, 50)


class SimulatedClock:
    """``behind`` is how far it goes behind the real one."""

    behind = timedelta()

    def move_to(self, moment: datetime) -> None:
        self.behind = datetime.now(UTC) - moment  # between two zones: the clocks may have changed since

    def move_through(self, opens: datetime, closes: datetime, share: float) -> None:
        """0 is ``opens``, 1 is ``closes``."""
        self.move_to(opens + share * (closes - opens))


@contextmanager
def simulated_clock() -> Iterator[SimulatedClock]:
    """Inside the block Django's time is that of the clock; it begins with the real one."""
    clock = SimulatedClock()

    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) - clock.behind

    timezone.datetime = Moved  # type: ignore[attr-defined]
    try:
        yield clock
    finally:
        timezone.datetime = datetime  # type: ignore[attr-defined]


def copenhagen_datetime(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, COPENHAGEN)


def working_hours(day: date) -> tuple[datetime, datetime]:
    """From when until when people work that day; today until now (so before they come, the two are the same)."""
    opens = copenhagen_datetime(day, WORKDAY_START)
    return opens, max(opens, min(copenhagen_datetime(day, WORKDAY_END), datetime.now(COPENHAGEN)))


def list_working_days(first: date, today: date) -> list[date]:
    """The days on which people work, the first one whatever day it is."""
    days = [first + timedelta(days=n) for n in range((today - first).days + 1)]
    return [day for day in days if day == first or calendar.is_working_day(day)]


def working_days_ago(today: date, number: int) -> date:
    day = today
    while number:
        day -= timedelta(days=1)
        number -= calendar.is_working_day(day)
    return day
