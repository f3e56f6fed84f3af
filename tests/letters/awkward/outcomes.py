"""What is to come of a file, and the plain list that all of them hold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from letters.samples import COLUMNS
from tests.letters.lists import PLAIN

HEADERS = list(COLUMNS)
FIRST = [PLAIN[name] for name in COLUMNS]
SECOND = ["B-2", *FIRST[1:-1], "Æblegrød på Ålekistevej"]
LIST = [HEADERS, FIRST, SECOND]
SENT = HEADERS.index("Sendt")


@dataclass(frozen=True)
class Read:
    """It is read: its rows by their numbers, and sentences that must be among what is said of it."""

    make: Callable[[], bytes]
    rows: Sequence[int] = (2, 3)
    blank: int = 0
    said: Sequence[str] = ()
    cells: dict[tuple[int, str], str] = field(default_factory=dict)  # (row, header) → text


@dataclass(frozen=True)
class Refused:
    """It is not, and this is part of the sentence that says what to do."""

    make: Callable[[], bytes]
    sentence: str


def text(rows: Sequence[Sequence[Any]] = LIST, mark: str = ";", newline: str = "\r\n", quote: str = "") -> str:
    return "".join(mark.join(f"{quote}{cell}{quote}" for cell in row) + newline for row in rows)


def with_first(**cells: Any) -> list[list[Any]]:
    """The list with other cells in its first row."""
    return [HEADERS, [cells.get(name.replace("-", "_"), value) for name, value in zip(HEADERS, FIRST, strict=True)]]
