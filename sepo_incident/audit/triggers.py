"""The triggers of a ledger: ``triggers = LEDGER`` in its ``Meta``, and nothing else is needed to be in the chain.
Where it has something personal: ``triggers = ledger_with(…)``, and ``salt = salt_field()`` in the model, so that this
can be erased (``erasing.py``) and the rest still be held against its hash.
And of a table that has no ledger of its own: with ``TOLD`` each change of it is a row of ``ledgers_change``.

A migration that gives them to a table that has rows ends with ``SELECT ledgers_begin('the_table')``, so that those
rows are in the chain too. A column of a ledger is added, but never renamed or removed: the hashes cover its name.
It is no float and no bytes, whose text is what a session wants it to be. What becomes personal later is sealed by
``SELECT ledgers_seal('the_table', '{path,path}')``, which makes the chain anew.

Who is at work, for the tables that have no ledger of their own.
"""

import pgtrigger
from django.contrib.postgres.functions import RandomUUID
from django.db import connection, models

from sepo_incident.audit.hash_sql import without_personal_sql
from sepo_incident.core.sql_files import read_sql

APPEND_ONLY_TRIGGER = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
NO_TRUNCATE_TRIGGER = pgtrigger.Trigger(
    name="never_emptied",
    level=pgtrigger.Statement,
    when=pgtrigger.Before,
    operation=pgtrigger.Truncate,
    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
)
#: One row for a statement, however many rows it wrote.
CHAIN_TRIGGER = pgtrigger.Trigger(
    name="chained",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="written"),
    func=read_sql("sepo_incident/audit/sql/chained.sql"),
)
INSERT_ONLY_TRIGGERS = [APPEND_ONLY_TRIGGER, NO_TRUNCATE_TRIGGER]
LEDGER_TRIGGERS = [*INSERT_ONLY_TRIGGERS, CHAIN_TRIGGER]


class SealedChainTrigger(pgtrigger.Trigger):
    """A row's digest is of it without what is ``personal``; it is sealed by one of all of it, salt included."""

    def __init__(self, personal: tuple[str, ...]) -> None:
        self.personal = personal
        super().__init__(
            name=CHAIN_TRIGGER.name,
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            referencing=pgtrigger.Referencing(new="written"),
            func=read_sql(
                "sepo_incident/audit/sql/sealed.sql",
                personal=_sql_array(personal),
                rest=without_personal_sql("line.said", personal),
            ),
        )


def _sql_array(paths: tuple[str, ...]) -> str:
    return "{" + ",".join(paths) + "}"


def erasable_ledger_triggers(*personal: str) -> list[pgtrigger.Trigger]:
    """``personal``: «column», or «column.key» of a column that is a JSON object.

    Such a row changes in one way only: what is personal in it is emptied, after a line that says so (``Erasure``).
    """
    may_be_emptied = pgtrigger.Trigger(
        name=APPEND_ONLY_TRIGGER.name,
        when=pgtrigger.Before,
        operation=pgtrigger.Update | pgtrigger.Delete,
        func=read_sql("sepo_incident/audit/sql/only_emptied.sql", personal=_sql_array(personal)),
    )
    return [may_be_emptied, NO_TRUNCATE_TRIGGER, SealedChainTrigger(personal)]


def salt_field() -> models.UUIDField:
    """Without it nobody can guess what a seal was of. It goes with what is personal: then it is none."""
    return models.UUIDField("salt", null=True, editable=False, db_default=RandomUUID())


def is_ledger(model: type[models.Model]) -> bool:
    return CHAIN_TRIGGER.name in _trigger_names(model)


def is_insert_only(model: type[models.Model]) -> bool:
    return {one.name for one in INSERT_ONLY_TRIGGERS} <= _trigger_names(model)


def personal_paths_of(model: type[models.Model]) -> tuple[str, ...]:
    """What can be erased in a ledger's rows."""
    triggers = getattr(model._meta, "triggers", [])
    return next((one.personal for one in triggers if isinstance(one, SealedChainTrigger)), ())


def _trigger_names(model: type[models.Model]) -> set[str | None]:
    return {one.name for one in getattr(model._meta, "triggers", [])}


def _change_log_trigger(name: str, operation: pgtrigger.Operation, **tables: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**tables),
        func=read_sql(f"sepo_incident/audit/sql/{name}.sql"),
    )


CHANGE_LOG_TRIGGERS = [
    _change_log_trigger("told_when_made", pgtrigger.Insert, new="made"),
    _change_log_trigger("told_when_altered", pgtrigger.Update, old="was", new="became"),
    _change_log_trigger("told_when_gone", pgtrigger.Delete, old="gone"),
    NO_TRUNCATE_TRIGGER,
]


def set_actor(user_id: int | None) -> None:
    """What is changed from here until the end of the transaction is told of this person; None: of nobody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('ledgers.done_by', %s, true)", [str(user_id or "")])
