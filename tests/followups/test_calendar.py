"""Deadlines and working days. A deadline is the end of its day in Copenhagen."""

from datetime import UTC, date, datetime, timedelta

import holidays
import pytest

from sepo_incident.core import calendar
from sepo_incident.core.danish import local_date
from tests.factories import at

DEADLINE = date(2020, 1, 15)


@pytest.mark.parametrize(
    ("now", "is_overdue"),
    [
        (at(2020, 1, 15, 0, 0), False),
        (at(2020, 1, 15, 23, 59), False),
        (at(2020, 1, 16, 0, 0), True),
        (datetime(2020, 1, 15, 22, 59, tzinfo=UTC), False),  # 23.59 in Copenhagen
        (datetime(2020, 1, 15, 23, 0, tzinfo=UTC), True),  # midnight in Copenhagen, still the 15th in UTC
    ],
)
def test_deadline_is_the_end_of_its_day(now, is_overdue):
    assert calendar.is_overdue(DEADLINE, local_date(now)) is is_overdue


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2020, 1, 15), True),
        (date(2020, 1, 18), False),  # Saturday
        (date(2019, 12, 24), False),  # closing day
        (date(2020, 5, 8), False),  # store bededag, a holiday until 2023
        (date(2024, 4, 26), True),  # store bededag, no holiday any more
    ],
)
def test_working_days_depend_on_the_year(day, works):
    assert calendar.is_working_day(day) is works


@pytest.mark.parametrize("year", [2019, 2023, 2024, 2060])  # store bededag went in 2024
def test_public_holidays_are_those_of_the_holidays_library(year):
    public = {day for day in holidays.country_holidays("DK", years=year) if day.weekday() < 5}
    closing = {date(year, month, day) for month, day in calendar.CLOSING_DAYS}
    assert calendar.weekdays_off(year) == public | {day for day in closing if day.weekday() < 5}


def test_working_days_between_count_both_ends():
    assert calendar.working_days_between(date(2020, 1, 13), date(2020, 1, 15)) == 3
    assert calendar.working_days_between(date(2020, 1, 17), date(2020, 1, 20)) == 2
    assert calendar.working_days_between(date(2020, 1, 15), date(2020, 1, 13)) == 0


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        (at(2020, 1, 13, 9, 15), at(2020, 1, 13, 10, 0), 45),
        (at(2020, 1, 13, 15, 30), at(2020, 1, 14, 9, 0), 90),
        (at(2020, 1, 10, 15, 0), at(2020, 1, 13, 9, 0), 120),  # over a weekend
        (at(2019, 12, 23, 12, 0), at(2019, 12, 27, 12, 0), 480),  # over Christmas, the 24th is a closing day
        (datetime(2020, 1, 13, 7, 0, tzinfo=UTC), at(2020, 1, 13, 9, 0), 60),
        (at(2020, 1, 14, 9, 0), at(2020, 1, 13, 9, 0), 0),
        (at(2020, 3, 27, 15, 0), at(2020, 3, 30, 9, 0), 120),  # the clocks go forward in between
    ],
)
def test_working_time_is_the_hours_of_working_days(start, end, minutes):
    assert calendar.working_time_between(start, end) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("now", "hours"), [(at(2020, 1, 13, 10), 1), (at(2020, 1, 12, 12), 8), (at(2019, 12, 27, 18), 20)]
)
def test_subtract_working_time_inverts_working_time_between(now, hours):
    length = timedelta(hours=hours)
    moment = calendar.subtract_working_time(now, length)
    assert calendar.working_time_between(moment, now) == length
    assert calendar.working_time_between(moment + timedelta(minutes=1), now) == length - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("start", "days"), [(date(2019, 12, 20), 15), (date(2019, 12, 28), 0), (date(2023, 5, 3), 2000)]
)
def test_working_days_between_equals_a_day_by_day_count(start, days):
    end = start + timedelta(days=days)
    met = sum(calendar.is_working_day(start + timedelta(days=n)) for n in range(days + 1))
    assert calendar.working_days_between(start, end) == met
