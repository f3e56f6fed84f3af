"""Cells of xlsx and ods files that calamine leaves blank: errors and uncalculated formulas.

The XML is unpacked a piece at a time, and searched closely only if there is a sign of such a cell. Source for ods:
OpenDocument 1.3, part 3, chapters 9 and 19.
"""

import re
import zipfile
from collections.abc import Iterator
from html import unescape
from posixpath import join, normpath
from typing import NamedTuple
from xml.parsers import expat

from letters.importing.files.limits import BROKEN, MAX_COLUMNS, MAX_ROWS, Refused
from letters.importing.files.parser.sheet_tables import UNCALCULATED_FORMULA, BlankedCell, SheetFindings

_PIECE_BYTES = 2**20
_MAX_REMAINDER_BYTES = 4 * _PIECE_BYTES
_MAX_PART_BYTES = 2**22  # bytes of a part that lists the sheets
_XLSX_MAX_COLUMNS = 16_384

_PREFIX = rb"(?:\w+:)?"  # some programs write every element with a prefix
_CELL = re.compile(
    rb"<" + _PREFIX + rb"c\s([^<>]*)>\s*"
    rb"(?:<" + _PREFIX + rb"f(?:\s[^<>]*)?(?:/>|>(?P<formula>[^<]*)</" + _PREFIX + rb"f>)(?P<has_formula>)\s*)?"
    rb"(?P<value><" + _PREFIX + rb"v(?:\s[^<>]*)?(?:/>|>(?P<text>[^<]*)</" + _PREFIX + rb"v>))?\s*</" + _PREFIX + rb"c>"
)
_HIDDEN_ROW = re.compile(rb"<" + _PREFIX + rb"""row\s[^<>]*\bhidden=["'](?:1|true)""")
_HIDDEN_COLUMN = re.compile(rb"<" + _PREFIX + rb"""col\s[^<>]*\bhidden=["'](?:1|true)[^<>]*>""")
_PLACE = re.compile(rb"""\br=["']([A-Z]{1,3})(\d{1,7})["']""")
_IS_ERROR = re.compile(rb"""\bt=["']e["']""")
_IS_TEXT = re.compile(rb"""\bt=["']str["']""")
_XLSX_SIGNS = (b't="e"', b"t='e'", b"<f>", b"<f ", b":f>", b":f ")  # cheap test for a piece with such a cell


def find_xlsx_blanked_cells(path: str, sheet: str, findings: SheetFindings) -> Iterator[BlankedCell]:
    """Yield the cells that calamine leaves blank: «#N/A» as Excel stores it, or «#FORMEL! =A1+B1».

    Also notes hidden rows and columns in `findings`. A sheet describes the columns before the rows.
    """
    with zipfile.ZipFile(path) as archive:
        part = _sheet_part_name(archive, sheet)
        if not part:
            return
        with archive.open(part) as file:
            left = b""
            while piece := file.read(_PIECE_BYTES):
                if not left:
                    _note_hidden_columns(piece, findings)
                piece = left + piece
                at = max(piece.rfind(b"<row "), piece.rfind(b":row "))
                piece, left = (piece[:at], piece[at:]) if at > 0 else (b"", piece)
                yield from _blanked_cells_in(piece, findings)
                if len(left) > _MAX_REMAINDER_BYTES:
                    return
            yield from _blanked_cells_in(left, findings)


def _note_hidden_columns(xml: bytes, findings: SheetFindings) -> None:
    for column in _HIDDEN_COLUMN.findall(xml):
        first, last = _attribute(column, "min"), _attribute(column, "max")
        if first.isdecimal() and last.isdecimal():
            findings.add_hidden_columns(int(first) - 1, int(last) - 1)


def _blanked_cells_in(xml: bytes, findings: SheetFindings) -> Iterator[BlankedCell]:
    """Yield the cells in whole rows of XML that calamine leaves blank."""
    if b"hidden=" in xml and _HIDDEN_ROW.search(xml):
        findings.hidden_rows = True
    if not any(sign in xml for sign in _XLSX_SIGNS):
        return
    for found in _CELL.finditer(xml):
        attributes = found[1]
        if found["has_formula"] is None and not _IS_ERROR.search(attributes):
            continue
        if (text := _blanked_text(found, attributes)) and (place := _PLACE.search(attributes)):
            yield BlankedCell(int(place[2]) - 1, _column_index(place[1]), text)


def _blanked_text(found: "re.Match[bytes]", attributes: bytes) -> str:
    value = _decoded(found["text"])
    if _IS_ERROR.search(attributes):
        return value or "#N/A"
    if value or (found["value"] and _IS_TEXT.search(attributes)):  # calculated, and the result is empty
        return ""
    return f"{UNCALCULATED_FORMULA} ={_decoded(found['formula'])}"


def _decoded(text: bytes | None) -> str:
    return unescape((text or b"").decode("utf-8", "replace"))


