"""Issue the closing certificate of an incident as text: facts, totals per unit, the lists, and further tables.

The SHA-256 of the text is kept in the audit chain: a file is the same, or not the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from followups.models import ClosingCertificate
from followups.reporting.figure_definitions import LETTER_FIGURES
from followups.reporting.letter_figures import letter_conditions
from letters.models import ImportBatch, ImportRow, Incident, Letter
from sepo_incident.accounts.models import Unit, User
from sepo_incident.audit.models import Link
from sepo_incident.core import danish

TITLE = "AFSLUTNINGSBEVIS FOR EN HÆNDELSE MED SIKKER POST"
#: The first five divide the letters that are not withdrawn.
LETTER_COLUMNS = (
    *("FOLLOWED_UP", "LACKS_DECISION", "DECIDED", "TO_ANSWER", "DONE"),
    *("NO_DISPATCH", "ARRIVED", "ARRIVING"),
)
LETTERS_HEADER = ("Enhed", "Indlæst", "Trukket tilbage", *(LETTER_FIGURES[name].head for name in LETTER_COLUMNS))
LISTS_HEADER = ("Liste", "Indlæst den", "Nye breve")
TOTAL = "I alt"
WITHOUT_UNIT = "Uden enhed"
#: The letters of an undone list still exist, withdrawn.
IMPORTED_STATUSES = (ImportBatch.Status.COMMITTED, ImportBatch.Status.UNDONE)


class CertificateTable(NamedTuple):
    """A heading and a table: the column names, and the cells of each row as text."""

    heading: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@transaction.atomic
def issue_certificate(incident: Incident, by: User, tables: Sequence[CertificateTable] = ()) -> ClosingCertificate:
    """Write the certificate of the incident as it is now, and keep it in the audit chain.

    `tables`: further parts, for example the timeline and the measures.
    """
    Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)  # numbers are given one at a time
    now, number = timezone.now(), incident.certificates.count() + 1
    content = build_content(incident, by.name, now, number, tables)
    issued = {"number": number, "content": content, "fingerprint": fingerprint_of(content.encode())}
    return ClosingCertificate.objects.create(incident=incident, by=by, at=now, **issued)


def fingerprint_of(content: bytes) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits, as `sha256sum` does."""
    return hashlib.sha256(content).hexdigest()


def build_content(incident: Incident, by: str, at: datetime, number: int, tables: Sequence[CertificateTable]) -> str:
    """Return the text of the certificate. Six queries."""
    link = Link.objects.order_by("-number").first()
    facts = [
        ("Bevis nr.", str(number)),
        ("Hændelse", f"{incident.title} ({incident.slug})"),
        ("Breve sendt", incident.window),
        ("Frist", danish.date(incident.deadline)),
        ("Status", incident.get_status_display()),
        ("Udstedt", f"{danish.weekday_date(at)} {danish.clock(at)} af {by}"),
        ("Historikkens sidste led", f"{link.number} {bytes(link.hash).hex()}" if link else "ingen"),
    ]
    lines = [TITLE, *(f"{name}: {value}" for name, value in facts)]
    letters = CertificateTable("BREVE", LETTERS_HEADER, letter_rows(incident, at))
    lists = CertificateTable("LISTER", LISTS_HEADER, list_rows(incident))
    for table in (letters, lists, *tables):
        lines += ["", table.heading, *(" | ".join(row) for row in (table.header, *table.rows))]
    return "".join(f"{' '.join(line.split())}\n" for line in lines)


def letter_rows(incident: Incident, at: datetime) -> list[list[str]]:
    """Return a row for each unit with letters, in the order of the tree's names, and the totals. Two queries."""
    conditions = letter_conditions(None, danish.local_date(at), LETTER_COLUMNS)
    counts = {"withdrawn": Count("pk", filter=Q(withdrawn_at__isnull=False))}
    counts |= {name: Count("pk", filter=Q(condition, withdrawn_at=None)) for name, condition in conditions.items()}
    letters = Letter.objects.filter(incident=incident).order_by()
    counted = letters.values("unit").annotate(imported=Count("pk"), **counts)
    by_unit: dict[int | None, dict[str, Any]] = {row["unit"]: dict(row) for row in counted}
    units = Unit.objects.filter(pk__in=filter(None, by_unit)).in_order()
    named = [(unit.name, by_unit[unit.pk]) for unit in units]
    named += [(WITHOUT_UNIT, by_unit[None])] if None in by_unit else []
    columns = ["imported", *counts]
    named.append((TOTAL, {column: sum(row[column] for _, row in named) for column in columns}))
    return [[name, *(danish.number(row[column]) for column in columns)] for name, row in named]


def list_rows(incident: Incident) -> list[list[str]]:
    """Return a row for each committed list: name, day, and number of new letters. One query."""
    new = Count("rows", filter=Q(rows__verdict=ImportRow.Verdict.NEW))
    lists = ImportBatch.objects.filter(incident=incident, status__in=IMPORTED_STATUSES).annotate(new=new).order_by("pk")
    return [
        [one.filename, danish.date(one.committed_at) if one.committed_at else "", danish.number(one.new)]
        for one in lists
    ]
