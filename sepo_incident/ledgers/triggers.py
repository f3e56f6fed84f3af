"""The triggers of a ledger: ``triggers = LEDGER`` in its ``Meta``, and nothing else is needed to be in the chain.
Where it has something personal: ``triggers = ledger_with(…)``, and ``salt = salt_field()`` in the model, so that this
can be erased (``erasing.py``) and the rest still be held against its hash.
And of a table that has no ledger of its own: with ``TOLD`` each change of it is a row of ``ledgers_change``.

A migration that gives them to a table that has rows ends with ``SELECT ledgers_begin('the_table')``, so that those
rows are in the chain too. A column of a ledger is added, but never renamed or removed: the hashes cover its name.
It is no float and no bytes, whose text is what a session wants it to be. What becomes personal later is sealed by
``SELECT ledgers_seal('the_table', '{path,path}')``, which makes the chain anew.
"""

import pgtrigger
from django.contrib.postgres.functions import RandomUUID
from django.db import models

from sepo_incident.ledgers.hashing import without
from sepo_incident.sql import sql

APPEND_ONLY = pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
NEVER_EMPTIED = pgtrigger.Trigger(
    name="never_emptied",
    level=pgtrigger.Statement,
    when=pgtrigger.Before,
    operation=pgtrigger.Truncate,
    func="RAISE EXCEPTION 'pgtrigger: Cannot truncate % table', TG_TABLE_NAME;",
)
#: One row for a statement, however many rows it wrote.
CHAINED = pgtrigger.Trigger(
    name="chained",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="written"),
    func=sql("sepo_incident/ledgers/sql/chained.sql"),
)
INSERT_ONLY = [APPEND_ONLY, NEVER_EMPTIED]
LEDGER = [*INSERT_ONLY, CHAINED]


class Sealed(pgtrigger.Trigger):
    """A row's digest is of it without what is ``personal``; it is sealed by one of all of it, salt included."""

    def __init__(self, personal: tuple[str, ...]) -> None:
        self.personal = personal
        super().__init__(
            name=CHAINED.name,
            level=pgtrigger.Statement,
            when=pgtrigger.After,
            operation=pgtrigger.Insert,
            referencing=pgtrigger.Referencing(new="written"),
            func=sql(
                "sepo_incident/ledgers/sql/sealed.sql",
                personal=_array(personal),
                rest=without("line.said", personal),
            ),
        )


def _array(paths: tuple[str, ...]) -> str:
    return "{" + ",".join(paths) + "}"


def ledger_with(*personal: str) -> list[pgtrigger.Trigger]:
    """``personal``: «column», or «column.key» of a column that is a JSON object.

    Such a row changes in one way only: what is personal in it is emptied, after a line that says so (``Erasure``).
    """
    may_be_emptied = pgtrigger.Trigger(
        name=APPEND_ONLY.name,
        when=pgtrigger.Before,
        operation=pgtrigger.Update | pgtrigger.Delete,
        func=sql("sepo_incident/ledgers/sql/only_emptied.sql", personal=_array(personal)),
    )
    return [may_be_emptied, NEVER_EMPTIED, Sealed(personal)]


def salt_field() -> models.UUIDField:
    """Without it nobody can guess what a seal was of. It goes with what is personal: then it is none."""
    return models.UUIDField("salt", null=True, editable=False, db_default=RandomUUID())


def is_ledger(model: type[models.Model]) -> bool:
    return CHAINED.name in _names(model)


def is_insert_only(model: type[models.Model]) -> bool:
    return {one.name for one in INSERT_ONLY} <= _names(model)


def personal_in(model: type[models.Model]) -> tuple[str, ...]:
    """What can be erased in a ledger's rows."""
    triggers = getattr(model._meta, "triggers", [])
    return next((one.personal for one in triggers if isinstance(one, Sealed)), ())


def _names(model: type[models.Model]) -> set[str | None]:
    return {one.name for one in getattr(model._meta, "triggers", [])}


def _told(name: str, operation: pgtrigger.Operation, **tables: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**tables),
        func=sql(f"sepo_incident/ledgers/sql/{name}.sql"),
    )


TOLD = [
    _told("told_when_made", pgtrigger.Insert, new="made"),
    _told("told_when_altered", pgtrigger.Update, old="was", new="became"),
    _told("told_when_gone", pgtrigger.Delete, old="gone"),
    NEVER_EMPTIED,
]
