"""Commit of a batch: creates people, units and letters in a single transaction. A second commit changes nothing.

The decisions about a letter are not touched. A changed row gives the letter new facts and adds a row to the
append-only table of changes.
"""

from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from letters.importing.checks import hidden_subjects
from letters.importing.plan import letter_comparison
from letters.importing.rows import unit_matching
from letters.models import ImportBatch, ImportRow, Incident, letter_change
from letters.models.import_progress import ProgressWriter
from letters.models.incident import CLOSED_MESSAGE
from sepo_incident.accounts import users
from sepo_incident.audit.models import DEFER_LINK_SQL
from sepo_incident.core import database
from sepo_incident.core.sql_files import read_sql

Status, Verdict = ImportBatch.Status, ImportRow.Verdict
TOTALS_CHANGED_MESSAGE = (
    "Der er ikke indlæst noget, for brevene og tallene er ændret imens. Sammenlign tallene med listen, og indlæs igen."
)

_INSERT_PEOPLE_SQL = users.insert_users_sql(read_sql(__file__, "named_people.sql"))
_INSERT_LETTERS_SQL = read_sql(__file__, "insert_letters.sql")
_UPDATE_LETTERS_SQL = read_sql(__file__, "update_letters.sql")
#: Without ANALYZE, the first pages after a list are planned for empty tables, ten times slower, until autovacuum runs.
_TABLES_TO_ANALYZE = ("accounts_unit", "accounts_user", "accounts_membership", "letters_letter")
#: So many rows become letters between two reports of progress.
ROWS_PER_INSERT = 50_000
#: Check foreign keys after every slice. Checked at the end, five references of a million letters would fill more memory
#: than all else. (The link of the hash chain still waits for the commit, because other transactions wait for the link
#: then.)
_CHECK_CONSTRAINTS_NOW_SQL = f"SET CONSTRAINTS ALL IMMEDIATE; {DEFER_LINK_SQL}"


@transaction.atomic
def apply_batch(batch_id: int, progress: ProgressWriter) -> bool:
    """Create the people, units and letters of a batch. Return False if nothing was committed.

    Nothing is committed if the batch is not COMMITTING, if the incident is closed, or if the totals differ from the
    totals that people confirmed. Two commits in an incident run one after the other: the second compares again with
    what the first created.
    """
    batch = ImportBatch.objects.select_for_update(of=("self",), no_key=True).get(pk=batch_id)
    if batch.status != Status.COMMITTING:
        return False
    if Incident.objects.select_for_update(no_key=True).get(pk=batch.incident_id).is_closed:
        return_to_check_page(batch.pk, CLOSED_MESSAGE)
        return False
    progress.start()
    letter_comparison.compare_with_letters(batch)
    if batch.confirmed_totals and batch.confirmed_totals != letter_comparison.count_rows(batch).as_seen:
        return_to_check_page(batch.pk, TOTALS_CHANGED_MESSAGE)
        return False
    progress.start()
    # a change that is not accepted creates no unit
    needed = None if batch.takes_changes else unit_matching.paths_in_rows(batch.rows.filter(verdict=Verdict.NEW))
    found = unit_matching.create_missing_units(
        unit_matching.count_letters_by_path(batch.pk), unit_matching.unit_answers_of(batch.pk), needed
    )
    values: dict[str, Any] = {
        "incident": batch.incident_id,
        "places": letter_comparison.paths_as_json(found),
        "takes_changes": batch.takes_changes,
        "now": timezone.now(),
    }
    database.execute(_CHECK_CONSTRAINTS_NOW_SQL)
    database.execute(_INSERT_PEOPLE_SQL, values | {"batch": batch.pk})
    brought_in = _insert_letters(batch, values, progress)
    letter_change.update_with_history(_UPDATE_LETTERS_SQL, batch=batch.pk, by=batch.committed_by_id, **values)
    hidden_subjects.hide_subjects(batch.incident_id, made_by=batch.pk)
    progress.start()
    letter_change.sync_leader_roles(batch.incident_id, batch.committed_by_id)
    if brought_in:
        database.analyze(*_TABLES_TO_ANALYZE)
    batch.status, batch.committed_at = Status.COMMITTED, timezone.now()
    batch.save(update_fields=["status", "committed_at"])
    letter_comparison.enqueue_comparison_of_waiting_batches(batch.incident_id, besides=batch.pk)
    return True


def return_to_check_page(batch_id: int, why: str) -> None:
    """Return a batch that is COMMITTING to the check page, with nothing accepted or confirmed."""
    going_in = ImportBatch.objects.filter(pk=batch_id, status=Status.COMMITTING)
    going_in.update(
        status=Status.CHECKED,
        committed_by=None,
        takes_changes=True,
        confirmed_totals="",
        refusal=why,
    )


def _insert_letters(batch: ImportBatch, values: dict[str, Any], progress: ProgressWriter) -> int:
    """Insert the new letters in slices, so that people can follow and stop the commit. Return the number of letters."""
    last_rows = batch.rows.order_by("sheet").values_list("sheet").annotate(Max("row"))
    progress.start(batch.rows.filter(verdict=Verdict.NEW).count())
    done = 0
    with connection.cursor() as cursor:
        for sheet, last in last_rows:
            for first in range(0, last + 1, ROWS_PER_INSERT):
                piece = {"batch": batch.pk, "sheet": sheet, "first": first, "last": first + ROWS_PER_INSERT - 1}
                cursor.execute(_INSERT_LETTERS_SQL, values | piece)
                done += cursor.rowcount
                progress.report(done)
    return done
