"""Sheets as rows of cells, and the repairs of cells that all types of files share.

- Cells that calamine leaves blank, errors and uncalculated formulas, are filled in. `blanked_cells` finds such cells,
  in the order of the sheet.
- Cells merged over several rows have the value in the first row only; the value is repeated in every row.
- Values become the texts that Excel in Denmark shows.
- Letters written in UTF-8 and read in a wrong encoding are repaired: «SÃ¸ren» → «Søren».
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from letters.importing.files.limits import MAX_CELL_LENGTH, MAX_COLUMNS

#: Our own text, because Excel has none for a formula that was never calculated. The formula follows.
UNCALCULATED_FORMULA = "#FORMEL!"


@dataclass
class SheetFindings:
    """Findings about a sheet, complete when all rows have been taken."""

    hidden_rows: bool = False
    hidden_columns: set[int] = field(default_factory=set)
    last_merged_row: int = 0  # row number in Excel, of the last row with a value from a merged cell

    def add_hidden_columns(self, first: int, last: int) -> None:
        """Add the columns `first` to `last`, counted from 0, both included."""
        self.hidden_columns.update(range(first, min(last + 1, MAX_COLUMNS)))


class BlankedCell(NamedTuple):
    """A cell that calamine leaves blank. `row` and `column` count from 0."""

    row: int
    column: int
    text: str


def fill_blanked_cells(
    rows: Iterable[list[Any]], first_column: int, cells: Iterator[BlankedCell]
) -> Iterator[list[Any]]:
    """Yield the rows with the blanked cells filled in; both in the order of the sheet, so neither is held in memory."""
    waiting = next(cells, None)
    number = -1
    for number, row in enumerate(rows):
        while waiting and waiting.row <= number:
            if waiting.row == number:
                row = _with_cell(row, waiting.column - first_column, waiting.text)
            waiting = next(cells, None)
        yield row
    while waiting:  # cells below the last row that calamine sees
        number += 1
        row = []
        while waiting and waiting.row <= number:
            row = _with_cell(row, waiting.column - first_column, waiting.text)
            waiting = next(cells, None)
        yield row


def _with_cell(row: list[Any], column: int, text: str) -> list[Any]:
    if column < 0:  # left of all columns with content, so there is no header
        return row
    return [*row[:column], *[""] * (column - len(row)), text, *row[column + 1 :]]


#: Excel keeps 15 digits of a number. From here on the last digits are made up, and Excel shows 1,23E+15.
FIRST_INEXACT = 10**15
DAYS_TO_1904 = 1462


def has_content(row: list[Any]) -> bool:
    """Return whether a cell of the row holds more than spaces and invisible characters, as `clean_text` removes."""
    for value in row:
        text = "" if value is None else str(value).strip()
        if text and (text.isprintable() or any(char.isprintable() and char != " " for char in text)):
            return True
    return False


def cell_texts(row: list[Any], repair: Callable[[str], str]) -> list[str]:
    """Return the cells of a row as texts, cut in number and length. `repair`: repairs a text that is not ASCII."""
    return [
        (value if value.isascii() else repair(value))[:MAX_CELL_LENGTH] if type(value) is str else _cell_text(value)
        for value in row[:MAX_COLUMNS]
    ]


def shift_from_1904(row: list[Any], column: int) -> list[Any]:
    """Return the row with the number in `column` moved from the calendar of old Macs to the usual calendar."""
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
    """Return the moment to the nearest second: Excel may keep 9.14 as 9.13.59,9999."""
    value = (value + timedelta(microseconds=500_000)).replace(microsecond=0) if value.microsecond else value
    second = f":{value.second:02}" if value.second else ""
    return f"{value.day:02}-{value.month:02}-{value.year:04} {value.hour:02}:{value.minute:02}{second}"


#: Encodings that UTF-8 is mistaken for: Windows, Unix before 2000, Macs, DOS
_WRONG_ENCODINGS = ("cp1252", "latin-1", "mac_roman", "cp850")
_RIGHT_LETTERS = [*map(chr, range(0xA0, 0x180)), *"–—‘’“”„…•€"]
_RIGHT_LETTER_OF = {
    right.encode().decode(encoding): right
    for encoding in _WRONG_ENCODINGS
    for right in _RIGHT_LETTERS
    # cp1252 has no characters for such bytes
    if encoding != "cp1252" or not set(right.encode()) & {0x81, 0x8D, 0x8F, 0x90, 0x9D}
}
_WRONG_LETTERS = re.compile("|".join(sorted(map(re.escape, _RIGHT_LETTER_OF), key=len, reverse=True)))
#: First characters of wrong letters and dashes. Searching for a few is cheap.
_WRONG_LETTER_STARTS = ("Ã", "Â", "â\x80", "â€", "√", "¬", "‚Ä", "├", "┬", "ÔÇ")
_MAX_REPAIRS = 3  # a text may have been misread several times


class EncodingRepairer:
    """Repairs texts with letters of a wrong encoding. `has_repaired`: some text was wrong so far."""

    def __init__(self) -> None:
        self.has_repaired = False

    def repair(self, text: str) -> str:
        for sign in _WRONG_LETTER_STARTS:  # faster than any()
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
    rows: Iterable[list[Any]], first_column: int, merged: Sequence[MergedRange], findings: SheetFindings
) -> Iterator[list[Any]]:
    """Yield the rows with the value of a merged cell in all its rows. A row with no other content stays blank."""
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
            findings.last_merged_row = number + 1
        for column, last in beginning.get(number, ()):
            if column < len(row):
                held[column] = (last, row[column])
        yield row


@dataclass
class SheetTable:
    """The rows of a sheet, the number of rows and the width; estimates, and so far, if the file is read only once."""

    rows: Iterator[list[Any]]
    total: int
    columns: int
    counts_from_1904: bool = False
    findings: SheetFindings = field(default_factory=SheetFindings)


@dataclass(frozen=True)
class Sheet:
    """A sheet of a file. `open` reads the sheet; nothing is parsed before."""

    name: str
    is_hidden: bool
    open: Callable[[], SheetTable]

    def sized(self, rows: int | None = None, columns: int | None = None) -> dict[str, Any]:
        """Return {name, rows, columns, hidden}."""
        return {"name": self.name, "rows": rows, "columns": columns, "hidden": self.is_hidden}

    def measured(self) -> dict[str, Any]:
        """Return {name, rows, columns, hidden} after reading the whole sheet. `rows` leaves blank rows out."""
        table = self.open()
        return self.sized(sum(map(has_content, table.rows)), table.columns)
