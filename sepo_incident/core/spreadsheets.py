"""Write rows to a spreadsheet or a csv file; with the reader, the only code that knows a spreadsheet library.

The same rows give the same bytes: no clock, no machine, no random order.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import zip_longest
from typing import Any, NamedTuple

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DATE_FORMAT, DAY_FORMAT, TEXT_FORMAT = "dd-mm-yyyy hh:mm", "dd-mm-yyyy", "@"
NOT_A_CHOICE_MESSAGE = "Vælg et af svarene på listen i cellen."
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_FIXED_TIMESTAMP = datetime(2020, 1, 1)
_FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r")
_CHOICES_SHEET = "Svarlister"
_MAX_HINT_LENGTH = 255  # characters, says Excel
_THIN_LINE = Side(style="thin", color="BBBBBB")

type Choices = tuple[str, ...]


class MarkedCell(NamedTuple):
    """A text that the eye is to find in its sheet."""

    text: str


class EditableCell(NamedTuple):
    """A text to write over in a sheet that is locked. What is typed there stays text, also what looks like a date."""

    text: str


@dataclass(frozen=True)
class Sheet:
    """A bold, frozen header and the rows below it.

    ``hidden``: so many of the last columns are hidden. ``is_locked``: only ``Open`` cells can be written in, and long
    headers take several lines. ``choices``: column, from 1 → what may be chosen in its cells. ``hints``: column → what
    is said beside the cell one stands in.
    """

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]
    widths: Sequence[int] = ()
    hidden: int = 0
    frozen: str = "A2"
    is_locked: bool = False
    choices: Mapping[int, Choices] = field(default_factory=dict)
    hints: Mapping[int, str] = field(default_factory=dict)


def build_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """As Excel in Denmark writes it: ``;``, dd-mm-yyyy hh:mm, UTF-8 with BOM, CRLF."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_to_csv_value(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def build_xlsx(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], sheet: str, widths: Sequence[int] = (), hidden: int = 0
) -> bytes:
    """A workbook of one sheet."""
    return build_workbook([Sheet(sheet, columns, rows, widths, hidden)])


def build_workbook(sheets: Sequence[Sheet]) -> bytes:
    """Dates are dates, and text stays text: no formula comes in by a cell."""
    workbook = Workbook(write_only=True)
    lists = list(dict.fromkeys(choices for sheet in sheets for choices in sheet.choices.values()))
    for sheet in sheets:
        _write_sheet(workbook, sheet, lists)
    if lists:
        _write_choice_lists(workbook, lists)
    workbook.properties.creator = "Opfølgning på sikker post"
    workbook.properties.created = _FIXED_TIMESTAMP
    content = io.BytesIO()
    workbook.save(content)
    return _strip_timestamps(content)


def cell_name(row: int, column: int) -> str:
    """«J7», both counted from 1."""
    return f"{get_column_letter(column)}{row}"


def _write_sheet(workbook: Workbook, sheet: Sheet, lists: Sequence[Choices]) -> None:
    page = workbook.create_sheet(sheet.name)
    page.freeze_panes = sheet.frozen
    for number, width in enumerate(sheet.widths, start=1):
        page.column_dimensions[get_column_letter(number)].width = width
    for number in range(len(sheet.columns) - sheet.hidden + 1, len(sheet.columns) + 1):
        page.column_dimensions[get_column_letter(number)].hidden = True
    page.append([_header_cell(page, name, wraps=sheet.is_locked) for name in sheet.columns])
    last, style = 1, _editable_style(page) if sheet.is_locked else None
    for last, row in enumerate(sheet.rows, start=2):  # noqa: B007 - what the loop leaves behind is the last row
        page.append([_to_cell(page, value, style) for value in row])
    if sheet.is_locked:
        _lock_sheet(page, len(sheet.columns), last)
    for number in range(1, len(sheet.columns) + 1 if last > 1 else 1):
        if number in sheet.choices or number in sheet.hints:
            _add_validation(page, sheet, number, last, lists)


def _lock_sheet(page: Any, columns: int, last: int) -> None:
    """Without a password: it spares mistakes, and keeps nothing secret. Columns may be widened, and rows filtered."""
    page.protection.sheet = True
    page.protection.formatColumns = page.protection.formatRows = page.protection.autoFilter = False
    page.auto_filter.ref = f"A1:{cell_name(last, columns)}"


def _add_validation(page: Any, sheet: Sheet, number: int, last: int, lists: Sequence[Choices]) -> None:
    """What may be chosen in the cells of a column, and what is said of them."""
    advice = DataValidation(allow_blank=True, prompt=sheet.hints.get(number, "")[:_MAX_HINT_LENGTH] or None)
    if choices := sheet.choices.get(number):
        letter = get_column_letter(lists.index(choices) + 1)
        advice.type, advice.formula1 = "list", f"{_CHOICES_SHEET}!${letter}$1:${letter}${len(choices)}"
        advice.showErrorMessage, advice.error = True, NOT_A_CHOICE_MESSAGE
    advice.showInputMessage = bool(advice.prompt)
    advice.add(f"{cell_name(2, number)}:{cell_name(last, number)}")
    page.data_validations.append(advice)


def _write_choice_lists(workbook: Workbook, lists: Sequence[Choices]) -> None:
    """A hidden sheet with a column for each: an answer may hold a comma, and a list in the rule itself may not."""
    page = workbook.create_sheet(_CHOICES_SHEET)
    page.sheet_state = "hidden"
    for row in zip_longest(*lists):
        page.append(row)


def _to_csv_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value:%d-%m-%Y %H:%M}"
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_PREFIXES) else value


def _header_cell(page: Any, name: str, *, wraps: bool) -> Any:
    cell = WriteOnlyCell(page, value=name)
    cell.font = Font(bold=True)
    if wraps:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    cell.data_type = "s"
    return cell


def _editable_style(page: Any) -> Any:
    """Worked out once for a sheet: a cell that works it out for itself takes as long as a whole row."""
    cell = WriteOnlyCell(page)
    cell.number_format, cell.protection = TEXT_FORMAT, Protection(locked=False)
    cell.fill, cell.border = (
        PatternFill("solid", fgColor="FFFBE6"),
        Border(_THIN_LINE, _THIN_LINE, _THIN_LINE, _THIN_LINE),
    )
    return cell._style


def _to_cell(page: Any, value: Any, open_style: Any) -> Any:
    if isinstance(value, MarkedCell):
        cell = WriteOnlyCell(page, value=value.text)
        cell.font, cell.fill = Font(bold=True, color="A80000"), PatternFill("solid", fgColor="FDE8E8")
        cell.data_type = "s"
        return cell
    if isinstance(value, EditableCell):
        cell = WriteOnlyCell(page, value=value.text or None)
        cell._style, cell.data_type = open_style, "s" if value.text else "n"
        return cell
    if isinstance(value, date):
        cell = WriteOnlyCell(page, value=value)
        cell.number_format = DATE_FORMAT if isinstance(value, datetime) else DAY_FORMAT
        return cell
    if isinstance(value, str) and value.startswith(_FORMULA_PREFIXES):
        cell = WriteOnlyCell(page, value=value)
        cell.data_type = "s"
        return cell
    return value


def _strip_timestamps(content: io.BytesIO) -> bytes:
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
