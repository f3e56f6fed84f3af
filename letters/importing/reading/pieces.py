"""A large sheet of an xlsx, some thousand rows at a time: each piece is a small workbook of its own to the library.

The library holds a sheet as a whole (a million rows: 1.250 MiB, and none of them before the last is read). Here its XML
is unpacked as it is wanted and cut between rows. Dates, rich text and all else mean what they mean to the library.
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
from typing import IO, Any

from python_calamine import CalamineError, CalamineWorkbook

from letters.importing.headers import WITHIN
from letters.importing.reading.blanked import filled_in, xlsx
from letters.importing.reading.refusals import BROKEN, MERGED_AND_LONG, Refused
from letters.importing.reading.sheets import Table

LARGE = 8 * 2**20  # bytes of XML: some 9.000 rows
PIECE = 2**20
_LONGEST_LEFT = 4 * PIECE
_LONGEST_PART = 2**22  # of those that go into every piece
_STRINGS = "xl/sharedStrings.xml"
_BESIDE = ("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml")

_UNREADABLE = (CalamineError, zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError)

_FIRST_ROW = re.compile(rb"<(\w+:)?row[\s>/]")
_NUMBER = re.compile(rb"""<(?:\w+:)?row\s[^<>]*?\br=["'](\d{1,7})["']""")
_DIMENSION = re.compile(rb"<(\w+:)?dimension\b[^<>]*(?:/>|>\s*</(?:\w+:)?dimension>)")
_LAST_ROW = re.compile(rb"""<(?:\w+:)?dimension\b[^<>]*:[A-Z]{1,3}(\d{1,7})["']""")
_MERGED = re.compile(rb"""<(?:\w+:)?mergeCell\s[^<>]*\bref=["'][A-Z]+(\d{1,7}):[A-Z]+(\d{1,7})["']""")
_STRING = re.compile(rb"<(\w+:)?si[\s>/]")
_REFERENCE = re.compile(rb"""(<(?:\w+:)?c\s[^<>]*?\bt=["']s["'][^<>]*>\s*<(?:\w+:)?v(?:\s[^<>]*)?>\s*)(\d{1,9})""")
#: XML that is wider than any list has rows in it, where a sheet does not tell how many
_BYTES_OF_A_ROW = 800


def is_large(path: str, sheet: str) -> bool:
    with zipfile.ZipFile(path) as archive:
        part = xlsx.part_of(archive, sheet)
        if not part or archive.getinfo(part).file_size <= LARGE:
            return False
        names = set(archive.namelist())
        return all(name not in names or archive.getinfo(name).file_size <= _LONGEST_PART for name in _BESIDE)


def table(path: str, sheet: str) -> Table:
    """Read as its rows are taken; how many there are is what the sheet says, or a guess."""
    with _broken_where_unreadable(), zipfile.ZipFile(path) as archive:
        part = xlsx.part_of(archive, sheet)
        with archive.open(part) as file:
            told = _LAST_ROW.search(file.read(2**16))
        total = int(told[1]) if told else archive.getinfo(part).file_size // _BYTES_OF_A_ROW
    found = Table(iter(()), total, columns=0, counts_from_1904=xlsx.counts_from_1904(path))
    found.rows = _rows(path, sheet, found)
    return found


def _rows(path: str, sheet: str, found: Table) -> Iterator[list[Any]]:
    """From the sheet's first row and column, with empty rows for those that it leaves out."""
    number = 0
    with _broken_where_unreadable(), zipfile.ZipFile(path) as archive:
        part = xlsx.part_of(archive, sheet)
        book = _Book(archive, part, sheet)
        with archive.open(part) as file:
            for frame, xml in _pieces(file):
                if not number:
                    xlsx.see_columns(frame.before, found.seen)
                found.seen.hidden_rows = found.seen.hidden_rows or xlsx.hides_a_row(xml)
                first, rows = book.read(frame, xml, number)
                if first < number:
                    raise Refused(BROKEN)
                yield from ([] for _ in range(first - number))
                number = first
                cells = (cell._replace(row=cell.row - first) for cell in xlsx.cells_in(xml))
                for row in filled_in(rows, 0, cells):
                    found.columns = max(found.columns, len(row))
                    number += 1
                    yield row


def _refuse_merged(end: bytes) -> None:
    """What is merged stands below the rows, and they are gone by then. A title above the list does no harm."""
    merged = [(int(first), int(last)) for first, last in _MERGED.findall(end)]
    if any(first < last > WITHIN for first, last in merged):
        raise Refused(MERGED_AND_LONG)


@contextmanager
def _broken_where_unreadable() -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as problem:
        raise Refused(BROKEN) from problem


@dataclass
class _Frame:
    """What stands around the rows of a sheet. ``prefix`` is that of its elements: «x:», or nothing."""

    before: bytes
    prefix: bytes

    @classmethod
    def of(cls, before: bytes, prefix: bytes) -> "_Frame":
        """Without the size of the whole, which would be believed of a piece."""
        return cls(_DIMENSION.sub(b"", before), prefix)

    def around(self, rows: bytes) -> bytes:
        return b"%s%s</%ssheetData></%sworksheet>" % (self.before, rows, self.prefix, self.prefix)

    def last_row(self, xml: bytes) -> int:
        """Where it begins."""
        return max(xml.rfind(b"<%srow " % self.prefix), xml.rfind(b"<%srow>" % self.prefix))

    def count_rows(self, xml: bytes) -> int:
        return len(re.findall(b"<%srow[\\s>/]" % self.prefix, xml))

    def end(self, xml: bytes) -> int:
        return xml.find(b"</%ssheetData" % self.prefix)


def _pieces(file: IO[bytes]) -> Iterator[tuple[_Frame, bytes]]:
    """The rows, whole ones. Raises ``MemoryError`` for a single one that is longer than some pieces."""
    frame, left = None, b""
    for block in iter(partial(file.read, PIECE), b""):
        left += block
        if frame is None and (found := _FIRST_ROW.search(left)):
            frame, left = _Frame.of(left[: found.start()], found[1] or b""), left[found.start() :]
        if frame and (end := frame.end(left)) >= 0:
            yield frame, left[:end]
            _refuse_merged(left[end:] + file.read(_LONGEST_PART))
            return
        if frame and (at := frame.last_row(left)) > 0:
            yield frame, left[:at]
            left = left[at:]
        if len(left) > _LONGEST_LEFT:
            raise MemoryError
    if frame:  # it breaks off
        raise Refused(BROKEN)


class _Book:
    """Makes a small workbook of some rows, with the styles of the large one and the strings that they name."""

    def __init__(self, archive: zipfile.ZipFile, part: str, sheet: str):
        names = set(archive.namelist())
        self._sheet, self._part = sheet, part
        self._beside = {name: archive.read(name) for name in _BESIDE if name in names}
        self._strings = _Strings(archive.read(_STRINGS)) if _STRINGS in names else None

    def read(self, frame: _Frame, xml: bytes, number: int) -> tuple[int, list[list[Any]]]:
        """(the index of the first row, the rows from column A). ``number`` is its index where it has none itself."""
        told = _NUMBER.match(xml)
        first = int(told[1]) - 1 if told else number
        sheet = CalamineWorkbook.from_filelike(self._packed(frame, xml)).get_sheet_by_name(self._sheet)
        rows: list[list[Any]] = []
        if sheet.start is not None:
            above = sheet.start[0] - first if told else sheet.start[0]
            left = [""] * sheet.start[1]
            rows = [[] for _ in range(above)] + [left + row for row in sheet.to_python(skip_empty_area=True)]
        if not told:
            rows += [[] for _ in range(len(rows), frame.count_rows(xml))]
        return first, rows

    def _packed(self, frame: _Frame, xml: bytes) -> io.BytesIO:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as small:
            for name, part in self._beside.items():
                small.writestr(name, part)
            if self._strings:
                xml, strings = self._strings.only_those_of(xml)
                small.writestr(_STRINGS, strings)
            small.writestr(self._part, frame.around(xml))
        content.seek(0)
        return content


class _Strings:
    """The texts of a workbook, which its cells name by number. Kept as they stand: they are many."""

    def __init__(self, xml: bytes):
        self._xml = xml
        self._starts = array("Q", (found.start() for found in _STRING.finditer(xml)))
        end = xml.rfind(b"</")
        self._before, self._after = xml[: self._starts[0] if self._starts else end], xml[end:]
        self._starts.append(end)

    def only_those_of(self, rows: bytes) -> tuple[bytes, bytes]:
        """(the rows, naming the texts by new numbers, the part with those texts)."""
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
