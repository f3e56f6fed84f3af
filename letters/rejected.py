"""The rejected rows of a list as a workbook to send back: the list's own columns, what is to be mended, and a key.

What may not leave (a recipient, the subject of a personnel case) is a placeholder, and the hidden key of the row tells
the import where to find it when the workbook comes back (``importing.returning``).
"""

from collections.abc import Iterator

from letters import exporting
from letters.importing import returning
from letters.importing.columns import OURS
from letters.importing.correcting import FIELD_OF
from letters.importing.rows import cells_of
from letters.models import ImportBatch, ImportRow

Verdict = ImportRow.Verdict
WIDTH, WIDE = 22, 70


def workbook(batch: ImportBatch) -> bytes:
    """The rows in the list's order, each bad cell marked."""
    own = returning.headers_of(batch.mapping)
    columns, names = [*own.values(), *OURS], list(own)
    widths = [WIDTH] * len(own) + [WIDTH if batch.sheet_names else WIDTH // 2, WIDE, WIDTH]
    return exporting.to_xlsx(columns, _rows(batch, names), "Afviste rækker", widths, hidden=1)


def _rows(batch: ImportBatch, names: list[str]) -> Iterator[list[object]]:
    for row in batch.rows.filter(verdict=Verdict.REJECTED).iterator(chunk_size=2000):
        shown = cells_of(row)
        bad = {FIELD_OF[problem["column"]] for problem in row.problems}
        cells = [shown.get(name, "") for name in names]
        marked = [exporting.Marked(text) if name in bad else text for name, text in zip(names, cells, strict=True)]
        place = row.where if batch.sheet_names else row.row
        yield [*marked, place, _reasons(row), returning.key_of(batch.incident_id, row.pk)]


def _reasons(row: ImportRow) -> str:
    return " ".join(f"{problem['column']}: {problem['message']}" for problem in row.problems)
