"""Charts: from numbers to positions in the drawing."""

import datetime as dt

import pytest

from sepo_incident.core.charts import (
    SPARK_HEIGHT,
    SPARK_WIDTH,
    BarPart,
    build_bar,
    build_burn_down,
    sparkline_points,
)


def test_bar_segments_lie_side_by_side_with_a_label():
    drawn = build_bar(
        [BarPart("s-decide", 50, "mangler"), BarPart("s-none", 0, "ingen"), BarPart("s-esc", 25, "hos support")], 100
    )
    assert [(s.x, s.width) for s in drawn.segments] == [("0.00%", "50.00%"), ("50.00%", "25.00%")]
    assert [s.is_dark for s in drawn.segments] == [False, True]
    assert drawn.label == "50 mangler, 25 hos support"


def test_empty_bar_does_not_divide_by_zero():
    assert build_bar([BarPart("s-decide", 0, "mangler")], 0) == ("Ingen breve", [], "")


def test_sparkline_stays_inside_its_box():
    for values, total in (([40], 40), ([40, 30, 30, 0], 40), ([0, 0], 1)):
        points = [tuple(map(float, point.split(","))) for point in sparkline_points(values, total).split()]
        assert len(points) == len(values)
        assert all(0 < x < SPARK_WIDTH and 0 < y < SPARK_HEIGHT for x, y in points)
    assert sparkline_points([40, 0], 40) == "1.0,2.0 79.0,22.0"


FIRST, DEADLINE = dt.date(2020, 1, 7), dt.date(2020, 1, 15)


def straight_plan(first, deadline, total):
    return [(first, total), (deadline, 0)] if deadline > first else [(first, total)]


def test_burn_down_draws_the_given_plan():
    plan = [(FIRST, 1600), (dt.date(2020, 1, 10), 800), (dt.date(2020, 1, 12), 800), (DEADLINE, 0)]
    chart = build_burn_down([(FIRST, 1600), (dt.date(2020, 1, 12), 700)], plan, 1600, DEADLINE)
    assert chart.ideal == "0.00,12.00 37.50,56.00 62.50,56.00 100.00,100.00"
    assert [(day.remaining, day.plan) for day in chart.days] == [(1600, 1600), (700, 800)]
    assert (chart.now_x, chart.deadline_x) == ("62.50%", "100.00%")
    assert "Planen er 800 ved dagens slutning." in chart.label


def test_burn_down_continues_after_the_deadline():
    left = [(FIRST, 100), (dt.date(2020, 1, 17), 20)]
    chart = build_burn_down(left, straight_plan(FIRST, DEADLINE, 100), 100, DEADLINE)
    assert chart.deadline_x == "80.00%"
    assert chart.days[-1].plan == 0
    assert chart.text_is_left


@pytest.mark.parametrize("days", [1, 9, 60])
@pytest.mark.parametrize("deadline", [dt.date(2020, 1, 15), dt.date(2020, 1, 31), dt.date(2020, 1, 3)])
def test_burn_down_stays_inside_the_drawing(days, deadline):
    """From the first day to long overdue, with a moved deadline, and with a deadline before the first day."""
    left = [(FIRST + dt.timedelta(days=n), 100 - n) for n in range(days)]
    chart = build_burn_down(left, straight_plan(FIRST, deadline, 100), 100, deadline)
    points = [tuple(map(float, point.split(","))) for point in chart.curve.split()]
    assert all(0 <= x <= 100 and 12 <= y <= 100 for x, y in points)
    assert 0 <= float(chart.deadline_x.rstrip("%")) <= 100
    assert chart.top == "12.00%"
    assert chart.deadline_is_left == (float(chart.deadline_x.rstrip("%")) < 40)


def test_burn_down_without_numbers_is_none():
    assert build_burn_down([], [(FIRST, 0)], 0, DEADLINE) is None
    assert build_burn_down([(DEADLINE, 3)], [(DEADLINE, 3)], 3, DEADLINE).days[0].remaining == 3
