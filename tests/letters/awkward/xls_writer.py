"""A workbook as Excel 97 wrote it (.xls): records of BIFF8 in the one stream of a compound file.

Only what a list needs. Sources: [MS-XLS] 2.4 (records), [MS-CFB] 2 (the container).
"""

import struct
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_EPOCHS = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}
_DATE_FORMAT = 22  # built in: d/m/yy h:mm
_ERRORS = {"#NULL!": 0x00, "#DIV/0!": 0x07, "#VALUE!": 0x0F, "#REF!": 0x17, "#NAME?": 0x1D, "#N/A": 0x2A,
           "#GETTING_DATA": 0x2B}  # fmt: skip
_DURATION_FORMAT = 46  # built in: [h]:mm:ss
STYLED_BLANK = object()  # a cell that has a format and no value
_PLAIN, _DATED, _TIMED = 0, 1, 2  # the cell formats


def xls(
    sheets: dict[str, Sequence[Sequence[Any]]],
    *,
    hidden: Sequence[str] = (),
    is_1904: bool = False,
    hidden_row: int = -1,
    hidden_column: int = -1,
    merged: Sequence[tuple[int, int, int, int]] = (),
) -> bytes:
    """Return a workbook.

    sheets: name → rows of texts, numbers, moments, durations, truths and STYLED_BLANK; «#N/A» is an error, «=#N/A» a
    formula with an error.
    merged: (first row, last row, first column, last column) of merged cells, from 0.
    """
    bodies = [_sheet(rows, is_1904, hidden_row, hidden_column, merged) for rows in sheets.values()]
    head = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 1997, 0, 6))
    head += record(0x0042, struct.pack("<H", 1200)) + record(0x0022, struct.pack("<H", is_1904))
    head += _cell_format(0) + _cell_format(_DATE_FORMAT) + _cell_format(_DURATION_FORMAT)
    listed = [_name(name) for name in sheets]
    at = len(head) + sum(4 + 6 + len(name) for name in listed) + 4
    for name, title, body in zip(listed, sheets, bodies, strict=True):
        head += record(0x0085, struct.pack("<IBB", at, title in hidden, 0) + name)
        at += len(body)
    return compound(head + record(0x000A) + b"".join(bodies), "Workbook")


def record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _cell_format(number_format: int) -> bytes:
    return record(0x00E0, struct.pack("<HHH", 0, number_format, 0) + bytes(14))


def _name(text: str) -> bytes:
    return struct.pack("<BB", len(text), 1) + text.encode("utf-16-le")


def _sheet(
    rows: Sequence[Sequence[Any]],
    is_1904: bool,
    hidden_row: int,
    hidden_column: int,
    merged: Sequence[tuple[int, int, int, int]],
) -> bytes:
    width = max(map(len, rows), default=0)
    body = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 1997, 0, 6))
    if hidden_column >= 0:
        body += record(0x007D, struct.pack("<HHHHHH", hidden_column, hidden_column, 0, 0, 1, 0))
    body += record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
    if hidden_row >= 0:
        body += record(0x0208, struct.pack("<HHHHIBBH", hidden_row, 0, width, 0, 0, 0x20, 1, 0x0F))
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            body += _cell(number, column, value, is_1904)
    if merged:
        body += record(0x00E5, struct.pack("<H", len(merged)) + b"".join(struct.pack("<4H", *one) for one in merged))
    return body + record(0x000A)


def _cell(row: int, column: int, value: Any, is_1904: bool) -> bytes:
    if value is None or value == "":
        return b""
    if value is STYLED_BLANK:
        return record(0x0201, struct.pack("<HHH", row, column, _DATED))
    if isinstance(value, timedelta):
        return record(0x0203, struct.pack("<HHHd", row, column, _TIMED, value / timedelta(days=1)))
    if isinstance(value, str) and value in _ERRORS:
        return record(0x0205, struct.pack("<HHHBB", row, column, _PLAIN, _ERRORS[value], 1))
    if isinstance(value, str) and value.removeprefix("=") in _ERRORS:
        worked_out = struct.pack("<BBBBBBH", 2, 0, _ERRORS[value[1:]], 0, 0, 0, 0xFFFF)
        formula = struct.pack("<HIHBB", 0, 0, 2, 0x1C, _ERRORS[value[1:]])
        return record(0x0006, struct.pack("<HHH", row, column, _PLAIN) + worked_out + formula)
    if isinstance(value, bool):
        return record(0x0205, struct.pack("<HHHBB", row, column, _PLAIN, value, 0))
    if isinstance(value, str):
        text = struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")
        return record(0x0204, struct.pack("<HHH", row, column, _PLAIN) + text)
    look = _DATED if isinstance(value, datetime) else _PLAIN
    number = (value - _EPOCHS[is_1904]).total_seconds() / 86400 if isinstance(value, datetime) else value
    return record(0x0203, struct.pack("<HHHd", row, column, look, number))


def compound(stream: bytes, name: str) -> bytes:
    """Return the container of old Office files with one stream, padded so that the stream lies in ordinary sectors."""
    stream = stream.ljust(4096, b"\x00")
    stream += bytes(-len(stream) % _SECTOR)
    sectors = len(stream) // _SECTOR
    tables = 1
    while tables * 128 < tables + 1 + sectors:
        tables += 1
    chain = [_FAT] * tables + [_END] + [tables + 2 + n for n in range(sectors - 1)] + [_END]
    chain += [_FREE] * (tables * 128 - len(chain))
    places = list(range(tables)) + [_FREE] * (109 - tables)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, tables, tables, 0, 4096, _END, 0, _END, 0) + struct.pack("<109I", *places)
    folder = _entry("Root Entry", 5, 1, _END, 0) + _entry(name, 2, _FREE, tables + 1, len(stream)) + bytes(256)
    return header + struct.pack(f"<{len(chain)}I", *chain) + folder + stream


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le") + b"\x00\x00"
    entry = text.ljust(64, b"\x00") + struct.pack("<HBB", len(text), kind, 1)
    entry += struct.pack("<III", _FREE, _FREE, child) + bytes(36)
    return entry + struct.pack("<IQ", start, size)
