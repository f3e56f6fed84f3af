"""What is personal in the ledgers' rows is erased; what was done and when stays, and so do the hashes.

Files that a ledger names by their SHA-256: their bytes lie in parts in a table of their own, and stand as the name
says, until the last row that names them is erased.
"""

from __future__ import annotations

from collections.abc import Iterator

import pgtrigger
from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import Model, QuerySet

from sepo_incident.audit.hash_sql import SCHEMA, trusted_session
from sepo_incident.audit.models import Erasure, Statement
from sepo_incident.audit.triggers import APPEND_ONLY_TRIGGER, NO_TRUNCATE_TRIGGER, personal_paths_of
from sepo_incident.core import logs
from sepo_incident.core.sql_files import read_sql


class NotSealed(Exception):
    """Rows of this ledger were written when something else was personal, and their hashes would not hold without it:
    a migration must seal them first (``ledgers_seal``)."""


@transaction.atomic
def erase_personal_data[Row: Model](rows: QuerySet[Row], reason: str, by_id: int | None = None) -> int:
    """For good; how many it was. Rows of a ledger with nothing personal, or without it already, are left alone.

    ``reason`` stays, so it names nobody. Raises ``Unsealed``.
    """
    table, personal = rows.model._meta.db_table, list(personal_paths_of(rows.model))
    if not personal:
        return 0
    if Statement.objects.filter(ledger=table).exclude(personal=personal).exists():
        raise NotSealed(table)
    lines = Erasure.objects.bulk_create(
        Erasure(ledger=table, row_id=row, personal=personal, reason=reason, by_id=by_id)
        for row in rows.filter(salt__isnull=False).order_by("pk").values_list("pk", flat=True)
    )
    logs.log_security_event("history_erased", by_id, rows=len(lines))
    return len(lines)


#: SQL: one at a time keeps a file, or erases a row that names it, so that none is kept on bytes that are just going
FILE_LOCK_SQL = "pg_advisory_xact_lock(hashtextextended({sha256}, 20191210))"
_FIRST_WRONG_FILE_SQL = f"""
    SELECT named.id, kept.sha256 IS NULL
    FROM (
        SELECT {{column}} AS sha256, min(id) AS id FROM {SCHEMA}.{{ledger}}
        WHERE salt IS NOT NULL AND {{column}} <> '' GROUP BY {{column}}
    ) AS named
    CROSS JOIN LATERAL (
        SELECT encode(sha256(string_agg(part.content, ''::bytea ORDER BY part.number)), 'hex') AS sha256
        FROM {SCHEMA}.{{parts}} AS part WHERE part.sha256 = named.sha256
    ) AS kept
    WHERE kept.sha256 IS DISTINCT FROM named.sha256 ORDER BY named.id LIMIT 1
"""  # noqa: S608 - nothing in it comes from outside


class _DeletableWhenErased(pgtrigger.Trigger):
    """``ledger`` and ``column``: where the file is named."""

    def __init__(self, ledger: str, column: str) -> None:
        self.ledger, self.column = ledger, column
        super().__init__(
            name=APPEND_ONLY_TRIGGER.name,
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            func=read_sql("sepo_incident/audit/sql/only_gone_when_erased.sql", ledger=ledger, column=column),
        )


def file_part_triggers(ledger: str, column: str) -> list[pgtrigger.Trigger]:
    """Of the table of the parts (``sha256``, ``number``, ``content``), which nobody alters."""
    return [_DeletableWhenErased(ledger, column), NO_TRUNCATE_TRIGGER]


def delete_erased_files_trigger(ledger: str, column: str, parts: str) -> pgtrigger.Trigger:
    """Of the ledger: whatever empties its rows deletes the files that only emptied rows name."""
    lock = FILE_LOCK_SQL.format(sha256="one.sha256")
    return pgtrigger.Trigger(
        name="takes_its_files_along",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        referencing=pgtrigger.Referencing(old="was"),
        func=read_sql(
            "sepo_incident/audit/sql/takes_its_files_along.sql", lock=lock, ledger=ledger, column=column, parts=parts
        ),
    )


def list_file_differences() -> list[str]:
    """A Danish sentence for each table of parts with a file whose bytes are not those of its name: its first."""
    with trusted_session():
        return [sentence for model in apps.get_models() for sentence in _find_wrong_files(model)]


def _find_wrong_files(model: type[models.Model]) -> Iterator[str]:
    parts = model._meta.db_table
    for trigger in getattr(model._meta, "triggers", []):
        if not isinstance(trigger, _DeletableWhenErased):
            continue
        with connection.cursor() as cursor:
            cursor.execute(_FIRST_WRONG_FILE_SQL.format(ledger=trigger.ledger, column=trigger.column, parts=parts))
            for row, is_gone in cursor.fetchall():
                what = "er væk" if is_gone else "er en anden, end den var, da den blev gemt"
                yield f"Filen, som række {row} i {trigger.ledger} nævner, {what} (tabellen {parts})."
