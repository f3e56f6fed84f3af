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

from followups.models import ClosingCertificate, FollowUp
from followups.reporting.letter_figures import is_open_letter
from followups.rules import letter_state
from letters.models import ImportBatch, ImportRow, Incident, Letter
from sepo_incident.accounts.models import Unit, User
from sepo_incident.audit.models import Link
from sepo_incident.core import danish

TITLE = "AFSLUTNINGSBEVIS FOR EN HÆNDELSE MED SIKKER POST"
LETTERS_HEADER = ("Enhed", "Indlæst", "Kommet frem", "Nyt brev", "Sendes ikke igen", "Trukket tilbage", "Åbne")
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


def outcome_conditions(at: datetime) -> dict[str, Q]:
    """Return {outcome: condition} in the order of the certificate's columns. Each letter matches exactly one.

    A letter is out of the way when its leader has confirmed the decision and, if something was sent, its arrival is
    proven. Everything else is open, as where the incident is closed. A letter that was sent again and replaced counts
    as arrived.
    """
    confirmed = Q(withdrawn_at=None, followup__status=FollowUp.Status.CONFIRMED)
    arrived = confirmed & letter_state.arrival_conditions(danish.local_date(at))["ARRIVED"]
    new_letter, no_dispatch = Q(followup__remedy="NEW_LETTER"), confirmed & Q(followup__remedy="NO_DISPATCH")
    return {
        "arrived": arrived & ~new_letter,
        "new_letter": arrived & new_letter,
        "no_dispatch": no_dispatch,
        "withdrawn": Q(withdrawn_at__isnull=False),
        "open": Q(is_open_letter(danish.local_date(at)), withdrawn_at=None),
    }


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
    counts = {outcome: Count("pk", filter=condition) for outcome, condition in outcome_conditions(at).items()}
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
