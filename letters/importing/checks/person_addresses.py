"""Addresses of people in a list: an address with several names, and addresses that were corrected since.

An address with several names is a single person, who gets the name of most rows. A former address is replaced by the
present address, so that the list names the same person and not a new person.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

from letters.models import ImportBatch
from sepo_incident.accounts import users
from sepo_incident.accounts.models import EmailChange
from sepo_incident.core import danish
from sepo_incident.core.sql_files import read_sql

SHOWN_ADDRESSES = 3
_SEVERAL_NAMES_SQL = read_sql(__file__, "several_names.sql")
_REPLACE_FORMER_ADDRESSES_SQL = read_sql(
    __file__, "replace_former_addresses.sql", former_emails=users.FORMER_EMAILS_SQL
)


def several_names_remark(batch_id: int) -> str:
    """Return a Danish remark on addresses with several names in a batch, or «»."""
    with connection.cursor() as cursor:
        cursor.execute(_SEVERAL_NAMES_SQL, {"batch": batch_id, "told": SHOWN_ADDRESSES})
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


def replace_former_addresses(batch: ImportBatch | None = None) -> None:
    """Replace former addresses in the rows of the batch, or of all batches in ``OPEN_STATUSES``."""
    if not EmailChange.objects.exists():
        return
    values: dict[str, Any] = {"waiting": OPEN_STATUSES, "batch": batch and batch.pk}
    with connection.cursor() as cursor:
        cursor.execute(_REPLACE_FORMER_ADDRESSES_SQL, values)
