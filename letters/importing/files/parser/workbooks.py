"""Reading of xlsx, xlsm and ods files with calamine, with the cells filled in that calamine leaves blank.

calamine holds a whole sheet in memory: 134 MiB for 100.000 rows, and the limit of the child process for some 600.000.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    WorksheetNotFound,
)

from letters.importing.files.limits import BROKEN, LOCKED, MANY_SHEETS, MAX_SHEETS, Refused
from letters.importing.files.parser import blanked_cells
from letters.importing.files.parser.sheet_tables import (
    Sheet,
    SheetFindings,
    SheetTable,
    fill_blanked_cells,
    fill_merged_cells,
)

_BLANKED_CELLS_OF = {
    "xlsx": blanked_cells.find_xlsx_blanked_cells,
    "xlsm": blanked_cells.find_xlsx_blanked_cells,
    "ods": blanked_cells.find_ods_blanked_cells,
}


def sheets_of(kind: str, path: str) -> Iterator[Sheet]:
    """Yield the worksheets of a workbook. Raises Refused for a locked or damaged file."""
    file = Path(path).open("rb")  # noqa: SIM115 - the workbook reads from the open file
    try:
        # calamine trusts the file name, so open the file without a name.
        workbook = CalamineWorkbook.from_path(f"/dev/fd/{file.fileno()}")
        listed = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    except PasswordError as problem:
        raise Refused(LOCKED) from problem
    except CalamineError as problem:
        raise Refused(BROKEN) from problem
    if len(listed) > MAX_SHEETS:
        raise Refused(MANY_SHEETS)
    for sheet in listed:
        yield Sheet(
            sheet.name,
            is_hidden=sheet.visible != SheetVisibleEnum.Visible,
            open=partial(_open_table, workbook, kind, path, sheet.name),
        )


def _open_table(workbook: CalamineWorkbook, kind: str, path: str, name: str) -> SheetTable:
    try:
        sheet = workbook.get_sheet_by_name(name)
    except WorksheetNotFound:
        return SheetTable(iter(()), 0, 0)
    except PasswordError as problem:
        raise Refused(LOCKED) from problem
    except CalamineError as problem:
        raise Refused(BROKEN) from problem
    if sheet.start is None or sheet.end is None:
        return SheetTable(iter(()), 0, 0)
    findings = SheetFindings()
    left = sheet.start[1]
    rows: Iterator[list[Any]] = fill_blanked_cells(
        sheet.iter_rows(), left, _BLANKED_CELLS_OF[kind](path, name, findings)
    )
    rows = fill_merged_cells(rows, left, sheet.merged_cell_ranges or [], findings)
    is_old_mac = kind in ("xlsx", "xlsm") and blanked_cells.uses_1904_dates(path)
    return SheetTable(rows, sheet.end[0] + 1, sheet.end[1] + 1, is_old_mac, findings)
