"""Errors and uncalculated formulas in an xlsx file.

The XML of the sheet is unpacked a piece at a time, and searched closely only if the piece has a sign of such a cell.
"""

import re
import zipfile
from collections.abc import Iterator
from html import unescape
from posixpath import join, normpath
from typing import IO

from letters.importing.files.parser.sheet_tables import UNCALCULATED_FORMULA, BlankedCell, SheetFindings

_PIECE_BYTES = 2**20
_MAX_REMAINDER_BYTES = 4 * _PIECE_BYTES
_MAX_PART_BYTES = 2**22  # bytes of a part that lists the sheets
_MAX_COLUMNS = 16_384

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
_SIGNS = (b't="e"', b"t='e'", b"<f>", b"<f ", b":f>", b":f ")  # cheap test for a piece with such a cell


def find_blanked_cells(path: str, sheet: str, seen: SheetFindings) -> Iterator[BlankedCell]:
    """Yield the cells that calamine leaves blank: «#N/A» as Excel stores it, or «#FORMEL! =A1+B1»."""
    with zipfile.ZipFile(path) as archive:
        if part := sheet_part_name(archive, sheet):
            with archive.open(part) as file:
                yield from _blanked_cells(file, seen)


def _blanked_cells(file: IO[bytes], seen: SheetFindings) -> Iterator[BlankedCell]:
    left = b""
    while piece := file.read(_PIECE_BYTES):
        if not left:
            note_hidden_columns(piece, seen)
        piece = left + piece
        at = max(piece.rfind(b"<row "), piece.rfind(b":row "))
        piece, left = (piece[:at], piece[at:]) if at > 0 else (b"", piece)
        seen.hidden_rows = seen.hidden_rows or has_hidden_row(piece)
        yield from blanked_cells_in(piece)
        if len(left) > _MAX_REMAINDER_BYTES:
            return
    seen.hidden_rows = seen.hidden_rows or has_hidden_row(left)
    yield from blanked_cells_in(left)


def note_hidden_columns(xml: bytes, seen: SheetFindings) -> None:
    """Add the hidden columns to ``seen``. A sheet describes the columns before the rows."""
    for column in _HIDDEN_COLUMN.findall(xml):
        first, last = _attribute(column, "min"), _attribute(column, "max")
        if first.isdecimal() and last.isdecimal():
            seen.add_hidden_columns(int(first) - 1, int(last) - 1)


def has_hidden_row(xml: bytes) -> bool:
    """Return whether the XML has a hidden row."""
    return b"hidden=" in xml and bool(_HIDDEN_ROW.search(xml))


def blanked_cells_in(xml: bytes) -> Iterator[BlankedCell]:
    """Yield the cells in whole rows of XML that calamine leaves blank."""
    if not any(sign in xml for sign in _SIGNS):
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
    return min(number, _MAX_COLUMNS) - 1


def uses_1904_dates(path: str) -> bool:
    """Return whether dates count from 1904, as in workbooks of old Macs."""
    with zipfile.ZipFile(path) as archive:
        return bool(re.search(rb"""\bdate1904=["'](?:1|true)["']""", _read_part(archive, "xl/workbook.xml")))


def sheet_part_name(archive: zipfile.ZipFile, sheet: str) -> str:
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
