"""A cell → the text that Excel in Denmark shows. Pure."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

from letters.importing.reading.limits import MAX_CELL, MAX_COLUMNS

#: Excel keeps 15 digits of a number. From here on its last ones are made up, and it shows 1,23E+15 itself.
FIRST_INEXACT = 10**15
DAYS_TO_1904 = 1462
#: What programs fill a file up with at its end; DOS ends a text with the second.
_PADDING = "\x00\x1a\ufeff"


def is_filled(row: list[Any]) -> bool:
    for value in row:  # noqa: SIM110 - most rows are told by their first cell, and any() costs more to begin
        if value not in ("", None) and str(value).strip().strip(_PADDING):
            return True
    return False


def texts(row: list[Any], mend: Callable[[str], str]) -> list[str]:
    return [
        (value if value.isascii() else mend(value))[:MAX_CELL] if type(value) is str else _text(value)
        for value in row[:MAX_COLUMNS]
    ]


def from_1904(row: list[Any], column: int) -> list[Any]:
    """A moment that is kept as a bare number, in a workbook of old Macs' calendar, is moved to everybody else's."""
    if column < len(row) and type(row[column]) in (int, float):
        return [*row[:column], row[column] + DAYS_TO_1904, *row[column + 1 :]]
    return row


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "SAND" if value else "FALSK"
        case datetime():
            return _moment(value)
        case date():
            return f"{value:%d-%m-%Y}"
        case time() | timedelta():
            return str(value)
        case int() | float() if abs(value) >= FIRST_INEXACT:
            return f"{value:.2E}".replace(".", ",")
        case float() if value.is_integer():
            return str(int(value))
    return str(value)


def _moment(value: datetime) -> str:
    """To the nearest second: Excel keeps a moment as a fraction of a day, and 9.14 may come as 9.13.59,9999."""
    value = (value + timedelta(microseconds=500_000)).replace(microsecond=0) if value.microsecond else value
    second = f":{value.second:02}" if value.second else ""
    return f"{value.day:02}-{value.month:02}-{value.year:04} {value.hour:02}:{value.minute:02}{second}"
