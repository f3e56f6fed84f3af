"""Erase personal data from append-only tables. The recorded action, the time and the hashes stay.

Files named by SHA-256 in an append-only table are stored in parts, in a separate table. The parts stay until the last
row that names the file is erased.
"""

from collections.abc import Iterator

import pgtrigger
from django.apps import apps
from django.db import transaction
from django.db.models import Model, QuerySet

from sepo_incident.audit.models import Erasure
from sepo_incident.audit.triggers import APPEND_ONLY_TRIGGER, NO_TRUNCATE_TRIGGER, personal_paths_of
from sepo_incident.core import database, logs
from sepo_incident.core.sql_files import read_sql


@transaction.atomic
def erase_personal_data[Row: Model](rows: QuerySet[Row], reason: str, by_id: int | None = None) -> int:
    """Erase the personal data of `rows` permanently and return the number of erased rows.

    Tables without personal columns and rows erased earlier are left alone. `reason` stays, so `reason` must not name
    anybody. `by_id`: id of the user, None for the clock or the console.
    """
    table, personal = rows.model._meta.db_table, list(personal_paths_of(rows.model))
    if not personal:
        return 0
    lines = Erasure.objects.bulk_create(
        Erasure(ledger=table, row_id=row, personal=personal, reason=reason, by_id=by_id)
        for row in rows.filter(salt__isnull=False).order_by("pk").values_list("pk", flat=True)
    )
    logs.log_security_event("history_erased", by_id, rows=len(lines))
    return len(lines)


#: SQL: storing a file and erasing a row that names the file take turns, so that no file is stored on parts that are
#: being deleted.
FILE_LOCK_SQL = "pg_advisory_xact_lock(hashtextextended({sha256}, 20191210))"


class _DeletableWhenErased(pgtrigger.Trigger):
    """Trigger that lets a file part be deleted once every row naming the file in `ledger.column` is erased."""

    def __init__(self, ledger: str, column: str) -> None:
        self.ledger, self.column = ledger, column
        super().__init__(
            name=APPEND_ONLY_TRIGGER.name,
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            func=read_sql("sepo_incident/audit/sql/allow_only_erased_parts.sql", ledger=ledger, column=column),
        )


def file_part_triggers(ledger: str, column: str) -> list[pgtrigger.Trigger]:
    """Return the triggers of a table of file parts (`sha256`, `number`, `content`), in which nobody alters a row.

    `ledger`, `column`: the append-only table and the column that name the files.
    """
    return [_DeletableWhenErased(ledger, column), NO_TRUNCATE_TRIGGER]


def delete_erased_files_trigger(ledger: str, column: str, parts: str) -> pgtrigger.Trigger:
    """Return the trigger of an append-only table that deletes the files that only erased rows name.

    `column`: the column with the SHA-256. `parts`: the table of file parts.
    """
    lock = FILE_LOCK_SQL.format(sha256="one.sha256")
    return pgtrigger.Trigger(
        name="takes_its_files_along",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        referencing=pgtrigger.Referencing(old="was"),
        func=read_sql(
            "sepo_incident/audit/sql/delete_erased_files.sql", lock=lock, ledger=ledger, column=column, parts=parts
        ),
    )


def list_file_differences() -> Iterator[str]:
    """Yield a Danish sentence for every table of file parts that has a missing or altered file.

    The sentence names the first such file.
    """
    for model in apps.get_models():
        parts = model._meta.db_table
        for trigger in getattr(model._meta, "triggers", []):
            if not isinstance(trigger, _DeletableWhenErased):
                continue
            names = {"ledger": trigger.ledger, "column": trigger.column, "parts": parts}
            for row, is_gone in database.fetch_all(read_sql(__file__, "first_wrong_file.sql", **names)):
                what = "er væk" if is_gone else "er ændret, siden den blev gemt"
                yield f"Filen, som række {row} i {trigger.ledger} nævner, {what} (tabellen {parts})."
