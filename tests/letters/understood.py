"""Rows and subjects understood on their own, by the rules that every incident begins with."""

from collections.abc import Mapping, Sequence

from letters.categories import category_rules
from letters.categories.category_matcher import CategoryMatcher
from letters.importing.rows.cell_rules import IncidentWindow
from letters.importing.rows.row_parser import ParsedRow, RowParser, shown_cells_from_fields
from letters.models import CategoryRule


def by_default() -> CategoryMatcher:
    return CategoryMatcher(CategoryRule(**rule) for rule in category_rules.DEFAULT_RULES)


def parse(number: int, cells: Sequence[str], columns: Mapping[str, int], window: IncidentWindow) -> ParsedRow:
    """``columns`` is field → index of its cell; ``number`` the row in Excel."""
    return RowParser(columns, window, by_default(), remembered=0).row(number, cells)


def shown(row: ParsedRow) -> dict[str, str]:
    """Its cells as the check page has them."""
    return row.as_written or shown_cells_from_fields(row)
