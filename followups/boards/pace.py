"""Do they make it? The plan, the pace, and the banner of a board in plain Danish words. Pure."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import NamedTuple

from followups import deadlines
from followups.boards.course import Course, Days, left_by_day
from followups.boards.figures import Tally
from followups.boards.finishing import Finished
from sepo_incident import charts, danish

# --- The plan -----------------------------------------------------------------------------------------------------


def plan(first: date, deadline: date, total: int) -> list[tuple[date, int]]:
    """(day, what may be left at the end of it): everything on the first day, nothing on the deadline, equally much less
    on each working day between them. Half a letter may wait; with no working day left all is due at once."""
    steps = deadlines.working_days_between(first + timedelta(days=1), deadline)
    points, taken = [(first, total)], 0
    for n in range(1, (deadline - first).days + 1):
        day = first + timedelta(days=n)
        taken += deadlines.is_working_day(day) if steps else day == deadline
        points.append((day, total - total * taken // max(steps, 1)))
    return points


def burn_down(course: Course | None, counted: Tally, deadline: date) -> charts.BurnDown | None:
    """None until the follow-up has been opened."""
    if course is None:
        return None
    left = left_by_day(course, course.whole, counted["ALL"])
    return charts.burn_down(left, plan(course.first, deadline, counted["ALL"]), counted["ALL"], deadline)


def behind(course: Course, counted: Tally, deadline: date) -> int:
    """How many letters more are left than was planned for last night: today is not over."""
    planned = dict(plan(course.first, deadline, counted["ALL"]))
    return counted["OPEN"] - planned.get(course.today - timedelta(days=1), counted["ALL"])


# --- The pace -----------------------------------------------------------------------------------------------------


class Pace(NamedTuple):
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


def measure(course: Course, decided: Days, open_letters: int, deadline: date) -> Pace:
    """Today is not over: it counts as a day only for whom it makes the pace better."""
    before_today = sum(count for day, count in decided.items() if day < course.today)
    days = deadlines.working_days_between(course.first, course.today)
    so_far = max(before_today / max(course.working_days_behind, 1), decided.total() / max(days, 1))
    return Pace(so_far, open_letters / max(deadlines.working_days_between(course.today, deadline), 1))


# --- The banner ---------------------------------------------------------------------------------------------------


class Banner(NamedTuple):
    """``tone`` is the last part of DKFDS's class: alert-error, -warning, -info, -success. ``figure``: the name of the
    letters that it is about, if there are some to look at."""

    tone: str
    icon: str
    heading: str
    text: str
    figure: str = ""


def banner(
    counted: Tally, course: Course | None, deadline: date, today: date, finished: Finished | None = None
) -> Banner:
    """``course`` is None until the follow-up has been opened, and ``finished`` until nothing is left."""
    due = f"{danish.weekday_date_short(deadline)} – {danish.days_left(deadline, today)}"
    everything = danish.count(counted["ALL"], "brev", "breve")
    if course is None:
        return _not_opened(due, everything)
    if finished:
        return _finished(finished, everything)
    if not counted["OPEN"]:
        return _all_decided(counted, due, everything)
    if deadlines.is_overdue(deadline, today):
        return _overdue(counted, due, everything)
    pace = measure(course, course.whole, counted["OPEN"], deadline)
    tone, verdict = _verdict(course, counted, pace, deadline)
    text = f"{_missing(counted, everything)} {_needed(pace, deadline, today)}"
    if course.working_days_behind:
        text += f" Hidtil har I klaret cirka {danish.number(pace.so_far_whole)} om dagen."
    return Banner(tone, tone, f"Frist {due}. {verdict}", text)


def _not_opened(due: str, everything: str) -> Banner:
    return Banner(
        "info",
        "info",
        "Opfølgningen er ikke åbnet endnu",
        f"{everything} står på listen. Når Koncern IT åbner opfølgningen, kan afsenderne gå i gang. Frist: {due}.",
    )


#: what is left to do when all letters have a decision
LEFT = {
    "DECIDED": "er ikke sendt endnu",
    "SENT_BACK": "er sendt tilbage til afsenderen",
    "TO_ANSWER": "mangler et svar",
    "DONE": "venter på lederens bekræftelse",
}


def _finished(last: Finished, everything: str) -> Banner:
    confirmed = f"{last.by} bekræftede det sidste {last.when}."
    if last.unproven:
        missing, they = danish.count(last.unproven, "brev", "breve"), "det" if last.unproven == 1 else "de"
        heading = f"Alt er besluttet og bekræftet. {missing} mangler stadig bevis for, at {they} er kommet frem"
        return Banner("warning", "warning", heading, confirmed, "ARRIVING")
    text = f"Der er taget hånd om {everything}. {confirmed}"
    return Banner("success", "success", "Enheden er færdig", text)


def _all_decided(counted: Tally, due: str, everything: str) -> Banner:
    left = [f"{danish.number(counted[name])} {words}" for name, words in LEFT.items() if counted[name]]
    return Banner(
        "success",
        "success",
        "Alle breve har en beslutning",
        f"Ud af {everything}: {danish.listed(left)}. Frist: {due}.",
    )


def _overdue(counted: Tally, due: str, everything: str) -> Banner:
    late = danish.count(counted["OPEN"], "brev", "breve")
    return Banner(
        "error",
        "error",
        f"Fristen var {due}. {late} mangler stadig en beslutning",
        f"{_missing(counted, everything)} Begynd med dem, hvor brevets egen frist er passeret.",
    )


def _verdict(course: Course, counted: Tally, pace: Pace, deadline: date) -> tuple[str, str]:
    """(tone, how it goes), while there is time left."""
    late = behind(course, counted, deadline)
    if late > 0:
        return "warning", f"I er bagud med {danish.count(late, 'brev', 'breve')}"
    if not course.working_days_behind:
        return "info", "I er lige begyndt"
    if pace.is_too_slow:
        return "warning", "I når det ikke i det tempo"
    return "info", "I følger planen"


def _missing(counted: Tally, everything: str) -> str:
    unsent = f", og {danish.number(counted['DECIDED'])} er besluttet, men ikke sendt" if counted["DECIDED"] else ""
    return f"{danish.number(counted['OPEN'])} af {everything} mangler en beslutning{unsent}."


def _needed(pace: Pace, deadline: date, today: date) -> str:
    """How many a day it takes on the working days that are left, today included."""
    days_left = deadlines.working_days_between(today, deadline)
    if not days_left:
        return "Der er ingen arbejdsdage tilbage før fristen."
    if days_left == 1:
        return "Der er én arbejdsdag tilbage."
    needed, days = danish.number(pace.needed_whole), danish.number_word(days_left)
    return f"For at nå det skal der klares cirka {needed} om dagen på de {days} arbejdsdage, der er tilbage."
