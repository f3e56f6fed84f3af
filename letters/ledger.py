"""Whatever alters many letters in SQL writes their ledger in the same statement, so that no fact changes in silence."""

#: what a row of a list says of a letter
FACTS = (
    "sender_id", "sender_name", "leader_id", "leader_name", "unit_id", "subject", "category", "sent_at",
    "recipient_kind", "recipient_key", "is_personnel_case", "has_deadline", "named_on",
)  # fmt: skip
#: the columns whose changes it keeps
COLUMNS = (*FACTS, "withdrawn_at")


def _where_they_differ(side: str) -> str:
    """SQL: ``{column: value}`` on one side of an update, of the columns that it altered."""
    parts = (
        f"CASE WHEN old.{name} IS DISTINCT FROM new.{name} THEN jsonb_build_object('{name}', {side}.{name}) "
        "ELSE '{}'::jsonb END"
        for name in COLUMNS
    )
    return " || ".join(parts)


def written(update: str, kind: str = "CHANGED", assignment: str = "NULL::bigint") -> str:
    """``update`` (of ``letters_letter AS l``) and a line of the ledger for each letter that it really altered.

    Its values are those of the update and ``batch``, ``by``, ``reason`` and ``now``. A line is called ``kind``, unless
    the letter was withdrawn or taken up again; ``assignment`` is SQL. The rows it counts are the lines.
    """
    return f"""
        WITH altered AS (
            {update}
            RETURNING l.id, {_where_they_differ("old")} AS before, {_where_they_differ("new")} AS after
        )
        INSERT INTO letters_letterchange (letter_id, kind, batch_id, before, after, reason, by_id, at, assignment_id)
        SELECT id,
               CASE WHEN NOT before ? 'withdrawn_at' THEN '{kind}'
                    WHEN after -> 'withdrawn_at' = 'null' THEN 'REINSTATED' ELSE 'WITHDRAWN' END,
               %(batch)s, before, after, %(reason)s, %(by)s, %(now)s, {assignment}
        FROM altered WHERE before <> '{{}}'
    """  # noqa: S608 - nothing in it comes from outside
