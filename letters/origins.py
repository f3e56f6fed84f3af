"""What an earlier list made of a row's Brev-id: it brought the letter in, or its row was rejected."""

from collections.abc import Iterable

from letters.models import ImportBatch, ImportRow, Letter

Verdict = ImportRow.Verdict


def of(batch: ImportBatch, rows: Iterable[ImportRow]) -> dict[int, str]:
    """Row → «Kendt fra »liste 7. januar.xlsx«, række 12», or «Afvist på …». Two queries."""
    rows = list(rows)
    return _rejected_before(batch, rows) | _known_before(batch, rows)


def _known_before(batch: ImportBatch, rows: Iterable[ImportRow]) -> dict[int, str]:
    refs = {row.source_ref: row.pk for row in rows if row.verdict in (Verdict.KNOWN, Verdict.CHANGED)}
    letters = Letter.objects.filter(incident=batch.incident_id, source_ref__in=refs).exclude(batch=batch)
    told = letters.select_related("batch").only(
        "source_ref", "batch_sheet", "batch_row", "batch__filename", "batch__sheet_names"
    )
    return {refs[one.source_ref]: _known_from(one) for one in told}


def _known_from(letter: Letter) -> str:
    said = f"Kendt fra »{letter.batch.filename}«"
    return f"{said}, {letter.batch.where(letter.batch_sheet, letter.batch_row)}" if letter.batch_row else said


def _rejected_before(batch: ImportBatch, rows: Iterable[ImportRow]) -> dict[int, str]:
    """Where several lists have rejected it, the last of them."""
    is_asked = (Verdict.NEW, Verdict.REJECTED)
    refs = {row.source_ref: row.pk for row in rows if row.source_ref and row.verdict in is_asked}
    earlier = ImportRow.objects.filter(batch__incident=batch.incident_id, batch__lt=batch.pk, source_ref__in=refs)
    told = earlier.filter(verdict=Verdict.REJECTED).select_related("batch").order_by("batch", "-sheet", "-row")
    return {refs[one.source_ref]: f"Afvist på »{one.batch.filename}«, {one.where}" for one in told}
