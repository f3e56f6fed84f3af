"""Filters of the rows of a file, with counts, for lists of letters and for staff files.

Also the kinds of problems in a list, with the number of rows.
"""

from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection
from django.db.models import Q

from letters.importing.rows.cell_rules import REJECT
from letters.importing.rows.problem_kinds import ProblemKind
from letters.models import ImportBatch
from sepo_incident.core.components import Pill
from sepo_incident.core.sql_files import read_sql


class RowFilter(NamedTuple):
    """A filter of rows.

    `slug`: the value of `?vis=`. `counted`: the field of `RowCounts` or `VerdictCounts` with the number of rows.
    """

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
    """Return the filter with the slug, or None."""
    return next((choice for choice in choices if choice.slug == slug), None)


def filter_pills(choices: Iterable[RowFilter], current: RowFilter | None, counts: object) -> list[Pill]:
    """Return a pill for every filter with rows, and for the current filter."""
    return [
        Pill(choice.label, choice.url, getattr(counts, choice.counted), choice.tone, choice == current)
        for choice in choices
        if (choice.is_pill and getattr(counts, choice.counted)) or choice == current
    ]


_PROBLEMS_BY_KIND_SQL = read_sql(__file__, "problems_by_kind.sql")


class ProblemTally(NamedTuple):
    """The number of rows with a kind of problem. `rejects`: the problem rejects at least a single row."""

    kind: ProblemKind
    rejects: bool
    rows: int


def count_problems_by_kind(batch: ImportBatch) -> list[ProblemTally]:
    """Return the number of rows for every kind of problem. One query, whatever the length of the list."""
    with connection.cursor() as cursor:
        cursor.execute(_PROBLEMS_BY_KIND_SQL, {"reject": REJECT, "batch": batch.pk})
        return [ProblemTally(ProblemKind(kind), rejects, rows) for kind, rejects, rows in cursor.fetchall()]


def kind_from_slug(slug: str) -> ProblemKind | None:
    """Return the kind of problem that the URL names, or None."""
    return ProblemKind(slug) if slug in ProblemKind.values else None


def has_problem_kind(kind: ProblemKind) -> Q:
    return Q(problems__contains=[{"kind": kind.value}])


def problem_pills(tallies: list[ProblemTally], current: ProblemKind | None, *, rejects: bool) -> list[Pill]:
    """Return a pill for every kind that rejects, or only remarks. The current pill links back to all problems."""
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
