"""Where a sheet's headers are: in one row, in two, below a title, or nowhere. Pure."""

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

from letters.importing.columns import FEWEST_KNOWN_HEADERS, REQUIRED, STRONG, plain, recognise

Rows = Sequence[Sequence[str]]
WITHIN = 30  # rows


class Headers(NamedTuple):
    """``row`` as Excel counts, the lower one of two, and the last one above the list where it has no headers."""

    row: int
    texts: list[str]
    are_known: bool


def find(top: Rows) -> Headers | None:
    """The headers among the first rows of a sheet; None where it is too narrow to be a list."""
    candidates = [_joined(above, row) for above, row in zip([[], *top], top, strict=False)]
    known = [len(recognise(texts)) for texts in candidates]
    best = max(known, default=0)
    if best >= FEWEST_KNOWN_HEADERS:
        at = known.index(best)
        return Headers(at + 1, candidates[at], are_known=True)
    return _guess(top, candidates, known)


def _joined(above: Sequence[str], row: Sequence[str]) -> list[str]:
    """A row's headers, helped by the row above: a cell merged over both, or «Afsender» over «Navn» and «E-mail»."""
    texts, group = [], ""
    for upper, own in zip_longest(above[: len(row)], row, fillvalue=""):
        group = upper.strip() or group
        if not own.strip():
            own = upper if plain(upper) in STRONG else ""
        elif plain(own) not in STRONG and plain(f"{group} {own}") in STRONG:
            own = f"{group} {own}"
        texts.append(own)
    return texts


def _guess(top: Rows, candidates: Rows, known: Sequence[int]) -> Headers | None:
    """The first row as wide as a list, the one with a header that we know before others. A row of values has none."""
    wide = [at for at, row in enumerate(top) if sum(1 for cell in row if cell.strip()) >= len(REQUIRED)]
    if not wide:
        return None
    at = max(wide, key=lambda one: (known[one], -one))
    if not known[at] and any(map(_is_value, top[at])):
        return Headers(at, [""] * max(map(len, top)), are_known=False)
    return Headers(at + 1, list(candidates[at]), are_known=False)


def _is_value(cell: str) -> bool:
    """An address, a date, a number: nobody calls a column so."""
    return bool(re.search(r"\S@\S|\d{4}|\d[-./]\d", cell))
