"""Lines that lie in the first column as a whole: a text with commas that Excel opened and did not divide.

Text with separators: in which letters, with which marks, read line by line at any size.
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

from letters.importing.files.limits import BROKEN_TEXT, Refused, unclosed_quote_message
from letters.importing.files.parser.sheet_tables import Sheet, SheetTable, has_content
from letters.importing.headers import FEWEST_KNOWN_HEADERS, HEADER_SEARCH_ROWS, recognise_columns

DELIMITERS = ";,\t|"


def split_single_column(rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """The rows as they come, or divided where the headers lie in one cell."""
    top = list(islice(rows, HEADER_SEARCH_ROWS))
    mark = next((mark for mark in DELIMITERS for row in top if _is_unsplit_header_row(row, mark)), "")
    everything = chain(top, rows)
    return (_split_line(row, mark) for row in everything) if mark else everything


def _is_unsplit_header_row(row: list[Any], mark: str) -> bool:
    is_one_cell = has_content(row[:1]) and not has_content(row[1:])
    return is_one_cell and len(recognise_columns(_split_line(row, mark))) >= FEWEST_KNOWN_HEADERS


def _split_line(row: list[Any], mark: str) -> list[Any]:
    """What Excel divided at a semicolon in a text is one line again."""
    line = ";".join(str(cell) for cell in row).rstrip(";")
    try:
        return next(csv.reader([line], delimiter=mark, skipinitialspace=True), [])
    except csv.Error:
        return row


#: Excel's own way of saying which; its line still counts as row 1. A word that names none of them is not heeded.
_SEPARATOR_LINE = re.compile(rf"sep=([{DELIMITERS}])\r?\n")
#: «"Om \"Bo\", igen"», as programs write a quote that know it from their own language
_WITH_BACKSLASH = re.compile(rf'\\"[^{DELIMITERS}\r\n"]')
_MAX_LINE_LENGTH = 2**20  # characters
_CHUNK_BYTES = 2**18  # bytes
_BOM = "\ufeff"
_END = "\x00the end of the file\x00"
_END_ROW = [_END]
_BOMS = {
    codecs.BOM_UTF32_LE: "utf-32",  # begins as the one of UTF-16 does
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
#: æ, ø and å inside a word, as each of the encodings with one byte a letter writes them; the first wins a draw.
_SINGLE_BYTE_LETTERS = {
    "cp1252": re.compile(rb"[a-z][\xe6\xf8\xe5][a-z]"),
    "cp850": re.compile(rb"[a-z][\x91\x9b\x86][a-z]"),  # DOS
    "mac_roman": re.compile(rb"[a-z][\xbe\xbf\x8c][a-z]"),  # Macs before OS X
}


class CsvDialect(NamedTuple):
    encoding: str
    delimiter: str
    quote: str


def sheets_of(kind: str, path: str) -> Iterator[Sheet]:
    yield Sheet("", is_hidden=False, open=lambda: _open_table(path))


def _open_table(path: str) -> SheetTable:
    """Read once, row by row, so it is only about how many rows there are until the last is taken."""
    dialect = detect_dialect(path)
    table = SheetTable(iter(()), _count_lines(path), columns=0)
    table.rows = _read_rows(path, dialect, table)
    return table


def _count_lines(path: str) -> int:
    """However they are written; one inside quotes counts too. The last line may have none."""
    newlines = returns = 0
    with Path(path).open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            newlines += chunk.count(b"\n")
            returns += chunk.count(b"\r")
    return max(newlines, returns) or 1


def _read_rows(path: str, dialect: CsvDialect, table: SheetTable) -> Iterator[list[Any]]:
    """A line of our own at the end is a row of its own, unless a quote before it was never closed."""
    with _open_text(path, dialect.encoding) as file:
        rows = csv.reader(
            chain(_read_lines(file), [_END]),
            delimiter=dialect.delimiter,
            quotechar=dialect.quote,
            skipinitialspace=True,  # «"a", "b"»: or the second quote would be no quote
        )
        row: list[str] = []
        lines = 0
        try:
            for number, row in enumerate(rows, start=1):
                if row == _END_ROW:
                    break
                if rows.line_num > lines + 1 and _swallows_rows(row, dialect.delimiter, table.columns):
                    raise Refused(unclosed_quote_message(number))
                lines = rows.line_num
                if len(row) > table.columns:
                    table.columns = len(row)
                yield row
        except csv.Error as problem:
            raise Refused(BROKEN_TEXT) from problem
        if row != _END_ROW:
            raise Refused(BROKEN_TEXT)


def _swallows_rows(row: list[str], delimiter: str, columns: int) -> bool:
    """A cell of it holds whole ones, for its quote was never closed, and the next quote ended it."""
    below = [line for cell in row for line in cell.splitlines()[1:] if "@" in line]
    return columns > 2 and any(line.count(delimiter) >= columns - 1 for line in below)


def _open_text(path: str, encoding: str) -> IO[str]:
    return Path(path).open(encoding=encoding, errors="replace", newline="")


def _read_lines(file: IO[str]) -> Iterator[str]:
    while line := file.readline(_MAX_LINE_LENGTH):
        if len(line) == _MAX_LINE_LENGTH:
            raise Refused(BROKEN_TEXT)
        if line[0] == _BOM:  # once more, where files were put together
            line = line.lstrip(_BOM)
        if '\\"' in line and _WITH_BACKSLASH.search(line):
            line = line.replace('\\"', '""')
        yield line


def detect_dialect(path: str) -> CsvDialect:
    encoding = detect_encoding(path)
    with _open_text(path, encoding) as file:
        start = file.read(65536).lstrip(_BOM)
    told = _SEPARATOR_LINE.match(start)
    delimiter = told[1] if told else max(DELIMITERS, key=lambda mark: _score_delimiter(start, mark))
    return CsvDialect(encoding, delimiter, _detect_quote(_likeliest_header_row(start, delimiter)))


def _score_delimiter(start: str, delimiter: str) -> tuple[int, int]:
    """How well a mark tells the cells apart: by the headers that we know then, else by the cells of most rows."""
    widths = [len(row) for row in _first_rows(start, delimiter) if row]
    return len(recognise_columns(_likeliest_header_row(start, delimiter))), mode(widths or [0])


def _likeliest_header_row(start: str, delimiter: str) -> list[str]:
    """Of the first rows, the one with most headers that we know."""
    return max(_first_rows(start, delimiter), key=lambda row: len(recognise_columns(row)), default=[])


def _first_rows(start: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(start.splitlines(keepends=True), delimiter=delimiter, skipinitialspace=True)
    try:
        return list(islice(reader, HEADER_SEARCH_ROWS))
    except csv.Error:
        return []


def _detect_quote(headers: list[str]) -> str:
    """The sign around every header; unless all have an apostrophe it is the usual one."""
    named = [header.strip() for header in headers if header.strip()]
    return "'" if named and all(len(name) > 1 and name[0] == name[-1] == "'" for name in named) else '"'


def detect_encoding(path: str) -> str:
    """By its mark, else by what the bytes can be: UTF-16, UTF-8, or one byte a letter."""
    with Path(path).open("rb") as file:
        start = file.read(4096)
    for bom, encoding in _BOMS.items():
        if start.startswith(bom):
            return encoding
    return detect_utf16(start) or ("utf-8" if _decodes_as(path, "utf-8") else _detect_single_byte_encoding(path))


def _detect_single_byte_encoding(path: str) -> str:
    """The one that makes most Danish words; ISO-8859-1, which all bytes can be, where Windows-1252 cannot."""
    found: Counter[str] = Counter()
    with Path(path).open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            found.update({name: len(letters.findall(chunk)) for name, letters in _SINGLE_BYTE_LETTERS.items()})
    likeliest = max(_SINGLE_BYTE_LETTERS, key=lambda name: found[name])
    return likeliest if likeliest != "cp1252" or _decodes_as(path, "cp1252") else "iso-8859-1"


def detect_utf16(start: bytes) -> str:
    """«utf-16-le», «utf-16-be» or «»: text for the most part of Latin letters has a zero in every other byte."""
    pairs = len(start) // 2
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if pairs and odd > pairs * 0.4 and even < pairs * 0.05:
        return "utf-16-le"
    if pairs and even > pairs * 0.4 and odd < pairs * 0.05:
        return "utf-16-be"
    return ""


def _decodes_as(path: str, encoding: str) -> bool:
    """Half a letter at the very end is forgiven: the file was cut off, and it is still this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with Path(path).open("rb") as file:
        try:
            while chunk := file.read(_CHUNK_BYTES):
                decoder.decode(chunk)
        except UnicodeDecodeError:
            return False
    return True
