"""Signed keys of rows in a workbook of rejected rows: how a row that returns is recognised."""

from collections.abc import Iterable, Sequence

from django.core import signing

from letters.importing.files.cell_cleaning import clean_text
from letters.importing.files.headers import LABELS, OUR_KEY_HEADER
from letters.models import ImportBatch, ImportRow


def sign_row_key(incident_id: int, row_id: int) -> str:
    return _signer(incident_id).sign(str(row_id))


def read_row_key(incident_id: int, key: str) -> int | None:
    """Return the row id of a signed key; None if the key is empty, changed, or of another incident."""
    try:
        return int(_signer(incident_id).unsign(key)) if key else None
    except signing.BadSignature:
        return None


def _signer(incident_id: int) -> signing.Signer:
    return signing.Signer(salt=f"letters.returning.{incident_id}", sep="~")


def find_key_column(headers: Sequence[str]) -> int | None:
    """Return the index of the column with the signed keys; None in any file but a workbook that we wrote."""
    return next((at for at, header in enumerate(headers) if clean_text(header) == OUR_KEY_HEADER), None)


def workbook_headers(mapping: Sequence[Sequence[str]]) -> dict[str, str]:
    """Return {field: header in the workbook of rejected rows}; of the headers of several sheets, the first."""
    headers: dict[str, str] = {}
    for header, name in mapping:
        if name:
            headers.setdefault(name, header or LABELS[name])
    return headers


def find_source_batch(incident_id: int, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> ImportBatch | None:
    """Return the batch that a workbook of rejected rows came from, by the keys in `rows`; None for any other file."""
    column = find_key_column(headers)
    if column is None:
        return None
    keys = [clean_text(cells[column]) for cells in rows if column < len(cells)]
    wanted = [row_id for key in keys if (row_id := read_row_key(incident_id, key))]
    row = ImportRow.objects.select_related("batch").filter(batch__incident=incident_id, pk__in=wanted).first()
    return row.batch if row else None
