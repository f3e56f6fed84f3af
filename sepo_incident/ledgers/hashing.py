"""What is hashed, and how, as SQL of PostgreSQL's own functions alone: whoever verifies brings it along, so that no
function that was put into the database is asked whether the database is as it was.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

#: where our tables are; asked for by name, for whoever put another table before them
SCHEMA = "public"
LINK = """sha256(
    link.previous
    || convert_to(jsonb_build_array(link.number, said.id, said.ledger, said.columns, said.at)::text, 'UTF8')
    || array_send(said.ids) || array_send(said.digests)
)"""


def digest(besides: str) -> str:
    """SQL: the digest of the row ``line``, but for columns that came after it."""
    return f"sha256(convert_to((to_jsonb(line) - {besides})::text, 'UTF8'))"


@contextmanager
def built_in() -> Iterator[None]:
    """Within, the name of a function is PostgreSQL's and a moment is in UTC, whatever the session says; a table is
    named with its schema. What is done is undone."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL search_path = pg_catalog; SET LOCAL TimeZone = 'UTC'")
        yield
        transaction.set_rollback(True)
