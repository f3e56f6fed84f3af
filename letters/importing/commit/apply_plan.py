"""Commit of a batch: creates people, units and letters in a single transaction. A second commit changes nothing.

The decisions about a letter are not touched. A changed row gives the letter new facts and adds a row to the
append-only table of changes.
"""

from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from letters import leader_roles
from letters.importing.checks import personnel_guard
from letters.importing.plan import letter_comparison, manual_overrides
from letters.importing.progress import Phase, Progress
from letters.importing.rows import unit_matching
from letters.models import ImportBatch, ImportRow, Incident, letter_change
from letters.models.letter_change import LETTER_FACTS
from sepo_incident.accounts import users
from sepo_incident.audit.models import DEFER_LINK_SQL
from sepo_incident.core import database

Status, Verdict = ImportBatch.Status, ImportRow.Verdict
TOTALS_CHANGED_MESSAGE = (
    "Tallene er ændret, siden du så dem, for brevene er ændret imens. Intet er indlæst. "
    "Hold tallene op mod listen igen, og indlæs den så."
)

#: As ``ImportBatch.coming``: a change that is not accepted has no effect, and creates no people
_CHANGE_IS_ACCEPTED = "r.verdict = 'CHANGED' AND (%(takes)s = 'ALL' OR %(takes)s = 'CHOSEN' AND r.is_chosen)"
_ROW_COMES_IN = f"(r.verdict = 'NEW' OR {_CHANGE_IS_ACCEPTED})"
#: An address identifies a person. The person gets the name and unit of most rows.
_NAMED_PEOPLE = f"""
    SELECT {{who}}_email AS email, {{who}}_name AS name, place.unit_id, times, first_row
    FROM (
        SELECT {{who}}_email, {{who}}_name, {letter_comparison.PATH_COLUMNS}, count(*) AS times, min(id) AS first_row
        FROM letters_importrow AS r
        WHERE r.batch_id = %(batch)s AND {_ROW_COMES_IN} AND r.{{who}}_email <> ''
        GROUP BY {{who}}_email, {{who}}_name, {letter_comparison.PATH_COLUMNS}
    ) AS r JOIN {letter_comparison.PATHS_TABLE} USING ({letter_comparison.PATH_COLUMNS})
"""  # noqa: S608 - built from constants only
_INSERT_PEOPLE = users.insert_users_sql(f"""
    SELECT DISTINCT ON (email) email, name, unit_id
    FROM (
        SELECT email, name, unit_id, sum(times) AS times, min(first_row) AS first_row
        FROM ({_NAMED_PEOPLE.format(who="sender")} UNION ALL {_NAMED_PEOPLE.format(who="leader")}) AS named
        GROUP BY email, name, unit_id
    ) AS counted
    ORDER BY email, name = '', times DESC, first_row
""")  # noqa: S608

#: Fact of a letter → field of ``ImportRow.changes`` with the change. Other facts have a field of the same name.
_ROW_FIELD_OF_FACT = {**manual_overrides.ROW_FIELD_OF, "recipient_key": "recipient"}
_FROM_THE_SUBJECT = ("category", "has_deadline", "named_on")
_HAS_SUBJECT = "(rows.subject <> '' OR rows.changes ? 'subject')"
#: SQL of the new value of every fact: the value of the list, unless a person has chosen a value or the list has no
#: column. A letter stops being a personnel case only if the list corrects what made the letter one; an empty subject or
#: an unknown recipient corrects nothing. If a person has said that the letter is no personnel case, only such a
#: correction can make the letter one.
_NEW_FACTS = {
    **{
        fact: f"CASE WHEN rows.changes ? '{_ROW_FIELD_OF_FACT.get(fact, fact)}' THEN rows.{fact} ELSE l.{fact} END"
        for fact in LETTER_FACTS
    },
    **{fact: f"CASE WHEN {_HAS_SUBJECT} THEN rows.{fact} ELSE l.{fact} END" for fact in _FROM_THE_SUBJECT},
    "category": f"CASE WHEN l.category_by_id IS NULL AND {_HAS_SUBJECT} THEN rows.category ELSE l.category END",
    "is_personnel_case": """CASE
        WHEN rows.changes ?| ARRAY['subject', 'recipient_kind']
            AND rows.subject <> '' AND rows.recipient_kind <> 'UNKNOWN'
        THEN rows.is_personnel_case OR l.is_personnel_case AND l.personnel_by_id IS NOT NULL
        ELSE l.is_personnel_case OR rows.is_personnel_case AND l.personnel_by_id IS NULL END""",
}
#: Facts that a row tells by name, and that are references on the letter
_REFERENCES = {"sender_id": "sender.id", "leader_id": "leader.id", "unit_id": "place.unit_id"}
_ROWS_AS_LETTERS = f"""
    SELECT r.batch_id, r.sheet AS batch_sheet, r.row AS batch_row, r.source_ref, r.changes,
           {", ".join(f"{_REFERENCES.get(fact, f'r.{fact}')} AS {fact}" for fact in LETTER_FACTS)}
    FROM letters_importrow AS r
    LEFT JOIN {letter_comparison.PATHS_TABLE} USING ({letter_comparison.PATH_COLUMNS})
    LEFT JOIN accounts_user AS sender ON lower(sender.email) = r.sender_email
    LEFT JOIN accounts_user AS leader ON lower(leader.email) = r.leader_email
    WHERE r.batch_id = %(batch)s AND
"""  # noqa: S608
_INSERT_LETTERS = f"""
    INSERT INTO letters_letter (incident_id, batch_id, batch_sheet, batch_row, source_ref, {", ".join(LETTER_FACTS)})
    SELECT %(incident)s, batch_id, batch_sheet, batch_row, source_ref, {", ".join(LETTER_FACTS)}
    FROM ({_ROWS_AS_LETTERS} r.verdict = 'NEW' AND r.sheet = %(sheet)s AND r.row BETWEEN %(first)s AND %(last)s) AS rows
    ORDER BY sent_at, source_ref
"""  # noqa: S608
_UPDATE_LETTERS = letter_change.update_with_history_sql(f"""
    UPDATE letters_letter AS l
    SET withdrawn_at = NULL, {", ".join(f"{fact} = {value}" for fact, value in _NEW_FACTS.items())}
    FROM ({_ROWS_AS_LETTERS} {_CHANGE_IS_ACCEPTED}) AS rows
    WHERE l.incident_id = %(incident)s AND l.source_ref = rows.source_ref
""")  # noqa: S608
#: Without ANALYZE, the first pages after a list are planned for empty tables, ten times slower, until autovacuum runs.
_TABLES_TO_ANALYZE = ("accounts_unit", "accounts_user", "accounts_membership", "letters_letter")
#: So many rows become letters between two reports of progress.
ROWS_PER_INSERT = 50_000
#: Check foreign keys after every slice. Checked at the end, five references of a million letters would fill more memory
#: than all else. (The link of the hash chain still waits for the commit, because other transactions wait for the link
#: then.)
_CHECK_CONSTRAINTS_NOW = f"SET CONSTRAINTS ALL IMMEDIATE; {DEFER_LINK_SQL}"


