"""The tables of a board: units, people and categories. Each number is the address of the list with those letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.urls import reverse

from followups.boards import course
from followups.boards.course import Course, Trend
from followups.boards.figures import LABELS, OF_THE_WHOLE, REMEDY_LABELS, Group, Tally, fold
from followups.boards.finishing import Finished
from followups.models import FollowUp
from sepo_incident import charts, danish
from sepo_incident.accounts.models import Unit
from sepo_incident.accounts.models.absence import StandIn

UNKNOWN_SENDER = "Ukendt afsender"
#: The part of what lacks a decision that is at support: drawn as its end.
WITHIN = "HELP"
#: The fills of a bar, and what they say.
FILLS = {
    "OPEN": ("s-open", "Mangler beslutning"),
    WITHIN: ("s-esc", "Venter på hjælp"),
    "RESEND": ("s-resent", REMEDY_LABELS["RESEND"]),
    "NEW_LETTER": ("s-new", REMEDY_LABELS["NEW_LETTER"]),
    "NO_DISPATCH": ("s-none", REMEDY_LABELS["NO_DISPATCH"]),
}
LEGEND = [(fill, f"Heraf {words.lower()}" if name == WITHIN else words) for name, (fill, words) in FILLS.items()]
#: A board sorts a thousand names twice; the keys of names are the same the next time.
sort_key = lru_cache(maxsize=10_000)(danish.sort_key)


class Number(NamedTuple):
    """A number and the address of the list with exactly those letters."""

    value: int
    url: str


class Row(NamedTuple):
    """A line of a table with a bar: a unit, a person (``sender``, unless nobody knows who it is) or a category."""

    name: str
    sub: str
    url: str
    numbers: dict[str, Number]
    bar: charts.Bar
    trend: Trend | None = None
    finished: Finished | None = None
    sender: int | None = None


def link(unit_id: int, **choices: str | int) -> str:
    """The board of a unit with its letter list filtered: ``link(7, status="OPEN")``."""
    return _narrowed(reverse("board", args=[unit_id]), choices)


def _narrowed(board_url: str, choices: Mapping[str, str | int]) -> str:
    return f"{board_url}{'?' if choices else ''}{urlencode(choices)}#breve"


def _row(name: str, sub: str, counted: Tally, scale: int, unit_id: int, **choices: str) -> Row:
    url = reverse("board", args=[unit_id])
    narrower: dict[str, dict[str, str]] = {"ALL": {}}
    narrower |= {figure: {"status": figure} for figure in LABELS if figure not in OF_THE_WHOLE}
    narrower |= {remedy: {"remedy": remedy} for remedy in REMEDY_LABELS}
    numbers = {name: Number(counted[name], _narrowed(url, choices | more)) for name, more in narrower.items()}
    return Row(name, sub, numbers["ALL"].url, numbers, charts.bar(_parts(counted), scale))


def _parts(counted: Tally) -> list[charts.Part]:
    return [charts.Part(fill, counted[name], words.lower(), name == WITHIN) for name, (fill, words) in FILLS.items()]


# --- Units --------------------------------------------------------------------------------------------------------

Below = tuple[Unit, Tally]
#: value of ``?units=`` → what it is called, and the key it sorts by; equals stand by name.
UNIT_ORDERS: dict[str, tuple[str, Callable[[Below], float]]] = {
    "": ("Flest uden beslutning", lambda below: -below[1]["OPEN"]),
    "andel": ("Størst andel uden beslutning", lambda below: -below[1]["OPEN"] / below[1]["ALL"]),
    "navn": ("Navn", lambda below: 0),
}


def unit_rows(
    unit: Unit, by_unit: list[Group], days: Course | None, finished: Mapping[int, Finished], order: str = ""
) -> list[Row]:
    """The units right below, each with all that lies below it; last the unit's own letters."""
    folded = fold(by_unit)
    own = sum((counted for group, counted in by_unit if group["unit__lineage"][-1] == unit.pk), Tally())
    below = [(child, folded[child.pk]) for child in unit.children.in_order() if folded[child.pk]["ALL"]]
    below.sort(key=UNIT_ORDERS.get(order, UNIT_ORDERS[""])[1])
    scale = max([counted["ALL"] for _, counted in below] + [own["ALL"]])
    rows = [unit_row(child, counted, scale, finished.get(child.pk), days) for child, counted in below]
    if below and own["ALL"]:
        rows.append(_row(f"Direkte i {unit.name}", "", own, scale, unit.pk, own="1"))
    return rows


def unit_row(unit: Unit, counted: Tally, scale: int, finished: Finished | None, days: Course | None = None) -> Row:
    row = _row(unit.name, "", counted, scale, unit.pk)
    trend = course.trend(days, unit.pk, counted) if days else None
    return row._replace(url=reverse("board", args=[unit.pk]), trend=trend, finished=finished)


# --- People -------------------------------------------------------------------------------------------------------


def owing(people: list[Group]) -> list[Group]:
    """Those who still owe something, most first."""
    those = [pair for pair in people if any(pair[1][status] for status in FollowUp.OWED)]
    return sorted(those, key=lambda pair: (*(-pair[1][status] for status in FollowUp.OWED), sort_key(name_of(pair[0]))))


def people_rows(unit: Unit, people: list[Group], away: Mapping[int, StandIn]) -> list[Row]:
    """``away``: who answers for those who are."""
    scale = max((counted["ALL"] for _, counted in people), default=0)
    return [
        _row(name_of(group), about(group, away), counted, scale, unit.pk, sender=sender_of(group))._replace(
            sender=group["sender_id"]
        )
        for group, counted in people
    ]


def about(group: dict[str, Any], away: Mapping[int, StandIn]) -> str:
    """«Svalevejens Skole. Væk til og med 3. januar 2020: Mette Dahl svarer»"""
    stand_in = away.get(group["sender_id"])
    return ". ".join(filter(None, (group["sender__unit__name"], stand_in.said if stand_in else "")))


def sender_choices(people: list[Group]) -> list[tuple[str, str]]:
    """The choices of the sender filter."""
    names = [(sender_of(group), name_of(group)) for group, _ in people]
    return sorted(names, key=lambda choice: sort_key(choice[1]))


def sender_of(group: dict[str, Any]) -> str:
    return str(group["sender_id"] or 0)


def name_of(group: dict[str, Any]) -> str:
    return group["sender__name"] or UNKNOWN_SENDER


# --- Categories ---------------------------------------------------------------------------------------------------


def category_rows(unit: Unit, categories: list[Group], order: Sequence[str]) -> list[Row]:
    """Those with letters, in the order of the rules; names that no rule has any more stand last.

    Each bar fills the whole width: how much of the category is left, in percent."""
    place = {name: number for number, name in enumerate(order)}
    ordered = sorted(
        categories, key=lambda pair: (place.get(pair[0]["shown_category"], len(place)), pair[0]["shown_category"])
    )
    rows = []
    for group, counted in ordered:
        name = group["shown_category"]
        parts = [
            charts.Part("s-open", counted["OPEN"], "mangler en beslutning"),
            charts.Part("s-none", counted["ALL"] - counted["OPEN"], "har en beslutning"),
        ]
        row = _row(name, "", counted, counted["ALL"], unit.pk, category=name)
        rows.append(row._replace(bar=charts.share(parts)))
    return rows
