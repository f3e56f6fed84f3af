"""Rows and subjects understood on their own, by the rules that every incident begins with."""

from collections.abc import Mapping, Sequence

from letters.categories import defaults
from letters.categories.judging import Judge
from letters.importing.cells import Window
from letters.importing.rows import Row, Understanding, shown_from
from letters.models import CategoryRule


def by_default() -> Judge:
    return Judge(CategoryRule(**rule) for rule in defaults.RULES)


def parse(number: int, cells: Sequence[str], columns: Mapping[str, int], window: Window) -> Row:
    """``columns`` is field → index of its cell; ``number`` the row in Excel."""
    return Understanding(columns, window, by_default(), remembered=0).row(number, cells)


def shown(row: Row) -> dict[str, str]:
    """Its cells as the check page has them."""
    return row.as_written or shown_from(row)
