"""Write rows to a spreadsheet or a csv file; with the reader, the only code that knows a spreadsheet library.

The same rows give the same bytes: no clock, no machine, no random order.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DATE_FORMAT = "dd-mm-yyyy hh:mm"
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_STAMP = datetime(2020, 1, 1)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Marked(NamedTuple):
    """A text that the eye is to find in its sheet."""

    text: str


def to_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """As Excel in Denmark writes it: ``;``, dd-mm-yyyy hh:mm, UTF-8 with BOM, CRLF."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_as_text(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def to_xlsx(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], sheet: str, widths: Sequence[int] = (), hidden: int = 0
) -> bytes:
    """One sheet with a bold, frozen header; dates are dates, and text stays text (no formula comes in by a cell).

    ``hidden``: so many of the last columns are hidden.
    """
    workbook = Workbook(write_only=True)
    page = workbook.create_sheet(sheet)
    page.freeze_panes = "A2"
    for number, width in enumerate(widths, start=1):
        page.column_dimensions[get_column_letter(number)].width = width
    for number in range(len(columns) - hidden + 1, len(columns) + 1):
        page.column_dimensions[get_column_letter(number)].hidden = True
    page.append([_as_header(page, name) for name in columns])
    for row in rows:
        page.append([_as_cell(page, value) for value in row])
    workbook.properties.creator = "Opfølgning på sikker post"
    workbook.properties.created = _STAMP
    content = io.BytesIO()
    workbook.save(content)
    return _without_clock(content)


def _as_text(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value:%d-%m-%Y %H:%M}"
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _as_header(page: Any, name: str) -> Any:
    cell = WriteOnlyCell(page, value=name)
    cell.font = Font(bold=True)
    cell.data_type = "s"
    return cell


def _as_cell(page: Any, value: Any) -> Any:
    if isinstance(value, Marked):
        cell = WriteOnlyCell(page, value=value.text)
        cell.font, cell.fill = Font(bold=True, color="A80000"), PatternFill("solid", fgColor="FDE8E8")
        cell.data_type = "s"
        return cell
    if isinstance(value, datetime):
        cell = WriteOnlyCell(page, value=value)
        cell.number_format = DATE_FORMAT
        return cell
    if isinstance(value, str) and value.startswith(_FORMULA):
        cell = WriteOnlyCell(page, value=value)
        cell.data_type = "s"
        return cell
    return value


def _without_clock(content: io.BytesIO) -> bytes:
    """The same archive with a fixed time on every part, and in the document's properties."""
    result = io.BytesIO()
    with zipfile.ZipFile(content) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2020-01-01T00:00:00Z", part)
            entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, part)
    return result.getvalue()
