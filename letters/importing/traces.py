"""A message trace: one mail to three people is three rows under one Message-ID, and three letters."""

from django.db import connection

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
    )
    SELECT count(*) FROM several
"""  # noqa: S608 - nothing in it comes from outside


def tell_recipients_apart(batch_id: int) -> int:
    """Give each letter an id of its own, the same in every trace, whoever else that one names. How many mails are to
    several."""
    with connection.cursor() as cursor:
        cursor.execute(_TELL_APART, {"batch": batch_id})
        mails: int = cursor.fetchone()[0]
        return mails
