"""Staged rows against the letters we have: which are new, known, changed or rejected. Changes no letter.

Rows are staged by COPY and judged in SQL, so that the time hardly grows with the list.
"""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q

from letters.importing import places
from letters.importing.rows import NOTICE, REJECT, Row
from letters.models import ImportBatch, ImportRow
from letters.models.letter import HIDDEN

Verdict = ImportRow.Verdict
#: accepted with a remark
NOTICED = Q(problems__contains=[{"severity": NOTICE}]) & ~Q(verdict=Verdict.REJECTED)
STAGED = (
    "row", "source_ref", "sent_at", "sender_name", "sender_email", "leader_name", "leader_email", "administration",
    "area", "unit_name", "subunit", "recipient_kind", "recipient_key", "subject", "category", "is_personnel_case",
    "named_on", "shown", "problems",
)  # fmt: skip


@dataclass(frozen=True)
class Counts:
    """How a batch's rows fall. ``noticed``: accepted with a remark. ``rows`` leaves the blank ones out."""

    rows: int
    new: int
    known: int
    changed: int
    rejected: int
    noticed: int
    blank: int

    @property
    def coming(self) -> int:
        """The letters a commit will touch."""
        return self.new + self.changed

    @property
    def with_problems(self) -> int:
        return self.rejected + self.noticed


def stage(batch: ImportBatch, rows: Iterable[Row]) -> int:
    """Put typed rows into ``ImportRow`` by COPY; the number staged."""
    text, count = io.StringIO(), 0
    # Not-null quoting is how COPY tells an empty text from NULL.
    writer = csv.writer(text, quoting=csv.QUOTE_NOTNULL)
    for row in rows:
        values = asdict(row)
        values["shown"] = json.dumps(row.shown, ensure_ascii=False)
        values["problems"] = json.dumps(row.problems, ensure_ascii=False)
        verdict = Verdict.REJECTED if row.is_rejected else ""
        writer.writerow([batch.pk, *(values[name] for name in STAGED), "{}", str(verdict)])
        count += 1
    text.seek(0)
    columns = ", ".join(("batch_id", *STAGED, "changes", "verdict"))
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY letters_importrow ({columns}) FROM STDIN WITH (FORMAT csv)", text)
    return count


