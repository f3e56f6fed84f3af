"""Reading of xlsx, xlsm and ods files with calamine, with the cells filled in that calamine leaves blank.

calamine holds a whole sheet in memory (a million rows: 1.250 MiB), and gives the first row after reading the last.
The XML of a large xlsx sheet is therefore unpacked gradually and cut between rows, and calamine reads every piece of
some thousand rows as a small workbook. Dates, rich text and all else keep the meaning that calamine gives.
"""

import io
import re
import zipfile
import zlib
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    WorksheetNotFound,
)

from letters.importing.files.headers import HEADER_SEARCH_ROWS
from letters.importing.files.limits import BROKEN, LOCKED, MANY_SHEETS, MAX_SHEETS, MERGED_AND_LONG, Refused
from letters.importing.files.parser import blanked_cells
from letters.importing.files.parser.sheet_tables import (
    Sheet,
    SheetFindings,
    SheetTable,
    fill_blanked_cells,
    fill_merged_cells,
)

_BLANKED_CELLS_OF = {
    "xlsx": blanked_cells.find_xlsx_blanked_cells,
    "xlsm": blanked_cells.find_xlsx_blanked_cells,
    "ods": blanked_cells.find_ods_blanked_cells,
}


def sheets_of(kind: str, path: str) -> Iterator[Sheet]:
    """Yield the worksheets of a workbook. Raises Refused for a locked or damaged file."""
    file = Path(path).open("rb")  # noqa: SIM115 - the workbook reads from the open file
    try:
        # calamine trusts the file name, so open the file without a name.
        workbook = CalamineWorkbook.from_path(f"/dev/fd/{file.fileno()}")
        listed = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    except PasswordError as problem:
        raise Refused(LOCKED) from problem
    except CalamineError as problem:
        raise Refused(BROKEN) from problem
    if len(listed) > MAX_SHEETS:
        raise Refused(MANY_SHEETS)
    for sheet in listed:
        yield Sheet(
            sheet.name,
            is_hidden=sheet.visible != SheetVisibleEnum.Visible,
            open=partial(_open_table, workbook, kind, path, sheet.name),
        )


def _open_table(workbook: CalamineWorkbook, kind: str, path: str, name: str) -> SheetTable:
    if kind in ("xlsx", "xlsm") and is_large_sheet(path, name):
        return open_large_table(path, name)
    try:
        sheet = workbook.get_sheet_by_name(name)
    except WorksheetNotFound:
        return SheetTable(iter(()), 0, 0)
    except PasswordError as problem:
        raise Refused(LOCKED) from problem
    except CalamineError as problem:
        raise Refused(BROKEN) from problem
    if sheet.start is None or sheet.end is None:
        return SheetTable(iter(()), 0, 0)
    findings = SheetFindings()
    left = sheet.start[1]
    rows: Iterator[list[Any]] = fill_blanked_cells(
        sheet.iter_rows(), left, _BLANKED_CELLS_OF[kind](path, name, findings)
    )
    rows = fill_merged_cells(rows, left, sheet.merged_cell_ranges or [], findings)
    is_old_mac = kind in ("xlsx", "xlsm") and blanked_cells.uses_1904_dates(path)
    return SheetTable(rows, sheet.end[0] + 1, sheet.end[1] + 1, is_old_mac, findings)


LARGE_SHEET_BYTES = 8 * 2**20  # bytes of XML, about 9.000 rows
PIECE_BYTES = 2**20
_MAX_REMAINDER_BYTES = 4 * PIECE_BYTES
_MAX_PART_BYTES = 2**22  # bytes of a part that is copied into every piece
_STRINGS = "xl/sharedStrings.xml"
_PARTS_OF_EVERY_PIECE = (
    "[Content_Types].xml",
    "_rels/.rels",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
)

_UNREADABLE = (CalamineError, zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError)

