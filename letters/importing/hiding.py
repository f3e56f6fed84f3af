"""What lists keep of a letter that is a personnel case by now: its subject goes from what is shown of their rows."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from letters.importing import oddities
from letters.importing.columns import LABELS
from letters.importing.kinds import Kind
from letters.models import ImportBatch, Incident
from letters.models.letter import HIDDEN

#: What a problem quotes: the cell that it stands beside, and what stands outside the columns.
_UNQUOTED = """
    CASE WHEN one ->> 'column' <> %(subject)s THEN one
    ELSE one || jsonb_build_object('value', %(hidden)s::text) || CASE WHEN one ->> 'kind' = %(stray)s
         THEN jsonb_build_object('message', %(stray_said)s::text) ELSE '{}' END
    END"""


def _hide(and_set: str = "") -> str:
    return f"""
        UPDATE letters_importrow AS r SET
            {and_set}
            shown = CASE WHEN r.subject <> '' OR r.shown ? 'subject'
                         THEN r.shown || jsonb_build_object('subject', %(hidden)s::text) ELSE r.shown END,
            changes = CASE WHEN r.changes ? 'subject' THEN r.changes
                           || jsonb_build_object('subject', jsonb_build_array(%(hidden)s::text, %(hidden)s::text))
                           ELSE r.changes END,
            problems = (SELECT coalesce(jsonb_agg({_UNQUOTED}), '[]') FROM jsonb_array_elements(r.problems) AS one)
        FROM letters_importbatch AS b, letters_letter AS l
        WHERE b.id = r.batch_id AND b.incident_id = %(incident)s AND NOT r.is_personnel_case
          AND l.incident_id = %(incident)s AND l.source_ref = r.source_ref AND l.is_personnel_case
    """  # noqa: S608 - nothing in it comes from outside


_MADE_ONES = """SELECT letter_id FROM letters_letterchange
    WHERE batch_id = %(batch)s AND after @> '{"is_personnel_case": true}'"""
_OF_A_LIST = f"{_hide('is_personnel_case = true,')} AND (l.batch_id = %(batch)s OR l.id IN ({_MADE_ONES}))"
_OF_ONE = f"""{_hide("is_personnel_case = true,")}
    AND (%(source_ref)s::text IS NULL OR r.source_ref = %(source_ref)s)
"""
#: The row stays what its list says, for the list may correct what made the letter one.
_IN_ONE_LIST = f"""{_hide()} AND r.batch_id = %(batch)s
    AND (%(only)s::bigint[] IS NULL OR r.id = ANY(%(only)s::bigint[]))
"""


def in_lists(incident: Incident, source_ref: str | None = None) -> None:
    """Of all letters, or of one."""
    _run(_OF_ONE, incident.pk, source_ref=source_ref)


def what_became_personnel(batch: ImportBatch) -> None:
    """In every list, of the letters that this one brought in as personnel cases, or made so, or its undoing."""
    _run(_OF_A_LIST, batch.incident_id, batch=batch.pk)


def in_one_list(batch: ImportBatch, only: Sequence[int] | None) -> None:
    """Of the letters that are personnel cases until the list is in. ``only``: a few of its rows (ids)."""
    _run(_IN_ONE_LIST, batch.incident_id, batch=batch.pk, only=only)


def _run(statement: str, incident_id: int, **values: Any) -> None:
    said = {
        "hidden": HIDDEN,
        "subject": LABELS["subject"],
        "stray": Kind.STRAY.value,
        "stray_said": oddities.STRAY.format(""),
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, said | {"incident": incident_id} | values)
