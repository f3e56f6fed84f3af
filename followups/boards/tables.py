"""The tables of a board: units, people and categories. Each number links to the list of those letters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from followups.boards import progress
from followups.boards.progress import FollowUpTimeline, Trend
from followups.reporting.figure_definitions import LETTER_FIGURES
from followups.reporting.letter_figures import (
    REMEDY_LABELS,
    ROW_FIGURES,
    SENDERS_TURN,
    CountedGroup,
    FinishedUnit,
    Tally,
    count_letters,
    finished_units,
    missing_letters,
    sum_by_unit,
)
from letters.models import Incident, Letter
from letters.models.letter import UNKNOWN_SENDER
from sepo_incident.accounts.models import Unit, User
from sepo_incident.accounts.models.absence import StandIn
from sepo_incident.core import calendar, charts, danish
from sepo_incident.core.sorting import Column, ColumnSort

#: Figure -> CSS class of the fill: followed up, and what is missing by whose turn it is.
BAR_FILLS = {
    "FOLLOWED_UP": "s-done",
    "LACKS_DECISION": "s-decide",
    "DECIDED": "s-send",
    "TO_ANSWER": "s-answer",
    "DONE": "s-leader",
}
BAR_LEGEND = [(fill, LETTER_FIGURES[name].head) for name, fill in BAR_FILLS.items()]
#: The columns of *Vis flere tal*: figure -> header.
MORE_FIGURES = {name: LETTER_FIGURES[name].head for name in (*BAR_FILLS, "ARRIVED")} | REMEDY_LABELS
#: A board sorts a thousand names twice, and the keys do not change.
sort_key = lru_cache(maxsize=10_000)(danish.sort_key)


class LinkedNumber(NamedTuple):
    """A number and the address of the list with exactly the counted letters."""

    value: int
    url: str


class BoardRow(NamedTuple):
    """A table row with a bar: a unit, a person or a category. `sender` is the id of the person, None if unknown."""

    name: str
    sub: str
    url: str
    numbers: dict[str, LinkedNumber]
    bar: charts.Bar
    trend: Trend | None = None
    finished: FinishedUnit | None = None
    sender: int | None = None

    @property
    def more_numbers(self) -> list[tuple[str, LinkedNumber]]:
        """The numbers of `MORE_FIGURES` as (header, number)."""
        return [(header, self.numbers[figure]) for figure, header in MORE_FIGURES.items()]

    @property
    def without_links(self) -> BoardRow:
        """The row with numbers only, for a reader who counts letters and sees none."""
        numbers = {name: number._replace(url="") for name, number in self.numbers.items()}
        return self._replace(url="", numbers=numbers)


def board_link(unit_id: int, **choices: str | int) -> str:
    """Return the address of a unit's board with the letter list filtered: `board_link(7, status="OPEN")`."""
    return _filtered_url(reverse("board", args=[unit_id]), choices)


def _filtered_url(board_url: str, choices: Mapping[str, str | int]) -> str:
    return f"{board_url}{'?' if choices else ''}{urlencode(choices)}#breve"


def _build_row(name: str, sub: str, counts: Tally, scale: int, unit_id: int, **choices: str) -> BoardRow:
    url = reverse("board", args=[unit_id])
    narrower: dict[str, dict[str, str]] = {figure: {"status": figure} for figure in (*ROW_FIGURES, "ARRIVED")}
    narrower |= {"ALL": {} if choices else {"status": "ALL"}} | {remedy: {"remedy": remedy} for remedy in REMEDY_LABELS}
    numbers = {name: LinkedNumber(counts[name], _filtered_url(url, choices | more)) for name, more in narrower.items()}
    return BoardRow(name, sub, numbers["ALL"].url, numbers, followed_up_bar(counts, scale))


def followed_up_bar(counts: Tally, scale: int) -> charts.Bar:
    """Return the bar of a number of letters: followed up, and what is missing by whose turn it is.

    Every page writes the number followed up beside the bar, so the bar leaves it out.
    """
    parts = [
        charts.BarPart(fill, counts[name], LETTER_FIGURES[name].head.lower(), shows_number=name != "FOLLOWED_UP")
        for name, fill in BAR_FILLS.items()
    ]
    return charts.build_bar(parts, scale)


# --- Tables -------------------------------------------------------------------------------------------------------

#: The columns of a board's tables. A row is (name, counts, …).
TALLY_COLUMNS = {
    "name": Column(lambda row: sort_key(row[0])),
    **{
        figure.lower(): Column(lambda row, figure=figure: row[1][figure], descending_first=True)
        for figure in ("PASSED", *SENDERS_TURN, "ALL")
    },
    "missing": Column(lambda row: missing_letters(row[1]), descending_first=True),
    "share": Column(lambda row: row[1]["FOLLOWED_UP"] / row[1]["ALL"]),
}
MOST_MISSING_FIRST = ColumnSort(QueryDict(), TALLY_COLUMNS, "-missing")
UNSORTED = ColumnSort(QueryDict(), TALLY_COLUMNS)

# --- Units --------------------------------------------------------------------------------------------------------


