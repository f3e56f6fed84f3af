"""A sheet of any file: its name, whether it is hidden, and its rows when they are asked for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from letters.importing.reading.blanked import Seen
from letters.importing.reading.cells import is_filled


@dataclass
class Table:
    """``rows`` from the sheet's first, one by one; ``total`` is how many, ``columns`` how wide.

    Of a text that is read once, ``total`` is a good guess, and ``columns`` is as wide as the rows that are taken.
    """

    rows: Iterator[list[Any]]
    total: int
    columns: int
    counts_from_1904: bool = False
    seen: Seen = field(default_factory=Seen)


@dataclass(frozen=True)
class Sheet:
    """``open`` reads it: nothing is parsed before."""

    name: str
    is_hidden: bool
    open: Callable[[], Table]

    def sized(self, rows: int | None = None, columns: int | None = None) -> dict[str, Any]:
        return {"name": self.name, "rows": rows, "columns": columns, "hidden": self.is_hidden}

    def measured(self) -> dict[str, Any]:
        """``rows`` are those that are not blank."""
        table = self.open()
        return self.sized(sum(map(is_filled, table.rows)), table.columns)
