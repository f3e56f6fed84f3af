"""Cells that are merged over several rows: a sheet has their value in the first of them only, and each row means it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from letters.importing.reading.blanked import Seen
from letters.importing.reading.cells import is_filled

#: ((first row, first column), (last row, last column)), from 0
Merged = tuple[tuple[int, int], tuple[int, int]]


def spread(rows: Iterable[list[Any]], first_column: int, merged: Sequence[Merged], seen: Seen) -> Iterator[list[Any]]:
    """``rows`` begin at ``first_column``. A row that has nothing else stays blank."""
    beginning: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (first, column), (last, _) in merged:
        if last > first:
            beginning[first].append((column - first_column, last))
    held: dict[int, tuple[int, Any]] = {}
    for number, row in enumerate(rows):
        held = {column: (last, value) for column, (last, value) in held.items() if last >= number}
        lacking = [column for column in held if column < len(row) and row[column] in ("", None)]
        if lacking and is_filled(row):
            row = [held[at][1] if at in lacking else value for at, value in enumerate(row)]
            seen.last_merged_row = number + 1
        for column, last in beginning.get(number, ()):
            if column < len(row):
                held[column] = (last, row[column])
        yield row
