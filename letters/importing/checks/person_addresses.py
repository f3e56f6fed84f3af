"""Addresses of people in a list: an address with several names, and addresses that were corrected since.

An address with several names is a single person, who gets the name of most rows. A former address is replaced by the
present address, so that the list names the same person and not a new person.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

from letters.models import ImportBatch
from sepo_incident.accounts.models import EmailChange
from sepo_incident.accounts.users import FORMER_EMAILS_SQL
from sepo_incident.core import danish

SHOWN_ADDRESSES = 3
_WITH_SEVERAL_NAMES = """
    SELECT email, count(*) OVER () FROM (
        SELECT sender_email AS email, lower(sender_name) AS name FROM letters_importrow
        WHERE batch_id = %(batch)s AND verdict <> 'REJECTED' AND sender_email <> '' AND sender_name <> ''
        UNION
        SELECT leader_email, lower(leader_name) FROM letters_importrow
        WHERE batch_id = %(batch)s AND verdict <> 'REJECTED' AND leader_email <> '' AND leader_name <> ''
    ) AS named
    GROUP BY email HAVING count(*) > 1 ORDER BY email LIMIT %(told)s
"""


def several_names_remark(batch_id: int) -> str:
    """Return a Danish remark on addresses with several names in a batch, or «»."""
    with connection.cursor() as cursor:
        cursor.execute(_WITH_SEVERAL_NAMES, {"batch": batch_id, "told": SHOWN_ADDRESSES})
        found = cursor.fetchall()
    if not found:
        return ""
    number = found[0][1]
    emails = ", ".join(email for email, _ in found)
    more = " og andre" if number > SHOWN_ADDRESSES else ""
    several = danish.count(number, "e-mail står", "e-mails står")
    return f"{several} med flere navne: {emails}{more}. Det er én person, som får det navn, de fleste rækker har."


Status = ImportBatch.Status
#: statuses of lists that may still bring people in
OPEN_STATUSES = [Status.UPLOADED, Status.READING, Status.ASKING, Status.CHECKED, Status.COMMITTING]
_REPLACE_FORMER = """
    UPDATE letters_importrow AS r SET {who}_email = former.now
    FROM ({former}) AS former, letters_importbatch AS batch
    WHERE batch.id = r.batch_id AND batch.status = ANY(%(waiting)s) AND (%(batch)s IS NULL OR batch.id = %(batch)s)
      AND r.{who}_email = former.old
"""


def replace_former_addresses(batch: ImportBatch | None = None) -> None:
    """Replace former addresses in the rows of the batch, or of all batches in ``OPEN_STATUSES``."""
    if not EmailChange.objects.exists():
        return
    values: dict[str, Any] = {"waiting": OPEN_STATUSES, "batch": batch and batch.pk}
    with connection.cursor() as cursor:
        for who in ("sender", "leader"):
            cursor.execute(_REPLACE_FORMER.format(who=who, former=FORMER_EMAILS_SQL), values)
