"""Errors and uncalculated formulas in an ods file. Source: OpenDocument 1.3, part 3, chapters 9 and 19.

The content of the file is a single XML part, which is searched for a sign first and parsed only if there is a sign.
"""

import re
import zipfile
from collections.abc import Iterator
from typing import NamedTuple
from xml.parsers import expat

from letters.importing.files.limits import BROKEN, MAX_COLUMNS, MAX_ROWS, Refused
from letters.importing.files.parser.sheet_tables import UNCALCULATED_FORMULA, BlankedCell, SheetFindings

_PIECE_BYTES = 2**20
_SIGN = re.compile(rb"""value-type=["']error|:formula=|:visibility=|rows-spanned=["'](?!1["'])""")
_MAX_SIGN_BYTES = 32

_TABLE, _OFFICE = (
    "urn:oasis:names:tc:opendocument:xmlns:table:1.0 ",
    "urn:oasis:names:tc:opendocument:xmlns:office:1.0 ",
)
_CALC = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 "
_HIDDEN = ("filter", "collapse")
_COVERED = f"{_TABLE}covered-table-cell"
_CELLS = (f"{_TABLE}table-cell", _COVERED)
_ERROR = re.compile(r"#[A-ZÆØÅ/0_]+[!?]?|(?:Err|Fejl):\d{3}")


def find_blanked_cells(path: str, sheet: str, seen: SheetFindings) -> Iterator[BlankedCell]:
    """Yield the cells that calamine leaves blank: «#N/A» as stored, or «#FORMEL! =[.A1]+[.B1]».

    Also yields the text of merged cells below the first row, and notes hidden rows and columns in ``seen``.
    """
    with zipfile.ZipFile(path) as archive:
        if not any(_SIGN.search(piece) for piece in _read_pieces(archive, _MAX_SIGN_BYTES)):
            return
        finder = _BlankedCellFinder(sheet, seen)
        for piece in _read_pieces(archive):
            yield from finder.feed(piece)


def _read_pieces(archive: zipfile.ZipFile, overlap: int = 0) -> Iterator[bytes]:
    """Yield the XML in pieces. ``overlap``: number of bytes of the piece before that are repeated."""
    with archive.open("content.xml") as file:
        last = b""
        while piece := file.read(_PIECE_BYTES):
            yield last + piece
            last = piece[-overlap:] if overlap else b""


class _FoundRow(NamedTuple):
    first: int
    times: int
    cells: list[tuple[int, str]]  # (column, text)


class _BlankedCellFinder:
    """Follows the elements of the XML, and keeps count of row and column in the wanted sheet."""

    def __init__(self, sheet: str, seen: SheetFindings):
        self._sheet, self._seen = sheet, seen
        self._is_wanted = False
        self._next_row = self._next_column = 0
        self._row = _FoundRow(0, 0, [])
        self._cell: dict[str, str] = {}
        self._texts: list[str] = []
        self._found: list[_FoundRow] = []
        # column → (last row of a cell merged over several rows, the text)
        self._merged: dict[int, tuple[int, str]] = {}
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._texts.append
        self._parser.StartDoctypeDeclHandler = self._refuse

    def feed(self, piece: bytes) -> Iterator[BlankedCell]:
        try:
            self._parser.Parse(piece)
        except expat.ExpatError as problem:
            raise Refused(BROKEN) from problem
        found, self._found = self._found, []
        for first, times, cells in found:
            for row in range(first, first + times):
                for column, text in cells:
                    yield BlankedCell(row, column, text)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == f"{_TABLE}table":
            self._is_wanted = attributes.get(f"{_TABLE}name") == self._sheet
            self._next_row = self._next_column = 0
            self._merged.clear()
        elif name == f"{_TABLE}table-column" and self._is_wanted:
            times = _repeat_count(attributes, "columns", MAX_COLUMNS)
            if attributes.get(f"{_TABLE}visibility") in _HIDDEN:
                self._seen.add_hidden_columns(self._next_column, self._next_column + times - 1)
            self._next_column += times
        elif name == f"{_TABLE}table-row" and self._is_wanted:
            times = _repeat_count(attributes, "rows", MAX_ROWS)
            self._row = _FoundRow(self._next_row, times, [])
            self._next_row += times
            self._next_column = 0
            if attributes.get(f"{_TABLE}visibility") in _HIDDEN:
                self._seen.hidden_rows = True
        elif name in _CELLS and self._is_wanted:
            self._cell = attributes
            self._texts.clear()

    def _end(self, name: str) -> None:
        if not self._is_wanted:
            self._texts.clear()
        elif name in _CELLS:
            times = _repeat_count(self._cell, "columns", MAX_COLUMNS)
            shown = "".join(self._texts).strip()
            if text := _blanked_text(self._cell, shown) or self._merged_text(name, shown):
                self._row.cells.extend((self._next_column + n, text) for n in range(times))
            self._next_column += times
        elif name == f"{_TABLE}table-row" and self._row.cells:
            self._found.append(self._row)

    def _merged_text(self, name: str, shown: str) -> str:
        """Return the text of the merged cell that covers the current cell from above, or «»."""
        spanned = _repeat_count(self._cell, "rows", MAX_ROWS, "spanned")
        if spanned > 1:
            self._merged[self._next_column] = (self._row.first + spanned - 1, shown)
        last, text = self._merged.get(self._next_column, (-1, ""))
        if name != _COVERED or last < self._row.first:
            return ""
        self._seen.last_merged_row = self._row.first + 1
        return text

    def _refuse(self, *doctype: object) -> None:
        """Refuse a DOCTYPE: no spreadsheet program writes a DOCTYPE, and entities can expand to a billion words."""
        raise Refused(BROKEN)


def _repeat_count(attributes: dict[str, str], what: str, at_most: int, how: str = "repeated") -> int:
    count = attributes.get(f"{_TABLE}number-{what}-{how}", "1")
    return min(int(count), at_most) if count.isdecimal() else 1


def _blanked_text(cell: dict[str, str], text: str) -> str:
    formula = cell.get(f"{_TABLE}formula", "")
    if cell.get(f"{_CALC}value-type") == "error" or (formula and _ERROR.fullmatch(text)):
        return text or "#N/A"
    if formula and not text and f"{_OFFICE}value-type" not in cell:
        return f"{UNCALCULATED_FORMULA} ={formula.partition('=')[2]}"
    return ""
