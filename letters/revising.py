"""What a list would change, letter by letter and field by field: what stood there, and what the list says now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import BooleanField, Case, Count, Exists, OuterRef, Q, QuerySet, Value, When

from letters import recipients
from letters.importing.columns import LABELS
from letters.models import ImportBatch, ImportRow, Letter
from sepo_incident import danish
from sepo_incident.accounts.models import User
from sepo_incident.pills import Pill

#: value of ``?vis=`` → what it is called, and which of the changes it shows
CHOICES = {
    "": ("Alle ændringer", Q()),
    "besluttede": ("Har en beslutning", Q(is_decided=True)),
    "valgte": ("Valgt", Q(is_chosen=True)),
}


class Fact(NamedTuple):
    label: str
    before: str
    after: str


class Revised(NamedTuple):
    """A row that is about a letter we have. The letter is fetched for its reader; None where they may not see it."""

    row: ImportRow
    letter: Letter | None
    facts: list[Fact]
    is_decided: bool
    is_taken: bool


def changes_of(batch: ImportBatch) -> QuerySet[ImportRow]:
    """The changed rows; each knows whether its letter has a decision, and whether the list's word is or was taken."""
    same = Letter.objects.decided().filter(incident=batch.incident_id, source_ref=OuterRef("source_ref"))
    is_taken = Case(When(batch.taken, then=Value(True)), default=Value(False), output_field=BooleanField())
    return batch.rows.filter(verdict=ImportRow.Verdict.CHANGED).annotate(is_decided=Exists(same), is_taken=is_taken)


def chosen(rows: QuerySet[ImportRow], look: str) -> QuerySet[ImportRow]:
    return rows.filter(CHOICES[look][1])


def pills(rows: QuerySet[ImportRow], look: str) -> list[Pill]:
    """One query."""
    numbers = rows.aggregate(**{slug or "alle": Count("pk", shown) for slug, (_, shown) in CHOICES.items()})
    return [
        Pill(label, f"?vis={slug}" if slug else "?", numbers[slug or "alle"], is_current=slug == look)
        for slug, (label, _) in CHOICES.items()
        if slug in ("", look) or numbers[slug or "alle"]
    ]


def told(batch: ImportBatch, rows: Iterable[ImportRow], reader: User) -> list[Revised]:
    """The rows of one page. One query."""
    rows = list(rows)
    seen = Letter.objects.visible_to(reader).filter(incident=batch.incident_id)
    letters = {one.source_ref: one for one in seen.filter(source_ref__in=[row.source_ref for row in rows])}
    return [
        Revised(row, letters.get(row.source_ref), _facts(row), row.is_decided, row.is_taken)  # type: ignore[attr-defined]
        for row in rows
    ]


def _facts(row: ImportRow) -> list[Fact]:
    named = LABELS | {"withdrawn": "På listen"}
    return [
        Fact(label, shown(name, row.changes[name][0]), shown(name, row.changes[name][1]))
        for name, label in named.items()
        if name in row.changes
    ]


def shown(name: str, value: str) -> str:
    """A side of a change as people read it: a recipient only as the code."""
    match name:
        case "recipient":
            return f"kode {recipients.recipient_code(value)}" if value else "(tom)"
        case "sent_at" if value:
            at = datetime.strptime(value, "%d-%m-%Y %H:%M")  # the clock on the wall, as plan wrote it
            return f"{danish.date(at)} {danish.clock(at)}"
        case "recipient_kind":
            return {"CITIZEN": "Borger", "EMPLOYEE": "Medarbejder"}.get(value, "Ukendt")
    return value or "(tom)"
