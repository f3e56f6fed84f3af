"""What lists keep of a letter that is a personnel case by now: its subject goes from what is shown of their rows."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from letters.models import ImportBatch, Incident, LetterChange
from letters.models.letter import HIDDEN

_HIDE = """
    UPDATE letters_importrow AS r SET
        is_personnel_case = true,
        shown = CASE WHEN r.shown ? 'subject' THEN r.shown || jsonb_build_object('subject', %(hidden)s::text)
                     ELSE r.shown END,
        changes = CASE WHEN r.changes ? 'subject' THEN r.changes
                       || jsonb_build_object('subject', jsonb_build_array(%(hidden)s::text, %(hidden)s::text))
                       ELSE r.changes END,
        problems = (SELECT coalesce(jsonb_agg(CASE WHEN one ->> 'column' = 'Emne' THEN
                        one || jsonb_build_object('value', %(hidden)s::text) ELSE one END), '[]')
                    FROM jsonb_array_elements(r.problems) AS one)
    FROM letters_importbatch AS b, letters_letter AS l
    WHERE b.id = r.batch_id AND b.incident_id = %(incident)s AND NOT r.is_personnel_case
      AND l.incident_id = %(incident)s AND l.source_ref = r.source_ref AND l.is_personnel_case
"""
_OF_ONE = f"{_HIDE} AND (%(source_ref)s::text IS NULL OR r.source_ref = %(source_ref)s)"
_MADE_ONE = """SELECT letter_id FROM letters_letterchange
    WHERE batch_id = %(batch)s AND after @> '{"is_personnel_case": true}'"""
_OF_MADE_ONES = f"{_HIDE} AND l.id IN ({_MADE_ONE})"
#: Where the list makes the letter public again (``commit``), its row is what the rules say.
_IN_ONE_LIST = f"""{_HIDE} AND r.batch_id = %(batch)s
    AND (l.category_by_id IS NOT NULL OR (l.subject, l.recipient_kind) = (r.subject, r.recipient_kind))
    AND (%(only)s::bigint[] IS NULL OR r.id = ANY(%(only)s::bigint[]))
"""


def in_lists(incident: Incident, source_ref: str | None = None) -> None:
    """Of all letters, or of one."""
    _run(_OF_ONE, incident.pk, source_ref=source_ref)


def what_became_personnel(batch: ImportBatch) -> None:
    """In every list, of the letters that this one, or its undoing, made personnel cases."""
    if LetterChange.objects.filter(batch=batch, after__contains={"is_personnel_case": True}).exists():
        _run(_OF_MADE_ONES, batch.incident_id, batch=batch.pk)


def in_one_list(batch: ImportBatch, only: Sequence[int] | None) -> None:
    """Of the letters that stay personnel cases whatever the list says. ``only``: a few of its rows (ids)."""
    _run(_IN_ONE_LIST, batch.incident_id, batch=batch.pk, only=only)


def _run(statement: str, incident_id: int, **values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"incident": incident_id, "hidden": HIDDEN, **values})
