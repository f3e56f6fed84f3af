"""Protection of personnel cases against imports: no import gives a personnel case to a barred user.

Barred users see every letter for work and must never read a personnel case: the keepers of lists in Koncern IT, and
DIT. Sender and leader of a letter may read the subject (``Letter.visible_to``), so nothing done with lists may make a
barred user sender or leader of a personnel case. A row is rejected in three cases: the row names a barred user on a
letter that is or has been a personnel case and belongs to somebody else; the row is a personnel case, and somebody
has typed the barred user on the check page; or the row would add the hidden subject of a personnel case to a letter
that belongs to a barred user.

This module covers lists and corrected cells. ``checks.returned_rows`` covers workbooks of rejected rows,
``letters.assigning`` covers assignments, and ``Absence`` covers substitutes. A list is trusted about a new letter,
because barred users send letters too; the security log then gets a line.

The module also hides the subject in the rows of all lists when the letter is a personnel case.
"""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from letters.importing.files import excel_artifacts
from letters.importing.headers import LABELS
from letters.importing.rows.cell_rules import REJECT
from letters.importing.rows.problem_kinds import ProblemKind
from letters.models import ImportBatch, Incident, Letter, LetterChange
from letters.models.letter import HIDDEN_SUBJECT
from sepo_incident.accounts.models import Membership, User
from sepo_incident.core import logs

BARRED_USER_MESSAGE = (
    "En personalesag kan ikke komme til en, der arbejder med listerne i Koncern IT eller DIT. "
    "Skriv en anden. Er det den rigtige, så ring til Personalejura og Forhandling."
)
_BARRED_IDS = "SELECT user_id FROM accounts_membership WHERE role = ANY(%(roles)s)"
_BARRED_ADDRESSES = f"SELECT lower(email) FROM accounts_user WHERE id IN ({_BARRED_IDS})"  # noqa: S608
#: The few rows to examine, found in a single pass over a long list.
_ROWS_IN_QUESTION = f"""
    SELECT id FROM letters_importrow
    WHERE batch_id = %(batch)s AND verdict <> 'REJECTED'
      AND (%(only)s::bigint[] IS NULL OR id = ANY(%(only)s::bigint[]))
      AND (sender_email IN ({_BARRED_ADDRESSES}) OR leader_email IN ({_BARRED_ADDRESSES})
           OR is_personnel_case AND source_ref IN (
               SELECT source_ref FROM letters_letter WHERE incident_id = %(incident)s
               AND (sender_id IN ({_BARRED_IDS}) OR leader_id IN ({_BARRED_IDS}))))
"""  # noqa: S608
_EVER_PERSONNEL_CASE = """(l.is_personnel_case OR EXISTS (
    SELECT FROM letters_letterchange WHERE letter_id = l.id AND before ? 'is_personnel_case'))"""
_TYPED_ON_CHECK_PAGE = """
    jsonb_path_query_array(r.corrections, '$[*] ? (@.field == "{who}_email")') -> -1 -> 'is_back' = 'false'"""
_REFUSE_ROWS = f"""
    UPDATE letters_importrow AS r SET
        verdict = 'REJECTED',
        problems = r.problems || jsonb_build_array(%(problem)s::jsonb || jsonb_build_object('value', r.{{who}}_email))
    FROM letters_importrow AS one
    LEFT JOIN letters_letter AS l ON l.incident_id = %(incident)s AND l.source_ref = one.source_ref
    LEFT JOIN accounts_user AS now ON now.id = l.{{who}}_id
    WHERE one.id = r.id AND r.id = ANY(%(in_question)s) AND r.verdict <> 'REJECTED' AND (
        r.{{who}}_email IN ({_BARRED_ADDRESSES}) AND r.{{who}}_email IS DISTINCT FROM lower(now.email)
            AND ({_EVER_PERSONNEL_CASE} OR r.is_personnel_case AND {_TYPED_ON_CHECK_PAGE})
        OR now.id IN ({_BARRED_IDS}) AND r.{{who}}_email IN ('', lower(now.email))
            AND r.is_personnel_case AND r.subject NOT IN ('', l.subject))
"""  # noqa: S608 - built from constants only


def refuse_rows_to_barred_users(batch: ImportBatch, only: Sequence[int] | None) -> None:
    """Reject accepted rows that would give a personnel case to a barred user. ``only``: ids of the rows to check."""
    values: dict[str, Any] = {
        "batch": batch.pk,
        "incident": batch.incident_id,
        "only": None if only is None else list(only),
        "roles": [role.value for role in BARRED_ROLES],
    }
    with connection.cursor() as cursor:
        cursor.execute(_ROWS_IN_QUESTION, values)
        values["in_question"] = [row_id for (row_id,) in cursor.fetchall()]
        for who in ("sender", "leader") if values["in_question"] else ():
            values["problem"] = json.dumps(_barred_user_problem(f"{who}_email"))
            cursor.execute(_REFUSE_ROWS.format(who=who), values)


