"""Concurrent changes and PostgreSQL helpers.

`Conflict` is raised by optimistic locking. The rest are single statements, PostgreSQL's clock, read-only snapshots,
advisory locks, ANALYZE of a sample, COPY of lines, and a subquery that counts.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import islice
from typing import Any
from weakref import WeakKeyDictionary

from django.db import Error, connection, transaction
from django.db.models import DateTimeField, Expression, IntegerField, Subquery
from psycopg2.extensions import AsIs


class Conflict(Exception):
    """Raised when a row changed after the page was rendered. The service has changed nothing.

    The text is a Danish sentence, or empty. `current`: the row as it is now, if the service has read the row.
    """

    def __init__(self, why: str = "", current: Any = None):
        super().__init__(why)
        self.current = current


def execute(statement: str, values: Any = None) -> int:
    """Execute an SQL statement, and return the number of its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def fetch_all(statement: str, values: Any = None) -> list[tuple[Any, ...]]:
    """Execute an SQL statement, and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


#: {connection to PostgreSQL: the statements that it keeps planned}
_planned: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
#: PostgreSQL keeps up to 1 MB for a planned statement. A statement has a text for each set of roles.
MAX_PLANNED = 40


def execute_planned(cursor: Any, statement: str, values: Sequence[Any] | Mapping[str, Any]) -> None:
    """Execute an SQL statement that each connection plans only once.

    For statements that find a few rows by keys and come many times a second: PostgreSQL needs longer to plan them than
    to run them. The plan may be the same for all values, so no list of thousands is among them.
    """
    keys = list(values) if isinstance(values, Mapping) else None
    name = f"planned_{hashlib.sha256(statement.encode()).hexdigest()[:32]}"
    planned = _planned.setdefault(connection.connection, set())
    if name not in planned:
        numbers = [f"${number}" for number in range(1, len(values) + 1)]
        text = statement % (tuple(numbers) if keys is None else dict(zip(keys, numbers, strict=True)))
        # no query of the page: the first request of a connection would ask more than the next ones
        with connection.wrap_database_errors, connection.connection.cursor() as plain:
            if len(planned) >= MAX_PLANNED:
                plain.execute(";".join(f"DEALLOCATE {one}" for one in planned))
                planned.clear()
            plain.execute(f"PREPARE {name} AS {text}")
        planned.add(name)
    given = ["%s"] * len(values) if keys is None else [f"%({key})s" for key in keys]
    cursor.execute(f"EXECUTE {name} ({', '.join(given)})" if given else f"EXECUTE {name}", values)


def fetch_planned(statement: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Execute an SQL statement by `execute_planned`, and return its rows."""
    with connection.cursor() as cursor:
        execute_planned(cursor, statement, values)
        return list(cursor.fetchall())


def clock_parameter() -> Any:
    """Return PostgreSQL's present time as a parameter of an SQL statement.

    Times that one process writes and another compares come from here, from `PresentTime` or from `now`: leases, retries
    and rate limits. The clocks of two machines may differ by more than a lease. Tests and the demo move the clock:
    they replace this function by one that returns a time.
    """
    return AsIs("statement_timestamp()")


class PresentTime(Expression):
    """PostgreSQL's present time as an expression in a query, by `clock_parameter`."""

    output_field = DateTimeField()

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s::timestamptz", (clock_parameter(),)


def now() -> datetime:
    """Return PostgreSQL's present time, by `clock_parameter`."""
    [(present,)] = fetch_all("SELECT %s::timestamptz", [clock_parameter()])
    return present


class RowCount(Subquery):
    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()


@contextmanager
def snapshot() -> Iterator[None]:
    """Run the block in a REPEATABLE READ, READ ONLY transaction, so that all queries see the same state.

    Concurrent work then raises no false alarm. Inside a transaction of the caller the block runs in that transaction.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


#: The schema of our tables.
SCHEMA = "public"

#: ANALYZE samples 300 rows per unit of the target. PostgreSQL's default of 100 holds 30.000 rows in memory at once, 22
#: MiB for the rows of a list, without better estimates of sizes or of the columns we join by.
_STATISTICS_TARGET = 30


def analyze(*tables: str) -> None:
    """Run ANALYZE with a small statistics target on tables that just got many rows.

    `tables`: table names, each optionally followed by columns in parentheses. Autovacuum would update the planner's
    statistics only some minutes later.
    """
    execute(f"SET LOCAL default_statistics_target = {_STATISTICS_TARGET}; ANALYZE {', '.join(tables)}")


_LINES_PER_READ = 100


def copy_from_lines(cursor: Any, statement: str, lines: Iterable[str]) -> None:
    """Run a COPY … FROM STDIN statement with lines of COPY's text format.

    Lines are produced while the database stores earlier lines, so no list is held in memory as a whole. An exception
    raised by the iterator is raised here, after the lines before the failure are sent.
    """
    stream = _LineStream(iter(lines))
    cursor.copy_expert(statement, stream)
    if stream.problem:
        raise stream.problem


class _LineStream:
    """A file object over an iterator of lines, read by psycopg2's `copy_expert`.

    An exception raised inside `read` would be hidden by an exception of psycopg2, and the server would log the
    message; so `read` keeps the exception in `problem` and ends the stream.
    """

    def __init__(self, lines: Iterator[str]):
        self._lines = lines
        self.problem: BaseException | None = None

    def read(self, size: int) -> bytes:
        try:
            return "".join(islice(self._lines, _LINES_PER_READ)).encode()
        except BaseException as problem:
            self.problem = problem
            return b""


@contextmanager
def advisory_lock(namespace: int, key: int) -> Iterator[bool]:
    """Try to take a session-level PostgreSQL advisory lock without waiting. Yield whether the lock was taken.

    `namespace`: a number for the kind of work; `key`: the row. The lock belongs to the connection, so PostgreSQL
    releases the lock of a worker that dies.
    """
    [(is_acquired,)] = fetch_all("SELECT pg_try_advisory_lock(%s, %s)", [namespace, key])
    try:
        yield is_acquired
    finally:
        if is_acquired:
            # If the caller's transaction is aborted or the connection is gone, unlocking fails too and would hide the
            # original error. PostgreSQL then releases the lock together with the connection.
            with suppress(Error):
                execute("SELECT pg_advisory_unlock(%s, %s)", [namespace, key])
