"""Statuses of receipts that the table in `receipt_codes.py` lacks, and the meanings that Koncern IT gives them."""

from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, Max

from letters.models import Receipt, ReceiptStatus
from letters.tracking.receipt_codes import find_status
from letters.tracking.take_in import settle_outcomes
from sepo_incident.accounts.models import User
from sepo_incident.audit.triggers import set_actor
from sepo_incident.core import database

Meaning = ReceiptStatus.Meaning
#: Most statuses that a page lists.
STATUSES_LISTED = 50
APPLY_TO_RECEIPTS_SQL = """
    UPDATE letters_receipt
    SET is_known = true, is_final = %(is_final)s, is_delivered = %(is_delivered)s
    WHERE lower(status) = lower(%(name)s)
    RETURNING dispatch_id
"""


class UnknownStatus(NamedTuple):
    name: str
    receipts: int
    last_at: datetime


def unknown_statuses() -> list[UnknownStatus]:
    """Return the statuses without a meaning, the most frequent first. One query."""
    unknown = Receipt.objects.filter(is_known=False, is_delivered=False).values_list("status")
    counted = unknown.annotate(number=Count("pk"), last_at=Max("received_at")).order_by("-number", "status")
    # A known status is among them where the codes and the text of one receipt disagree.
    rows = (UnknownStatus(*row) for row in counted[:STATUSES_LISTED])
    return [row for row in rows if not find_status(row.name).is_known]


@transaction.atomic
def tell_meaning(name: str, meaning: str, by: User) -> int:
    """Save the meaning of a status, for past and future receipts. Return the number of past receipts.

    A later meaning replaces the earlier one. The state of the dispatches follows at once.
    """
    set_actor(by.pk)
    told = {"meaning": meaning, "told_by": by, "told_at": database.now()}
    ReceiptStatus.objects.update_or_create(name__iexact=name, defaults=told, create_defaults={"name": name, **told})
    proven = {"is_final": meaning != Meaning.ON_THE_WAY, "is_delivered": meaning == Meaning.DELIVERED}
    changed = database.fetch_all(APPLY_TO_RECEIPTS_SQL, {"name": name, **proven})
    settle_outcomes(changed)
    return len(changed)
