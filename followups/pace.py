"""Do they make it? The banner of a board, in plain Danish words. Pure."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import NamedTuple

from followups import deadlines
from followups.figures import Tally
from sepo_incident import danish
from sepo_incident.charts import BurnDown


class Banner(NamedTuple):
    """``tone`` is the last part of DKFDS's class: alert-error, -warning, -info, -success."""

    tone: str
    icon: str
    heading: str
    text: str


def banner(counted: Tally, curve: BurnDown | None, deadline: date, today: date) -> Banner:
    """``curve`` is None until the follow-up has been opened."""
    due = f"{danish.weekday_date_short(deadline)} – {danish.days_left(deadline, today)}"
    everything = danish.count(counted["ALL"], "brev", "breve")
    if curve is None:
        return Banner(
            "info",
            "info",
            "Opfølgningen er ikke åbnet endnu",
            f"{everything} står på listen. Når Koncern IT åbner opfølgningen, kan afsenderne gå i gang. Frist: {due}.",
        )
    if not counted["OPEN"]:
        return _all_decided(counted, due, everything)
    if deadlines.is_overdue(deadline, today):
        late = danish.count(counted["OPEN"], "brev", "breve")
        return Banner(
            "error",
            "error",
            f"Fristen var {due}. {late} mangler stadig en beslutning",
            f"{_missing(counted, everything)} Begynd med dem, hvor en dato i brevet er passeret.",
        )
    behind = counted["OPEN"] - curve.days[-1].plan
    if behind > 0:
        heading = f"Frist {due}. I er bagud med {danish.count(behind, 'brev', 'breve')}"
        return Banner("warning", "warning", heading, _pace(counted, everything, curve.first, deadline, today))
    if not _days_behind_them(curve.first, today):
        return Banner(
            "info", "info", f"Frist {due}. I er lige begyndt", _pace(counted, everything, curve.first, deadline, today)
        )
    if so_far(counted, curve.first, today) < a_day(counted["OPEN"], deadline, today):
        heading = f"Frist {due}. I når det ikke i det tempo"
        return Banner("warning", "warning", heading, _pace(counted, everything, curve.first, deadline, today))
    heading = f"Frist {due}. I følger planen"
    return Banner("info", "info", heading, _pace(counted, everything, curve.first, deadline, today))


def _all_decided(counted: Tally, due: str, everything: str) -> Banner:
    if counted["CONFIRMED"] == counted["ALL"]:
        return Banner(
            "success", "success", "I er færdige", f"Der er taget hånd om {everything}, og lederen har bekræftet."
        )
    left = [
        f"{danish.number(counted[name])} {words}"
        for name, words in (("DECIDED", "er ikke sendt endnu"), ("DONE", "venter på lederens bekræftelse"))
        if counted[name]
    ]
    return Banner(
        "success",
        "success",
        "Alle breve har en beslutning",
        f"Ud af {everything}: {' og '.join(left)}. Frist: {due}.",
    )


def _missing(counted: Tally, everything: str) -> str:
    unsent = f", og {danish.number(counted['DECIDED'])} er besluttet, men ikke sendt" if counted["DECIDED"] else ""
    return f"{danish.number(counted['OPEN'])} af {everything} mangler en beslutning{unsent}."


def _pace(counted: Tally, everything: str, first: date, deadline: date, today: date) -> str:
    """How many a day it takes on the working days that are left, today included, and how many it has been."""
    said = f"{_missing(counted, everything)} {_needed(counted['OPEN'], deadline, today)}"
    if not _days_behind_them(first, today):
        return said
    return f"{said} Hidtil har I klaret cirka {danish.number(so_far(counted, first, today))} om dagen."


def _days_behind_them(first: date, today: date) -> int:
    """The working days that have passed; today is not over."""
    return deadlines.working_days_between(first, today - timedelta(days=1))


def so_far(counted: Tally, first: date, today: date) -> int:
    """How many a working day it has been, today included."""
    return round((counted["ALL"] - counted["OPEN"]) / max(deadlines.working_days_between(first, today), 1))


def a_day(open_letters: int, deadline: date, today: date) -> int:
    """How many a day it takes on the working days that are left, today included."""
    return math.ceil(open_letters / max(deadlines.working_days_between(today, deadline), 1))


def _needed(open_letters: int, deadline: date, today: date) -> str:
    days_left = deadlines.working_days_between(today, deadline)
    if not days_left:
        return "Der er ingen arbejdsdage tilbage før fristen."
    if days_left == 1:
        return "Der er én arbejdsdag tilbage."
    needed = danish.number(a_day(open_letters, deadline, today))
    days = danish.number_word(days_left)
    return f"For at nå det skal der klares cirka {needed} om dagen på de {days} arbejdsdage, der er tilbage."
