"""A workbook of the rejected rows to send back: the columns of the list, the problems to correct, and a key.

A text that may not leave (a recipient, the subject of a personnel case) is a placeholder. When the workbook comes
back, the hidden key of the row tells the import where the text is (`letters/importing/checks/returned_rows.py`).
"""

from collections.abc import Iterator

from letters.importing.columns import returned_row_keys
from letters.importing.headers import FIELD_BY_LABEL, OUR_HEADERS
from letters.importing.rows.row_parser import shown_cells
from letters.models import ImportBatch, ImportRow
from sepo_incident.core import spreadsheets

Verdict = ImportRow.Verdict
COLUMN_WIDTH, REASONS_WIDTH = 22, 70


def rejected_rows_workbook(batch: ImportBatch) -> bytes:
    """Return the workbook with the rows in the order of the list and every bad cell marked."""
    own = returned_row_keys.workbook_headers(batch.mapping)
    columns, names = [*own.values(), *OUR_HEADERS], list(own)
    widths = [COLUMN_WIDTH] * len(own) + [
        COLUMN_WIDTH if batch.sheet_names else COLUMN_WIDTH // 2,
        REASONS_WIDTH,
        COLUMN_WIDTH,
    ]
    return spreadsheets.build_xlsx(columns, _workbook_rows(batch, names), "Afviste rækker", widths, hidden=1)


def _workbook_rows(batch: ImportBatch, names: list[str]) -> Iterator[list[object]]:
    for row in batch.rows.filter(verdict=Verdict.REJECTED).iterator(chunk_size=2000):
        shown = shown_cells(row)
        bad = {FIELD_BY_LABEL[problem["column"]] for problem in row.problems}
        cells = [shown.get(name, "") for name in names]
        marked = [
            spreadsheets.MarkedCell(text) if name in bad else text for name, text in zip(names, cells, strict=True)
        ]
        place = row.where if batch.sheet_names else row.row
        yield [*marked, place, _join_problem_messages(row), returned_row_keys.sign_row_key(batch.incident_id, row.pk)]


def _join_problem_messages(row: ImportRow) -> str:
    return " ".join(f"{problem['column']}: {problem['message']}" for problem in row.problems)
