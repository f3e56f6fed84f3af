"""What is personal in the ledgers' rows is erased; what was done and when stays, and so do the hashes."""

from django.db import transaction
from django.db.models import Model, QuerySet

from sepo_incident import logs
from sepo_incident.ledgers.models import Erasure, Statement
from sepo_incident.ledgers.triggers import personal_in


class Unsealed(Exception):
    """Rows of this ledger were written when something else was personal, and their hashes would not hold without it:
    a migration must seal them first (``ledgers_seal``)."""


@transaction.atomic
def erase[Row: Model](rows: QuerySet[Row], reason: str, by_id: int | None = None) -> int:
    """For good; how many it was. Rows of a ledger with nothing personal, or without it already, are left alone.

    ``reason`` stays, so it names nobody. Raises ``Unsealed``.
    """
    table, personal = rows.model._meta.db_table, list(personal_in(rows.model))
    if not personal:
        return 0
    if Statement.objects.filter(ledger=table).exclude(personal=personal).exists():
        raise Unsealed(table)
    lines = Erasure.objects.bulk_create(
        Erasure(ledger=table, row_id=row, personal=personal, reason=reason, by_id=by_id)
        for row in rows.filter(salt__isnull=False).order_by("pk").values_list("pk", flat=True)
    )
    logs.note("history_erased", by_id, rows=len(lines))
    return len(lines)
