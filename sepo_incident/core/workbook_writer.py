"""Write sheets as the bytes of a workbook. Only this module and the import's reader write or read with openpyxl."""

import io
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties

from sepo_incident.core.control_characters import strip_control_characters
from sepo_incident.core.sheet import FORMULA_PREFIXES, Choices, EditableCell, Sheet, cell_name

DATE_FORMAT, DAY_FORMAT, TEXT_FORMAT, AMOUNT_FORMAT = "dd-mm-yyyy hh:mm", "dd-mm-yyyy", "@", "#,##0.00"
_NOT_PLAIN_PREFIXES = (*FORMULA_PREFIXES, "#")  # openpyxl stores "#N/A" as an error
_CHOICES_SHEET = "Svarlister"
_MAX_HINT_LENGTH = 255  # characters; a limit of Excel
_THIN_LINE = Side(style="thin", color="BBBBBB")


def write_workbook(sheets: Sequence[Sheet]) -> bytes:
    """Return a workbook as bytes. Dates are stored as dates, and text that looks like a formula is stored as text."""
    workbook = Workbook(write_only=True)
    lists = list(dict.fromkeys(choices for sheet in sheets for choices in sheet.choices.values()))
    for sheet in sheets:
        _write_sheet(workbook, sheet, lists)
    if lists:  # each a column of a hidden sheet, because a rule's own list allows no comma in a choice
        hidden = workbook.create_sheet(_CHOICES_SHEET)
        hidden.sheet_state = "hidden"
        for row in zip_longest(*lists):
            hidden.append(row)
    workbook.properties.creator = "Opfølgning på sikker post"
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def _write_sheet(workbook: Workbook, sheet: Sheet, lists: Sequence[Choices]) -> None:
    page = workbook.create_sheet(sheet.name)
    page.freeze_panes = sheet.frozen
    for number, width in enumerate(sheet.widths, start=1):
        page.column_dimensions[get_column_letter(number)].width = width
    for number in range(len(sheet.columns) - sheet.hidden + 1, len(sheet.columns) + 1):
        page.column_dimensions[get_column_letter(number)].hidden = True
    if sheet.has_filter:
        page.page_setup.orientation, page.page_setup.fitToHeight = "landscape", 0
        page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.append([_header_cell(page, name, wraps=sheet.is_locked or sheet.has_filter) for name in sheet.columns])
    last, style = 1, _editable_style(page) if sheet.is_locked else None
    for last, row in enumerate(sheet.rows, start=2):  # noqa: B007 - `last` is used after the loop
        page.append([_to_cell(page, value, style) for value in row])
    if sheet.is_locked:
        # Without a password: the lock prevents mistakes, not reading. Columns can be widened and rows filtered.
        page.protection.sheet = True
        page.protection.formatColumns = page.protection.formatRows = page.protection.autoFilter = False
    if sheet.is_locked or sheet.has_filter:
        page.auto_filter.ref = f"A1:{cell_name(last, len(sheet.columns))}"
    for number in range(1, len(sheet.columns) + 1 if last > 1 else 1):
        if number in sheet.choices or number in sheet.hints:
            _add_validation(page, sheet, number, last, lists)


def _add_validation(page: Any, sheet: Sheet, number: int, last: int, lists: Sequence[Choices]) -> None:
    """Add the list of choices and the hint to the cells of a column."""
    advice = DataValidation(allow_blank=True, prompt=sheet.hints.get(number, "")[:_MAX_HINT_LENGTH] or None)
    if choices := sheet.choices.get(number):
        letter = get_column_letter(lists.index(choices) + 1)
        advice.type, advice.formula1 = "list", f"{_CHOICES_SHEET}!${letter}$1:${letter}${len(choices)}"
        advice.showErrorMessage, advice.error = True, "Vælg et svar på listen i cellen."
    advice.showInputMessage = bool(advice.prompt)
    advice.add(f"{cell_name(2, number)}:{cell_name(last, number)}")
    page.data_validations.append(advice)


def _header_cell(page: Any, name: str, *, wraps: bool) -> Any:
    cell = WriteOnlyCell(page, value=strip_control_characters(name))
    cell.font = Font(bold=True)
    if wraps:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    cell.data_type = "s"
    return cell


def _editable_style(page: Any) -> Any:
    """Return the style of editable cells, built once per sheet.

    Styling each cell anew takes as long as writing a whole row.
    """
    cell = WriteOnlyCell(page)
    cell.number_format, cell.protection = TEXT_FORMAT, Protection(locked=False)
    cell.fill, cell.border = (
        PatternFill("solid", fgColor="FFFBE6"),
        Border(_THIN_LINE, _THIN_LINE, _THIN_LINE, _THIN_LINE),
    )
    return cell._style


def _to_cell(page: Any, value: Any, open_style: Any) -> Any:
    if isinstance(value, EditableCell):
        cell = WriteOnlyCell(page, value=strip_control_characters(value.text) or None)
        cell._style, cell.data_type = open_style, "s" if cell.value else "n"
        return cell
    if isinstance(value, date):
        cell = WriteOnlyCell(page, value=value)
        cell.number_format = DATE_FORMAT if isinstance(value, datetime) else DAY_FORMAT
        return cell
    if isinstance(value, Decimal):
        cell = WriteOnlyCell(page, value=value)
        cell.number_format = AMOUNT_FORMAT
        return cell
    if not isinstance(value, str):
        return value
    text = strip_control_characters(value)
    if not text.startswith(_NOT_PLAIN_PREFIXES):
        return text  # a cell of its own for each text would take a fifth more time
    cell = WriteOnlyCell(page, value=text)
    cell.data_type = "s"
    return cell