def _barred_user_problem(name: str) -> dict[str, str]:
    return {
        "column": LABELS[name],
        "kind": ProblemKind.SHUT_OUT.value,
        "message": BARRED_USER_MESSAGE,
        "severity": REJECT,
    }


#: SQL: a problem without the subject, quoted as the cell beside the problem or as the text outside the columns.
_PROBLEM_WITHOUT_SUBJECT = """
    CASE WHEN one ->> 'column' <> %(subject)s THEN one
    ELSE one || jsonb_build_object('value', %(hidden)s::text) || CASE WHEN one ->> 'kind' = %(stray)s
         THEN jsonb_build_object('message', %(stray_said)s::text) ELSE '{}' END
    END"""


def _hide_sql(and_set: str = "") -> str:
    return f"""
        UPDATE letters_importrow AS r SET
            {and_set}
            shown = CASE WHEN r.subject <> '' OR r.shown ? 'subject'
                         THEN r.shown || jsonb_build_object('subject', %(hidden)s::text) ELSE r.shown END,
            changes = CASE WHEN r.changes ? 'subject' THEN r.changes
                           || jsonb_build_object('subject', jsonb_build_array(%(hidden)s::text, %(hidden)s::text))
                           ELSE r.changes END,
            problems = (
                SELECT coalesce(jsonb_agg({_PROBLEM_WITHOUT_SUBJECT}), '[]')
                FROM jsonb_array_elements(r.problems) AS one
            )
        FROM letters_importbatch AS b, letters_letter AS l
        WHERE b.id = r.batch_id AND b.incident_id = %(incident)s AND NOT r.is_personnel_case
          AND l.incident_id = %(incident)s AND l.source_ref = r.source_ref AND l.is_personnel_case
    """  # noqa: S608 - built from constants only


_MADE_PERSONNEL = """SELECT letter_id FROM letters_letterchange
    WHERE batch_id = %(batch)s AND after @> '{"is_personnel_case": true}'"""
_HIDE_AFTER_COMMIT = (
    f"{_hide_sql('is_personnel_case = true,')} AND (l.batch_id = %(batch)s OR l.id IN ({_MADE_PERSONNEL}))"
)
_HIDE_EVERYWHERE = f"""{_hide_sql("is_personnel_case = true,")}
    AND (%(source_ref)s::text IS NULL OR r.source_ref = %(source_ref)s)
"""
#: The row keeps ``is_personnel_case`` as the list says, because the list may correct what made the letter a personnel
#: case.
_HIDE_IN_BATCH = f"""{_hide_sql()} AND r.batch_id = %(batch)s
    AND (%(only)s::bigint[] IS NULL OR r.id = ANY(%(only)s::bigint[]))
"""


def hide_subjects_in_all_batches(incident: Incident, source_ref: str | None = None) -> None:
    """Hide the subjects of personnel cases in all lists of the incident. ``source_ref``: hide for that letter only."""
    _run_hiding(_HIDE_EVERYWHERE, incident.pk, source_ref=source_ref)


def hide_new_personnel_subjects(batch: ImportBatch) -> None:
    """Hide, in all lists, the subjects of letters that this batch made personnel cases.

    The letters were imported as personnel cases, or became personnel cases by the commit or by undoing the batch.
    """
    _run_hiding(_HIDE_AFTER_COMMIT, batch.incident_id, batch=batch.pk)


def hide_subjects_in_batch(batch: ImportBatch, only: Sequence[int] | None) -> None:
    """Hide the subjects of letters that are personnel cases before the batch is committed.

    ``only``: ids of some rows.
    """
    _run_hiding(_HIDE_IN_BATCH, batch.incident_id, batch=batch.pk, only=only)


def _run_hiding(statement: str, incident_id: int, **values: Any) -> None:
    parameters = {
        "hidden": HIDDEN_SUBJECT,
        "subject": LABELS["subject"],
        "stray": ProblemKind.STRAY.value,
        "stray_said": excel_artifacts.STRAY_TEXT_MESSAGE.format(""),
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters | {"incident": incident_id} | values)


BARRED_ROLES = (Membership.Role.KIT_ADMIN, Membership.Role.DIT_SUPPORT)


def barred_users() -> QuerySet[User]:
    """Return the users with a role in ``BARRED_ROLES``."""
    return User.objects.filter(pk__in=Membership.objects.filter(role__in=BARRED_ROLES).values("user"))


def log_personnel_cases_given(batch_id: int) -> None:
    """Write a line in the security log if a committed batch has given a barred user a personnel case."""
    changed = LetterChange.objects.filter(batch=batch_id).values("letter")
    touched = Letter.objects.filter(Q(batch=batch_id) | Q(pk__in=changed), is_personnel_case=True)
    if given := touched.filter(Q(sender__in=barred_users()) | Q(leader__in=barred_users())).count():
        by = ImportBatch.objects.values_list("committed_by", flat=True).get(pk=batch_id)
        logs.log_security_event("personnel_case_to_onlooker", by, batch_id=batch_id, count=given)
