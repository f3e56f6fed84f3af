"""The triggers of a ledger: ``triggers = LEDGER`` in its ``Meta``, and nothing else is needed to be in the chain.
And of a table that has no ledger of its own: with ``TOLD`` each change of it is a row of ``ledgers_change``.

The migration that gives them to a table that has rows ends with ``SELECT ledgers_begin('the_table')``, so that those
rows are in the chain too. A column of a ledger is added, but never renamed or removed: the hashes cover its name.
It is no float and no bytes, whose text is what a session wants it to be.
"""

import pgtrigger

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
