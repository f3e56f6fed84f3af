"""Staged rows against the letters we have: which are new, known, changed or rejected. Changes no letter.

Judged in SQL, so that the time hardly grows with the list.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Count, Q

from letters.importing import former_addresses, hiding, places, shutting_out
from letters.importing.cells import NOTICE
from letters.importing.given import CHOSEN, STANDS
from letters.models import ImportBatch, ImportRow, Letter
from letters.models.letter import HIDDEN
from sepo_incident import sizes

Take, Verdict = ImportBatch.Take, ImportRow.Verdict
#: accepted with a remark
NOTICED = Q(problems__contains=[{"severity": NOTICE}]) & ~Q(verdict=Verdict.REJECTED)
#: As many are joined in no time in any order, and in little memory if they are held against their places.
FEW_ROWS = 5_000
_JOINED_BY = (
    "batch_id", "row", "verdict", "source_ref", "sender_email", "sender_name", "leader_email", "leader_name",
    *places.Place._fields,
)  # fmt: skip


@dataclass(frozen=True)
class Counts:
    """How a batch's rows fall. ``noticed``: accepted with a remark; ``corrected``: by people, on the check page.

    ``rows`` leaves the blank ones out. Of those that are ``changed``, ``chosen`` are ticked by somebody, and ``left``
    came in without theirs.
    """

    rows: int
    new: int
    known: int
    changed: int
    rejected: int
    noticed: int
    corrected: int
    blank: int
    chosen: int = 0
    left: int = 0

    @property
    def coming(self) -> int:
        """The letters a commit will touch, or has touched."""
        return self.new + self.changed - self.left

    @property
    def with_problems(self) -> int:
        return self.rejected + self.noticed

    @property
    def in_file(self) -> int:
        """Every row, the blank ones too: new + known + changed + rejected + blank."""
        return self.rows + self.blank

    @property
    def as_seen(self) -> str:
        """The totals that somebody confirms; as soon as one differs, it is another text."""
        return ".".join(
            map(str, (self.new, self.changed, self.chosen, self.known, self.rejected, self.noticed, self.blank))
        )


class _Sides(NamedTuple):
    """SQL: a fact as the letter has it and as the row has it, how people are shown the two, and when what a person
    chose stands against the row."""

    old: str
    new: str
    old_shown: str = ""
    new_shown: str = ""
    stands: str = "false"

    def differ(self, name: str) -> str:
        """Only in what the list tells of: a column that it does not have says nothing."""
        is_other = f"{self.old} IS DISTINCT FROM {self.new} AND NOT coalesce({self.stands}, false)"
        return f"(r.sheet = ANY(%(tell_{name})s::smallint[]) AND {is_other})"

    @property
    def shown(self) -> str:
        return f"{self.old_shown or self.old}, {self.new_shown or self.new}"


_WHEN = "to_char({} AT TIME ZONE 'Europe/Copenhagen', 'DD-MM-YYYY HH24:MI')"
#: The subject of a personnel case is never among the values.
_UNLESS_HIDDEN = "CASE WHEN l.is_personnel_case OR r.is_personnel_case THEN %(hidden)s::text ELSE {} END"
#: field → its sides; ``place``, ``sender``, ``leader`` and ``unit`` are joined below
_FIELDS = {
    "sent_at": _Sides("l.sent_at", "r.sent_at", _WHEN.format("l.sent_at"), _WHEN.format("r.sent_at")),
    "sender_email": _Sides("coalesce(lower(sender.email), '')", "r.sender_email", stands=STANDS["sender_email"]),
    "sender_name": _Sides("l.sender_name", "r.sender_name"),
    "leader_email": _Sides("coalesce(lower(leader.email), '')", "r.leader_email", stands=STANDS["leader_email"]),
    "leader_name": _Sides("l.leader_name", "r.leader_name"),
    "recipient_kind": _Sides("l.recipient_kind", "r.recipient_kind"),
    "recipient": _Sides("l.recipient_key", "r.recipient_key"),
    "unit_name": _Sides(
        "l.unit_id",
        "place.unit_id",
        "coalesce(unit.name, '')",
        "coalesce(nullif(r.subunit, ''), r.unit_name)",
        STANDS["unit_name"],
    ),
    "subject": _Sides("l.subject", "r.subject", _UNLESS_HIDDEN.format("l.subject"), _UNLESS_HIDDEN.format("r.subject")),
    "withdrawn": _Sides("l.withdrawn_at", "NULL", "'trukket tilbage'::text", "'på listen igen'::text"),
}


def _differences() -> str:
    """SQL: ``{field: [old, new]}`` for what differs. Nothing is built for the many rows where nothing does."""
    parts = (
        f"CASE WHEN {sides.differ(name)} THEN jsonb_build_object('{name}', jsonb_build_array({sides.shown})) "
        "ELSE '{}' END"
        for name, sides in _FIELDS.items()
    )
    any_differ = " OR ".join(sides.differ(name) for name, sides in _FIELDS.items())
    return f"CASE WHEN {any_differ} THEN {' || '.join(parts)} ELSE '{{}}' END"


#: The rows' places as a table: joined wherever a row needs its unit. Each row has one, so LEFT JOIN finds the same, but
#: of five columns that must be equal the planner expects one row of a long list, and then holds the list in memory.
PLACES = f"""jsonb_to_recordset(%(places)s::jsonb) AS place(
    {", ".join(f"{name} text" for name in places.Place._fields)}, unit_id bigint)"""
OF_A_ROW = ", ".join(places.Place._fields)
#: every accepted row against its letter: (id, changes, verdict), and the verdict it has so far
_COMPARED = f"""
    SELECT id, changes, so_far,
           CASE WHEN is_new THEN 'NEW' WHEN changes = '{{}}' THEN 'KNOWN' ELSE 'CHANGED' END AS verdict
    FROM (
        SELECT r.id, r.verdict AS so_far, l.id IS NULL AS is_new,
               CASE WHEN l.id IS NULL THEN '{{}}'::jsonb ELSE {_differences()} END AS changes
        FROM letters_importrow AS r
        LEFT JOIN {PLACES} USING ({OF_A_ROW})
        LEFT JOIN letters_letter AS l ON l.incident_id = %(incident)s AND l.source_ref = r.source_ref
        LEFT JOIN {CHOSEN} ON chosen.letter_id = l.id
        LEFT JOIN accounts_user AS sender ON sender.id = l.sender_id
        LEFT JOIN accounts_user AS leader ON leader.id = l.leader_id
        LEFT JOIN accounts_unit AS unit ON unit.id = l.unit_id
        WHERE r.batch_id = %(batch)s AND r.verdict <> 'REJECTED'
          AND (%(only)s::bigint[] IS NULL OR r.id = ANY(%(only)s::bigint[]))
    ) AS held_together