def unit_rows(
    unit: Unit,
    folded: Mapping[int, Tally],
    own: Tally,
    timeline: FollowUpTimeline | None,
    finished: Mapping[int, FinishedUnit],
    sort: ColumnSort,
) -> list[BoardRow]:
    """Return a row for each unit right below, with the letters at or below the unit; last a row for the unit's own
    letters, `own`. `folded`: the tallies of the letters at or below each unit.
    """
    below = [(child, folded[child.pk]) for child in unit.children.in_order() if child.pk in folded]
    scale = max([counts["ALL"] for _, counts in below] + [own["ALL"]])
    named = sort.sort((child.name, counts, child) for child, counts in below)
    rows = [unit_row(child, counts, scale, finished.get(child.pk), timeline) for _, counts, child in named]
    if below and own["ALL"]:
        rows.append(_build_row(f"Direkte i {unit.name}", "", own, scale, unit.pk, unit=str(unit.pk)))
    return rows


def unit_row(
    unit: Unit, counts: Tally, scale: int, finished: FinishedUnit | None, timeline: FollowUpTimeline | None = None
) -> BoardRow:
    row = _build_row(unit.name, "", counts, scale, unit.pk)
    trend = progress.group_trend(timeline, unit.pk, counts) if timeline else None
    return row._replace(url=reverse("board", args=[unit.pk]), trend=trend, finished=finished)


def overview_rows(units: list[Unit], incident: Incident, user: User, *, only_led: bool = False) -> list[BoardRow]:
    """Return a row for each unit with the letters at or below the unit. One GROUP BY, summed up the tree.

    With `only_led`, only the letters of `with_represented_leader` are counted, as for `led_units`.
    """
    letters = Letter.objects.counted_for(user).active().filter(incident=incident)
    if only_led:
        letters = letters.with_represented_leader(user)
    figures = (*ROW_FIGURES, "ARRIVING")
    by_unit = count_letters(letters, "unit__lineage", reader=user, today=calendar.today(), figures=figures)
    folded = sum_by_unit(by_unit)
    finished = {} if only_led else finished_units(letters, folded, user)
    scale = max((folded[unit.pk]["ALL"] for unit in units), default=0)
    return [unit_row(unit, folded[unit.pk], scale, finished.get(unit.pk)) for unit in units]


# --- People -------------------------------------------------------------------------------------------------------


def people_with_work_left(people: list[CountedGroup], sort: ColumnSort) -> list[CountedGroup]:
    """Return the groups of senders whose turn it is about some letter; among equals most letters first."""
    owing = [pair for pair in people if any(pair[1][figure] for figure in SENDERS_TURN)]
    owing.sort(key=lambda pair: (*(-pair[1][figure] for figure in SENDERS_TURN), sort_key(sender_name(pair[0]))))
    named = sort.sort((sender_name(group), counts, group) for group, counts in owing)
    return [(group, counts) for _, counts, group in named]


def people_rows(unit: Unit, people: list[CountedGroup], away: Mapping[int, StandIn]) -> list[BoardRow]:
    """Return a row for each person. `away` maps the id of an absent person to the substitute."""
    scale = max((counts["ALL"] for _, counts in people), default=0)
    return [
        _build_row(
            sender_name(group), person_note(group, away), counts, scale, unit.pk, sender=sender_choice(group)
        )._replace(sender=group["sender_id"])
        for group, counts in people
    ]


def person_note(group: dict[str, Any], away: Mapping[int, StandIn]) -> str:
    """Return for example «Svalevejens Skole. Væk til og med 3. januar 2020: Mette Dahl svarer»."""
    stand_in = away.get(group["sender_id"])
    return ". ".join(filter(None, (group["sender__unit__name"], stand_in.description if stand_in else "")))


def sender_choices(senders: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return the choices of the sender filter as (id, name), sorted by name."""
    names = [(sender_choice(sender), sender_name(sender)) for sender in senders]
    return sorted(names, key=lambda choice: sort_key(choice[1]))


def sender_choice(group: Mapping[str, Any]) -> str:
    return str(group["sender_id"] or 0)


def sender_name(group: Mapping[str, Any]) -> str:
    return group["sender__name"] or UNKNOWN_SENDER


# --- Categories ---------------------------------------------------------------------------------------------------


def category_rows(unit: Unit, categories: list[CountedGroup], order: Sequence[str], sort: ColumnSort) -> list[BoardRow]:
    """Return a row for each category with letters.

    Without a chosen column the order is that of the rules; unknown category names come last.

    Each bar fills the whole width and shows the shares of the category.
    """
    place = {name: number for number, name in enumerate(order)}
    ordered = sorted(
        categories, key=lambda pair: (place.get(pair[0]["shown_category"], len(place)), pair[0]["shown_category"])
    )
    rows = []
    for name, counts in sort.sort((group["shown_category"], counts) for group, counts in ordered):
        rows.append(_build_row(name, "", counts, counts["ALL"], unit.pk, category=name))
    return rows


# --- Units with letters of their own ------------------------------------------------------------------------------


def unit_list(board_unit: Unit, units: Mapping[int, Tally], sort: ColumnSort) -> list[BoardRow]:
    """Return a row for each unit with the letters of the unit itself on the board. One query.

    `units`: {unit id: tally}.
    """
    named = sort.sort((unit.name, units[unit.pk], unit) for unit in Unit.objects.in_bulk(units).values())
    scale = max((counts["ALL"] for counts in units.values()), default=0)
    return [_build_row(name, "", counts, scale, board_unit.pk, unit=str(one.pk)) for name, counts, one in named]
