"""What a workbook holds: sheets, and editable cells."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

#: A spreadsheet takes a text that begins so for a formula.
FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r")

type Choices = tuple[str, ...]


class EditableCell(NamedTuple):
    """An unlocked cell in a locked sheet. Typed values stay text, including values that look like a date."""

    text: str


@dataclass(frozen=True)
class Sheet:
    """A sheet: a bold, frozen header row and data rows.

    `hidden`: number of last columns to hide. `is_locked`: only `EditableCell` cells can be edited, and long
    headers wrap. `has_filter`: the header row has Excel's filter buttons (a
    locked sheet always has), and the sheet prints on pages as wide as its columns. `choices`:
    column number (from 1) → allowed values. `hints`: column number → text shown beside the selected cell.
    """

    name: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]
    widths: Sequence[int] = ()
    hidden: int = 0
    frozen: str = "A2"
    is_locked: bool = False
    has_filter: bool = False
    choices: Mapping[int, Choices] = field(default_factory=dict)
    hints: Mapping[int, str] = field(default_factory=dict)


def column_letter(index: int) -> str:
    """Return the letter of a column in Excel: 0 → A, 26 → AA."""
    from openpyxl.utils import get_column_letter  # takes 21 MiB, so only when needed

    return get_column_letter(index + 1)


def cell_name(row: int, column: int) -> str:
    """Return the name of a cell, for example «J7». Row and column count from 1."""
    return f"{column_letter(column - 1)}{row}"