"""  # noqa: S608 - nothing in it comes from outside
#: Only where it differs, for writing a row again costs as much as staging it did. What is changed may differ otherwise.
_COMPARE = f"""
    UPDATE letters_importrow AS r SET changes = c.changes, verdict = c.verdict
    FROM ({_COMPARED}) AS c WHERE c.id = r.id AND (c.verdict <> c.so_far OR c.verdict = 'CHANGED')
"""  # noqa: S608
_COUNT = f"SELECT verdict, count(*) FROM ({_COMPARED}) AS c GROUP BY verdict"  # noqa: S608


def join_in_bulk() -> None:
    """For this transaction. The planner has no numbers for rows that just came, takes them for a handful and would
    hold each row against each letter (20.000 rows: 67 s instead of 1). With the usual 4 MB it sorts on disk; with much
    more, a list of a million rows would fill the memory instead."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off; SET LOCAL hash_mem_multiplier = 1; SET LOCAL work_mem = '8MB'")


def learn_sizes(batch: ImportBatch) -> None:
    """Of what was just staged, where it is so much that it matters in which order it is joined.

    A planner that knows only the lists before it expects no rows of it, and then holds all that have one place at once.
    """
    if batch.total_rows > FEW_ROWS:
        sizes.learn(f"letters_importrow ({', '.join(_JOINED_BY)})")


@transaction.atomic
def compare(batch: ImportBatch, only: Sequence[int] | None = None) -> None:
    """Give every accepted row its verdict against the letters as they stand now. May be repeated.

    The subject of what is a personnel case is hidden in its row as well.
    ``only``: a few rows (ids), where one of them was corrected.
    """
    former_addresses.follow(batch)
    if only is None:
        join_in_bulk()
        if not Letter.objects.filter(incident=batch.incident_id).exists():
            accepted = batch.rows.exclude(verdict__in=(Verdict.REJECTED, Verdict.NEW))
            accepted.update(verdict=Verdict.NEW, changes={})
            return
    shutting_out.refuse(batch, only)
    values = _values(batch, only)
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE, values)
    hiding.in_one_list(batch, only)


@transaction.atomic
def count_anew(batch: ImportBatch) -> Counts:
    """How the rows stand against the letters now; their record stays as it was."""
    join_in_bulk()
    values = _values(batch)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        now = dict(cursor.fetchall())
    return replace(count(batch), **{name: now.get(name.upper(), 0) for name in ("new", "known", "changed")})


def _values(batch: ImportBatch, only: Sequence[int] | None = None) -> dict[str, Any]:
    found = places.find(places.of(batch.pk) if only is None else places.of_rows(batch.rows.filter(pk__in=only)))
    return {
        "places": as_json(found),
        **{f"tell_{name}": _telling(name, batch) for name in _FIELDS},
        "incident": batch.incident_id,
        "batch": batch.pk,
        "hidden": HIDDEN,
        "only": None if only is None else list(only),
    }


def _telling(name: str, batch: ImportBatch) -> list[int]:
    """The sheets that have a column for it. Any level tells of the unit, being on the list that it is not withdrawn."""
    columns = {"unit_name": {*places.Place._fields}, "withdrawn": {"source_ref"}}.get(name, {name})
    return [sheet for sheet, fields in enumerate(batch.sheet_fields) if columns & set(fields)]


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
        chosen=Count("pk", Q(verdict=Verdict.CHANGED, is_chosen=True)),
        corrected=Count("pk", ~Q(corrections=[])),
    )
    left = {Take.ALL: 0, Take.NONE: counts["changed"], Take.CHOSEN: counts["changed"] - counts["chosen"]}
    return Counts(**counts, blank=batch.blank_rows, left=left[Take(batch.takes)])
