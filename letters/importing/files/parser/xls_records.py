"""Errors in an xls file: BIFF records in a stream of a compound file (OLE).

Sources: [MS-XLS] 2.4, [MS-CFB] 2.1 to 2.6. A compound file holds small files (streams) in sectors that a table
chains. A formula in an xls file always has a value, so there are no uncalculated formulas.
"""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

from letters.importing.files.parser.sheet_tables import BlankedCell, SheetFindings

_ENTRY = 128  # bytes of an entry of the directory
_TABLE_SECTORS_IN_HEADER = 109
_LAST_SECTOR = 0xFFFFFFFA  # numbers from here on are marks
_SMALL_STREAM_BYTES = 4096  # bytes: smaller streams lie in small sectors
_ROOT = 5


def read_stream(content: bytes, *names: str) -> bytes:
    """Return the first stream with one of the names, or empty bytes. A chain of sectors that forms a circle ends."""
    sector, small_sector = (1 << min(shift, 16) for shift in struct.unpack_from("<HH", content, 30))
    (folder_at,) = struct.unpack_from("<I", content, 48)
    (small_table_at,) = struct.unpack_from("<I", content, 60)

    def big(number: int) -> bytes:
        return content[(number + 1) * sector : (number + 2) * sector]

    table = _unpack_numbers(b"".join(map(big, _table_sectors(content, big))))
    folder = _join_sectors(folder_at, table, big)
    entries = [folder[at : at + _ENTRY] for at in range(0, len(folder) - _ENTRY + 1, _ENTRY)]
    found = next((entry for entry in entries if _entry_name(entry) in names), None)
    if found is None:
        return b""
    start, size = struct.unpack_from("<II", found, 116)
    if size >= _SMALL_STREAM_BYTES:
        return _join_sectors(start, table, big)[:size]
    root = next(entry for entry in entries if entry[66] == _ROOT)
    smalls = _join_sectors(struct.unpack_from("<I", root, 116)[0], table, big)

    def small(number: int) -> bytes:
        return smalls[number * small_sector : (number + 1) * small_sector]

    return _join_sectors(start, _unpack_numbers(_join_sectors(small_table_at, table, big)), small)[:size]


def _table_sectors(content: bytes, big: Callable[[int], bytes]) -> Iterator[int]:
    """Yield the sectors of the table: the header lists the first 109, a chain of lists the others."""
    listed = struct.unpack_from(f"<{_TABLE_SECTORS_IN_HEADER}I", content, 76)
    yield from (number for number in listed if number < _LAST_SECTOR)
    at, lists = struct.unpack_from("<II", content, 68)
    for _ in range(min(lists, len(content) // _SMALL_STREAM_BYTES)):
        if at >= _LAST_SECTOR or not (numbers := _unpack_numbers(big(at))):
            return
        yield from (number for number in numbers[:-1] if number < _LAST_SECTOR)
        at = numbers[-1]


def _unpack_numbers(sectors: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(sectors) // 4}I", sectors[: len(sectors) // 4 * 4])


def _join_sectors(at: int, table: tuple[int, ...], sector: Callable[[int], bytes]) -> bytes:
    parts: list[bytes] = []
    while at < len(table) and len(parts) < len(table):
        parts.append(sector(at))
        at = table[at]
    return b"".join(parts)


def _entry_name(entry: bytes) -> str:
    (length,) = struct.unpack_from("<H", entry, 64)
    return entry[: max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace")


_FORMULA, _END, _LOCK, _COLUMNS, _SHEET, _ERROR, _ROW, _BEGIN = 6, 0x0A, 0x2F, 0x7D, 0x85, 0x0205, 0x0208, 0x0809
_IS_ERROR = 2  # value type of a formula
_IS_HIDDEN = 0x20  # option of a row: the height is zero
_BIFF8 = 0x0600
_ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}  # fmt: skip


def find_blanked_cells(path: str, sheet: str, seen: SheetFindings) -> Iterator[BlankedCell]:
    """Yield the cells with errors, named as in Excel: «#N/A». Note hidden rows and columns in ``seen``."""
    book = _read_workbook_stream(path)
    if (at := _sheet_offset(book, sheet)) is not None:
        yield from sorted(_blanked_cells(book, at, seen))


def is_password_protected(path: str) -> bool:
    """Return whether the file is locked by a password. calamine only says that such a file cannot be read."""
    return any(kind == _LOCK for kind, _ in _records(_read_workbook_stream(path), 0))


def _read_workbook_stream(path: str) -> bytes:
    return read_stream(Path(path).read_bytes(), "Workbook", "Book")


def _records(book: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Yield (kind, body) up to the end of the part that begins at ``at``, embedded charts included."""
    depth = 0
    while at + 4 <= len(book):
        kind, size = struct.unpack_from("<HH", book, at)
        yield kind, book[at + 4 : at + 4 + size]
        at += 4 + size
        depth += (kind == _BEGIN) - (kind == _END)
        if depth <= 0:
            return


def _sheet_offset(book: bytes, sheet: str) -> int | None:
    is_biff8 = book[4:6] == struct.pack("<H", _BIFF8)
    for kind, body in _records(book, 0):
        if kind == _SHEET and len(body) >= 8 and _sheet_name(body[6:], is_biff8) == sheet:
            return int.from_bytes(body[:4], "little")
    return None


def _sheet_name(text: bytes, is_biff8: bool) -> str:
    length = text[0]
    if not is_biff8:
        return text[1 : 1 + length].decode("cp1252", "replace")
    if text[1] & 1:
        return text[2 : 2 + 2 * length].decode("utf-16-le", "replace")
    return text[2 : 2 + length].decode("latin-1")


def _blanked_cells(book: bytes, at: int, seen: SheetFindings) -> Iterator[BlankedCell]:
    for kind, body in _records(book, at):
        if kind == _ROW and len(body) >= 16 and body[12] & _IS_HIDDEN:
            seen.hidden_rows = True
        if kind == _COLUMNS and len(body) >= 10 and body[8] & 1:
            seen.add_hidden_columns(*struct.unpack_from("<HH", body))
        if kind == _ERROR and len(body) >= 8 and body[7]:
            code = body[6]
        elif kind == _FORMULA and len(body) >= 14 and body[6] == _IS_ERROR and body[12:14] == b"\xff\xff":
            code = body[8]
        else:
            continue
        row, column = struct.unpack_from("<HH", body)
        yield BlankedCell(row, column, _ERRORS.get(code, "#N/A"))
