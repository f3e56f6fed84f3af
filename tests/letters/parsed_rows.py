"""Parse single rows with the default category rules."""

from collections.abc import Mapping, Sequence
from datetime import date

from letters.categories import category_rules
from letters.categories.category_matching import CategoryMatcher
from letters.importing.files.headers import recognise_columns
from letters.importing.rows.cell_rules import IncidentWindow
from letters.importing.rows.row_parser import ParsedRow, RowParser, shown_cells_from_fields
from letters.models import CategoryRule
from tests.letters.list_files import row

WINDOW = IncidentWindow(date(2019, 12, 9), date(2019, 12, 19))


def default_matcher() -> CategoryMatcher:
    """Return a matcher with the default rules of an incident."""
    return CategoryMatcher(CategoryRule(**rule) for rule in category_rules.DEFAULT_RULES)


def parse_raw_row(number: int, cells: Sequence[str], columns: Mapping[str, int], window: IncidentWindow) -> ParsedRow:
    """Return the parsed row. `columns` is {field: index of the cell}, `number` the row in Excel."""
    return RowParser(columns, window, default_matcher(), remembered=0).row(number, cells)


def shown_cells(row: ParsedRow) -> dict[str, str]:
    """Return the cells as the check page shows them."""
    return row.as_written or shown_cells_from_fields(row)


def parse_row(**cells: str) -> ParsedRow:
    raw = row(**cells)
    return parse_raw_row(14, list(raw.values()), recognise_columns(list(raw)), WINDOW)


def row_problems(**cells: str) -> list[tuple[str, str, str]]:
    return [(one["column"], one["message"], one["severity"]) for one in parse_row(**cells).problems]
