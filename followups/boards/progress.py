"""Decisions and followed up letters day by day: burn-down, trend, plan and rate."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

from followups.boards.board_counts import DayCount
from followups.reporting.letter_figures import Tally, missing_letters
from sepo_incident.core import calendar, charts, danish

LettersByDay = Counter[date]
#: After this many whole working days without a decision, the board suggests a call.
STALLED_AFTER_DAYS = 2


@dataclass(frozen=True)
class FollowUpTimeline:
    """Number of decisions by day for each group, and of followed up letters for all and for each group.

    `first` is the day when the follow-up was opened. A group is a unit or a sender. `later` and `later_groups` are the
    letters of later lists by the day when they came; the other letters were there on the first day.
    """

    first: date
    today: date
    decided_groups: Mapping[int | None, LettersByDay]
    later: LettersByDay = field(default_factory=Counter)
    later_groups: Mapping[int | None, LettersByDay] = field(default_factory=dict)
    followed_up: LettersByDay = field(default_factory=Counter)
    followed_up_groups: Mapping[int | None, LettersByDay] = field(default_factory=dict)

    @property
    def working_days_behind(self) -> int:
        """Number of whole working days that have passed. Today does not count."""
        return calendar.working_days_between(self.first, self.today - timedelta(days=1))

    def of(self, group: int | None) -> LettersByDay:
        return self.decided_groups.get(group, LettersByDay())

    def last(self, group: int | None) -> date | None:
        """Return the day of the group's latest decision, or None."""
        return max(self.of(group), default=None)

    @cached_property
    def stalled_before(self) -> date:
        """The first of the last STALLED_AFTER_DAYS whole working days."""
        day = self.today
        for _ in range(STALLED_AFTER_DAYS):
            day = calendar.previous_working_day(day)
        return day

    def has_stalled(self, group: int | None) -> bool:
        """Return whether the group has no decision since `stalled_before`, or since the follow-up was opened."""
        return (self.last(group) or self.first) < self.stalled_before


class Trend(NamedTuple):
    """The trend of a group.

    `points` draw the sparkline; `words` name the change and the day since when.
    """

    points: str
    words: str
    is_still: bool


def follow_up_timeline(days: list[DayCount], today: date, *, by_sender: bool) -> FollowUpTimeline | None:
    """Return the decisions and followed up letters by day, or None if no follow-up is opened.

    `by_sender`: the groups are the senders; else units, and a letter counts for each unit in the lineage.
    """
    if not days:
        return None
    first = min(today, *(one.came_on for one in days))
    rows = [([one.sender_id] if by_sender else one.lineage, one) for one in days]
    _, decided = _tally_by_day((groups, one.decided_on, one.number) for groups, one in rows if one.decided_on)
    later = _tally_by_day((groups, one.came_on, one.number) for groups, one in rows if one.came_on > first)
    done = _tally_by_day((groups, one.followed_up_on, one.number) for groups, one in rows if one.followed_up_on)
    return FollowUpTimeline(first, today, decided, *later, *done)


def _tally_by_day(
    rows: Iterable[tuple[Sequence[int | None], date, int]],
) -> tuple[Counter[date], dict[int | None, Counter[date]]]:
    """Sum (groups, day, number). Return the numbers by day, and by group and day."""
    whole: Counter[date] = Counter()
    groups: dict[int | None, Counter[date]] = defaultdict(Counter)
    for keys, day, number in rows:
        whole[day] += number
        for group in keys:
            groups[group][day] += number
    return whole, groups


def missing_by_day(
    timeline: FollowUpTimeline, followed_up: LettersByDay, total: int, later: LettersByDay
) -> list[tuple[date, int]]:
    """Return (day, number of letters not followed up at the end of the day), oldest first.

    `later`: the letters among `total` that came after the first day. They count from the day when they came.
    """
    remaining, series = total - later.total(), []
    for n in range((timeline.today - timeline.first).days + 1):
        day = timeline.first + timedelta(days=n)
        remaining += later[day] - followed_up[day]
        series.append((day, remaining))
    return series