_FIRST_ROW = re.compile(rb"<(\w+:)?row[\s>/]")
_ROW_NUMBER = re.compile(rb"""<(?:\w+:)?row\s[^<>]*?\br=["'](\d{1,7})["']""")
_DIMENSION = re.compile(rb"<(\w+:)?dimension\b[^<>]*(?:/>|>\s*</(?:\w+:)?dimension>)")
_LAST_ROW = re.compile(rb"""<(?:\w+:)?dimension\b[^<>]*:[A-Z]{1,3}(\d{1,7})["']""")
_MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\s[^<>]*\bref=["'][A-Z]+(\d{1,7}):[A-Z]+(\d{1,7})["']""")
_STRING = re.compile(rb"<(\w+:)?si[\s>/]")
_REFERENCE = re.compile(rb"""(<(?:\w+:)?c\s[^<>]*?\bt=["']s["'][^<>]*>\s*<(?:\w+:)?v(?:\s[^<>]*)?>\s*)(\d{1,9})""")
#: Bytes of XML of a row wider than in any list; estimates the number of rows of a sheet that does not say
_BYTES_OF_A_ROW = 800


def is_large_sheet(path: str, sheet: str) -> bool:
    """Return whether the sheet is to be read in pieces: much XML, and small common parts."""
    with zipfile.ZipFile(path) as archive:
        part = blanked_cells.sheet_part_name(archive, sheet)
        if not part or archive.getinfo(part).file_size <= LARGE_SHEET_BYTES:
            return False
        names = set(archive.namelist())
        return all(
            name not in names or archive.getinfo(name).file_size <= _MAX_PART_BYTES for name in _PARTS_OF_EVERY_PIECE
        )


def open_large_table(path: str, sheet: str) -> SheetTable:
    """Return the table of a large sheet, read as the rows are taken. `total`: as the sheet says, or an estimate."""
    with _refuse_if_unreadable(), zipfile.ZipFile(path) as archive:
        part = blanked_cells.sheet_part_name(archive, sheet)
        with archive.open(part) as file:
            last_row = _LAST_ROW.search(file.read(2**16))
        total = int(last_row[1]) if last_row else archive.getinfo(part).file_size // _BYTES_OF_A_ROW
    found = SheetTable(iter(()), total, columns=0, counts_from_1904=blanked_cells.uses_1904_dates(path))
    found.rows = _read_large_rows(path, sheet, found)
    return found


def _read_large_rows(path: str, sheet: str, found: SheetTable) -> Iterator[list[Any]]:
    """Yield the rows from the first row and column of the sheet, with empty rows where the XML has none."""
    number = 0
    with _refuse_if_unreadable(), zipfile.ZipFile(path) as archive:
        part = blanked_cells.sheet_part_name(archive, sheet)
        book = _PieceWorkbook(archive, part, sheet)
        with archive.open(part) as file:
            for frame, xml in _read_pieces(file):
                if not number:
                    blanked_cells.note_hidden_columns(frame.before, found.findings)
                found.findings.hidden_rows = found.findings.hidden_rows or blanked_cells.has_hidden_row(xml)
                first, rows = book.read(frame, xml, number)
                if first < number:
                    raise Refused(BROKEN)
                yield from ([] for _ in range(first - number))
                number = first
                cells = (cell._replace(row=cell.row - first) for cell in blanked_cells.blanked_cells_in(xml))
                for row in fill_blanked_cells(rows, 0, cells):
                    found.columns = max(found.columns, len(row))
                    number += 1
                    yield row


def _refuse_merged(end: bytes) -> None:
    """Refuse cells of the list merged over several rows. `end`: the XML after the rows, which were sent already."""
    merged = [(int(first), int(last)) for first, last in _MERGED.findall(end)]
    if any(first < last > HEADER_SEARCH_ROWS for first, last in merged):
        raise Refused(MERGED_AND_LONG)


@contextmanager
def _refuse_if_unreadable() -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as problem:
        raise Refused(BROKEN) from problem


@dataclass
class _SheetFrame:
    """The XML around the rows of a sheet. `prefix`: namespace prefix of the elements, «x:» or nothing."""

    before: bytes
    prefix: bytes

    @classmethod
    def of(cls, before: bytes, prefix: bytes) -> "_SheetFrame":
        """Return the frame without the dimension of the whole sheet, because calamine would trust it for a piece."""
        return cls(_DIMENSION.sub(b"", before), prefix)

    def around(self, rows: bytes) -> bytes:
        return b"%s%s</%ssheetData></%sworksheet>" % (self.before, rows, self.prefix, self.prefix)

    def last_row(self, xml: bytes) -> int:
        return max(xml.rfind(b"<%srow " % self.prefix), xml.rfind(b"<%srow>" % self.prefix))

    def count_rows(self, xml: bytes) -> int:
        return len(re.findall(b"<%srow[\\s>/]" % self.prefix, xml))

    def end(self, xml: bytes) -> int:
        return xml.find(b"</%ssheetData" % self.prefix)


def _read_pieces(file: IO[bytes]) -> Iterator[tuple[_SheetFrame, bytes]]:
    """Yield (frame, whole rows as XML). Raises MemoryError for a row longer than `_MAX_REMAINDER_BYTES`."""
    frame, left = None, b""
    for block in iter(partial(file.read, PIECE_BYTES), b""):
        left += block
        if frame is None and (found := _FIRST_ROW.search(left)):
            frame, left = _SheetFrame.of(left[: found.start()], found[1] or b""), left[found.start() :]
        if frame and (end := frame.end(left)) >= 0:
            yield frame, left[:end]
            _refuse_merged(left[end:] + file.read(_MAX_PART_BYTES))
            return
        if frame and (at := frame.last_row(left)) > 0:
            yield frame, left[:at]
            left = left[at:]
        if len(left) > _MAX_REMAINDER_BYTES:
            raise MemoryError
    if frame:  # the XML breaks off
        raise Refused(BROKEN)


class _PieceWorkbook:
    """Makes a small workbook of some rows, with the styles of the large workbook and the strings in use."""

    def __init__(self, archive: zipfile.ZipFile, part: str, sheet: str):
        names = set(archive.namelist())
        self._sheet, self._part = sheet, part
        self._beside = {name: archive.read(name) for name in _PARTS_OF_EVERY_PIECE if name in names}
        self._strings = _SharedStrings(archive.read(_STRINGS)) if _STRINGS in names else None

    def read(self, frame: _SheetFrame, xml: bytes, number: int) -> tuple[int, list[list[Any]]]:
        """Return (index of the first row, rows from column A). `number`: the index, if the XML has no row numbers."""
        row_number = _ROW_NUMBER.match(xml)
        first = int(row_number[1]) - 1 if row_number else number
        sheet = CalamineWorkbook.from_filelike(self._packed(frame, xml)).get_sheet_by_name(self._sheet)
        rows: list[list[Any]] = []
        if sheet.start is not None:
            above = sheet.start[0] - first if row_number else sheet.start[0]
            left = [""] * sheet.start[1]
            rows = [[] for _ in range(above)] + [left + row for row in sheet.to_python(skip_empty_area=True)]
        if not row_number:
            rows += [[] for _ in range(len(rows), frame.count_rows(xml))]
        return first, rows

    def _packed(self, frame: _SheetFrame, xml: bytes) -> io.BytesIO:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as small:
            for name, part in self._beside.items():
                small.writestr(name, part)
            if self._strings:
                xml, strings = self._strings.used_in_rows(xml)
                small.writestr(_STRINGS, strings)
            small.writestr(self._part, frame.around(xml))
        content.seek(0)
        return content


class _SharedStrings:
    """The shared strings of a workbook, which cells refer to by number. Kept as XML, because there are many."""

    def __init__(self, xml: bytes):
        self._xml = xml
        self._starts = array("Q", (found.start() for found in _STRING.finditer(xml)))
        end = xml.rfind(b"</")
        self._before, self._after = xml[: self._starts[0] if self._starts else end], xml[end:]
        self._starts.append(end)

    def used_in_rows(self, rows: bytes) -> tuple[bytes, bytes]:
        """Return (the rows with new numbers for strings, the part with the strings in use)."""
        numbers: dict[bytes, bytes] = {}

        def renumbered(found: "re.Match[bytes]") -> bytes:
            new = numbers.get(found[2])
            if new is None:
                new = numbers[found[2]] = b"%d" % len(numbers)
            return found[1] + new

        rows = _REFERENCE.sub(renumbered, rows)
        return rows, b"".join([self._before, *map(self._text, map(int, numbers)), self._after])

    def _text(self, number: int) -> bytes:
        if number >= len(self._starts) - 1:
            raise Refused(BROKEN)
        return self._xml[self._starts[number] : self._starts[number + 1]]
