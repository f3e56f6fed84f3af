"""Child process of `reader`: parses a file and answers requests. Knows nothing of Django or the database.

Run as `python -m letters.importing.files.parser.child_process KIND PATH`. The child writes `{sheets: [{name, rows,
columns, hidden}]}` first, the sizes not known yet. Then the child reads requests from stdin, a JSON object per
line, and answers every request in lines on stdout. The last answer may be `{refused: sentence, headers}`.

- `{first_rows: sheet}` → `{top: [[cell, …], …]}`: the first rows of the sheet.
- `{read: [[sheet, header row, index of the column with dates], …]}` → for every sheet `{sheet, total}`, the rows
  that are not blank, and `{read: sheet, hidden_columns: [index, …]}`; at last `{blank, total, has_hidden_rows,
  has_merged_cells, has_more_columns, has_repaired_letters, peak_kib}`, without which the child has died. `total`
  counts blank rows too; the first is an estimate. `has_merged_cells`: cells were merged over several rows;
  `has_more_columns`: headers stand beyond the columns that are read.
- `{measure: true}` → `{sheets}` again, with sizes.

Rows are sent as `[[row number, cells], …]`, some at a time.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched, chain, islice
from pathlib import Path
from typing import Any

from letters.importing.files import headers, limits
from letters.importing.files.limits import BROKEN, MANY_ROWS, MAX_COLUMNS, NO_ROWS, OUT_OF_MEMORY, Refused
from letters.importing.files.parser.csv_reader import split_single_column
from letters.importing.files.parser.sheet_tables import (
    EncodingRepairer,
    Sheet,
    SheetTable,
    cell_texts,
    has_content,
    shift_from_1904,
)

ROWS_PER_ANSWER = 20
MAX_LENGTH_IN_FIRST_ROWS = 200  # characters of a cell


def main(kind: str, path: str) -> None:
    """Answer requests about the file until stdin ends. `kind`: type of the file."""
    limits.apply_limits()
    try:
        for line in _answer_requests(_open_sheets(kind, path)):
            _send_answer(line)
    except Refused as refusal:
        _send_answer({"refused": str(refusal), "headers": refusal.headers})
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
    except BaseException as problem:  # a panic of calamine is no Exception, and the class cannot be imported
        if type(problem).__name__ != "PanicException":
            raise
        _send_answer({"refused": BROKEN, "headers": []})


def _send_answer(answer: Any) -> None:
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    if isinstance(answer, dict):
        sys.stdout.buffer.flush()  # the next step may kill the process


def _open_sheets(kind: str, path: str) -> Iterator[Sheet]:
    """Yield the sheets. The file is opened when the first sheet is requested."""
    # imported here, because a file needs only one of the libraries
    if kind == "csv":
        from letters.importing.files.parser.csv_reader import sheets_of
    elif kind == "json":
        from letters.importing.files.parser.json_reader import sheets_of
    elif kind == "xls":
        from letters.importing.files.parser.xls_reader import sheets_of
    else:
        from letters.importing.files.parser.workbooks import sheets_of
    yield from sheets_of(kind, path)


def _answer_requests(sheets: Iterable[Sheet]) -> Iterator[Any]:
    everything = list(sheets)
    yield {"sheets": [sheet.sized() for sheet in everything]}
    server = _SheetServer(everything)
    for request in map(json.loads, sys.stdin):
        if "first_rows" in request:
            yield {"top": server.first_rows(request["first_rows"])}
        elif "read" in request:
            yield from server.read(request["read"])
        else:
            yield {"sheets": server.measure()}


class _SheetServer:
    """The sheets of a file. Only the sheet opened last is held in memory."""

    def __init__(self, sheets: list[Sheet]):
        self.sheets = sheets
        self.read_sizes: dict[int, dict[str, Any]] = {}
        self.repairer = EncodingRepairer()
        self._at: int | None = None

    def first_rows(self, at: int) -> list[list[str]]:
        self._open(at)
        return [
            [text[:MAX_LENGTH_IN_FIRST_ROWS] for text in cell_texts(row, self.repairer.repair)] for row in self._top
        ]

    def _open(self, at: int) -> None:
        self._put_away()
        self._at, self._table = at, self.sheets[at].open()
        self._table.rows = split_single_column(self._table.rows)
        self._top = list(islice(self._table.rows, headers.HEADER_SEARCH_ROWS))

    def _put_away(self) -> None:
        """Free the memory of the open sheet before the next is opened."""
        if self._at is not None:
            self._at = None
            del self._table, self._top

    def read(self, chosen: Sequence[tuple[int, int, int]]) -> Iterator[Any]:
        seen = filled = 0
        has_hidden_rows = has_merged_cells = has_more_columns = False
        for at, header_row, sent_at in chosen:
            if at != self._at:
                self._open(at)
            has_more_columns = has_more_columns or any(has_content(row[MAX_COLUMNS:]) for row in self._top[:header_row])
            rows = chain(self._top[header_row:], self._table.rows)
            one = _ListReader(self._table, header_row, sent_at, rows, self.repairer)
            yield {"sheet": at, "total": max(1, self._table.total - header_row)}
            yield from batched(one.filled_rows(), ROWS_PER_ANSWER)
            yield {"read": at, "hidden_columns": sorted(one.table.findings.hidden_columns)}
            seen, filled = seen + one.seen, filled + one.filled
            has_hidden_rows = has_hidden_rows or one.table.findings.hidden_rows
            has_merged_cells = has_merged_cells or one.table.findings.last_merged_row > header_row
            self.read_sizes[at] = self.sheets[at].sized(one.filled, one.table.columns)
            del rows, one
            self._put_away()
        if not filled:
            raise Refused(NO_ROWS)
        counted = {
            "blank": seen - filled,
            "total": seen,
            "has_hidden_rows": has_hidden_rows,
            "has_merged_cells": has_merged_cells,
        }
        yield counted | {
            "has_more_columns": has_more_columns,
            "has_repaired_letters": self.repairer.has_repaired,
            "peak_kib": peak_kib(),
        }

    def measure(self) -> list[dict[str, Any]]:
        self._put_away()
        return [self.read_sizes.get(at) or sheet.measured() for at, sheet in enumerate(self.sheets)]


@dataclass
class _ListReader:
    """Reads the list of a sheet. `rows`: the rows below `header_row` (row number in Excel)."""

    table: SheetTable
    header_row: int
    sent_at: int
    rows: Iterator[list[Any]]
    repairer: EncodingRepairer
    seen: int = 0
    filled: int = 0

    def filled_rows(self) -> Iterator[tuple[int, list[str]]]:
        for row in self.rows:
            self.seen += 1
            if self.seen > limits.MAX_ROWS:
                raise Refused(MANY_ROWS)
            if has_content(row):
                self.filled += 1
                if self.table.counts_from_1904:
                    row = shift_from_1904(row, self.sent_at)
                yield self.header_row + self.seen, cell_texts(row, self.repairer.repair)


def peak_kib() -> int:
    """Return the most memory that this process has had, in KiB."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1])  # type: ignore[index]


if __name__ == "__main__":
    main(*sys.argv[1:])
