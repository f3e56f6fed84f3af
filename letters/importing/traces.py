"""A message trace: one mail to three people is three rows under one Message-ID, and three letters."""

from django.db import connection

from letters.importing.columns import is_message_id
from letters.models import ImportBatch

#: So much of the recipient's keyed hash tells those of one mail apart.
DIGITS = 8

_ROOM = 120 - DIGITS - 1  # of ``ImportRow.source_ref``
_TELL_APART = f"""
    WITH several AS (
        SELECT source_ref FROM letters_importrow
        WHERE batch_id = %(batch)s AND verdict <> 'REJECTED'
        GROUP BY source_ref HAVING count(DISTINCT recipient_key) > 1
    ), named AS (
        UPDATE letters_importrow AS r SET
            source_ref = left(r.source_ref, {_ROOM}) || '/' || left(r.recipient_key, {DIGITS}),
            shown = CASE WHEN r.shown = '{{}}' THEN r.shown ELSE r.shown || jsonb_build_object(
                'source_ref', left(r.source_ref, {_ROOM}) || '/' || left(r.recipient_key, {DIGITS})) END
        WHERE r.batch_id = %(batch)s AND r.verdict <> 'REJECTED' AND r.recipient_key <> ''
          AND (%(only)s::bigint IS NULL OR r.id = %(only)s)
          AND right(r.source_ref, {DIGITS + 1}) <> '/' || left(r.recipient_key, {DIGITS})
          AND NOT EXISTS (
              SELECT FROM letters_letter AS l
              WHERE l.incident_id = %(incident)s AND l.source_ref = r.source_ref AND l.recipient_key = r.recipient_key
          )
    )
    SELECT count(*) FROM several
"""  # noqa: S608 - nothing in it comes from outside


def is_one(batch: ImportBatch) -> bool:
    return is_message_id(batch.header_of("source_ref"))


def tell_recipients_apart(batch: ImportBatch, only: int | None = None) -> int:
    """Give each letter an id of its own, the same in every trace, whoever else that one names. How many mails are to
    several.

    A letter that came in under the id of its mail alone, from another kind of list, keeps that. ``only``: one row (id).
    """
    with connection.cursor() as cursor:
        cursor.execute(_TELL_APART, {"batch": batch.pk, "incident": batch.incident_id, "only": only})
        mails: int = cursor.fetchone()[0]
        return mails


def id_of_mail(source_ref: str, recipient_key: str) -> str:
    """The id as the trace has it, without the end that tells the recipient."""
    return source_ref.removesuffix(f"/{recipient_key[:DIGITS]}") if recipient_key else source_ref
