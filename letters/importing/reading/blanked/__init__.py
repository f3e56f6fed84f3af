"""The cells that the library leaves blank although something stands there: errors, and formulas never worked out.

Each kind of file has a room that finds them, ``cells_of(path, sheet, seen)``, in the order of the sheet.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from letters.importing.reading.limits import MAX_COLUMNS

#: Excel has no word for a formula that was never worked out, so it is ours. The formula follows.
UNWORKED = "#FORMEL!"


@dataclass
class Seen:
    """What else was met on the way; all of it when the cells are taken."""

    hidden_rows: bool = False
    hidden_columns: set[int] = field(default_factory=set)
    last_merged_row: int = 0  # as Excel counts, of those that got the value of a cell merged over several

    def hides_columns(self, first: int, last: int) -> None:
        """Counted from 0, both of them hidden."""
        self.hidden_columns.update(range(first, min(last + 1, MAX_COLUMNS)))


class Cell(NamedTuple):
    """``row`` and ``column`` count from 0."""

    row: int
    column: int
    text: str


def filled_in(rows: Iterable[list[Any]], first_column: int, cells: Iterator[Cell]) -> Iterator[list[Any]]:
    """``rows`` begin at ``first_column``. Both come in the sheet's order, so neither is held in memory."""
    waiting = next(cells, None)
    number = -1
    for number, row in enumerate(rows):
        while waiting and waiting.row <= number:
            if waiting.row == number:
                row = _with(row, waiting.column - first_column, waiting.text)
            waiting = next(cells, None)
        yield row
    while waiting:  # below the last row that the library sees
        number += 1
        row = []
        while waiting and waiting.row <= number:
            row = _with(row, waiting.column - first_column, waiting.text)
            waiting = next(cells, None)
        yield row


def _with(row: list[Any], column: int, text: str) -> list[Any]:
    if column < 0:  # left of everything that the sheet has: no header stands over it
        return row
    return [*row[:column], *[""] * (column - len(row)), text, *row[column + 1 :]]
