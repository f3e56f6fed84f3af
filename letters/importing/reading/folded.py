"""Lines that lie in the first column as a whole: a text with commas that Excel opened and did not divide."""

import csv
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from letters.importing.columns import FEWEST_KNOWN_HEADERS, recognise
from letters.importing.headers import WITHIN
from letters.importing.reading.cells import is_filled

DELIMITERS = ";,\t|"


def unfolded(rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """The rows as they come, or divided where the headers lie in one cell."""
    top = list(islice(rows, WITHIN))
    mark = next((mark for mark in DELIMITERS for row in top if _are_headers(row, mark)), "")
    everything = chain(top, rows)
    return (_divided(row, mark) for row in everything) if mark else everything


def _are_headers(row: list[Any], mark: str) -> bool:
    is_one_cell = is_filled(row[:1]) and not is_filled(row[1:])
    return is_one_cell and len(recognise(_divided(row, mark))) >= FEWEST_KNOWN_HEADERS


def _divided(row: list[Any], mark: str) -> list[Any]:
    """What Excel divided at a semicolon in a text is one line again."""
    line = ";".join(str(cell) for cell in row).rstrip(";")
    try:
        return next(csv.reader([line], delimiter=mark, skipinitialspace=True), [])
    except csv.Error:
        return row
