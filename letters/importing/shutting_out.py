"""A row that would bring a personnel case to one of the ``onlookers`` is rejected, and says whom to ask.

Such a row names them on a letter that is or has been one and is not theirs; or it is one, and somebody has typed them
into it here; or it has the hidden subject of another for a letter that is theirs.
"""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection

from letters.importing.cells import REJECT
from letters.importing.columns import LABELS
from letters.importing.kinds import Kind
from letters.models import ImportBatch
from letters.onlookers import ROLES

SENTENCE = (
    "En personalesag kan ikke komme til en, der arbejder med listerne i Koncern IT eller DIT. "
    "Skriv en anden. Er det den rigtige, så ring til Personalejura og Forhandling."
)
_ONLOOKERS = "SELECT user_id FROM accounts_membership WHERE role = ANY(%(roles)s)"
_ADDRESSES = f"SELECT lower(email) FROM accounts_user WHERE id IN ({_ONLOOKERS})"  # noqa: S608
#: The few rows to look at, in one pass over a long list.
_IN_QUESTION = f"""
    SELECT id FROM letters_importrow
    WHERE batch_id = %(batch)s AND verdict <> 'REJECTED'
      AND (%(only)s::bigint[] IS NULL OR id = ANY(%(only)s::bigint[]))
      AND (sender_email IN ({_ADDRESSES}) OR leader_email IN ({_ADDRESSES})
           OR is_personnel_case AND source_ref IN (
               SELECT source_ref FROM letters_letter WHERE incident_id = %(incident)s
               AND (sender_id IN ({_ONLOOKERS}) OR leader_id IN ({_ONLOOKERS}))))
"""  # noqa: S608
_EVER_ONE = """(l.is_personnel_case OR EXISTS (
    SELECT FROM letters_letterchange WHERE letter_id = l.id AND before ? 'is_personnel_case'))"""
_TYPED_HERE = """
    jsonb_path_query_array(r.corrections, '$[*] ? (@.field == "{who}_email")') -> -1 -> 'is_back' = 'false'"""
_REFUSE = f"""
    UPDATE letters_importrow AS r SET
        verdict = 'REJECTED',
        problems = r.problems || jsonb_build_array(%(problem)s::jsonb || jsonb_build_object('value', r.{{who}}_email))
    FROM letters_importrow AS one
    LEFT JOIN letters_letter AS l ON l.incident_id = %(incident)s AND l.source_ref = one.source_ref
    LEFT JOIN accounts_user AS now ON now.id = l.{{who}}_id
    WHERE one.id = r.id AND r.id = ANY(%(in_question)s) AND r.verdict <> 'REJECTED' AND (
        r.{{who}}_email IN ({_ADDRESSES}) AND r.{{who}}_email IS DISTINCT FROM lower(now.email)
            AND ({_EVER_ONE} OR r.is_personnel_case AND {_TYPED_HERE})
        OR now.id IN ({_ONLOOKERS}) AND r.{{who}}_email IN ('', lower(now.email))
            AND r.is_personnel_case AND r.subject NOT IN ('', l.subject))
"""  # noqa: S608 - nothing in it comes from outside


def refuse(batch: ImportBatch, only: Sequence[int] | None) -> None:
    """Among the accepted rows. ``only``: a few of them (ids)."""
    values: dict[str, Any] = {
        "batch": batch.pk,
        "incident": batch.incident_id,
        "only": None if only is None else list(only),
        "roles": [role.value for role in ROLES],
    }
    with connection.cursor() as cursor:
        cursor.execute(_IN_QUESTION, values)
        values["in_question"] = [row_id for (row_id,) in cursor.fetchall()]
        for who in ("sender", "leader") if values["in_question"] else ():
            values["problem"] = json.dumps(_problem(f"{who}_email"))
            cursor.execute(_REFUSE.format(who=who), values)


def _problem(name: str) -> dict[str, str]:
    return {"column": LABELS[name], "kind": Kind.SHUT_OUT.value, "message": SENTENCE, "severity": REJECT}
