"""xlsx, xlsm, xls and ods, by calamine; knows what calamine leaves blank, and fetches it."""

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

from letters.importing.reading import pieces
from letters.importing.reading.blanked import Seen, filled_in, ods, xls, xlsx
from letters.importing.reading.limits import MAX_SHEETS
from letters.importing.reading.merged import spread
from letters.importing.reading.refusals import BROKEN, LOCKED, MANY_SHEETS, Refused
from letters.importing.reading.sheets import Sheet, Table

_CELLS_OF = {"xlsx": xlsx.cells_of, "xlsm": xlsx.cells_of, "ods": ods.cells_of, "xls": xls.cells_of}


def sheets_of(kind: str, path: str) -> Iterator[Sheet]:
    file = Path(path).open("rb")  # noqa: SIM115 - open for as long as the workbook is
    try:
        # The library believes what a file is called, so it gets to see it without a name.
        workbook = CalamineWorkbook.from_path(f"/dev/fd/{file.fileno()}")
        listed = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    except PasswordError as problem:
        raise Refused(LOCKED) from problem
    except CalamineError as problem:
        raise Refused(LOCKED if kind == "xls" and xls.is_locked(path) else BROKEN) from problem
    if len(listed) > MAX_SHEETS:
        raise Refused(MANY_SHEETS)
    for sheet in listed:
        yield Sheet(
            sheet.name,
            is_hidden=sheet.visible != SheetVisibleEnum.Visible,
            open=partial(_table, workbook, kind, path, sheet.name),
        )


def _table(workbook: CalamineWorkbook, kind: str, path: str, name: str) -> Table:
    if kind in ("xlsx", "xlsm") and pieces.is_large(path, name):
        return pieces.table(path, name)
    try:
        sheet = workbook.get_sheet_by_name(name)
    except WorksheetNotFound:
        return Table(iter(()), 0, 0)
    except PasswordError as problem:
        raise Refused(LOCKED) from problem
    except CalamineError as problem:
        raise Refused(BROKEN) from problem
    if sheet.start is None or sheet.end is None:
        return Table(iter(()), 0, 0)
    seen = Seen()
    left = sheet.start[1]
    rows: Iterator[list[Any]] = filled_in(sheet.iter_rows(), left, _CELLS_OF[kind](path, name, seen))
    rows = spread(rows, left, sheet.merged_cell_ranges or [], seen)
    is_old_mac = kind in ("xlsx", "xlsm") and xlsx.counts_from_1904(path)
    return Table(rows, sheet.end[0] + 1, sheet.end[1] + 1, is_old_mac, seen)
