"""Reading of xls files with xlrd, which names error cells, and tells hidden rows, hidden columns and merged cells.

xlrd reads all sheets of the file at once. A formula in an xls file always has a value, so no formula is uncalculated.
"""

import os
import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import xlrd

from letters.importing.files.limits import BROKEN, LOCKED, MANY_SHEETS, MAX_SHEETS, Refused
from letters.importing.files.parser.sheet_tables import Sheet, SheetFindings, SheetTable, fill_merged_cells

_IS_LOCKED = "Workbook is encrypted"  # xlrd has no class of exception for a file with a password
_ERRORS = {**xlrd.error_text_from_code, 0x2B: "#GETTING_DATA"}
_BLANK_TYPES = bytes([xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK])
_DURATION_FORMAT = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_MILLISECONDS_OF_A_DAY = 24 * 60 * 60 * 1000


def sheets_of(kind: str, path: str) -> Iterator[Sheet]:
    """Yield the worksheets of a workbook. Raises Refused for a locked or damaged file."""
    try:
        # xlrd writes remarks to stdout unless told otherwise, and the parent process reads stdout.
        with Path(os.devnull).open("w") as remarks:
            book = xlrd.open_workbook(
                path, logfile=remarks, formatting_info=True, ragged_rows=True, ignore_workbook_corruption=True
            )
    except MemoryError:
        raise
    except Exception as problem:  # damaged bytes raise exceptions of many classes in xlrd
        raise Refused(LOCKED if str(problem) == _IS_LOCKED else BROKEN) from problem
    if book.nsheets > MAX_SHEETS:
        raise Refused(MANY_SHEETS)
    for sheet in book.sheets():
        yield Sheet(sheet.name, is_hidden=sheet.visibility != 0, open=partial(_open_table, book, sheet))


def _open_table(book: xlrd.Book, sheet: xlrd.sheet.Sheet) -> SheetTable:
    findings = SheetFindings(hidden_rows=any(row.hidden for row in sheet.rowinfo_map.values()))
    for column, info in sheet.colinfo_map.items():
        if info.hidden:
            findings.add_hidden_columns(column, column)
    # xlrd gives the row and the column after the last of a merged cell
    merged = [
        ((first_row, first_column), (end_row - 1, end_column - 1))
        for first_row, end_row, first_column, end_column in sheet.merged_cells
    ]
    total, left, columns = _content_area(sheet)
    rows = fill_merged_cells(_read_rows(book, sheet, total, left, columns), left, merged, findings)
    return SheetTable(rows, total, columns, findings=findings)


def _content_area(sheet: xlrd.sheet.Sheet) -> tuple[int, int, int]:
    """Return (number of rows, first column, number of columns) without cells that only have a colour or a border."""
    total, left, columns = 0, sheet.ncols, 0
    for number in range(sheet.nrows):
        types = bytes(sheet.row_types(number))
        if filled := types.rstrip(_BLANK_TYPES):
            total, columns = number + 1, max(columns, len(filled))
            left = min(left, len(types) - len(types.lstrip(_BLANK_TYPES)))
    return total, left, columns


def _read_rows(book: xlrd.Book, sheet: xlrd.sheet.Sheet, total: int, left: int, columns: int) -> Iterator[list[Any]]:
    """Yield the rows as calamine reads other workbooks, but with the names of errors: «#N/A»."""
    duration_formats = {key for key, one in book.format_map.items() if _DURATION_FORMAT.search(one.format_str or "")}
    duration_styles = {at for at, style in enumerate(book.xf_list) if style.format_key in duration_formats}
    for number in range(total):
        row = sheet.row_values(number, left, columns)
        for at, kind in enumerate(sheet.row_types(number, left, columns)):
            match kind:
                case xlrd.XL_CELL_NUMBER | xlrd.XL_CELL_DATE:
                    is_duration = sheet.cell_xf_index(number, left + at) in duration_styles
                    if is_duration or kind == xlrd.XL_CELL_DATE:
                        row[at] = _time_value(row[at], book.datemode, is_duration=is_duration)
                case xlrd.XL_CELL_BOOLEAN:
                    row[at] = bool(row[at])
                case xlrd.XL_CELL_ERROR:
                    row[at] = _ERRORS.get(row[at], "#N/A")
        yield row + [""] * (columns - left - len(row))


def _time_value(days: float, datemode: int, *, is_duration: bool) -> Any:
    """Return a duration, a time (less than a day), a date (whole days) or a datetime; any other number as it is."""
    try:
        if is_duration:
            return timedelta(milliseconds=round(days * _MILLISECONDS_OF_A_DAY))
        moment = xlrd.xldate_as_datetime(days, datemode)
    except (OverflowError, ValueError):
        return days
    if days < 1:
        return moment.time()
    return moment.date() if days.is_integer() else moment
