"""What was decided day by day: behind the burn-down, the small curves, and who stands still."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Count, Min
from django.db.models.functions import TruncDate

from followups import deadlines
from followups.boards.figures import Tally
from letters.models.letter import LetterQuerySet
from sepo_incident import charts, danish

Days = Counter[date]
#: So many whole working days without a decision, and somebody should call.
STANDS_STILL_AFTER = 2


@dataclass(frozen=True)
class Course:
    """Decisions by day from ``first``, when the follow-up was opened, to ``today``: all of them, and by group."""

    first: date
    today: date
    whole: Days
    groups: Mapping[int | None, Days]

    @property
    def working_days_behind(self) -> int:
        """The whole working days that have passed; today is not over."""
        return deadlines.working_days_between(self.first, self.today - timedelta(days=1))

    def of(self, group: int | None) -> Days:
        return self.groups.get(group, Days())

    def last(self, group: int | None) -> date | None:
        """The day of the group's latest decision."""
        return max(self.of(group), default=None)

    def stands_still(self, group: int | None) -> bool:
        """No decision today, and none on the last whole working days before it."""
        since = self.last(group) or self.first
        silent = deadlines.working_days_between(since + timedelta(days=1), self.today - timedelta(days=1))
        return silent >= STANDS_STILL_AFTER


class Trend(NamedTuple):
    """How a group moves. ``points`` is its small curve; ``words`` say the change, and since when."""

    points: str
    words: str
    is_still: bool


def read(letters: LetterQuerySet, today: date, by: str) -> Course | None:
    """``by`` is "unit__lineage" (a letter counts for each unit on it) or "sender_id". None before the opening."""
    opened = letters.aggregate(at=Min("followup__opened_at"))["at"]
    if opened is None:
        return None
    day = TruncDate("followup__decided_at", tzinfo=danish.COPENHAGEN)
    whole: Days = Counter()
    groups: dict[int | None, Days] = defaultdict(Counter)
    decided = letters.exclude(followup__decided_at=None).order_by().values_list(by, day).annotate(Count("pk"))
    for key, on, count in decided:
        whole[on] += count
        for group in key if isinstance(key, list) else [key]:
            groups[group][on] += count
    return Course(min([deadlines.today(opened), today, *whole]), today, whole, groups)


def left_by_day(course: Course, decided: Days, total: int) -> list[tuple[date, int]]:
    """(day, letters without a decision at the end of it), oldest first."""
    left, series = total, []
    for n in range((course.today - course.first).days + 1):
        day = course.first + timedelta(days=n)
        left -= decided[day]
        series.append((day, left))
    return series


def trend(course: Course, group: int, counted: Tally) -> Trend | None:
    """None until a working day has passed. Who stands still is told since when; else what changed since the last
    working day, and nothing yet at eight in the morning is no standstill."""
    since = deadlines.working_day_before(course.today)
    if since < course.first:
        return None
    decided = course.of(group)
    is_still = owes(counted) and course.stands_still(group)
    if is_still:
        words = f"0 siden {danish.day_month(course.last(group) or course.first)}"
    else:
        change = sum(count for day, count in decided.items() if day > since)
        words = f"{danish.number(-change)} siden {danish.weekday(since)}"
    left = [left for _, left in left_by_day(course, decided, counted["ALL"])]
    return Trend(charts.spark(left, counted["ALL"]), words, is_still)


def owes(counted: Tally) -> bool:
    """Is there a letter to decide that does not only wait for help?"""
    return counted["OPEN"] > counted["HELP"]
