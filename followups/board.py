"""The read model of a unit's board. A constant number of queries, however many units and letters there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import Case, Count, F, Min, Value, When
from django.db.models.functions import TruncDate
from django.urls import reverse

from followups import deadlines, pace
from followups.figures import LABELS, REMEDY_LABELS, Group, Tally, fold, tally
from letters.categories import NO_SUBJECT
from letters.models import Incident, Letter
from letters.models.letter import LetterQuerySet
from sepo_incident import charts, danish
from sepo_incident.accounts.models import Unit, User

#: What a reader who may not read personnel cases sees instead of what they are about.
PERSONNEL = "Personalesager"
UNKNOWN_SENDER = "Ukendt afsender"

TILES = [
    ("OPEN", "is-soon"),
    ("PASSED", "is-late"),
    ("HELP", "is-info"),
    ("DONE", "is-info"),
    ("ARRIVING", ""),
    ("CONFIRMED", "is-ok"),
]
#: The fills of a bar, and what they say in the legend: what lacks a decision, the part of it at support, the remedies.
FILLS = {
    "OPEN": ("s-open", "Mangler beslutning"),
    "HELP": ("s-esc", "Venter på hjælp"),
    "RESEND": ("s-resent", REMEDY_LABELS["RESEND"]),
    "NEW_LETTER": ("s-new", REMEDY_LABELS["NEW_LETTER"]),
    "NO_DISPATCH": ("s-none", REMEDY_LABELS["NO_DISPATCH"]),
}
LEGEND = list(FILLS.values())


class Number(NamedTuple):
    """A number and the address of the list with exactly those letters."""

    value: int
    url: str
    label: str = ""


class Row(NamedTuple):
    """A line of a table with a bar: a unit, a person or a category."""

    name: str
    sub: str
    url: str
    numbers: dict[str, Number]
    bar: charts.Bar


@dataclass(frozen=True)
class Board:
    unit: Unit
    counted: Tally
    tiles: list[dict[str, Any]]
    banner: pace.Banner
    curve: charts.BurnDown | None
    units: list[Row]
    people: list[Row]
    people_total: int
    categories: list[Row]
    senders: list[tuple[str, str]]
    legend: list[tuple[str, str]]


# --- Which letters ------------------------------------------------------------------------------------------------


def letters_of(unit: Unit, incident: Incident, user: User) -> LetterQuerySet:
    """The standing letters at or below a unit that this reader may see; each knows what it may be called."""
    letters = Letter.objects.visible_to(user).standing().filter(incident=incident, unit__lineage__contains=[unit.pk])
    return letters.annotate(
        shown_category=Case(
            When(reader_may_read=False, then=Value(PERSONNEL)),
            When(category="", then=Value(NO_SUBJECT)),
            default=F("category"),
        )
    )


def link(unit_id: int, **choices: str | int) -> str:
    """The board of a unit with its letter list filtered: ``link(7, status="OPEN")``."""
    return _narrowed(reverse("board", args=[unit_id]), choices)


def _narrowed(board_url: str, choices: Mapping[str, str | int]) -> str:
    return f"{board_url}{'?' if choices else ''}{urlencode(choices)}#breve"


# --- The board ----------------------------------------------------------------------------------------------------


def read(unit: Unit, incident: Incident, user: User, people_shown: int | None = None) -> Board:
    """Rows are made for the first ``people_shown`` people only (None: for all); there may be a thousand."""
    today = deadlines.today()
    letters = letters_of(unit, incident, user)
    by_unit = tally(letters, "unit__lineage", today=today)
    counted = sum((group for _, group in by_unit), Tally())
    curve = burn_down(letters, counted, incident.deadline, today)
    people = tally(letters, "sender_id", "sender__name", "sender__unit__name", today=today)
    owing = _owing(people)
    return Board(
        unit=unit,
        counted=counted,
        tiles=[_tile(unit, counted, name, tone) for name, tone in TILES],
        banner=pace.banner(counted, curve, incident.deadline, today),
        curve=curve,
        units=_unit_rows(unit, by_unit),
        people=_people_rows(unit, owing[:people_shown]),
        people_total=len(owing),
        categories=_category_rows(unit, tally(letters, "shown_category", today=today)),
        senders=_senders(people),
        legend=LEGEND,
    )


def _tile(unit: Unit, counted: Tally, name: str, tone: str) -> dict[str, Any]:
    return {"number": counted[name], "label": LABELS[name], "tone": tone, "url": link(unit.pk, status=name)}


def burn_down(letters: LetterQuerySet, counted: Tally, deadline: date, today: date) -> charts.BurnDown | None:
    """Letters without a decision at the end of each day since the follow-up was opened; None before that."""
    opened = letters.aggregate(at=Min("followup__opened_at"))["at"]
    if opened is None:
        return None
    decided = dict(
        letters.exclude(followup__decided_at=None)
        .order_by()
        .values_list(TruncDate("followup__decided_at", tzinfo=danish.COPENHAGEN))
        .annotate(Count("pk"))
    )
    first = min([deadlines.today(opened), today, *decided])
    left, series = counted["ALL"], []
    for n in range((today - first).days + 1):
        day = first + timedelta(days=n)
        left -= decided.get(day, 0)
        series.append((day, left))
    return charts.burn_down(series, counted["ALL"], deadline)


# --- Its tables ---------------------------------------------------------------------------------------------------


def _unit_rows(unit: Unit, by_unit: list[Group]) -> list[Row]:
    """The units right below, largest backlog first, each with all that lies below it; last the unit's own letters."""
    folded = fold(by_unit)
    own = sum((counted for group, counted in by_unit if group["unit__lineage"][-1] == unit.pk), Tally())
    below = [(child, folded[child.pk]) for child in unit.children.in_order() if folded[child.pk]["ALL"]]
    below.sort(key=lambda pair: -pair[1]["OPEN"])
    scale = max([counted["ALL"] for _, counted in below] + [own["ALL"]])
    rows = [unit_row(child, counted, scale) for child, counted in below]
    if below and own["ALL"]:
        rows.append(_row(f"Direkte i {unit.name}", "", own, scale, unit.pk, own="1"))
    return rows


