"""Errors in an xls: records of BIFF in a stream of a compound file. Sources: [MS-XLS] 2.4, [MS-CFB] 2.

A formula always comes with a value there, so none is left that was never worked out.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

from letters.importing.reading.blanked import Cell, Seen
from letters.importing.reading.blanked.compound import stream_of

_FORMULA, _END, _LOCK, _COLUMNS, _SHEET, _ERROR, _ROW, _BEGIN = 6, 0x0A, 0x2F, 0x7D, 0x85, 0x0205, 0x0208, 0x0809
_IS_ERROR = 2  # the kind of a formula's value
_IS_HIDDEN = 0x20  # of a row's options: its height is zero
_BIFF8 = 0x0600
_ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}  # fmt: skip


def cells_of(path: str, sheet: str, seen: Seen) -> Iterator[Cell]:
    """«#N/A» as Excel names it."""
    book = _book(path)
    if (at := _start_of(book, sheet)) is not None:
        yield from sorted(_cells(book, at, seen))


def is_locked(path: str) -> bool:
    """By a password. The library only says that it cannot read such a file."""
    return any(kind == _LOCK for kind, _ in _records(_book(path), 0))


def _book(path: str) -> bytes:
    return stream_of(Path(path).read_bytes(), "Workbook", "Book")


def _records(book: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """(kind, body), up to the end of the part that begins at ``at``, with the charts in it."""
    depth = 0
    while at + 4 <= len(book):
        kind, size = struct.unpack_from("<HH", book, at)
        yield kind, book[at + 4 : at + 4 + size]
        at += 4 + size
        depth += (kind == _BEGIN) - (kind == _END)
        if depth <= 0:
            return


def _start_of(book: bytes, sheet: str) -> int | None:
    is_biff8 = book[4:6] == struct.pack("<H", _BIFF8)
    for kind, body in _records(book, 0):
        if kind == _SHEET and len(body) >= 8 and _name(body[6:], is_biff8) == sheet:
            return int.from_bytes(body[:4], "little")
    return None


def _name(text: bytes, is_biff8: bool) -> str:
    length = text[0]
    if not is_biff8:
        return text[1 : 1 + length].decode("cp1252", "replace")
    if text[1] & 1:
        return text[2 : 2 + 2 * length].decode("utf-16-le", "replace")
    return text[2 : 2 + length].decode("latin-1")


def _cells(book: bytes, at: int, seen: Seen) -> Iterator[Cell]:
    for kind, body in _records(book, at):
        if kind == _ROW and len(body) >= 16 and body[12] & _IS_HIDDEN:
            seen.hidden_rows = True
        if kind == _COLUMNS and len(body) >= 10 and body[8] & 1:
            seen.hides_columns(*struct.unpack_from("<HH", body))
        if kind == _ERROR and len(body) >= 8 and body[7]:
            code = body[6]
        elif kind == _FORMULA and len(body) >= 14 and body[6] == _IS_ERROR and body[12:14] == b"\xff\xff":
            code = body[8]
        else:
            continue
        row, column = struct.unpack_from("<HH", body)
        yield Cell(row, column, _ERRORS.get(code, "#N/A"))
