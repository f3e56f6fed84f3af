"""The reminder calendar: the days with a step, and the hours for sending."""

from datetime import date

import pytest

from notifications.kinds import reminders
from notifications.models import Kind
from tests.factories import at


def days_with_steps(first: date, last: date, deadline: date) -> list[tuple[str, Kind]]:
    days = (date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1))
    return [
        (f"{day:%d-%m}", reminders.reminder_kind_on(day, deadline))
        for day in days
        if reminders.is_reminder_day(day, deadline)
    ]


def test_steps_before_on_and_after_the_deadline():
    assert days_with_steps(date(2020, 1, 1), date(2020, 1, 24), date(2020, 1, 15)) == [
        ("08-01", Kind.REMINDER),
        ("13-01", Kind.REMINDER),
        ("14-01", Kind.REMINDER),
        ("15-01", Kind.DEADLINE_TODAY),
        ("17-01", Kind.OVERDUE),
        ("21-01", Kind.OVERDUE),
        ("23-01", Kind.OVERDUE),
    ]


def test_steps_skip_christmas_and_new_year():
    """The deadline is Thursday 2 January: 5 working days earlier is Thursday 19 December."""
    assert days_with_steps(date(2019, 12, 16), date(2020, 1, 8), date(2020, 1, 2)) == [
        ("19-12", Kind.REMINDER),
        ("27-12", Kind.REMINDER),
        ("30-12", Kind.REMINDER),
        ("02-01", Kind.DEADLINE_TODAY),
        ("06-01", Kind.OVERDUE),
        ("08-01", Kind.OVERDUE),
    ]


def test_digest_skips_days_off():
    assert reminders.is_digest_day(date(2019, 12, 23))
    assert not reminders.is_digest_day(date(2019, 12, 26)), "Thursday, and Christmas"


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (at(2020, 1, 13, 7, 59), False),
        (at(2020, 1, 13, 8, 0), True),
        (at(2020, 1, 13, 15, 59), True),
        (at(2020, 1, 13, 16, 0), False),
        (at(2020, 1, 12, 10, 0), False),
        (at(2019, 12, 24, 10, 0), False),
        (at(2020, 3, 30, 8, 0), True),  # the first working day of summer time
    ],
)
def test_working_hours(moment, is_open):
    assert reminders.is_sending_hour(moment) is is_open


def test_first_sending_day():
    assert reminders.first_sending_day(at(2020, 1, 14, 7)) == date(2020, 1, 14)
    assert reminders.first_sending_day(at(2020, 1, 14, 16)) == date(2020, 1, 15)
    assert reminders.first_sending_day(at(2019, 12, 23, 18)) == date(2019, 12, 27)
