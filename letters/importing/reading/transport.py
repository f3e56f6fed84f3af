"""How the child's answers travel to the parent: a line each, and a row costs both sides as little as can be.

A row is its cells and, last, its number, with a sign between them that hardly any cell holds. Everything else is JSON,
and so is a row with a cell that would be taken apart. The last character of a line tells which: a digit, or a bracket.
"""

import json
from collections.abc import Iterable, Iterator
from typing import IO, Any

_BETWEEN = "\x1f"  # «unit separator», made for this
_BLOCK = 2**16  # bytes


def told(answer: Any) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def packed(rows: Iterable[tuple[int, list[str]]]) -> bytes:
    """``rows``: (number, cells)."""
    return b"".join([_line(number, cells) for number, cells in rows])


def _line(number: int, cells: list[str]) -> bytes:
    line = f"{_BETWEEN.join(cells)}{_BETWEEN}{number}"
    if "\n" in line or line.count(_BETWEEN) != len(cells):
        return told([number, cells])
    return line.encode("utf-8", "replace") + b"\n"


def unpacked(file: IO[bytes]) -> Iterator[Any]:
    """Dicts as they were told, and lists of rows as (number, cells). A line that was cut off is none."""
    left = b""
    while block := file.read1(_BLOCK):  # type: ignore[attr-defined]
        whole, end, rest = block.rpartition(b"\n")
        if end:
            yield from _answers((left + whole).decode())
            left = b""
        left += rest


def _answers(block: str) -> Iterator[Any]:
    lines = block.split("\n")
    if "]\n" not in block and "}\n" not in block and block[-1] not in "]}":
        yield list(map(_row, lines))
        return
    for line in lines:
        if line[-1] in "]}":
            answer = json.loads(line)
            yield answer if isinstance(answer, dict) else [answer]
        else:
            yield [_row(line)]


def _row(line: str) -> tuple[int, list[str]]:
    cells = line.split(_BETWEEN)
    return int(cells.pop()), cells
