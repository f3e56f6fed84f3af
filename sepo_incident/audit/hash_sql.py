"""SQL for digests and hashes, made only of PostgreSQL's own functions.

Verification uses this SQL rather than functions stored in the database, because a stored function may have been
replaced.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

#: The text that people read in place of erased text.
ERASED_TEXT = "[slettet]"
#: The schema of our tables. Queries name the schema, because somebody may have put a different table first in the
#: search path.
SCHEMA = "public"


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


@contextmanager
def trusted_session() -> Iterator[None]:
    """Run the block with `search_path` set to pg_catalog and the time zone set to UTC, and roll back.

    Function names mean PostgreSQL's own functions, and timestamps are in UTC whatever the session says. Tables must
    be named with the schema.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL search_path = pg_catalog; SET LOCAL TimeZone = 'UTC'")
        yield
        transaction.set_rollback(True)
