"""A list may name a person by an address that was corrected since: it is the same person, and not a new one."""

from __future__ import annotations

from typing import Any

from django.db import connection

from letters.models import ImportBatch
from sepo_incident.accounts.addresses import FORMER
from sepo_incident.accounts.models import EmailChange

Status = ImportBatch.Status
#: lists that may still bring people in
WAITING = [Status.UPLOADED, Status.READING, Status.ASKING, Status.CHECKED, Status.COMMITTING]
_FOLLOW = """
    UPDATE letters_importrow AS r SET {who}_email = former.now
    FROM ({former}) AS former, letters_importbatch AS batch
    WHERE batch.id = r.batch_id AND batch.status = ANY(%(waiting)s) AND (%(batch)s IS NULL OR batch.id = %(batch)s)
      AND r.{who}_email = former.old
"""


def follow(batch: ImportBatch | None = None) -> None:
    """In the rows of the list, or of every list that waits, former addresses are those that the people have now."""
    if not EmailChange.objects.exists():
        return
    values: dict[str, Any] = {"waiting": WAITING, "batch": batch and batch.pk}
    with connection.cursor() as cursor:
        for who in ("sender", "leader"):
            cursor.execute(_FOLLOW.format(who=who, former=FORMER), values)
