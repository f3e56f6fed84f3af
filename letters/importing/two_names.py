"""An address that a list gives several names: it is one person, who gets the name of most rows."""

from django.db import connection

from sepo_incident import danish

TOLD = 3
_SEVERAL = """
    SELECT email, count(*) OVER () FROM (
        SELECT sender_email AS email, lower(sender_name) AS name FROM letters_importrow
        WHERE batch_id = %(batch)s AND verdict <> 'REJECTED' AND sender_email <> '' AND sender_name <> ''
        UNION
        SELECT leader_email, lower(leader_name) FROM letters_importrow
        WHERE batch_id = %(batch)s AND verdict <> 'REJECTED' AND leader_email <> '' AND leader_name <> ''
    ) AS named
    GROUP BY email HAVING count(*) > 1 ORDER BY email LIMIT %(told)s
"""


def remark_on(batch_id: int) -> str:
    """What there is to say of a batch's rows, or «»."""
    with connection.cursor() as cursor:
        cursor.execute(_SEVERAL, {"batch": batch_id, "told": TOLD})
        found = cursor.fetchall()
    if not found:
        return ""
    number = found[0][1]
    emails = ", ".join(email for email, _ in found)
    more = " og andre" if number > TOLD else ""
    several = danish.count(number, "e-mail står", "e-mails står")
    return f"{several} med flere navne: {emails}{more}. Det er én person, som får det navn, de fleste rækker har."
