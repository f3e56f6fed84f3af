"""Reading of text with delimiters: encoding, delimiter and quote are detected, and the file is read by line.

`split_single_column` splits lines that stand as a whole in the first column: a text with commas that Excel opened
and did not split.
"""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from statistics import mode
from typing import IO, Any, NamedTuple

from letters.importing.files.headers import HEADER_SEARCH_ROWS, LIST_HEADERS
from letters.importing.files.limits import BROKEN_TEXT, Refused
from letters.importing.files.parser.sheet_tables import Sheet, SheetTable, has_content

DELIMITERS = ";,\t|"


def split_single_column(rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """Return the rows, split if the headers stand in a single cell."""
    top = list(islice(rows, HEADER_SEARCH_ROWS))
    single = [row for row in top if has_content(row[:1]) and not has_content(row[1:])]
    fewest = LIST_HEADERS.fewest_known
    found = (
        mark
        for mark in DELIMITERS
        if any(len(LIST_HEADERS.recognise(_split_line(row, mark))) >= fewest for row in single)
    )
    mark = next(found, "")
    everything = chain(top, rows)
    return (_split_line(row, mark) for row in everything) if mark else everything


def _split_line(row: list[Any], mark: str) -> list[Any]:
    """Join what Excel split at a semicolon in a text, and split the line again."""
    line = ";".join(str(cell) for cell in row).rstrip(";")
    try:
        return next(csv.reader([line], delimiter=mark, skipinitialspace=True), [])
    except csv.Error:
        return row


#: Excel's own line that names the delimiter. The line counts as row 1. A line with any other delimiter is ignored.
_SEPARATOR_LINE = re.compile(rf"sep=([{DELIMITERS}])\r?\n")
#: «"Om \"Bo\", igen"», as some programs write a quote in a text
_WITH_BACKSLASH = re.compile(rf'\\"[^{DELIMITERS}\r\n"]')
_MAX_LINE_LENGTH = 2**20  # characters
_CHUNK_BYTES = 2**18
_BOM = "\ufeff"
_END = "\x00the end of the file\x00"
_END_ROW = [_END]
_BOMS = {
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16: the mark of UTF-32 begins with the mark of UTF-16
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
#: æ, ø and å inside a word in the encodings with one byte per letter. The first encoding wins a draw.
_SINGLE_BYTE_LETTERS = {
    "cp1252": re.compile(rb"[a-z][\xe6\xf8\xe5][a-z]"),
    "cp850": re.compile(rb"[a-z][\x91\x9b\x86][a-z]"),  # DOS
    "mac_roman": re.compile(rb"[a-z][\xbe\xbf\x8c][a-z]"),  # Macs before OS X
}


class CsvDialect(NamedTuple):
    """How a text file is written."""

    encoding: str
    delimiter: str
    quote: str


def sheets_of(kind: str, path: str) -> Iterator[Sheet]:
    """Yield the only sheet of a text file."""
    yield Sheet("", is_hidden=False, open=lambda: _open_table(path))


def _open_table(path: str) -> SheetTable:
    """Return the table of the file, read once and row by row. `total` is an estimate: the number of lines."""
    dialect = detect_dialect(path)
    table = SheetTable(iter(()), _count_lines(path), columns=0)
    table.rows = _read_rows(path, dialect, table)
    return table


def _count_lines(path: str) -> int:
    newlines = returns = 0
    with Path(path).open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            newlines += chunk.count(b"\n")
            returns += chunk.count(b"\r")
    return max(newlines, returns) or 1


def _read_rows(path: str, dialect: CsvDialect, table: SheetTable) -> Iterator[list[Any]]:
    """Yield the rows of the file.

    A marker is read after the last line: the marker comes back as a separate row unless a quote was never closed.
    """
    with _open_text(path, dialect.encoding) as file:
        rows = csv.reader(
            chain(_read_lines(file), [_END]),
            delimiter=dialect.delimiter,
            quotechar=dialect.quote,
            skipinitialspace=True,  # for «"a", "b"»: after a space, the second quote would be no quote
        )
        row: list[str] = []
        lines = 0
        try:
            for number, row in enumerate(rows, start=1):
                if row == _END_ROW:
                    break
                if rows.line_num > lines + 1 and _swallows_rows(row, dialect.delimiter, table.columns):
                    raise Refused(
                        f"Række {number} har et anførselstegn uden slutning, så de næste rækker er i samme celle. "
                        "Fjern det, eller åbn listen i Excel, og gem den som .xlsx."
                    )
                lines = rows.line_num
                if len(row) > table.columns:
                    table.columns = len(row)
                yield row
        except csv.Error as problem:
            raise Refused(BROKEN_TEXT) from problem
        if row != _END_ROW:
            raise Refused(BROKEN_TEXT)


def _swallows_rows(row: list[str], delimiter: str, columns: int) -> bool:
    """Return whether a cell contains whole rows, because a quote was not closed before the next quote began."""
    below = [line for cell in row for line in cell.splitlines()[1:] if "@" in line]
    return columns > 2 and any(line.count(delimiter) >= columns - 1 for line in below)


def _open_text(path: str, encoding: str) -> IO[str]:
    return Path(path).open(encoding=encoding, errors="replace", newline="")


def _read_lines(file: IO[str]) -> Iterator[str]:
    while line := file.readline(_MAX_LINE_LENGTH):
        if len(line) == _MAX_LINE_LENGTH:
            raise Refused(BROKEN_TEXT)
        if line[0] == _BOM:  # again, where files were joined
            line = line.lstrip(_BOM)
        if '\\"' in line and _WITH_BACKSLASH.search(line):
            line = line.replace('\\"', '""')
        yield line


def detect_dialect(path: str) -> CsvDialect:
    """Return the encoding, delimiter and quote of the file."""
    encoding = detect_encoding(path)
    with _open_text(path, encoding) as file:
        start = file.read(65536).lstrip(_BOM)
    separator_line = _SEPARATOR_LINE.match(start)
    delimiter = separator_line[1] if separator_line else max(DELIMITERS, key=lambda mark: _score_delimiter(start, mark))
    return CsvDialect(encoding, delimiter, _detect_quote(_likeliest_header_row(start, delimiter)))


def _score_delimiter(start: str, delimiter: str) -> tuple[int, int]:
    """Return how well a delimiter splits the first rows: (number of known headers, most common number of cells)."""
    widths = [len(row) for row in _first_rows(start, delimiter) if row]
    return len(LIST_HEADERS.recognise(_likeliest_header_row(start, delimiter))), mode(widths or [0])


def _likeliest_header_row(start: str, delimiter: str) -> list[str]:
    return max(_first_rows(start, delimiter), key=lambda row: len(LIST_HEADERS.recognise(row)), default=[])


def _first_rows(start: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(start.splitlines(keepends=True), delimiter=delimiter, skipinitialspace=True)
    try:
        return list(islice(reader, HEADER_SEARCH_ROWS))
    except csv.Error:
        return []


def _detect_quote(headers: list[str]) -> str:
    """Return the apostrophe if all headers stand in apostrophes."""
    named = [header.strip() for header in headers if header.strip()]
    return "'" if named and all(len(name) > 1 and name[0] == name[-1] == "'" for name in named) else '"'


def detect_encoding(path: str) -> str:
    """Return the encoding by byte order mark, else by the bytes: UTF-16, UTF-8, or one byte per letter."""
    with Path(path).open("rb") as file:
        start = file.read(4096)
    for bom, encoding in _BOMS.items():
        if start.startswith(bom):
            return encoding
    return detect_utf16(start) or ("utf-8" if _decodes_as(path, "utf-8") else _detect_single_byte_encoding(path))


def _detect_single_byte_encoding(path: str) -> str:
    """Return the encoding that gives most Danish words. ISO-8859-1 replaces Windows-1252 if some byte is undefined."""
    found: Counter[str] = Counter()
    with Path(path).open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            found.update({name: len(letters.findall(chunk)) for name, letters in _SINGLE_BYTE_LETTERS.items()})
    likeliest = max(_SINGLE_BYTE_LETTERS, key=lambda name: found[name])
    return likeliest if likeliest != "cp1252" or _decodes_as(path, "cp1252") else "iso-8859-1"


def detect_utf16(start: bytes) -> str:
    """Return «utf-16-le», «utf-16-be» or «»: a text of mostly Latin letters has a zero in every other byte."""
    pairs = len(start) // 2
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if pairs and odd > pairs * 0.4 and even < pairs * 0.05:
        return "utf-16-le"
    if pairs and even > pairs * 0.4 and odd < pairs * 0.05:
        return "utf-16-be"
    return ""


def _decodes_as(path: str, encoding: str) -> bool:
    """Return whether the file can be decoded, but for half a character at the end of a file that was cut off."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with Path(path).open("rb") as file:
        try:
            while chunk := file.read(_CHUNK_BYTES):
                decoder.decode(chunk)
        except UnicodeDecodeError:
            return False
    return True
