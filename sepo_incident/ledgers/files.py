"""Files that a ledger names by their SHA-256: their bytes lie in parts in a table of their own, and stand as the name
says, until the last row that names them is erased.
"""

from __future__ import annotations

from collections.abc import Iterator

import pgtrigger
from django.apps import apps
from django.db import connection, models

from sepo_incident.ledgers.hashing import SCHEMA, built_in
from sepo_incident.ledgers.triggers import APPEND_ONLY, NEVER_EMPTIED
from sepo_incident.sql import sql

#: SQL: one at a time keeps a file, or erases a row that names it, so that none is kept on bytes that are just going
ONE_AT_A_TIME = "pg_advisory_xact_lock(hashtextextended({sha256}, 20191210))"
_FIRST_WRONG = f"""
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


class _GoesWhenErased(pgtrigger.Trigger):
    """``ledger`` and ``column``: where the file is named."""

    def __init__(self, ledger: str, column: str) -> None:
        self.ledger, self.column = ledger, column
        super().__init__(
            name=APPEND_ONLY.name,
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            func=sql("sepo_incident/ledgers/sql/only_gone_when_erased.sql", ledger=ledger, column=column),
        )


def parts_named_in(ledger: str, column: str) -> list[pgtrigger.Trigger]:
    """Of the table of the parts (``sha256``, ``number``, ``content``), which nobody alters."""
    return [_GoesWhenErased(ledger, column), NEVER_EMPTIED]


def takes_its_files_along(ledger: str, column: str, parts: str) -> pgtrigger.Trigger:
    """Of the ledger: whatever empties its rows deletes the files that only emptied rows name."""
    lock = ONE_AT_A_TIME.format(sha256="one.sha256")
    return pgtrigger.Trigger(
        name="takes_its_files_along",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        referencing=pgtrigger.Referencing(old="was"),
        func=sql(
            "sepo_incident/ledgers/sql/takes_its_files_along.sql", lock=lock, ledger=ledger, column=column, parts=parts
        ),
    )


def differences() -> list[str]:
    """A Danish sentence for each table of parts with a file whose bytes are not those of its name: its first."""
    with built_in():
        return [sentence for model in apps.get_models() for sentence in _wrong_in(model)]


def _wrong_in(model: type[models.Model]) -> Iterator[str]:
    parts = model._meta.db_table
    for trigger in getattr(model._meta, "triggers", []):
        if not isinstance(trigger, _GoesWhenErased):
            continue
        with connection.cursor() as cursor:
            cursor.execute(_FIRST_WRONG.format(ledger=trigger.ledger, column=trigger.column, parts=parts))
            for row, is_gone in cursor.fetchall():
                what = "er væk" if is_gone else "er en anden, end den var, da den blev gemt"
                yield f"Filen, som række {row} i {trigger.ledger} nævner, {what} (tabellen {parts})."
