"""Triggers of append-only tables in the hash chain, and of tables with a change log.

- `triggers = LEDGER_TRIGGERS` in `Meta` makes a table append-only and adds every row to the hash chain.
- `triggers = erasable_ledger_triggers(…)` with a field `salt = salt_field()` does the same for a table with personal
  columns. The personal values can be erased (`erasure.py`), and the hash of the rest still holds.
- `triggers = CHANGE_LOG_TRIGGERS` records every change of a table as a row of `audit_rowchange`.

A column of such a table may be added, but never renamed or removed, because the hashes cover the column's name. No
column may be a float or bytes, because the text of such a value depends on the session.
"""

from collections.abc import Iterable

import pgtrigger
from django.apps import apps
from django.contrib.postgres.functions import RandomUUID
from django.db import models

from sepo_incident.core import database
from sepo_incident.core.sql_files import read_sql

#: The text that people read in place of erased text.
ERASED_TEXT = "[slettet]"


def without_personal_sql(line: str, personal: Iterable[str]) -> str:
    """Return SQL for `line`, a row as JSON, without the personal values and the salt.

    A step per column is faster than a step per key.
    """
    keys: dict[str, list[str]] = {}
    for column, _, key in (path.partition(".") for path in personal):
        keys.setdefault(column, []).extend([key] if key else [])
    rest = f"({line}) - '{{{','.join(['salt', *keys])}}}'::text[]"
    parts = [
        f"'{column}', CASE jsonb_typeof(({line}) -> '{column}') WHEN 'object' "
        f"THEN (({line}) -> '{column}') - '{{{','.join(some)}}}'::text[] ELSE ({line}) -> '{column}' END"
        for column, some in keys.items()
        if some
    ]
    return f"({rest}) || jsonb_build_object({', '.join(parts)})" if parts else rest


def has_personal_text_sql(line: str, personal: Iterable[str]) -> str:
    """Return SQL: does `line`, a row as JSON, have a personal value other than empty or `ERASED_TEXT`?"""
    parts = [f"({line} #> '{{{path.replace('.', ',')}}}')" for path in personal]
    return " OR ".join(f"""coalesce({part}, 'null') NOT IN ('null', '""', '"{ERASED_TEXT}"')""" for part in parts)


APPEND_ONLY_TRIGGER = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
NO_TRUNCATE_TRIGGER = pgtrigger.Trigger(
    name="never_emptied",
    level=pgtrigger.Statement,
    when=pgtrigger.Before,
    operation=pgtrigger.Truncate,
    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
)
#: A statement makes a single row in the chain, however many rows the statement wrote.
CHAIN_TRIGGER = pgtrigger.Trigger(
    name="chained",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="written"),
    func=read_sql("sepo_incident/audit/sql/add_statement.sql"),
)
INSERT_ONLY_TRIGGERS = [APPEND_ONLY_TRIGGER, NO_TRUNCATE_TRIGGER]
LEDGER_TRIGGERS = [*INSERT_ONLY_TRIGGERS, CHAIN_TRIGGER]


class SealedChainTrigger(pgtrigger.Trigger):
    """Chain trigger of a table with personal columns.

    A row's digest leaves out the `personal` values. The seal is a digest of the complete row, salt included.
    """

    def __init__(self, personal: tuple[str, ...]) -> None:
        self.personal = personal
        super().__init__(
            name=CHAIN_TRIGGER.name,
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            referencing=pgtrigger.Referencing(new="written"),
            func=read_sql(
                "sepo_incident/audit/sql/add_sealed_statement.sql",
                personal=_sql_array(personal),
                rest=without_personal_sql("line.content", personal),
            ),
        )


def _sql_array(paths: tuple[str, ...]) -> str:
    return "{" + ",".join(paths) + "}"


def erasable_ledger_triggers(*personal: str) -> list[pgtrigger.Trigger]:
    """Return the triggers of an append-only table with personal columns.

    `personal`: «column», or «column.key» of a JSON object. A row changes only by erasure: the personal values are
    emptied after a row about the erasure is inserted (`Erasure`).
    """
    may_be_emptied = pgtrigger.Trigger(
        name=APPEND_ONLY_TRIGGER.name,
        when=pgtrigger.Before,
        operation=pgtrigger.Update | pgtrigger.Delete,
        func=read_sql("sepo_incident/audit/sql/allow_only_erasure.sql", personal=_sql_array(personal)),
    )
    return [may_be_emptied, NO_TRUNCATE_TRIGGER, SealedChainTrigger(personal)]


def salt_field() -> models.UUIDField:
    """Return the salt field, a secret that prevents guessing the personal values from a seal.

    An erasure empties the salt too.
    """
    return models.UUIDField("salt", null=True, editable=False, db_default=RandomUUID())


def is_ledger(model: type[models.Model]) -> bool:
    """Tell whether the model's rows enter the hash chain."""
    return CHAIN_TRIGGER.name in _trigger_names(model)


def list_insert_only_tables() -> list[str]:
    inserted = {one.name for one in INSERT_ONLY_TRIGGERS}
    return sorted(one._meta.db_table for one in apps.get_models() if inserted <= _trigger_names(one))


def personal_paths_of(model: type[models.Model]) -> tuple[str, ...]:
    """Return the personal values that can be erased in the model's rows: «column» or «column.key»."""
    triggers = getattr(model._meta, "triggers", [])
    return next((one.personal for one in triggers if isinstance(one, SealedChainTrigger)), ())


def _trigger_names(model: type[models.Model]) -> set[str | None]:
    return {one.name for one in getattr(model._meta, "triggers", [])}


def _change_log_trigger(name: str, file: str, operation: pgtrigger.Operation, **tables: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**tables),
        func=read_sql(f"sepo_incident/audit/sql/{file}"),
    )


CHANGE_LOG_TRIGGERS = [
    _change_log_trigger("record_inserts", "record_inserts.sql", pgtrigger.Insert, new="made"),
    _change_log_trigger("record_updates", "record_updates.sql", pgtrigger.Update, old="was", new="became"),
    _change_log_trigger("record_deletes", "record_deletes.sql", pgtrigger.Delete, old="gone"),
    NO_TRUNCATE_TRIGGER,
]


def set_actor(user_id: int | None) -> None:
    """Record the user as the author of all changes until the end of the transaction. None: no user."""
    database.execute("SELECT set_config('audit.done_by', %s, true)", [str(user_id or "")])
