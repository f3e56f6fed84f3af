"""A clock for creating demo data as of another day with the same services as in production.

Services read the time through ``django.utils.timezone``, the only place that is replaced. Only the process that fills
an empty demo moves the clock.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.utils import timezone

from sepo_incident.core import calendar
from sepo_incident.core.danish import COPENHAGEN

#: Working hours in the demo; the mails are sent before.
WORKDAY_START, WORKDAY_END = time(9, 40), time(15, 50)


class SimulatedClock:
    """A clock that runs ``behind`` the real clock by that length."""

    offset = timedelta()

    def move_to(self, moment: datetime) -> None:
        """Set the clock to that moment."""
        self.offset = datetime.now(UTC) - moment  # aware datetimes, because daylight saving time may have changed since

    def move_through(self, opens: datetime, closes: datetime, share: float) -> None:
        """Set the clock to a share of the time between two moments: 0 is ``opens``, 1 is ``closes``."""
        self.move_to(opens + share * (closes - opens))


@contextmanager
def simulated_clock() -> Iterator[SimulatedClock]:
    """Replace Django's current time by the clock inside the block. The clock starts at the real time."""
    clock = SimulatedClock()

    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) - clock.offset

    timezone.datetime = Moved  # type: ignore[attr-defined]
    try:
        yield clock
    finally:
        timezone.datetime = datetime  # type: ignore[attr-defined]


def copenhagen_datetime(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, COPENHAGEN)


def working_hours(day: date) -> tuple[datetime, datetime]:
    """Return when work begins and ends on that day; today ends now, or at the beginning if work has not begun."""
    opens = copenhagen_datetime(day, WORKDAY_START)
    return opens, max(opens, min(copenhagen_datetime(day, WORKDAY_END), datetime.now(COPENHAGEN)))


def list_working_days(first: date, today: date) -> list[date]:
    """Return the working days from ``first`` to ``today``; ``first`` is included on any weekday."""
    days = [first + timedelta(days=n) for n in range((today - first).days + 1)]
    return [day for day in days if day == first or calendar.is_working_day(day)]


def working_days_ago(today: date, number: int) -> date:
    """Return the day that lies ``number`` working days before ``today``."""
    day = today
    while number:
        day -= timedelta(days=1)
        number -= calendar.is_working_day(day)
    return day
