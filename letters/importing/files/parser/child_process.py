"""How the child's answers travel to the parent: a line each, and a row costs both sides as little as can be.

A row is its cells and, last, its number, with a sign between them that hardly any cell holds. Everything else is JSON,
and so is a row with a cell that would be taken apart. The last character of a line tells which: a digit, or a bracket.

The child of ``reader``: parses the file, knows the spreadsheet library, and nothing of Django or the database.

Run as ``python -m letters.importing.files.parser.child_process KIND PATH``. Reads wishes from stdin, a JSON object per line, and answers
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
from typing import IO, Any

from letters.importing import headers
from letters.importing.files import limits
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

_CELL_SEPARATOR = "\x1f"  # «unit separator», made for this
_BLOCK_BYTES = 2**16  # bytes


def encode_message(answer: Any) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def encode_rows(rows: Iterable[tuple[int, list[str]]]) -> bytes:
    """``rows``: (number, cells)."""
    return b"".join([_encode_row(number, cells) for number, cells in rows])


def _encode_row(number: int, cells: list[str]) -> bytes:
    line = f"{_CELL_SEPARATOR.join(cells)}{_CELL_SEPARATOR}{number}"
    if "\n" in line or line.count(_CELL_SEPARATOR) != len(cells):
        return encode_message([number, cells])
    return line.encode("utf-8", "replace") + b"\n"


def decode_answers(file: IO[bytes]) -> Iterator[Any]:
    """Dicts as they were told, and lists of rows as (number, cells). A line that was cut off is none."""
    left = b""
    while block := file.read1(_BLOCK_BYTES):  # type: ignore[attr-defined]
        whole, end, rest = block.rpartition(b"\n")
        if end:
            yield from _decode_block((left + whole).decode())
            left = b""
        left += rest


def _decode_block(block: str) -> Iterator[Any]:
    lines = block.split("\n")
    if "]\n" not in block and "}\n" not in block and block[-1] not in "]}":
        yield list(map(_decode_row, lines))
        return
    for line in lines:
        if line[-1] in "]}":
            answer = json.loads(line)
            yield answer if isinstance(answer, dict) else [answer]
        else:
            yield [_decode_row(line)]


def _decode_row(line: str) -> tuple[int, list[str]]:
    cells = line.split(_CELL_SEPARATOR)
    return int(cells.pop()), cells


ROWS_PER_ANSWER = 200
MAX_LOOKED_AT_LENGTH = 200  # characters of a cell

__all__ = ["OUT_OF_MEMORY", "main"]


def main(kind: str, path: str) -> None:
    limits.apply_limits()
    try:
        for line in _answer_requests(_open_sheets(kind, path)):
            _send_answer(line)
    except Refused as refusal:
        _send_answer({"refused": str(refusal), "headers": refusal.headers})
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
    except BaseException as problem:  # a panic of the library is no Exception, and cannot be named
        if type(problem).__name__ != "PanicException":
            raise
        _send_answer({"refused": BROKEN, "headers": []})


def _send_answer(answer: Any) -> None:
    """A dict, or some rows."""
    if isinstance(answer, dict):
        sys.stdout.buffer.write(encode_message(answer))
        sys.stdout.buffer.flush()  # what comes next may kill us
    else:
        sys.stdout.buffer.write(encode_rows(answer))


def _open_sheets(kind: str, path: str) -> Iterator[Sheet]:
    """Nothing is opened until the first sheet is asked for."""
    if kind == "csv":
        from letters.importing.files.parser.csv_reader import sheets_of
    else:
        from letters.importing.files.parser.workbooks import sheets_of  # spares a csv the library
    yield from sheets_of(kind, path)


def _read_requests() -> Iterator[dict[str, Any]]:
    for line in sys.stdin:
        yield json.loads(line)


def _answer_requests(sheets: Iterable[Sheet]) -> Iterator[Any]:
    """All that is answered."""
    everything = list(sheets)
    yield {"sheets": [sheet.sized() for sheet in everything]}
    desk = _SheetServer(everything)
    for wish in _read_requests():
        if "look" in wish:
            yield {"top": desk.look(wish["look"])}
        elif "read" in wish:
            yield from desk.read(wish["read"])
        else:
            yield {"sheets": desk.measure()}


class _SheetServer:
    """The sheets, of which only the last one looked at is held in memory."""

    def __init__(self, sheets: list[Sheet]):
        self.sheets = sheets
        self.read_sizes: dict[int, dict[str, Any]] = {}
        self.mender = EncodingRepairer()
        self._at: int | None = None

    def look(self, at: int) -> list[list[str]]:
        self._open(at)
        return [[text[:MAX_LOOKED_AT_LENGTH] for text in cell_texts(row, self.mender.mend)] for row in self._top]

    def _open(self, at: int) -> None:
        self._put_away()
        self._at, self._table = at, self.sheets[at].open()
        self._table.rows = split_single_column(self._table.rows)
        self._top = list(islice(self._table.rows, headers.HEADER_SEARCH_ROWS))

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
            cuts = cuts or any(has_content(row[MAX_COLUMNS:]) for row in self._top[:header_row])
            rows = chain(self._top[header_row:], self._table.rows)
            one = _ListReader(self._table, header_row, sent_at, rows, self.mender)
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
        yield counted | {"cuts": cuts, "mends": self.mender.has_repaired, "peak_kib": _peak_kib()}

    def measure(self) -> list[dict[str, Any]]:
        self._put_away()
        return [self.read_sizes.get(at) or sheet.measured() for at, sheet in enumerate(self.sheets)]


@dataclass
class _ListReader:
    """A sheet's list on its way out: ``rows`` are those below ``header_row`` (as Excel counts, from 1)."""

    table: SheetTable
    header_row: int
    sent_at: int
    rows: Iterator[list[Any]]
    mender: EncodingRepairer
    seen: int = 0
    filled: int = 0

    @property
    def total(self) -> int:
        return max(1, self.table.total - self.header_row)

    def body(self) -> Iterator[Any]:
        """The rows some at a time."""
        yield from batched(self._filled_rows(), ROWS_PER_ANSWER)

    def _filled_rows(self) -> Iterator[tuple[int, list[str]]]:
        for row in self.rows:
            self.seen += 1
            if self.seen > limits.MAX_ROWS:
                raise Refused(MANY_ROWS)
            if has_content(row):
                self.filled += 1
                if self.table.counts_from_1904:
                    row = shift_from_1904(row, self.sent_at)
                yield self.header_row + self.seen, cell_texts(row, self.mender.mend)


def _peak_kib() -> int:
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1])  # type: ignore[index]
