"""Stream a workbook whose first sheet is long: the rows leave for the browser as they are read, in constant memory.

openpyxl writes everything but the rows of the long sheet. It takes several times as long for them and has no file to
send before the last row (docs/decisions/0045-exports-stream.md).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from itertools import batched
from typing import Any
from xml.sax.saxutils import escape

from sepo_incident.core.sheet import Sheet, cell_name, column_letter
from sepo_incident.core.spreadsheets import build_workbook

LONG_PART = "xl/worksheets/sheet1.xml"
#: A sheet in Excel has no more rows. A longer list is fetched as CSV.
MAX_ROWS = 1_048_575
_ROWS_PER_PART = 500
_MAX_TEXT_LENGTH = 32_767  # characters in a cell; a limit of Excel
_DAY_ZERO = datetime(1899, 12, 30)
#: One value of each type with a style of its own. openpyxl writes the row, and its styles are used for the other rows.
_STYLED_VALUES = (datetime(2020, 1, 1, 12), date(2020, 1, 1), Decimal(1))
_STYLE = re.compile(rb'<c r="[A-Z]+2"[^>]* s="(\d+)"|<c s="(\d+)"[^>]* r="[A-Z]+2"')
_FILTER = re.compile(rb'<autoFilter ref="[^"]*"')
#: Characters that XML does not allow.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def stream_workbook(long: Sheet, others: Sequence[Sheet] = ()) -> Iterator[bytes]:
    """Yield the bytes of a workbook with the sheet `long` and after it the others.

    A row of `long` may hold text, numbers, dates, times without a zone and None. All text stays text, also what looks
    like a formula.
    """
    sample = replace(long, rows=[[*_STYLED_VALUES, *[None] * (len(long.columns) - len(_STYLED_VALUES))]])
    skeleton = zipfile.ZipFile(io.BytesIO(build_workbook([sample, *others])))
    sink = _Sink()
    with skeleton, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in skeleton.namelist():
            content = skeleton.read(name)
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as part:
                for piece in _long_sheet(content, long) if name == LONG_PART else [content]:
                    part.write(piece)
                    yield sink.take()
    yield sink.take()


class _Sink(io.RawIOBase):
    """A file that cannot seek: what the archive writes is taken from it at once."""

    def __init__(self) -> None:
        self._written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self._written.append(bytes(content))
        return len(content)

    def take(self) -> bytes:
        content, self._written = b"".join(self._written), []
        return content


def _long_sheet(sample: bytes, long: Sheet) -> Iterator[bytes]:
    """Yield the XML of the sheet in parts: the sample's beginning, the rows, and the sample's end."""
    head, _, rest = sample.partition(b'<row r="2"')
    sample_row, _, tail = rest.partition(b"</row>")
    styles = [next(filter(None, found)).decode() for found in _STYLE.findall(b'<row r="2"' + sample_row)]
    style_of = dict(zip(map(type, _STYLED_VALUES), styles, strict=True))
    letters = [column_letter(index) for index in range(len(long.columns))]
    yield head
    last = 1
    for rows in batched(enumerate(long.rows, start=2), _ROWS_PER_PART):
        last = rows[-1][0]
        yield "".join(_row(number, row, letters, style_of) for number, row in rows).encode()
    yield _FILTER.sub(f'<autoFilter ref="A1:{cell_name(last, len(letters))}"'.encode(), tail)


def _row(number: int, row: Iterable[Any], letters: Sequence[str], style_of: Mapping[type, str]) -> str:
    cells = (
        _cell(f"{letter}{number}", value, style_of)
        for letter, value in zip(letters, row, strict=True)
        if value is not None and value != ""
    )
    return f'<row r="{number}">{"".join(cells)}</row>'


def _cell(name: str, value: Any, style_of: Mapping[type, str]) -> str:
    if isinstance(value, str):
        text = escape(_NOT_XML.sub("", value)[:_MAX_TEXT_LENGTH])
        return f'<c r="{name}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    style = style_of.get(type(value))
    number = _days_since_zero(value) if isinstance(value, date) else value
    return f'<c r="{name}"{f' s="{style}"' if style else ""}><v>{number}</v></c>'


def _days_since_zero(value: date) -> float:
    """Return the date as Excel stores it: days and fractions of a day since the end of 1899."""
    at = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    passed = at - _DAY_ZERO
    return passed.days + passed.seconds / 86_400
