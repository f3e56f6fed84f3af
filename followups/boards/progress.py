"""What was decided day by day: behind the burn-down, the small curves, and who stands still.

Do they make it? The plan, the pace, and the banner of a board in plain Danish words. Pure.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Count, Min
from django.db.models.functions import TruncDate

from followups.boards.metrics import FinishedUnit, Tally
from letters.models.letter import LetterQuerySet
from sepo_incident.core import calendar, charts, danish

DecisionsByDay = Counter[date]
#: So many whole working days without a decision, and somebody should call.
STALLED_AFTER_DAYS = 2


@dataclass(frozen=True)
class DecisionCourse:
    """Decisions by day from ``first``, when the follow-up was opened, to ``today``: all of them, and by group."""

    first: date
    today: date
    whole: DecisionsByDay
    groups: Mapping[int | None, DecisionsByDay]

    @property
    def working_days_behind(self) -> int:
        """The whole working days that have passed; today is not over."""
        return calendar.working_days_between(self.first, self.today - timedelta(days=1))

    def of(self, group: int | None) -> DecisionsByDay:
        return self.groups.get(group, DecisionsByDay())

    def last(self, group: int | None) -> date | None:
        """The day of the group's latest decision."""
        return max(self.of(group), default=None)

    def has_stalled(self, group: int | None) -> bool:
        """No decision today, and none on the last whole working days before it."""
        since = self.last(group) or self.first
        silent = calendar.working_days_between(since + timedelta(days=1), self.today - timedelta(days=1))
        return silent >= STALLED_AFTER_DAYS


class Trend(NamedTuple):
    """How a group moves. ``points`` is its small curve; ``words`` say the change, and since when."""

    points: str
    words: str
    is_still: bool


def read_decision_course(letters: LetterQuerySet, today: date, by: str) -> DecisionCourse | None:
    """``by`` is "unit__lineage" (a letter counts for each unit on it) or "sender_id". None before the opening."""
    opened = letters.aggregate(at=Min("followup__opened_at"))["at"]
    if opened is None:
        return None
    day = TruncDate("followup__decided_at", tzinfo=danish.COPENHAGEN)
    whole: DecisionsByDay = Counter()
    groups: dict[int | None, DecisionsByDay] = defaultdict(Counter)
    decided = letters.exclude(followup__decided_at=None).order_by().values_list(by, day).annotate(Count("pk"))
    for key, on, count in decided:
        whole[on] += count
        for group in key if isinstance(key, list) else [key]:
            groups[group][on] += count
    return DecisionCourse(min([calendar.today(opened), today, *whole]), today, whole, groups)


def undecided_by_day(course: DecisionCourse, decided: DecisionsByDay, total: int) -> list[tuple[date, int]]:
    """(day, letters without a decision at the end of it), oldest first."""
    left, series = total, []
    for n in range((course.today - course.first).days + 1):
        day = course.first + timedelta(days=n)
        left -= decided[day]
        series.append((day, left))
    return series


def group_trend(course: DecisionCourse, group: int, counted: Tally) -> Trend | None:
    """None until a working day has passed. Who stands still is told since when; else what changed since the last
    working day, and nothing yet at eight in the morning is no standstill."""
    since = calendar.previous_working_day(course.today)
    if since < course.first:
        return None
    decided = course.of(group)
    is_still = has_letters_to_decide(counted) and course.has_stalled(group)
    if is_still:
        words = f"0 siden {danish.day_month(course.last(group) or course.first)}"
    else:
        change = sum(count for day, count in decided.items() if day > since)
        words = f"{danish.number(-change)} siden {danish.weekday(since)}"
    left = [left for _, left in undecided_by_day(course, decided, counted["ALL"])]
    return Trend(charts.sparkline_points(left, counted["ALL"]), words, is_still)


def has_letters_to_decide(counted: Tally) -> bool:
    """Is there a letter to decide that does not only wait for help?"""
    return counted["OPEN"] > counted["HELP"]


# --- The plan -----------------------------------------------------------------------------------------------------