def group_trend(timeline: FollowUpTimeline, group: int, counts: Tally) -> Trend | None:
    """Return the trend of the group since the last working day, or None until a working day has passed.

    A group with letters to decide that has stalled gets the day of the last decision.
    """
    since = calendar.previous_working_day(timeline.today)
    if since < timeline.first:
        return None
    followed_up = timeline.followed_up_groups.get(group, LettersByDay())
    change = sum(count for day, count in followed_up.items() if day > since)
    is_still = not change and has_letters_to_decide(counts) and timeline.has_stalled(group)
    if is_still:
        words = f"0 siden {danish.day_month(timeline.last(group) or timeline.first)}"
    else:
        words = f"{danish.number(-change)} siden {danish.weekday(since)}"
    later = timeline.later_groups.get(group, LettersByDay())
    remaining = [remaining for _, remaining in missing_by_day(timeline, followed_up, counts["ALL"], later)]
    return Trend(charts.sparkline_points(remaining, counts["ALL"]), words, is_still)


def has_letters_to_decide(counts: Tally) -> bool:
    """Return whether there is an undecided letter that does not wait for help."""
    return counts["OPEN"] > counts["HELP"]


# --- The plan -----------------------------------------------------------------------------------------------------


def _planned_remaining(first: date, deadline: date, total: int) -> list[tuple[date, int]]:
    """Return (day, number of letters that may be left at the end of the day) from the first day to the deadline.

    Everything is left on the first day and nothing on the deadline; the number falls equally on each working day.
    Fractions are rounded up. Without a working day before the deadline, everything is due on the deadline.
    """
    steps = calendar.working_days_between(first + timedelta(days=1), deadline)
    points, taken = [(first, total)], 0
    for n in range(1, (deadline - first).days + 1):
        day = first + timedelta(days=n)
        taken += calendar.is_working_day(day) if steps else day == deadline
        points.append((day, total - total * taken // max(steps, 1)))
    return points


def planned_by_day(timeline: FollowUpTimeline, deadline: date, total: int) -> list[tuple[date, int]]:
    """Return the plan for all letters: the letters of each list fall from the day when they came.

    Letters that come after the deadline have no plan.
    """
    later = {came_on: number for came_on, number in timeline.later.items() if came_on <= deadline}
    planned: Counter[date] = Counter()
    for came_on, number in ({timeline.first: total - timeline.later.total()} | later).items():
        planned.update(dict(_planned_remaining(came_on, deadline, number)))
    return sorted(planned.items())


def burn_down_chart(timeline: FollowUpTimeline | None, counts: Tally, deadline: date) -> charts.BurnDown | None:
    """Return the burn-down chart, or None until the follow-up is opened."""
    if timeline is None:
        return None
    remaining = missing_by_day(timeline, timeline.followed_up, counts["ALL"], timeline.later)
    plan = planned_by_day(timeline, deadline, counts["ALL"])
    return charts.build_burn_down(remaining, plan, counts["ALL"], deadline)


def letters_behind_plan(timeline: FollowUpTimeline, counts: Tally, deadline: date) -> int:
    """Return how many more letters are missing than planned for last night. Negative when ahead of the plan."""
    planned = dict(planned_by_day(timeline, deadline, counts["ALL"]))
    return missing_letters(counts) - planned.get(timeline.today - timedelta(days=1), counts["ALL"])


# --- The rate -----------------------------------------------------------------------------------------------------


class DailyRate(NamedTuple):
    """Letters per working day: so far, and needed on the remaining days, today included."""

    so_far: float
    needed: float

    @property
    def is_too_slow(self) -> bool:
        return self.so_far < self.needed

    @property
    def needed_whole(self) -> int:
        return math.ceil(self.needed)

    @property
    def so_far_whole(self) -> int:
        """The rate so far as a whole number, rounded so that it is below the needed rate only when the rate is too
        slow.
        """
        return math.floor(self.so_far) if self.is_too_slow else math.ceil(self.so_far)


def daily_rate(timeline: FollowUpTimeline, done: LettersByDay, remaining: int, deadline: date) -> DailyRate:
    """Return the rate of what was `done` by day: decisions, or followed up letters.

    Today counts as a day only if today makes the rate better, because today is not over.
    """
    before_today = sum(count for day, count in done.items() if day < timeline.today)
    days = calendar.working_days_between(timeline.first, timeline.today)
    so_far = max(before_today / max(timeline.working_days_behind, 1), done.total() / max(days, 1))
    return DailyRate(so_far, remaining / max(calendar.working_days_between(timeline.today, deadline), 1))