@transaction.atomic
def apply_batch(batch_id: int, progress_writer: Progress) -> bool:
    """Create the people, units and letters of a batch. Return False if nothing was committed.

    Nothing is committed if the batch is not COMMITTING, or if the totals differ from the totals that people
    confirmed. Two commits in an incident run one after the other: the second compares again with what the first
    created.
    """
    batch = ImportBatch.objects.select_for_update(of=("self",), no_key=True).get(pk=batch_id)
    if batch.status != Status.COMMITTING:
        return False
    Incident.objects.select_for_update(no_key=True).get(pk=batch.incident_id)
    progress_writer.enter(Phase.JUDGING)
    letter_comparison.compare_with_letters(batch)
    if batch.confirmed_totals and batch.confirmed_totals != letter_comparison.count_rows(batch).as_seen:
        return_to_check_page(batch.pk, TOTALS_CHANGED_MESSAGE)
        return False
    progress_writer.enter(Phase.PLACES)
    found = unit_matching.create_missing_units(
        unit_matching.paths_in_batch(batch.pk), unit_matching.unit_answers_of(batch.pk), _needed_unit_paths(batch)
    )
    values: dict[str, Any] = {
        "batch": batch.pk,
        "incident": batch.incident_id,
        "places": letter_comparison.paths_as_json(found),
        "now": timezone.now(),
        "by": batch.committed_by_id,
        "reason": "",
        "takes": batch.takes,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CHECK_CONSTRAINTS_NOW)
        cursor.execute(_INSERT_PEOPLE, values)
        brought_in = _insert_letters(batch, values, progress_writer)
        cursor.execute(_UPDATE_LETTERS, values)
        personnel_guard.hide_new_personnel_subjects(batch)
        progress_writer.enter(Phase.ROLES)
        leader_roles.sync_leader_roles(batch.incident_id, batch.committed_by_id)
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
        status=Status.CHECKED, committed_by=None, takes=ImportBatch.Take.ALL, confirmed_totals="", refusal=why
    )


def _insert_letters(batch: ImportBatch, values: dict[str, Any], progress_writer: Progress) -> int:
    """Insert the new letters in slices, so that people can follow and stop the commit. Return the number of letters."""
    last_rows = batch.rows.order_by("sheet").values_list("sheet").annotate(Max("row"))
    progress_writer.enter(Phase.LETTERS, batch.rows.filter(verdict=Verdict.NEW).count())
    done = 0
    with connection.cursor() as cursor:
        for sheet, first in [
            (sheet, first) for sheet, last in last_rows for first in range(0, last + 1, ROWS_PER_INSERT)
        ]:
            cursor.execute(
                _INSERT_LETTERS, values | {"sheet": sheet, "first": first, "last": first + ROWS_PER_INSERT - 1}
            )
            done += cursor.rowcount
            progress_writer.tell(done)
    return done


def _needed_unit_paths(batch: ImportBatch) -> list[unit_matching.UnitPath] | None:
    """Return the unit paths that letters need; None for all.

    If not all changes are accepted, paths that only a rejected change names are left out.
    """
    return None if batch.takes == ImportBatch.Take.ALL else unit_matching.paths_in_rows(batch.coming)