def planned_remaining(first: date, deadline: date, total: int) -> list[tuple[date, int]]:
    """(day, what may be left at the end of it): everything on the first day, nothing on the deadline, equally much less
    on each working day between them. Half a letter may wait; with no working day left all is due at once."""
    steps = calendar.working_days_between(first + timedelta(days=1), deadline)
    points, taken = [(first, total)], 0
    for n in range(1, (deadline - first).days + 1):
        day = first + timedelta(days=n)
        taken += calendar.is_working_day(day) if steps else day == deadline
        points.append((day, total - total * taken // max(steps, 1)))
    return points


def burn_down_chart(course: DecisionCourse | None, counted: Tally, deadline: date) -> charts.BurnDown | None:
    """None until the follow-up has been opened."""
    if course is None:
        return None
    left = undecided_by_day(course, course.whole, counted["ALL"])
    return charts.build_burn_down(
        left, planned_remaining(course.first, deadline, counted["ALL"]), counted["ALL"], deadline
    )


def letters_behind_plan(course: DecisionCourse, counted: Tally, deadline: date) -> int:
    """How many letters more are left than was planned for last night: today is not over."""
    planned = dict(planned_remaining(course.first, deadline, counted["ALL"]))
    return counted["OPEN"] - planned.get(course.today - timedelta(days=1), counted["ALL"])


# --- The pace -----------------------------------------------------------------------------------------------------


class DecisionRate(NamedTuple):
    """Letters a working day: how many it has been, and how many it takes on the days that are left, today included."""

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
        """Less than is needed when it is too slow, and never less when it is not."""
        return math.floor(self.so_far) if self.is_too_slow else math.ceil(self.so_far)


def decision_rate(course: DecisionCourse, decided: DecisionsByDay, open_letters: int, deadline: date) -> DecisionRate:
    """Today is not over: it counts as a day only for whom it makes the pace better."""
    before_today = sum(count for day, count in decided.items() if day < course.today)
    days = calendar.working_days_between(course.first, course.today)
    so_far = max(before_today / max(course.working_days_behind, 1), decided.total() / max(days, 1))
    return DecisionRate(so_far, open_letters / max(calendar.working_days_between(course.today, deadline), 1))


# --- The banner ---------------------------------------------------------------------------------------------------


class Banner(NamedTuple):
    """``tone`` is the last part of DKFDS's class: alert-error, -warning, -info, -success. ``figure``: the name of the
    letters that it is about, if there are some to look at."""

    tone: str
    icon: str
    heading: str
    text: str
    figure: str = ""


def build_banner(
    counted: Tally, course: DecisionCourse | None, deadline: date, today: date, finished: FinishedUnit | None = None
) -> Banner:
    """``course`` is None until the follow-up has been opened, and ``finished`` until nothing is left."""
    due = f"{danish.weekday_date_short(deadline)} – {danish.days_left(deadline, today)}"
    everything = danish.count(counted["ALL"], "brev", "breve")
    if course is None:
        return _not_opened_banner(due, everything)
    if finished:
        return _finished_banner(finished, everything)
    if not counted["OPEN"]:
        return _all_decided_banner(counted, due, everything)
    if calendar.is_overdue(deadline, today):
        return _overdue_banner(counted, due, everything)
    pace = decision_rate(course, course.whole, counted["OPEN"], deadline)
    tone, verdict = _verdict(course, counted, pace, deadline)
    text = f"{_undecided_sentence(counted, everything)} {_required_rate_sentence(pace, deadline, today)}"
    if course.working_days_behind:
        text += f" Hidtil har I klaret cirka {danish.number(pace.so_far_whole)} om dagen."
    return Banner(tone, tone, f"Frist {due}. {verdict}", text)


def _not_opened_banner(due: str, everything: str) -> Banner:
    return Banner(
        "info",
        "info",
        "Opfølgningen er ikke åbnet endnu",
        f"{everything} står på listen. Når Koncern IT åbner opfølgningen, kan afsenderne gå i gang. Frist: {due}.",
    )


#: what is left to do when all letters have a decision
REMAINING_WORK = {
    "DECIDED": "er ikke sendt endnu",
    "SENT_BACK": "er sendt tilbage til afsenderen",
    "TO_ANSWER": "mangler et svar",
    "DONE": "venter på lederens bekræftelse",
}


def _finished_banner(last: FinishedUnit, everything: str) -> Banner:
    confirmed = f"{last.by} bekræftede det sidste {last.when}."
    if last.unproven:
        missing, they = danish.count(last.unproven, "brev", "breve"), "det" if last.unproven == 1 else "de"
        heading = f"Alt er besluttet og bekræftet. {missing} mangler stadig bevis for, at {they} er kommet frem"
        return Banner("warning", "warning", heading, confirmed, "ARRIVING")
    text = f"Der er taget hånd om {everything}. {confirmed}"
    return Banner("success", "success", "Enheden er færdig", text)


def _all_decided_banner(counted: Tally, due: str, everything: str) -> Banner:
    left = [f"{danish.number(counted[name])} {words}" for name, words in REMAINING_WORK.items() if counted[name]]
    return Banner(
        "success",
        "success",
        "Alle breve har en beslutning",
        f"Ud af {everything}: {danish.join_with_and(left)}. Frist: {due}.",
    )


def _overdue_banner(counted: Tally, due: str, everything: str) -> Banner:
    late = danish.count(counted["OPEN"], "brev", "breve")
    return Banner(
        "error",
        "error",
        f"Fristen var {due}. {late} mangler stadig en beslutning",
        f"{_undecided_sentence(counted, everything)} Begynd med dem, hvor brevets egen frist er passeret.",
    )


def _verdict(course: DecisionCourse, counted: Tally, pace: DecisionRate, deadline: date) -> tuple[str, str]:
    """(tone, how it goes), while there is time left."""
    late = letters_behind_plan(course, counted, deadline)
    if late > 0:
        return "warning", f"I er bagud med {danish.count(late, 'brev', 'breve')}"
    if not course.working_days_behind:
        return "info", "I er lige begyndt"
    if pace.is_too_slow:
        return "warning", "I når det ikke i det tempo"
    return "info", "I følger planen"


def _undecided_sentence(counted: Tally, everything: str) -> str:
    unsent = f", og {danish.number(counted['DECIDED'])} er besluttet, men ikke sendt" if counted["DECIDED"] else ""
    return f"{danish.number(counted['OPEN'])} af {everything} mangler en beslutning{unsent}."


def _required_rate_sentence(pace: DecisionRate, deadline: date, today: date) -> str:
    """How many a day it takes on the working days that are left, today included."""
    days_left = calendar.working_days_between(today, deadline)
    if not days_left:
        return "Der er ingen arbejdsdage tilbage før fristen."
    if days_left == 1:
        return "Der er én arbejdsdag tilbage."
    needed, days = danish.number(pace.needed_whole), danish.number_word(days_left)
    return f"For at nå det skal der klares cirka {needed} om dagen på de {days} arbejdsdage, der er tilbage."
