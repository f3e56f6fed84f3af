"""The child of ``reader``: parses the file, knows the spreadsheet library, and nothing of Django or the database.

Run as ``python -m letters.importing.reading KIND PATH``. Reads wishes from stdin, a JSON object per line, and answers
each of them in lines on stdout (``transport``), the last of which may be ``{refused: sentence, headers}``. First it
says ``{sheets: [{name, rows, columns, hidden}]}``, with sizes that are not known yet.

- ``{look: sheet}`` → ``{top: [[cell, …], …]}``: its first rows.
- ``{read: [[sheet, header row, index of the column with dates], …]}`` → for each ``{sheet, total}``, its rows that
  are not blank, and ``{read: sheet, hidden_columns: [index, …]}``; then ``{blank, total, hides_rows, spreads, cuts,
  mends, peak_kib}``, without which the child has died. ``total`` counts blank rows too; first it is guessed.
  ``spreads``: cells were merged over several rows; ``cuts``: headers stand further to the right than is read;
  ``mends``: letters of a wrong encoding were put right.
- ``{measure: true}`` → ``{sheets}`` again, all of them measured.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched, chain, islice
from pathlib import Path
from typing import Any

from letters.importing import headers
from letters.importing.reading import limits, transport
from letters.importing.reading.cells import from_1904, is_filled, texts
from letters.importing.reading.folded import unfolded
from letters.importing.reading.limits import MAX_COLUMNS, OUT_OF_MEMORY
from letters.importing.reading.mending import Mender
from letters.importing.reading.refusals import BROKEN, MANY_ROWS, NO_ROWS, Refused
from letters.importing.reading.sheets import Sheet, Table

ROWS_AT_A_TIME = 200
LONGEST_LOOKED_AT = 200  # characters of a cell

__all__ = ["OUT_OF_MEMORY", "main"]


def main(kind: str, path: str) -> None:
    limits.apply()
    try:
        for line in _lines(_sheets(kind, path)):
            _say(line)
    except Refused as refusal:
        _say({"refused": str(refusal), "headers": refusal.headers})
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
    except BaseException as problem:  # a panic of the library is no Exception, and cannot be named
        if type(problem).__name__ != "PanicException":
            raise
        _say({"refused": BROKEN, "headers": []})


def _say(answer: Any) -> None:
    """A dict, or some rows."""
    if isinstance(answer, dict):
        sys.stdout.buffer.write(transport.told(answer))
        sys.stdout.buffer.flush()  # what comes next may kill us
    else:
        sys.stdout.buffer.write(transport.packed(answer))


def _sheets(kind: str, path: str) -> Iterator[Sheet]:
    """Nothing is opened until the first sheet is asked for."""
    if kind == "csv":
        from letters.importing.reading.delimited import sheets_of
    else:
        from letters.importing.reading.workbooks import sheets_of  # spares a csv the library
    yield from sheets_of(kind, path)


def _wishes() -> Iterator[dict[str, Any]]:
    for line in sys.stdin:
        yield json.loads(line)


def _lines(sheets: Iterable[Sheet]) -> Iterator[Any]:
    """All that is answered."""
    everything = list(sheets)
    yield {"sheets": [sheet.sized() for sheet in everything]}
    desk = _Desk(everything)
    for wish in _wishes():
        if "look" in wish:
            yield {"top": desk.look(wish["look"])}
        elif "read" in wish:
            yield from desk.read(wish["read"])
        else:
            yield {"sheets": desk.measure()}


class _Desk:
    """The sheets, of which only the last one looked at is held in memory."""

    def __init__(self, sheets: list[Sheet]):
        self.sheets = sheets
        self.read_sizes: dict[int, dict[str, Any]] = {}
        self.mender = Mender()
        self._at: int | None = None

    def look(self, at: int) -> list[list[str]]:
        self._open(at)
        return [[text[:LONGEST_LOOKED_AT] for text in texts(row, self.mender.mend)] for row in self._top]

    def _open(self, at: int) -> None:
        self._put_away()
        self._at, self._table = at, self.sheets[at].open()
        self._table.rows = unfolded(self._table.rows)
        self._top = list(islice(self._table.rows, headers.WITHIN))

    def _put_away(self) -> None:
        """Its memory goes before the next sheet is opened."""
        if self._at is not None:
            self._at = None
            del self._table, self._top

    def read(self, chosen: Sequence[tuple[int, int, int]]) -> Iterator[Any]:
        seen = filled = 0
        hides_rows = spreads = cuts = False
        for at, header_row, sent_at in chosen:
            if at != self._at:
                self._open(at)
            cuts = cuts or any(is_filled(row[MAX_COLUMNS:]) for row in self._top[:header_row])
            rows = chain(self._top[header_row:], self._table.rows)
            one = _List(self._table, header_row, sent_at, rows, self.mender)
            yield {"sheet": at, "total": one.total}
            yield from one.body()
            yield {"read": at, "hidden_columns": sorted(one.table.seen.hidden_columns)}
            seen, filled = seen + one.seen, filled + one.filled
            hides_rows = hides_rows or one.table.seen.hidden_rows
            spreads = spreads or one.table.seen.last_merged_row > header_row
            self.read_sizes[at] = self.sheets[at].sized(one.filled, one.table.columns)
            del rows, one
            self._put_away()
        if not filled:
            raise Refused(NO_ROWS)
        counted = {"blank": seen - filled, "total": seen, "hides_rows": hides_rows, "spreads": spreads}
        yield counted | {"cuts": cuts, "mends": self.mender.has_mended, "peak_kib": _peak_kib()}

    def measure(self) -> list[dict[str, Any]]:
        self._put_away()
        return [self.read_sizes.get(at) or sheet.measured() for at, sheet in enumerate(self.sheets)]


@dataclass
class _List:
    """A sheet's list on its way out: ``rows`` are those below ``header_row`` (as Excel counts, from 1)."""

    table: Table
    header_row: int
    sent_at: int
    rows: Iterator[list[Any]]
    mender: Mender
    seen: int = 0
    filled: int = 0

    @property
    def total(self) -> int:
        return max(1, self.table.total - self.header_row)

    def body(self) -> Iterator[Any]:
        """The rows some at a time."""
        yield from batched(self._filled_rows(), ROWS_AT_A_TIME)

    def _filled_rows(self) -> Iterator[tuple[int, list[str]]]:
        for row in self.rows:
            self.seen += 1
            if self.seen > limits.MAX_ROWS:
                raise Refused(MANY_ROWS)
            if is_filled(row):
                self.filled += 1
                if self.table.counts_from_1904:
                    row = from_1904(row, self.sent_at)
                yield self.header_row + self.seen, texts(row, self.mender.mend)


def _peak_kib() -> int:
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1])  # type: ignore[index]
