"""What is hashed, and how, as SQL of PostgreSQL's own functions alone: whoever verifies brings it along, so that no
function that was put into the database is asked whether the database is as it was.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

#: what people read instead of what was erased
ERASED_TEXT = "[slettet]"
#: where our tables are; asked for by name, for whoever put another table before them
SCHEMA = "public"
#: a statement in a ledger with nothing personal has no seals
LINK_HASH_SQL = """sha256(
    link.previous
    || convert_to((CASE WHEN said.personal = '{}'
        THEN jsonb_build_array(link.number, said.id, said.ledger, said.columns, said.at)
        ELSE jsonb_build_array(link.number, said.id, said.ledger, said.columns, said.personal, said.at)
    END)::text, 'UTF8')
    || array_send(said.ids) || array_send(said.digests)
    || CASE WHEN said.personal = '{}' THEN '' ELSE array_send(said.sealed) END
)"""


def digest_sql(line: str) -> str:
    """SQL: the digest of a row that is given as JSON."""
    return f"sha256(convert_to(({line})::text, 'UTF8'))"


def without_personal_sql(line: str, personal: Iterable[str]) -> str:
    """SQL: a row as JSON without what is personal in it, and without the salt. One step a column, which is faster than
    one a key."""
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
    """SQL: is there something personal in a row, given as JSON, but ``ERASED`` or nothing?"""
    parts = [f"({line} #> '{{{path.replace('.', ',')}}}')" for path in personal]
    return " OR ".join(f"""coalesce({part}, 'null') NOT IN ('null', '""', '"{ERASED_TEXT}"')""" for part in parts)


@contextmanager
def trusted_session() -> Iterator[None]:
    """Within, the name of a function is PostgreSQL's and a moment is in UTC, whatever the session says; a table is
    named with its schema. What is done is undone."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL search_path = pg_catalog; SET LOCAL TimeZone = 'UTC'")
        yield
        transaction.set_rollback(True)