def reject_repeated(batch: ImportBatch) -> None:
    """The second of two rows with one Brev-id is rejected, and says where the first is."""
    problem = {"column": "Brev-id", "severity": REJECT}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH numbered AS (
                SELECT id, row, min(row) OVER (PARTITION BY source_ref) AS first_row
                FROM letters_importrow WHERE batch_id = %s AND verdict = ''
            )
            UPDATE letters_importrow AS r
            SET verdict = 'REJECTED',
                problems = r.problems || jsonb_build_array(%s::jsonb || jsonb_build_object(
                    'value', r.source_ref,
                    'message', 'Det samme brev står i række '
                               || replace(to_char(n.first_row, 'FM9,999,999'), ',', '.') || '.'))
            FROM numbered AS n WHERE n.id = r.id AND n.row > n.first_row
            """,
            [batch.pk, json.dumps(problem)],
        )


#: field → (the letter's side, the row's side, how each is shown); ``place``, ``sender`` and ``leader`` are joined below
_SENT = "to_char({} AT TIME ZONE 'Europe/Copenhagen', 'DD-MM-YYYY HH24:MI')"
_FIELDS = {
    "sent_at": ("l.sent_at", "r.sent_at", _SENT),
    "sender_email": ("coalesce(lower(sender.email), '')", "r.sender_email", "{}"),
    "sender_name": ("l.sender_name", "r.sender_name", "{}"),
    "leader_email": ("coalesce(lower(leader.email), '')", "r.leader_email", "{}"),
    "leader_name": ("l.leader_name", "r.leader_name", "{}"),
    "recipient_kind": ("l.recipient_kind", "r.recipient_kind", "{}"),
    "recipient": ("l.recipient_key", "r.recipient_key", "{}"),
}


def _differences() -> str:
    """SQL: ``{field: [old, new]}`` for what differs. The subject of a personnel case is never among the values."""
    parts = [
        f"CASE WHEN {old} IS DISTINCT FROM {new} THEN jsonb_build_object("
        f"'{name}', jsonb_build_array({shown.format(old)}, {shown.format(new)})) ELSE '{{}}' END"
        for name, (old, new, shown) in _FIELDS.items()
    ]
    parts.append(
        "CASE WHEN l.unit_id IS DISTINCT FROM place.unit_id THEN jsonb_build_object('unit_name', jsonb_build_array("
        "coalesce(unit.name, ''), coalesce(nullif(r.subunit, ''), r.unit_name))) ELSE '{}' END"
    )
    parts.append(
        "CASE WHEN l.subject IS DISTINCT FROM r.subject THEN jsonb_build_object('subject', CASE WHEN "
        "l.is_personnel_case OR r.is_personnel_case THEN jsonb_build_array(%(hidden)s::text, %(hidden)s::text) "
        "ELSE jsonb_build_array(l.subject, r.subject) END) ELSE '{}' END"
    )
    return " || ".join(parts)


#: The rows' places as a table: joined wherever a row needs its unit.
PLACES = """jsonb_to_recordset(%(places)s::jsonb) AS place(
    administration text, area text, unit_name text, subunit text, unit_id bigint)"""
#: every accepted row against its letter: (id, letter_id, changes, verdict)
_COMPARED = f"""
    SELECT id, letter_id, changes,
           CASE WHEN letter_id IS NULL THEN 'NEW' WHEN changes = '{{}}' THEN 'KNOWN' ELSE 'CHANGED' END AS verdict
    FROM (
        SELECT r.id, l.id AS letter_id, CASE WHEN l.id IS NULL THEN '{{}}'::jsonb ELSE {_differences()} END AS changes
        FROM letters_importrow AS r
        JOIN {PLACES} USING (administration, area, unit_name, subunit)
        LEFT JOIN letters_letter AS l ON l.incident_id = %(incident)s AND l.source_ref = r.source_ref
        LEFT JOIN accounts_user AS sender ON sender.id = l.sender_id
        LEFT JOIN accounts_user AS leader ON leader.id = l.leader_id
        LEFT JOIN accounts_unit AS unit ON unit.id = l.unit_id
        WHERE r.batch_id = %(batch)s AND r.verdict <> 'REJECTED'
    ) AS held_together
"""  # noqa: S608 - nothing in it comes from outside
_COMPARE = f"""
    UPDATE letters_importrow AS r SET letter_id = c.letter_id, changes = c.changes, verdict = c.verdict
    FROM ({_COMPARED}) AS c WHERE c.id = r.id
"""  # noqa: S608
_COUNT = f"SELECT verdict, count(*) FROM ({_COMPARED}) AS c GROUP BY verdict"  # noqa: S608


def join_in_bulk() -> None:
    """For this transaction. The planner has no numbers for rows that just came, takes them for a handful and would
    hold each row against each letter (20.000 rows: 67 s instead of 1)."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")


@transaction.atomic
def compare(batch: ImportBatch) -> None:
    """Give every accepted row its verdict against the letters as they stand now. May be repeated."""
    join_in_bulk()
    values = _values(batch)
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE, values)


@transaction.atomic
def count_anew(batch: ImportBatch) -> Counts:
    """How the rows stand against the letters now; their record stays as it was."""
    join_in_bulk()
    values = _values(batch)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        now = dict(cursor.fetchall())
    return replace(count(batch), **{name: now.get(name.upper(), 0) for name in ("new", "known", "changed")})


def _values(batch: ImportBatch) -> dict[str, Any]:
    found = places.find(places.of(batch.pk))
    return {"places": as_json(found), "incident": batch.incident_id, "batch": batch.pk, "hidden": HIDDEN}


def as_json(found: places.Found) -> str:
    """What ``PLACES`` reads."""
    rows: list[dict[str, Any]] = [place._asdict() | {"unit_id": unit_id} for place, unit_id in found.items()]
    return json.dumps(rows, ensure_ascii=False)


def count(batch: ImportBatch) -> Counts:
    """One query."""
    counts = batch.rows.aggregate(
        rows=Count("pk"),
        new=Count("pk", Q(verdict=Verdict.NEW)),
        known=Count("pk", Q(verdict=Verdict.KNOWN)),
        changed=Count("pk", Q(verdict=Verdict.CHANGED)),
        rejected=Count("pk", Q(verdict=Verdict.REJECTED)),
        noticed=Count("pk", NOTICED),
    )
    return Counts(**counts, blank=batch.blank_rows)
