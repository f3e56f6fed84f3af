"""All figures of a board with the sentence of each, linked to what they count in the reader's rights.

The report of a large unit counts personnel cases that the reader may not read. Its figure is then larger than the
list, and the row says by how many. On the board of a small unit that number would point at a person, so it is not said.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from django.urls import reverse

from followups.boards.board import Board
from followups.boards.consequence_list import consequence_rows, harm_link
from followups.boards.tables import board_link
from followups.reporting import consequences
from followups.reporting.figure_definitions import LETTER_FIGURES
from followups.reporting.letter_figures import DIVIDING_FIGURES, REVEALING_FIGURES, UNIT_TOTALS, Tally, count_together
from sepo_incident.accounts.list_export import TableColumn, TableExport
from sepo_incident.core import danish


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


#: All figures as a file. A row is (name of the group, figure).
FIGURE_EXPORT: TableExport[tuple[str, FigureRow]] = TableExport(
    "alle-tal-enhed",
    "Alle tal",
    [
        TableColumn("Gruppe", lambda row: row[0]),
        TableColumn("Hvad tæller tallet?", lambda row: danish.capitalized(row[1].label), 50),
        TableColumn("Forklaring", lambda row: row[1].sentence, 70),
        TableColumn("Tal", lambda row: row[1].value, 14),
    ],
)


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
