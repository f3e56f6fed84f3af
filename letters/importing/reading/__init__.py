"""The child of ``reader``: parses the file, knows the spreadsheet library, and nothing of Django or the database.

Run as ``python -m letters.importing.reading KIND PATH WANTED``: a «list» of letters is found by its headers, a «sheet»
is the first that has anything, from its first row and without headers (a staff file, whose reader knows them).
Writes JSON lines to stdout, the last of which may be ``{refused: sentence, headers}``:

1. ``{headers, row, total, sheets, remarks}``: the list that was found. ``total`` counts its rows, blank ones too.
2. ``[[row, [cell, …]], …]``: some of its rows at a time, those that are not blank.
3. ``{blank, total, peak_kib}``: the end of the list. Without it the child has died.
4. ``{sheets}``: all sheets measured, for who waits for it.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import batched, chain, islice
from pathlib import Path
from typing import Any

from letters.importing import headers
from letters.importing.columns import missing, recognise
from letters.importing.reading import limits
from letters.importing.reading.cells import from_1904, is_filled, texts
from letters.importing.reading.limits import OUT_OF_MEMORY
from letters.importing.reading.refusals import BROKEN, EMPTY, MANY_ROWS, NO_HEADERS, NO_ROWS, Refused, lacks_columns
from letters.importing.reading.sheets import Sheet, Table, remarks_on

ROWS_AT_A_TIME = 100

__all__ = ["OUT_OF_MEMORY", "main"]


def main(kind: str, path: str, wanted: str) -> None:
    limits.apply()
    try:
        for line in _lines(_sheets(kind, path), _FINDERS[wanted]):
            _say(line)
    except Refused as refusal:
        _say({"refused": str(refusal), "headers": refusal.headers})
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
    except BaseException as problem:  # a panic of the library is no Exception, and cannot be named
        if type(problem).__name__ != "PanicException":
            raise
        _say({"refused": BROKEN, "headers": []})


def _say(line: Any) -> None:
    sys.stdout.buffer.write(json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    if isinstance(line, dict):  # what comes next may kill us
        sys.stdout.buffer.flush()


def _sheets(kind: str, path: str) -> Iterator[Sheet]:
    """Nothing is opened until the first sheet is asked for."""
    if kind == "csv":
        from letters.importing.reading.delimited import sheets_of
    else:
        from letters.importing.reading.workbooks import sheets_of  # spares a csv the library
    yield from sheets_of(kind, path)


def _lines(sheets: Iterable[Sheet], find: "_Finder") -> Iterator[Any]:
    """All that is said of the sheet that is found, and then of every sheet's size."""
    everything = list(sheets)
    found = find(everything)
    yield found.head() | {
        "sheets": [sheet.sized() for sheet in everything],
        "remarks": remarks_on(everything, found.sheet),
    }
    yield from found.body()
    size = found.sheet.sized(found.filled, found.table.columns)
    chosen = found.sheet
    del found  # its memory, before the next sheet is opened
    yield {"sheets": [size if sheet is chosen else sheet.measured() for sheet in everything]}


def _find_list(sheets: list[Sheet]) -> "_List":
    """The first visible sheet that has the headers of a list."""
    seen_anything = False
    for sheet in sheets:
        if sheet.is_hidden:
            continue
        table = sheet.open()
        top = list(islice(table.rows, headers.WITHIN))
        seen_anything = seen_anything or any(map(is_filled, top))
        found = headers.find([texts(row) for row in top])
        if found and found.are_known:
            return _List(sheet, table, found.texts, found.row, chain(top[found.row :], table.rows))
    raise Refused(NO_HEADERS if seen_anything else EMPTY)


def _find_sheet(sheets: list[Sheet]) -> "_List":
    """The first visible sheet that has anything."""
    for sheet in sheets:
        table = sheet.open() if not sheet.is_hidden else None
        top = list(islice(table.rows, headers.WITHIN)) if table else []
        if table and any(map(is_filled, top)):
            return _List(sheet, table, [], 0, chain(top, table.rows))
    raise Refused(EMPTY)


_Finder = Callable[[list[Sheet]], "_List"]
_FINDERS: dict[str, _Finder] = {"list": _find_list, "sheet": _find_sheet}


@dataclass
class _List:
    """A sheet's list on its way out: ``rows`` are those below ``header_row`` (as Excel counts, from 1)."""

    sheet: Sheet
    table: Table
    headers: list[str]
    header_row: int
    rows: Iterator[list[Any]]
    first: list[list[Any]] = field(default_factory=list)  # taken, to see that there is one
    seen: int = 0
    filled: int = 0

    def head(self) -> dict[str, Any]:
        """Raises ``Refused`` for a list that cannot be one."""
        if self.headers and (lacking := missing(recognise(self.headers))):
            raise Refused(lacks_columns(lacking), self.headers)
        if self.table.total > limits.MAX_ROWS:
            raise Refused(MANY_ROWS)
        self.first = list(islice(self._filled_rows(), 1))
        if not self.first:
            raise Refused(NO_ROWS)
        return {"headers": self.headers, "row": self.header_row, "total": self.table.total - self.header_row}

    def body(self) -> Iterator[Any]:
        """The rows some at a time, and the end."""
        yield from batched(chain(self.first, self._filled_rows()), ROWS_AT_A_TIME)
        yield {"blank": self.seen - self.filled, "total": self.seen, "peak_kib": _peak_kib()}

    def _filled_rows(self) -> Iterator[list[Any]]:
        sent_at = recognise(self.headers).get("sent_at", limits.MAX_COLUMNS)
        for row in self.rows:
            self.seen += 1
            if is_filled(row):
                self.filled += 1
                if self.table.counts_from_1904:
                    row = from_1904(row, sent_at)
                yield [self.header_row + self.seen, texts(row)]


def _peak_kib() -> int:
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1])  # type: ignore[index]