def _column_index(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return min(number, _XLSX_MAX_COLUMNS) - 1


def uses_1904_dates(path: str) -> bool:
    """Return whether dates count from 1904, as in workbooks of old Macs."""
    with zipfile.ZipFile(path) as archive:
        return bool(re.search(rb"""\bdate1904=["'](?:1|true)["']""", _read_part(archive, "xl/workbook.xml")))


def _sheet_part_name(archive: zipfile.ZipFile, sheet: str) -> str:
    """Return the name of the part that holds the sheet, or «» if the workbook does not say."""
    for attributes in re.findall(rb"<(?:\w+:)?sheet\s([^<>]*)>", _read_part(archive, "xl/workbook.xml")):
        if _attribute(attributes, "name") == sheet:
            wanted = _attribute(attributes, r"\w+:id")
            break
    else:
        return ""
    for attributes in re.findall(
        rb"<(?:\w+:)?Relationship\s([^<>]*)>", _read_part(archive, "xl/_rels/workbook.xml.rels")
    ):
        if _attribute(attributes, "Id") == wanted:
            part = normpath(join("xl", _attribute(attributes, "Target"))).lstrip("/")
            return part if part in archive.namelist() else ""
    return ""


def _read_part(archive: zipfile.ZipFile, part: str) -> bytes:
    try:
        with archive.open(part) as file:
            return file.read(_MAX_PART_BYTES)
    except KeyError:
        return b""


def _attribute(attributes: bytes, name: str) -> str:
    found = re.search(rf"""(?<![\w:]){name}=(["'])(.*?)\1""", attributes.decode("utf-8", "replace"))
    return unescape(found[2]) if found else ""


_ODS_SIGN = re.compile(rb"""value-type=["']error|:formula=|:visibility=|rows-spanned=["'](?!1["'])""")
_MAX_ODS_SIGN_BYTES = 32

_TABLE, _OFFICE = (
    "urn:oasis:names:tc:opendocument:xmlns:table:1.0 ",
    "urn:oasis:names:tc:opendocument:xmlns:office:1.0 ",
)
_CALC = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 "
_HIDDEN = ("filter", "collapse")
_COVERED = f"{_TABLE}covered-table-cell"
_ODS_CELLS = (f"{_TABLE}table-cell", _COVERED)
_ERROR = re.compile(r"#[A-ZÆØÅ/0_]+[!?]?|(?:Err|Fejl):\d{3}")


def find_ods_blanked_cells(path: str, sheet: str, findings: SheetFindings) -> Iterator[BlankedCell]:
    """Yield the cells that calamine leaves blank: «#N/A» as stored, or «#FORMEL! =[.A1]+[.B1]».

    Also yields the text of merged cells below the first row, and notes hidden rows and columns in `findings`.
    """
    with zipfile.ZipFile(path) as archive:
        if not any(_ODS_SIGN.search(piece) for piece in _read_ods_pieces(archive, _MAX_ODS_SIGN_BYTES)):
            return
        finder = _BlankedCellFinder(sheet, findings)
        for piece in _read_ods_pieces(archive):
            yield from finder.feed(piece)


def _read_ods_pieces(archive: zipfile.ZipFile, overlap: int = 0) -> Iterator[bytes]:
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

    def __init__(self, sheet: str, findings: SheetFindings):
        self._sheet, self._findings = sheet, findings
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
                self._findings.add_hidden_columns(self._next_column, self._next_column + times - 1)
            self._next_column += times
        elif name == f"{_TABLE}table-row" and self._is_wanted:
            times = _repeat_count(attributes, "rows", MAX_ROWS)
            self._row = _FoundRow(self._next_row, times, [])
            self._next_row += times
            self._next_column = 0
            if attributes.get(f"{_TABLE}visibility") in _HIDDEN:
                self._findings.hidden_rows = True
        elif name in _ODS_CELLS and self._is_wanted:
            self._cell = attributes
            self._texts.clear()

    def _end(self, name: str) -> None:
        if not self._is_wanted:
            self._texts.clear()
        elif name in _ODS_CELLS:
            times = _repeat_count(self._cell, "columns", MAX_COLUMNS)
            shown = "".join(self._texts).strip()
            if text := _ods_blanked_text(self._cell, shown) or self._merged_text(name, shown):
                self._row.cells.extend((self._next_column + n, text) for n in range(times))
            self._next_column += times
        elif name == f"{_TABLE}table-row" and self._row.cells:
            self._found.append(self._row)

    def _merged_text(self, name: str, shown: str) -> str:
        spanned = _repeat_count(self._cell, "rows", MAX_ROWS, "spanned")
        if spanned > 1:
            self._merged[self._next_column] = (self._row.first + spanned - 1, shown)
        last, text = self._merged.get(self._next_column, (-1, ""))
        if name != _COVERED or last < self._row.first:
            return ""
        self._findings.last_merged_row = self._row.first + 1
        return text

    def _refuse(self, *doctype: object) -> None:
        """Refuse a DOCTYPE: no spreadsheet program writes a DOCTYPE, and entities can expand to a billion words."""
        raise Refused(BROKEN)


def _repeat_count(attributes: dict[str, str], what: str, at_most: int, how: str = "repeated") -> int:
    count = attributes.get(f"{_TABLE}number-{what}-{how}", "1")
    return min(int(count), at_most) if count.isdecimal() else 1


def _ods_blanked_text(cell: dict[str, str], text: str) -> str:
    formula = cell.get(f"{_TABLE}formula", "")
    if cell.get(f"{_CALC}value-type") == "error" or (formula and _ERROR.fullmatch(text)):
        return text or "#N/A"
    if formula and not text and f"{_OFFICE}value-type" not in cell:
        return f"{UNCALCULATED_FORMULA} ={formula.partition('=')[2]}"
    return ""
