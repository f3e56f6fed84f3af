"""Compare rows of a list with known letters, field by field: the old value and the list's value.

Also the origin of a row: the earlier list that brought the letter or rejected the row.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import BooleanField, Case, Count, Exists, OuterRef, Q, QuerySet, Value, When

from letters import recipient_keys
from letters.importing.headers import LABELS
from letters.models import ImportBatch, ImportRow, Letter
from sepo_incident.accounts.models import User
from sepo_incident.core import danish
from sepo_incident.core.components import Pill

#: Value of `?vis=` → (Danish label, condition on the changes).
CHANGE_FILTERS = {
    "": ("Alle ændringer", Q()),
    "besluttede": ("Har en beslutning", Q(is_decided=True)),
    "valgte": ("Valgt", Q(is_chosen=True)),
}


class FieldChange(NamedTuple):
    label: str
    before: str
    after: str


class ChangedLetter(NamedTuple):
    """A row about a known letter. `letter` is None if the reader may not see the letter."""

    row: ImportRow
    letter: Letter | None
    facts: list[FieldChange]
    is_decided: bool
    is_taken: bool


def changed_rows(batch: ImportBatch) -> QuerySet[ImportRow]:
    """Return the changed rows, annotated with `is_decided` and `is_taken`.

    `is_decided`: the letter has a decision. `is_taken`: the list's value is, or will be, applied.
    """
    same = Letter.objects.decided().filter(incident=batch.incident_id, source_ref=OuterRef("source_ref"))
    is_taken = Case(
        When(batch.chosen_changes_condition, then=Value(True)), default=Value(False), output_field=BooleanField()
    )
    return batch.rows.filter(verdict=ImportRow.Verdict.CHANGED).annotate(is_decided=Exists(same), is_taken=is_taken)


def filter_changes(rows: QuerySet[ImportRow], look: str) -> QuerySet[ImportRow]:
    return rows.filter(CHANGE_FILTERS[look][1])


def build_change_pills(rows: QuerySet[ImportRow], look: str) -> list[Pill]:
    """Return the filters with counts. One query."""
    numbers = rows.aggregate(**{slug or "alle": Count("pk", shown) for slug, (_, shown) in CHANGE_FILTERS.items()})
    return [
        Pill(label, f"?vis={slug}" if slug else "?", numbers[slug or "alle"], is_current=slug == look)
        for slug, (label, _) in CHANGE_FILTERS.items()
        if slug in ("", look) or numbers[slug or "alle"]
    ]


def describe_changed_letters(batch: ImportBatch, rows: Iterable[ImportRow], reader: User) -> list[ChangedLetter]:
    """Return the changes of the rows of a page. One query."""
    rows = list(rows)
    seen = Letter.objects.visible_to(reader).filter(incident=batch.incident_id)
    letters = {one.source_ref: one for one in seen.filter(source_ref__in=[row.source_ref for row in rows])}
    return [
        ChangedLetter(row, letters.get(row.source_ref), _field_changes(row), row.is_decided, row.is_taken)  # type: ignore[attr-defined]
        for row in rows
    ]


def _field_changes(row: ImportRow) -> list[FieldChange]:
    named = LABELS | {"withdrawn": "På listen"}
    return [
        FieldChange(label, display_value(name, row.changes[name][0]), display_value(name, row.changes[name][1]))
        for name, label in named.items()
        if name in row.changes
    ]


def display_value(name: str, value: str) -> str:
    """Return a side of a change as people read the value; a recipient only as the short code."""
    match name:
        case "recipient":
            return f"kode {recipient_keys.short_recipient_code(value)}" if value else "(tom)"
        case "sent_at" if value:
            at = datetime.strptime(value, "%d-%m-%Y %H:%M")  # Danish local time, as `plan` wrote the value
            return f"{danish.date(at)} {danish.clock(at)}"
        case "recipient_kind":
            return {"CITIZEN": "Borger", "EMPLOYEE": "Medarbejder"}.get(value, "Ukendt")
    return value or "(tom)"


Verdict = ImportRow.Verdict


def find_row_origins(batch: ImportBatch, rows: Iterable[ImportRow]) -> dict[int, str]:
    """Return {row id: «Kendt fra »liste 7. januar.xlsx«, række 12» or «Afvist på …»}. Two queries."""
    rows = list(rows)
    return _rejected_before(batch, rows) | _known_before(batch, rows)


def _known_before(batch: ImportBatch, rows: Iterable[ImportRow]) -> dict[int, str]:
    refs = {row.source_ref: row.pk for row in rows if row.verdict in (Verdict.KNOWN, Verdict.CHANGED)}
    letters = Letter.objects.filter(incident=batch.incident_id, source_ref__in=refs).exclude(batch=batch)
    letters_known = letters.select_related("batch").only(
        "source_ref", "batch_sheet", "batch_row", "batch__filename", "batch__sheet_names"
    )
    return {refs[one.source_ref]: _known_from_text(one) for one in letters_known}


def _known_from_text(letter: Letter) -> str:
    origin = f"Kendt fra »{letter.batch.filename}«"
    return f"{origin}, {letter.batch.where(letter.batch_sheet, letter.batch_row)}" if letter.batch_row else origin


def _rejected_before(batch: ImportBatch, rows: Iterable[ImportRow]) -> dict[int, str]:
    """If several lists rejected the row, name the last list."""
    is_asked = (Verdict.NEW, Verdict.REJECTED)
    refs = {row.source_ref: row.pk for row in rows if row.source_ref and row.verdict in is_asked}
    earlier = ImportRow.objects.filter(batch__incident=batch.incident_id, batch__lt=batch.pk, source_ref__in=refs)
    rejected_rows = earlier.filter(verdict=Verdict.REJECTED).select_related("batch").order_by("batch", "-sheet", "-row")
    return {refs[one.source_ref]: f"Afvist på »{one.batch.filename}«, {one.where}" for one in rejected_rows}
