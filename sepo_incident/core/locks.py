"""PostgreSQL advisory locks, so that a single worker at a time does a piece of work."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import Error, connection


@contextmanager
def advisory_lock(namespace: int, key: int) -> Iterator[bool]:
    """Try to take a session-level PostgreSQL advisory lock without waiting. Yield whether the lock was taken.

    ``namespace``: a number for the kind of work; ``key``: the row. The lock belongs to the connection, so PostgreSQL
    releases the lock of a worker that dies.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [namespace, key])
        is_acquired = bool(cursor.fetchone()[0])
    try:
        yield is_acquired
    finally:
        if is_acquired:
            # If the caller's transaction is aborted or the connection is gone, unlocking fails too and would hide the
            # original error. PostgreSQL then releases the lock together with the connection.
            with suppress(Error), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [namespace, key])
