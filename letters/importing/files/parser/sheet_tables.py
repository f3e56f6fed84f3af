"""The cells that the library leaves blank although something stands there: errors, and formulas never worked out.

Each kind of file has a room that finds them, ``cells_of(path, sheet, seen)``, in the order of the sheet.

A cell → the text that Excel in Denmark shows. Pure.

Letters that were written in one encoding and read in another: «SÃ¸ren» → «Søren». Pure.

Cells that are merged over several rows: a sheet has their value in the first of them only, and each row means it.

A sheet of any file: its name, whether it is hidden, and its rows when they are asked for.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from letters.importing.files.limits import MAX_CELL_LENGTH, MAX_COLUMNS

#: Excel has no word for a formula that was never worked out, so it is ours. The formula follows.
UNCALCULATED_FORMULA = "#FORMEL!"


@dataclass
class SheetFindings:
    """What else was met on the way; all of it when the cells are taken."""

    hidden_rows: bool = False
    hidden_columns: set[int] = field(default_factory=set)
    last_merged_row: int = 0  # as Excel counts, of those that got the value of a cell merged over several

    def add_hidden_columns(self, first: int, last: int) -> None:
        """Counted from 0, both of them hidden."""
        self.hidden_columns.update(range(first, min(last + 1, MAX_COLUMNS)))


class BlankedCell(NamedTuple):
    """``row`` and ``column`` count from 0."""

    row: int
    column: int
    text: str


def fill_blanked_cells(
    rows: Iterable[list[Any]], first_column: int, cells: Iterator[BlankedCell]
) -> Iterator[list[Any]]:
    """``rows`` begin at ``first_column``. Both come in the sheet's order, so neither is held in memory."""
    waiting = next(cells, None)
    number = -1
    for number, row in enumerate(rows):
        while waiting and waiting.row <= number:
            if waiting.row == number:
                row = _with_cell(row, waiting.column - first_column, waiting.text)
            waiting = next(cells, None)
        yield row
    while waiting:  # below the last row that the library sees
        number += 1
        row = []
        while waiting and waiting.row <= number:
            row = _with_cell(row, waiting.column - first_column, waiting.text)
            waiting = next(cells, None)
        yield row


def _with_cell(row: list[Any], column: int, text: str) -> list[Any]:
    if column < 0:  # left of everything that the sheet has: no header stands over it
        return row
    return [*row[:column], *[""] * (column - len(row)), text, *row[column + 1 :]]


#: Excel keeps 15 digits of a number. From here on its last ones are made up, and it shows 1,23E+15 itself.
FIRST_INEXACT = 10**15
DAYS_TO_1904 = 1462
#: What programs fill a file up with at its end; DOS ends a text with the second.
_PADDING = "\x00\x1a\ufeff"


def has_content(row: list[Any]) -> bool:
    for value in row:  # noqa: SIM110 - most rows are told by their first cell, and any() costs more to begin
        if value not in ("", None) and str(value).strip().strip(_PADDING):
            return True
    return False


def cell_texts(row: list[Any], mend: Callable[[str], str]) -> list[str]:
    return [
        (value if value.isascii() else mend(value))[:MAX_CELL_LENGTH] if type(value) is str else _cell_text(value)
        for value in row[:MAX_COLUMNS]
    ]


def shift_from_1904(row: list[Any], column: int) -> list[Any]:
    """A moment that is kept as a bare number, in a workbook of old Macs' calendar, is moved to everybody else's."""
    if column < len(row) and type(row[column]) in (int, float):
        return [*row[:column], row[column] + DAYS_TO_1904, *row[column + 1 :]]
    return row


def _cell_text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "SAND" if value else "FALSK"
        case datetime():
            return _datetime_text(value)
        case date():
            return f"{value:%d-%m-%Y}"
        case time() | timedelta():
            return str(value)
        case int() | float() if abs(value) >= FIRST_INEXACT:
            return f"{value:.2E}".replace(".", ",")
        case float() if value.is_integer():
            return str(int(value))
    return str(value)


