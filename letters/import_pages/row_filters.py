"""Ways to look at the rows of a file, each with its number: those of a list of letters, and those of a staff file.

What is said of the rows of a list, by kind: how many rows it is said of, and which they are.
"""

from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection
from django.db.models import Q

from letters.importing.rows.cell_rules import REJECT
from letters.importing.rows.problem_kinds import ProblemKind
from letters.models import ImportBatch
from sepo_incident.core.components import Pill


class RowFilter(NamedTuple):
    """``slug`` is its value of ``?vis=``, ``counted`` the field of the file's ``Counts`` that counts it."""

    slug: str
    label: str
    tone: str
    condition: Q
    counted: str
    is_pill: bool = True

    @property
    def url(self) -> str:
        return f"?vis={self.slug}#raekker"


def filter_from_slug(slug: str, choices: Iterable[RowFilter]) -> RowFilter | None:
    """The choice that the address asks for, if there is such a one."""
    return next((choice for choice in choices if choice.slug == slug), None)


def filter_pills(choices: Iterable[RowFilter], current: RowFilter | None, counts: object) -> list[Pill]:
    """Those that have rows, and the current one."""
    return [
        Pill(choice.label, choice.url, getattr(counts, choice.counted), choice.tone, choice == current)
        for choice in choices
        if (choice.is_pill and getattr(counts, choice.counted)) or choice == current
    ]


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


class ProblemTally(NamedTuple):
    """``rows`` have this wrong; ``rejects``: at least one of them is rejected for it."""

    kind: ProblemKind
    rejects: bool
    rows: int


def count_problems_by_kind(batch: ImportBatch) -> list[ProblemTally]:
    """One query, whatever the list's length."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_KIND, [REJECT, batch.pk])
        return [ProblemTally(ProblemKind(kind), rejects, rows) for kind, rejects, rows in cursor.fetchall()]


def kind_from_slug(slug: str) -> ProblemKind | None:
    """The kind that the address asks for, if there is such a one."""
    return ProblemKind(slug) if slug in ProblemKind.values else None


def has_problem_kind(kind: ProblemKind) -> Q:
    return Q(problems__contains=[{"kind": kind.value}])


def problem_pills(tallies: list[ProblemTally], current: ProblemKind | None, *, rejects: bool) -> list[Pill]:
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
