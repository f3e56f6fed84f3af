"""The expected result of reading a file, and the plain list that all files hold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from letters.samples import COLUMNS
from tests.letters.list_files import PLAIN

HEADERS = list(COLUMNS)
FIRST = [PLAIN[name] for name in COLUMNS]
SECOND = ["B-2", *FIRST[1:-1], "Æblegrød på Ålekistevej"]
LIST = [HEADERS, FIRST, SECOND]
SENT = HEADERS.index("Sendt")


@dataclass(frozen=True)
class Read:
    """The file is read. `rows` are the row numbers, `remarks` sentences that the report must hold."""

    make: Callable[[], bytes]
    rows: Sequence[int] = (2, 3)
    blank: int = 0
    remarks: Sequence[str] = ()
    cells: dict[tuple[int, str], str] = field(default_factory=dict)  # (row, header) → text


@dataclass(frozen=True)
class Refused:
    """The file is refused. `sentence` is part of the message that says what to do."""

    make: Callable[[], bytes]
    sentence: str


def text(rows: Sequence[Sequence[Any]] = LIST, mark: str = ";", newline: str = "\r\n", quote: str = "") -> str:
    return "".join(mark.join(f"{quote}{cell}{quote}" for cell in row) + newline for row in rows)


def with_first(**cells: Any) -> list[list[Any]]:
    """Return the list with other cells in the first row."""
    return [HEADERS, [cells.get(name.replace("-", "_"), value) for name, value in zip(HEADERS, FIRST, strict=True)]]