def _datetime_text(value: datetime) -> str:
    """To the nearest second: Excel keeps a moment as a fraction of a day, and 9.14 may come as 9.13.59,9999."""
    value = (value + timedelta(microseconds=500_000)).replace(microsecond=0) if value.microsecond else value
    second = f":{value.second:02}" if value.second else ""
    return f"{value.day:02}-{value.month:02}-{value.year:04} {value.hour:02}:{value.minute:02}{second}"


#: What UTF-8 is taken for: Windows, Unix before 2000, Macs, DOS
_WRONG_ENCODINGS = ("cp1252", "latin-1", "mac_roman", "cp850")
_RIGHT_LETTERS = [*map(chr, range(0xA0, 0x180)), *"–—‘’“”„…•€"]
_RIGHT_LETTER_OF = {
    right.encode().decode(encoding): right
    for encoding in _WRONG_ENCODINGS
    for right in _RIGHT_LETTERS
    if encoding != "cp1252" or not set(right.encode()) & {0x81, 0x8D, 0x8F, 0x90, 0x9D}  # it has no letters there
}
_WRONG_LETTERS = re.compile("|".join(sorted(map(re.escape, _RIGHT_LETTER_OF), key=len, reverse=True)))
#: What such a text begins its letters and dashes with; to look for them costs little.
_WRONG_LETTER_STARTS = ("Ã", "Â", "â\x80", "â€", "√", "¬", "‚Ä", "├", "┬", "ÔÇ")
_MAX_REPAIRS = 3  # that a text went wrong over again


class EncodingRepairer:
    """``has_mended``: some text was wrong so far."""

    def __init__(self) -> None:
        self.has_repaired = False

    def mend(self, text: str) -> str:
        for sign in _WRONG_LETTER_STARTS:  # any() costs more to begin
            if sign in text:
                break
        else:
            return text
        for _ in range(_MAX_REPAIRS):
            text, times = _WRONG_LETTERS.subn(lambda found: _RIGHT_LETTER_OF[found[0]], text)
            if not times:
                break
            self.has_repaired = True
        return text


#: ((first row, first column), (last row, last column)), from 0
MergedRange = tuple[tuple[int, int], tuple[int, int]]


def fill_merged_cells(
    rows: Iterable[list[Any]], first_column: int, merged: Sequence[MergedRange], seen: SheetFindings
) -> Iterator[list[Any]]:
    """``rows`` begin at ``first_column``. A row that has nothing else stays blank."""
    beginning: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (first, column), (last, _) in merged:
        if last > first:
            beginning[first].append((column - first_column, last))
    held: dict[int, tuple[int, Any]] = {}
    for number, row in enumerate(rows):
        held = {column: (last, value) for column, (last, value) in held.items() if last >= number}
        lacking = [column for column in held if column < len(row) and row[column] in ("", None)]
        if lacking and has_content(row):
            row = [held[at][1] if at in lacking else value for at, value in enumerate(row)]
            seen.last_merged_row = number + 1
        for column, last in beginning.get(number, ()):
            if column < len(row):
                held[column] = (last, row[column])
        yield row


@dataclass
class SheetTable:
    """``rows`` from the sheet's first, one by one; ``total`` is how many, ``columns`` how wide.

    Of a text that is read once, ``total`` is a good guess, and ``columns`` is as wide as the rows that are taken.
    """

    rows: Iterator[list[Any]]
    total: int
    columns: int
    counts_from_1904: bool = False
    seen: SheetFindings = field(default_factory=SheetFindings)


@dataclass(frozen=True)
class Sheet:
    """``open`` reads it: nothing is parsed before."""

    name: str
    is_hidden: bool
    open: Callable[[], SheetTable]

    def sized(self, rows: int | None = None, columns: int | None = None) -> dict[str, Any]:
        return {"name": self.name, "rows": rows, "columns": columns, "hidden": self.is_hidden}

    def measured(self) -> dict[str, Any]:
        """``rows`` are those that are not blank."""
        table = self.open()
        return self.sized(sum(map(has_content, table.rows)), table.columns)