def unit_row(unit: Unit, counted: Tally, scale: int) -> Row:
    return _row(unit.name, "", counted, scale, unit.pk)._replace(url=reverse("board", args=[unit.pk]))


def _owing(people: list[Group]) -> list[Group]:
    """Those who still owe something, most first."""
    owing = [(group, counted) for group, counted in people if counted["OPEN"] + counted["DECIDED"]]
    return sorted(owing, key=lambda pair: (-pair[1]["OPEN"], -pair[1]["DECIDED"], danish.sort_key(_name(pair[0]))))


def _people_rows(unit: Unit, owing: list[Group]) -> list[Row]:
    scale = max((counted["ALL"] for _, counted in owing), default=0)
    return [
        _row(_name(group), group["sender__unit__name"] or "", counted, scale, unit.pk, sender=_sender(group))
        for group, counted in owing
    ]


def _senders(people: list[Group]) -> list[tuple[str, str]]:
    """The choices of the sender filter."""
    names = [(_sender(group), _name(group)) for group, _ in people]
    return sorted(names, key=lambda choice: danish.sort_key(choice[1]))


def _sender(group: dict[str, Any]) -> str:
    return str(group["sender_id"] or 0)


def _name(group: dict[str, Any]) -> str:
    return group["sender__name"] or UNKNOWN_SENDER


def _category_rows(unit: Unit, categories: list[Group]) -> list[Row]:
    """Each bar fills the whole width: how much of the category is left."""
    ordered = sorted(categories, key=lambda pair: (-pair[1]["OPEN"], pair[0]["shown_category"]))
    rows = []
    for group, counted in ordered:
        name = group["shown_category"]
        parts = [
            charts.Part("s-open", counted["OPEN"], "mangler en beslutning"),
            charts.Part("s-none", counted["ALL"] - counted["OPEN"], "har en beslutning"),
        ]
        row = _row(name, "", counted, counted["ALL"], unit.pk, category=name)
        rows.append(row._replace(bar=charts.bar(parts, counted["ALL"])))
    return rows


def _row(name: str, sub: str, counted: Tally, scale: int, unit_id: int, **choices: str) -> Row:
    url = reverse("board", args=[unit_id])
    narrower: dict[str, dict[str, str]] = {"ALL": {}}
    narrower |= {figure: {"status": figure} for figure in LABELS}
    narrower |= {remedy: {"remedy": remedy} for remedy in REMEDY_LABELS}
    numbers = {name: Number(counted[name], _narrowed(url, choices | more)) for name, more in narrower.items()}
    return Row(name, sub, numbers["ALL"].url, numbers, charts.bar(_parts(counted), scale))


def _parts(counted: Tally) -> list[charts.Part]:
    values = {name: counted[name] for name in FILLS} | {"OPEN": counted["OPEN"] - counted["HELP"]}
    return [charts.Part(fill, values[name], words.lower()) for name, (fill, words) in FILLS.items()]


# --- Several boards -----------------------------------------------------------------------------------------------


def own_units(user: User) -> list[Unit]:
    """The units where the user holds a membership, without those that lie below another of them."""
    held = set(user.membership_unit_ids)
    units = Unit.objects.filter(pk__in=held).in_order()
    return [unit for unit in units if held.isdisjoint(unit.lineage[:-1])]


def overview(units: list[Unit], incident: Incident, user: User) -> list[Row]:
    """A row for each unit with what lies at or below it: one GROUP BY folded up the tree."""
    letters = Letter.objects.visible_to(user).standing().filter(incident=incident)
    folded = fold(tally(letters, "unit__lineage", today=deadlines.today()))
    scale = max((folded[unit.pk]["ALL"] for unit in units), default=0)
    return [unit_row(unit, folded[unit.pk], scale) for unit in units]
