"""Dates: the deadline is the end of its day in Copenhagen."""

from datetime import UTC, date, datetime, timedelta

import pytest

from followups import deadlines
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
def test_the_deadline_is_the_end_of_its_day(now, is_overdue):
    assert deadlines.is_overdue(DEADLINE, deadlines.today(now)) is is_overdue


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2020, 1, 15), True),
        (date(2020, 1, 18), False),  # Saturday
        (date(2019, 12, 24), False),  # closing day
        (date(2019, 12, 25), False),
        (date(2020, 5, 8), False),  # store bededag, a holiday until 2023
        (date(2026, 5, 1), True),
        (date(2024, 4, 26), True),  # store bededag, no holiday any more
        (date(2020, 6, 5), False),
    ],
)
def test_working_days_know_their_year(day, works):
    assert deadlines.is_working_day(day) is works


def test_working_days_between_count_both_ends():
    assert deadlines.working_days_between(date(2020, 1, 13), date(2020, 1, 15)) == 3
    assert deadlines.working_days_between(date(2020, 1, 17), date(2020, 1, 20)) == 2
    assert deadlines.working_days_between(date(2020, 1, 15), date(2020, 1, 13)) == 0


@pytest.mark.parametrize("days", [*range(16), 365, 366, 2000])
@pytest.mark.parametrize("start", [date(2019, 12, 20), date(2019, 12, 28), date(2023, 5, 3)])
def test_working_days_are_those_one_meets_on_the_way(start, days):
    end = start + timedelta(days=days)
    met = sum(deadlines.is_working_day(start + timedelta(days=n)) for n in range(days + 1))
    assert deadlines.working_days_between(start, end) == met
