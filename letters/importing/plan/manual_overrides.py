"""Manual choices for a letter (``letters.assigning.assignments``), valid until a list says something new.

An empty cell says nothing, nor does the value that the list had before the person chose.
"""

#: fact of a letter that people choose → field of a row with the change
ROW_FIELD_OF = {"sender_id": "sender_email", "leader_id": "leader_email", "unit_id": "unit_name"}


def _choice_columns(fact: str) -> str:
    """Return SQL for the last choice, and for the value before the first choice."""
    column = f"{fact}_id"
    of_it = f"FILTER (WHERE after ? '{column}')"
    return (
        f"(array_agg((after ->> '{column}')::bigint ORDER BY id DESC) {of_it})[1] AS {column},"
        f"(array_agg((before ->> '{column}')::bigint ORDER BY id) {of_it})[1] AS {fact}_was"
    )


#: A table to join by ``letter_id``: a row for every letter with a manual choice.
MANUAL_CHOICES = f"""(
    SELECT given.*, lower(sender.email) AS sender_said, lower(leader.email) AS leader_said
    FROM (SELECT letter_id, {", ".join(map(_choice_columns, ("sender", "leader", "unit")))}
          FROM letters_letterchange WHERE kind = 'ASSIGNED' GROUP BY letter_id) AS given
    LEFT JOIN accounts_user AS sender ON sender.id = given.sender_was
    LEFT JOIN accounts_user AS leader ON leader.id = given.leader_was
) AS chosen"""  # noqa: S608 - built from constants only
#: field of a row → SQL: a person's choice holds against the row. ``l``, ``r``, ``place`` and ``chosen`` are joined.
OVERRIDE_HOLDS = {
    **{
        f"{fact}_email": f"l.{fact}_id = chosen.{fact}_id AND r.{fact}_email IN ('', coalesce(chosen.{fact}_said, ''))"
        for fact in ("sender", "leader")
    },
    "unit_name": """l.unit_id = chosen.unit_id
        AND (r.unit_name || r.subunit || r.unit_code = '' OR place.unit_id = chosen.unit_was)""",
}
