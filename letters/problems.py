"""What is said of the rows of a list, by kind: how many rows it is said of, and which they are."""

from typing import NamedTuple

from django.db import connection
from django.db.models import Q

from letters.importing.cells import REJECT
from letters.importing.kinds import Kind
from letters.models import ImportBatch
from sepo_incident.pills import Pill

#: A row may have the same thing wrong in two cells, and counts once. What rejects comes first, then the most common.
_BY_KIND = """
    SELECT kind, bool_or(is_rejected) AS rejects, count(*) AS rows
    FROM letters_importrow AS r CROSS JOIN LATERAL (
        SELECT p ->> 'kind' AS kind, bool_or(p ->> 'severity' = %s) AS is_rejected
        FROM jsonb_array_elements(r.problems) AS p GROUP BY kind
    ) AS one
    WHERE r.batch_id = %s AND r.problems <> '[]'
    GROUP BY kind ORDER BY rejects DESC, rows DESC, kind
"""


class Tally(NamedTuple):
    """``rows`` have this wrong; ``rejects``: at least one of them is rejected for it."""

    kind: Kind
    rejects: bool
    rows: int


def by_kind(batch: ImportBatch) -> list[Tally]:
    """One query, whatever the list's length."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_KIND, [REJECT, batch.pk])
        return [Tally(Kind(kind), rejects, rows) for kind, rejects, rows in cursor.fetchall()]


def chosen(slug: str) -> Kind | None:
    """The kind that the address asks for, if there is such a one."""
    return Kind(slug) if slug in Kind.values else None


def of_kind(kind: Kind) -> Q:
    return Q(problems__contains=[{"kind": kind.value}])


def pills(tallies: list[Tally], current: Kind | None, *, rejects: bool) -> list[Pill]:
    """A link per kind that must be mended, or that is only remarked; the one that is chosen leads back to all."""
    return [
        Pill(
            tally.kind.label,
            "?vis=problemer#raekker" if tally.kind == current else f"?slags={tally.kind}#raekker",
            tally.rows,
            "is-late" if rejects else "is-soon",
            tally.kind == current,
        )
        for tally in tallies
        if tally.rejects == rejects
    ]
