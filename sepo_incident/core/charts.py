"""Compute the positions of inline SVG charts from numbers: pure functions, no database.

Positions are strings in percent, so that text in the SVG keeps its size. The templates `components/bar.html`,
`components/burn_down.html` and `components/hour_chart.html` draw the results.
"""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from sepo_incident.core import danish

#: Smallest width of a segment (percent of the whole bar) that has room for a number.
MIN_WIDTH_FOR_NUMBER = 4.5
#: Empty space above the burn-down curve (percent of the height), which leaves room for labels.
HEADROOM = 12
#: Smallest x of the deadline (percent) that leaves room for the label of the first day as well.
MIN_X_FOR_TWO_DATES = 40
#: Width and height of the sparkline's view box, in SVG units.
SPARK_WIDTH, SPARK_HEIGHT = 80, 24
#: Fills that are dark, so that the number on top must be white.
DARK_FILLS = {"s-done", "s-esc"}


class BarPart(NamedTuple):
    """One share of a bar: the fill (a class in site.css), the value, and the words for a screen reader.

    `shows_number`: the value is written in the bar, where there is room.
    """

    fill: str
    value: int
    words: str
    shows_number: bool = True


class BarSegment(NamedTuple):
    """A drawn segment of a bar: positions in percent, and the number as text ("" if the segment is too narrow)."""

    fill: str
    x: str
    width: str
    middle: str
    text: str
    is_dark: bool


class Bar(NamedTuple):
    """A bar: `label` describes the whole bar in words, `segments` are drawn, `text` is shown at the start."""

    label: str
    segments: list[BarSegment]
    text: str = ""


def build_bar(parts: Sequence[BarPart], scale: int) -> Bar:
    """Return a bar with the parts side by side.

    `scale`: the value that fills the whole width (the largest total of the table).
    """
    segments, x = [], 0.0
    for part in parts:
        width = 100 * part.value / scale if scale else 0.0
        if part.value:
            text = danish.number(part.value) if part.shows_number and width >= MIN_WIDTH_FOR_NUMBER else ""
            middle = format_percent(x + width / 2)
            segments.append(
                BarSegment(part.fill, format_percent(x), format_percent(width), middle, text, part.fill in DARK_FILLS)
            )
        x += width
    labels = [f"{danish.number(part.value)} {part.words}" for part in parts if part.value]
    return Bar(", ".join(labels) or "Ingen breve", segments)


def sparkline_points(values: Sequence[int], total: int) -> str:
    """Return the `points` of an SVG polyline from `total` (top) to 0 (bottom), 1 to 2 units inside the view box."""
    step = (SPARK_WIDTH - 2) / max(len(values) - 1, 1)
    high = SPARK_HEIGHT - 4
    points = [(1 + n * step, 2 + high * (1 - value / total)) for n, value in enumerate(values)]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


class BurnDownDay(NamedTuple):
    """A row of the table below the burn-down curve: letters left, and letters that should be left by plan."""

    day: dt.date
    remaining: int
    plan: int


#: (day, letters not followed up at the end of the day), oldest first.
DailyCounts = Sequence[tuple[dt.date, int]]


class BurnDown(NamedTuple):
    """Positions and labels of a burn-down chart.

    `top`, `half`: heights of the total and of half of it. `deadline_is_left`: the deadline's label takes the place of
    the first day's label.
    """

    label: str
    top: str
    half: str
    half_text: str
    area: str
    curve: str
    ideal: str
    now_x: str
    now_y: str
    now_text: str
    text_is_left: bool
    deadline_x: str
    deadline_is_left: bool
    first: dt.date
    deadline: dt.date
    days: list[BurnDownDay]


def build_burn_down(left: DailyCounts, plan: DailyCounts, total: int, deadline: dt.date) -> BurnDown | None:
    """Return the burn-down chart, or None without counts or without letters.

    `left`: counts from the first day to today. `plan`: counts from the first day to the deadline.
    """
    if not left or not total:
        return None
    (first, began), (today, now), planned = left[0], left[-1], dict(plan)
    span = max((deadline - first).days, (today - first).days, 1)

    def x(day: dt.date) -> float:
        return max(0, 100 * (day - first).days / span)

    def y(value: float) -> float:
        return 100 - (100 - HEADROOM) * value / total

    def line(points: DailyCounts) -> str:
        return " ".join(f"{x(day):.2f},{y(value):.2f}" for day, value in points)

    return BurnDown(
        label=(
            f"Breve, der ikke er fulgt op, gik fra {danish.number(began)} den {danish.day_month(first)} til "
            f"{danish.number(now)} den {danish.day_month(today)}. Planen er {danish.number(planned.get(today, 0))} ved "
            f"dagens slutning. {danish.deadline_sentence(deadline, today)}"
        ),
        top=format_percent(y(total)),
        half=format_percent(y(total // 2)),
        half_text=danish.number(total // 2),
        area=f"0,100 {line(left)} {x(today):.2f},100",
        curve=line(left),
        ideal=line(plan),
        now_x=format_percent(x(today)),
        now_y=format_percent(y(now)),
        now_text=f"{danish.number(now)} i dag",
        text_is_left=x(today) > 80,
        deadline_x=format_percent(x(deadline)),
        deadline_is_left=x(deadline) < MIN_X_FOR_TWO_DATES,
        first=first,
        deadline=deadline,
        days=[BurnDownDay(day, value, planned.get(day, 0)) for day, value in left],
    )


class HourColumn(NamedTuple):
    """The columns of an hour: `y` and `height` of its number, and of the usual number behind it."""

    x: str
    y: str
    height: str
    usual_y: str
    usual_height: str


class HourChart(NamedTuple):
    """A day's numbers hour by hour in front of the usual ones. `now_x`: position of the time."""

    label: str
    columns: list[HourColumn]
    now_x: str


def build_hour_chart(label: str, values: Sequence[float], usual: Sequence[float], hours: float) -> HourChart:
    """Return the chart of a day. `usual`: 24 numbers, or none. `hours`: the time, in hours since midnight."""
    most = max(*values, *usual, 1)
    columns = []
    for hour, (value, expected) in enumerate(zip(values, usual or [0] * 24, strict=True)):
        heights = [100 * number / most for number in (value, expected)]
        places = [format_percent(place) for height in heights for place in (100 - height, height)]
        columns.append(HourColumn(format_percent(hour * 100 / 24), *places))
    return HourChart(label, columns, format_percent(hours * 100 / 24))


def format_percent(value: float) -> str:
    return f"{value:.2f}%"
