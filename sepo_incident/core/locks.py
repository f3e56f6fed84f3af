"""One worker at a time for each piece of work, and none for one whose worker has died."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import Error, connection


@contextmanager
def advisory_lock(space: int, pk: int) -> Iterator[bool]:
    """True for one at a time. The advisory lock belongs to the connection and ends with it; ``space`` is a number of
    the kind of work."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [space, pk])
        is_mine = bool(cursor.fetchone()[0])
    try:
        yield is_mine
    finally:
        if is_mine:
            # Where the caller's own transaction is aborted or the connection is gone, unlocking fails as well, and
            # would hide the error that came first. The lock then goes with the connection.
            with suppress(Error), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [space, pk])
