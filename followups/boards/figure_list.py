"""All figures of a board with the sentence of each, linked to what they count in the reader's rights.

The report of a large unit counts personnel cases that the reader may not read. Its figure is then larger than the
list, and the row says by how many. On the board of a small unit that number would point at a person, so it is not said.
A user who counts letters and sees none gets the figure behind a link to letters, divided by the units below.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from followups.boards.board import Board
from followups.boards.consequence_list import consequence_rows, harm_link
from followups.boards.tables import LinkedNumber, board_link
from followups.reporting import consequences
from followups.reporting.figure_definitions import LETTER_FIGURES
from followups.reporting.letter_figures import (
    DIVIDING_FIGURES,
    NOT_DIVIDED,
    REVEALING_FIGURES,
    UNIT_TOTALS,
    Tally,
    count_letters,
    count_together,
    sum_by_unit,
)
from sepo_incident.accounts.models import Unit
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core import danish
from sepo_incident.core.forms import parse_int


class FigureRow(NamedTuple):
    """A figure of a page. `url`: the list of what it counts, "" for none. `hidden`: letters only in the report.

    `value`: a number, or kroner as a Decimal.
    """

    label: str
    sentence: str
    value: int | Decimal
    url: str
    hidden: int = 0

    @property
    def shown(self) -> str:
        return danish.kroner(self.value) if isinstance(self.value, Decimal) else danish.number(self.value)


class FigureGroup(NamedTuple):
    name: str
    rows: list[FigureRow]


def list_figures(board: Board) -> list[FigureGroup]:
    """Return the groups of figures of the board. The number of queries is constant."""
    groups: dict[str, list[FigureRow]] = {}
    for name, row in _letter_rows(board):
        groups.setdefault(LETTER_FIGURES[name].group, []).append(row)
    listed = [FigureGroup(name, rows) for name, rows in groups.items()]
    return [
        *listed,
        FigureGroup("Enheder", _unit_rows(board)),
        FigureGroup("Konsekvenser og kroner", _harm_rows(board)),
    ]


def linked_row(label: str, sentence: str, number: int, url: str, hidden: int = 0) -> FigureRow:
    return FigureRow(label, sentence, number, url if number else "", hidden)


def _letter_rows(board: Board) -> Iterator[tuple[str, FigureRow]]:
    counts = count_together(board.letters, board.reader, board.today, LETTER_FIGURES)
    hidden = Tally()
    if board.is_large:
        hidden = count_together(board.unreadable_letters, None, board.today, REVEALING_FIGURES)
    for name, figure in LETTER_FIGURES.items():
        if name in DIVIDING_FIGURES and not board.tells_personnel_cases:
            continue
        url = board_link(board.unit.pk, **{figure.filter: name})
        yield name, linked_row(figure.label, figure.sentence, counts[name], url, hidden[name])


def _unit_rows(board: Board) -> list[FigureRow]:
    url = reverse("board_units", args=[board.unit.pk])
    return [
        linked_row(label, sentence, len(board.units_with(choice)), f"{url}?vis={choice}#enheder")
        for choice, (_, label, sentence) in UNIT_TOTALS.items()
    ]


def _harm_rows(board: Board) -> list[FigureRow]:
    harms = consequences.list_harms(consequence_rows(board))
    rows = [
        linked_row(one.label, one.sentence, len(one.harms), harm_link(board.unit, one.choices))
        for one in consequences.count_harms(harms)
    ]
    for one in consequences.sum_amounts(harms):
        url = harm_link(board.unit, one.choices) if one.letters else ""
        rows.append(FigureRow(one.label, one.sentence, one.kroner, url))
    return rows


# --- For a user who counts letters and sees none ------------------------------------------------------------------

NO_LETTERS = "Linket går til enkelte breve. Du kan kun se tallene."
NO_CATEGORIES = "Du kan kun se emner for en hel forvaltning. I en mindre enhed kan et emne pege på en personalesag."
#: Filters of a letter list whose values are names of figures.
FIGURE_FILTERS = ("status", "remedy", "recipient")
#: Parts of a list's address that need no explanation.
PLAIN_PARTS = {"unit", "sort", "page", *FIGURE_FILTERS}


class FigureSplit(NamedTuple):
    """A figure of a board by the units below. `remark`: why there are no rows, or ""."""

    label: str
    sentence: str
    shown: str
    rows: list[tuple[str, LinkedNumber]]
    remark: str


def redirect_to_figures(request: SignedInRequest, pk: int) -> HttpResponse:
    """Answer a link to letters: redirect to the figure that counts them, or to the figures of the unit."""
    asked = request.GET
    unit = parse_int(asked.get("unit", ""))
    if asked.get("category"):
        return redirect(f"{reverse('board_categories', args=[pk])}#emner")
    figures = [asked[name] for name in FIGURE_FILTERS if asked.get(name) in LETTER_FIGURES]
    if figures or unit:
        name, own = [*figures, "ALL"][0], "" if unit is None else "&egne=1"
        return redirect(f"{reverse('board_all_figures', args=[unit or pk])}?tal={name}{own}#tallet")
    if set(asked) - PLAIN_PARTS:
        messages.info(request, NO_LETTERS)
    return redirect("board_figures", pk)


def split_figure(board: Board, name: str, *, is_own: bool = False) -> FigureSplit | None:
    """Return the figure by the units right below, or None for a figure that the board does not show. Two queries.

    `is_own`: of the unit's own letters, without the units below.
    """
    may_divide = board.tells_personnel_cases and not (is_own and board.only_counts)
    if name not in LETTER_FIGURES or (name in DIVIDING_FIGURES and not may_divide):
        return None
    figure = LETTER_FIGURES[name]
    groups = count_letters(board.letters, "unit__lineage", reader=board.reader, today=board.today, figures=[name])
    if is_own:
        groups = [one for one in groups if one[0]["unit__lineage"][-1] == board.unit.pk]
    total, folded = sum(counts[name] for _, counts in groups), sum_by_unit(groups)
    below = [] if board.is_alone or is_own else list(board.unit.children.in_order())
    remark = "" if below else f"Kun breve fra {board.unit.name} selv."
    if name in DIVIDING_FIGURES and not may_divide_personnel_cases(board, below):
        below, remark = [], NOT_DIVIDED
    rows = [
        (unit.name, LinkedNumber(folded[unit.pk][name], board_link(unit.pk, **{figure.filter: name})))
        for unit in below
        if folded[unit.pk][name]
    ]
    own = total - sum(number.value for _, number in rows)
    if rows and own:
        rows.append((f"Direkte i {board.unit.name}", LinkedNumber(own, "")))
    return FigureSplit(danish.capitalized(figure.label), figure.sentence, danish.number(total), rows, remark)


def may_divide_personnel_cases(board: Board, units: Iterable[Unit]) -> bool:
    """Return whether the board's reader may learn how many personnel cases each of the units has."""
    return not board.only_counts or all(unit.pk in board.large_units for unit in units if unit.pk in board.folded)
