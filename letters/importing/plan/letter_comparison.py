"""Comparison of staged rows with the letters: new, known, changed or rejected. No letter is changed.

The rules are SQL, so that the time hardly grows with the list. Lists that wait are compared again when another list
changes the letters.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import Count, Q

from letters.importing.checks import hidden_subjects
from letters.importing.rows import unit_matching
from letters.importing.rows.row_problems import NOTICE
from letters.models import ImportBatch, ImportRow, Letter
from letters.models.letter import HIDDEN_SUBJECT
from sepo_incident.accounts import users
from sepo_incident.accounts.models import EmailChange
from sepo_incident.core import database, task_queue
from sepo_incident.core.sql_files import read_sql

Status, Verdict = ImportBatch.Status, ImportRow.Verdict
#: statuses of lists that may still bring people in
OPEN_STATUSES = [Status.UPLOADED, Status.READING, Status.ASKING, Status.CHECKED, Status.COMMITTING]
#: rows that are accepted with a remark
ACCEPTED_WITH_REMARK = Q(problems__contains=[{"severity": NOTICE}]) & ~Q(verdict=Verdict.REJECTED)
#: So many rows are joined quickly in any order, and in little memory if they are compared with their unit paths.
MAX_ROWS_WITHOUT_ANALYZE = 5_000
_COLUMNS_TO_ANALYZE = (
    "batch_id", "row", "verdict", "source_ref", "sender_email", "sender_name", "leader_email", "leader_name",
    *unit_matching.UnitPath._fields,
)  # fmt: skip


@dataclass(frozen=True)
class RowCounts:
    """The numbers of a batch's rows. `noticed`: accepted with a remark; `corrected`: corrected on the check page.

    `rows` excludes blank rows. A commit leaves out `not_applied` of the `changed` rows.
    """

    rows: int
    new: int
    known: int
    changed: int
    rejected: int
    noticed: int
    corrected: int
    blank: int
    not_applied: int = 0

    @property
    def coming(self) -> int:
        """The number of letters that a commit touches or has touched."""
        return self.new + self.changed - self.not_applied

    @property
    def with_problems(self) -> int:
        return self.rejected + self.noticed

    @property
    def as_seen(self) -> str:
        """The totals that somebody confirms, as a text that differs as soon as a total differs."""
        return ".".join(map(str, (self.new, self.changed, self.known, self.rejected, self.noticed, self.blank)))


#: The facts that are compared: the keys of `ImportRow.changes`, and of the parameters `tell_…`
COMPARED_FACTS = (
    "sent_at", "sender_email", "sender_name", "leader_email", "leader_name", "recipient_kind", "recipient", "unit_name",
    "subject", "withdrawn",
)  # fmt: skip
_COMPARED_ROWS_SQL = read_sql(__file__, "compared_rows.sql")
_SAVE_VERDICTS_SQL = read_sql(__file__, "save_verdicts.sql", compared_rows=_COMPARED_ROWS_SQL)
_COUNT_VERDICTS_SQL = read_sql(__file__, "count_verdicts.sql", compared_rows=_COMPARED_ROWS_SQL)

_REPLACE_FORMER_ADDRESSES_SQL = read_sql(
    __file__, "replace_former_addresses.sql", former_emails=users.FORMER_EMAILS_SQL
)


def plan_for_bulk_joins() -> None:
    """Set planner options for the transaction.

    The planner has no statistics for new rows, expects a handful, and would compare every row with every letter
    (20.000 rows: 67 s instead of 1). With the usual 4 MB the database sorts on disk; with much more, a list of a
    million rows would fill the memory.
    """
    database.execute("SET LOCAL enable_nestloop = off; SET LOCAL hash_mem_multiplier = 1; SET LOCAL work_mem = '8MB'")


def analyze_staged_rows(batch: ImportBatch) -> None:
    """Run ANALYZE on the rows of a long list. Otherwise the planner expects none, and holds all in memory at once."""
    if batch.total_rows > MAX_ROWS_WITHOUT_ANALYZE:
        database.analyze(f"letters_importrow ({', '.join(_COLUMNS_TO_ANALYZE)})")


@transaction.atomic
def compare_with_letters(batch: ImportBatch, only: Sequence[int] | None = None) -> None:
    """Give every accepted row a verdict against the letters as of now. May be repeated.

    Also hides the subject in the row of a personnel case. `only`: ids of some rows, after a correction.
    """
    replace_former_addresses(batch)
    if only is None:
        plan_for_bulk_joins()
        if not Letter.objects.filter(incident=batch.incident_id).exists():
            accepted = batch.rows.exclude(verdict__in=(Verdict.REJECTED, Verdict.NEW))
            accepted.update(verdict=Verdict.NEW, changes={})
            return
    database.execute(_SAVE_VERDICTS_SQL, _comparison_values(batch, only))
    hidden_subjects.hide_subjects(batch.incident_id, in_batch=batch.pk, only=only)


@transaction.atomic
def count_against_letters_now(batch: ImportBatch) -> RowCounts:
    """Return the counts against the letters as of now, without changing the rows."""
    plan_for_bulk_joins()
    now = dict(database.fetch_all(_COUNT_VERDICTS_SQL, _comparison_values(batch)))
    return replace(count_rows(batch), **{name: now.get(name.upper(), 0) for name in ("new", "known", "changed")})


def _comparison_values(batch: ImportBatch, only: Sequence[int] | None = None) -> dict[str, Any]:
    found = unit_matching.find_units(
        unit_matching.count_letters_by_path(batch.pk)
        if only is None
        else unit_matching.paths_in_rows(batch.rows.filter(pk__in=only))
    )
    # any level tells the unit; a Brev-id tells that the letter is not withdrawn
    columns = {"unit_name": {*unit_matching.UnitPath._fields}, "withdrawn": {"source_ref"}}
    sheets_with = {
        f"tell_{name}": [at for at, own in enumerate(batch.sheet_fields) if columns.get(name, {name}) & set(own)]
        for name in COMPARED_FACTS
    }
    return sheets_with | {
        "places": paths_as_json(found),
        "incident": batch.incident_id,
        "batch": batch.pk,
        "hidden": HIDDEN_SUBJECT,
        "only": None if only is None else list(only),
    }


def paths_as_json(found: unit_matching.UnitIdByPath) -> str:
    rows: list[dict[str, Any]] = [place._asdict() | {"unit_id": unit_id} for place, unit_id in found.items()]
    return json.dumps(rows, ensure_ascii=False)


def count_rows(batch: ImportBatch) -> RowCounts:
    """Return the counts of the batch. A single query."""
    counts = batch.rows.aggregate(
        rows=Count("pk"),
        new=Count("pk", Q(verdict=Verdict.NEW)),
        known=Count("pk", Q(verdict=Verdict.KNOWN)),
        changed=Count("pk", Q(verdict=Verdict.CHANGED)),
        rejected=Count("pk", Q(verdict=Verdict.REJECTED)),
        noticed=Count("pk", ACCEPTED_WITH_REMARK),
        corrected=Count("pk", ~Q(corrections=[])),
    )
    not_applied = 0 if batch.takes_changes else counts["changed"]
    return RowCounts(**counts, blank=batch.blank_rows, not_applied=not_applied)


def enqueue_comparison_of_waiting_batches(incident_id: int, besides: int = 0) -> None:
    """Enqueue a comparison of every waiting list of the incident but `besides`, after the transaction commits.

    A lost task does no harm: a list is compared again in the commit, and the totals are checked against the confirmed
    totals.
    """
    waiting = ImportBatch.objects.filter(incident=incident_id, status=Status.CHECKED)
    for pk in waiting.exclude(pk=besides).values_list("pk", flat=True):
        task_queue.enqueue_on_commit("letters.tasks.compare_waiting_batch", args=[pk])


def replace_former_addresses(batch: ImportBatch | None = None) -> None:
    """Replace former addresses in the rows of the batch, or of all batches in `OPEN_STATUSES`."""
    if not EmailChange.objects.exists():
        return
    values: dict[str, Any] = {"waiting": OPEN_STATUSES, "batch": batch and batch.pk}
    database.execute(_REPLACE_FORMER_ADDRESSES_SQL, values)
