"""The triggers of a ledger: ``triggers = LEDGER`` in its ``Meta``, and nothing else is needed to be in the chain.
Where it has something personal: ``triggers = ledger_with(…)``, and ``salt = salt_field()`` in the model, so that this
can be erased (``erasing.py``) and the rest still be held against its hash.
And of a table that has no ledger of its own: with ``TOLD`` each change of it is a row of ``ledgers_change``.

The migration that gives them to a table that has rows ends with ``SELECT ledgers_begin('the_table')``, so that those
rows are in the chain too. A column of a ledger is added, but never renamed or removed: the hashes cover its name.
It is no float and no bytes, whose text is what a session wants it to be. What becomes personal later is sealed by
``SELECT ledgers_seal('the_table', '{path,path}')``, which makes the chain anew.
"""

import pgtrigger
from django.contrib.postgres.functions import RandomUUID
from django.db import models

from sepo_incident.ledgers.hashing import digest, without

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
    func="""
        INSERT INTO ledgers_statement (ledger, columns, ids, digests, at)
        SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), array_agg(line.id ORDER BY line.id),
               array_agg(ledgers_digest(line) ORDER BY line.id), clock_timestamp()
        FROM written AS line HAVING count(*) > 0;
        RETURN NULL;
    """,
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
            func=f"""
                IF EXISTS (SELECT FROM written WHERE salt IS NULL) THEN
                    RAISE EXCEPTION 'En ny række i % skal have sit salt.', TG_TABLE_NAME
                    USING ERRCODE = 'integrity_constraint_violation';
                END IF;
                INSERT INTO ledgers_statement (ledger, columns, personal, ids, digests, sealed, at)
                SELECT TG_TABLE_NAME, ledgers_columns(TG_RELID), '{_array(personal)}',
                       array_agg(line.id ORDER BY line.id),
                       array_agg({digest(without("line.said", personal))} ORDER BY line.id),
                       array_agg({digest("line.said")} ORDER BY line.id), clock_timestamp()
                FROM (SELECT id, ledgers_json(row) AS said FROM written AS row) AS line HAVING count(*) > 0;
                RETURN NULL;
            """,  # noqa: S608 - nothing in it comes from outside
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
        func=f"""
            IF TG_OP = 'UPDATE' AND ledgers_json(NEW) = ledgers_emptied(ledgers_json(OLD), '{_array(personal)}')
                AND EXISTS (SELECT FROM ledgers_erasure WHERE ledger = TG_TABLE_NAME AND row_id = OLD.id)
            THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;
        """,  # noqa: S608
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


def _told(name: str, operation: pgtrigger.Operation, rows: str, **tables: str) -> pgtrigger.Trigger:
    """``rows`` is SQL for the id of each row, and what it was and is as JSON."""
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**tables),
        func=f"""
            INSERT INTO ledgers_change (table_name, row_id, before, after, by_id, login, at)
            SELECT TG_TABLE_NAME, one.id, ledgers_differing(one.before, one.after),
                   ledgers_differing(one.after, one.before),
                   nullif(current_setting('ledgers.done_by', true), '')::bigint, session_user, clock_timestamp()
            FROM ({rows}) AS one (id, before, after) WHERE one.before <> one.after ORDER BY one.id;
            RETURN NULL;
        """,  # noqa: S608 - nothing in it comes from outside
    )


TOLD = [
    _told(
        "told_when_made",
        pgtrigger.Insert,
        "SELECT made.id, '{}'::jsonb, ledgers_json(made) FROM made",
        new="made",
    ),
    _told(
        "told_when_altered",
        pgtrigger.Update,
        # a row that was given another id is one gone and one made
        """SELECT coalesce(was.id, became.id), CASE WHEN was.id IS NULL THEN '{}'::jsonb ELSE ledgers_json(was) END,
               CASE WHEN became.id IS NULL THEN '{}'::jsonb ELSE ledgers_json(became) END
        FROM was FULL JOIN became ON became.id = was.id""",
        old="was",
        new="became",
    ),
    _told(
        "told_when_gone",
        pgtrigger.Delete,
        "SELECT gone.id, ledgers_json(gone), '{}'::jsonb FROM gone",
        old="gone",
    ),
    NEVER_EMPTIED,
]
