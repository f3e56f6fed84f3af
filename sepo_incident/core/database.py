"""All of a reading is of one moment.

The planner's numbers, learned by whoever has just made many rows, and not some minutes later from autovacuum.

COPY from lines that are made while the database stores those before: two are at work, and no list lies in memory.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from django.db import connection, transaction


@contextmanager
def snapshot() -> Iterator[None]:
    """All reading sees the database as it was at one moment, so that work going on raises no false alarm.

    Inside a transaction of the caller it is the caller who decides what is seen.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


#: Rows looked at are 300 times this. PostgreSQL's own 100 hold 30.000 rows in memory at once, 22 MiB of a list's rows,
#: and tell nothing more of sizes and of what we join by.
_STATISTICS_TARGET = 30


def analyze(*tables: str) -> None:
    """How large these tables are now and what is in them. ``tables``: names, each with or without its columns."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL default_statistics_target = {_STATISTICS_TARGET}; ANALYZE {', '.join(tables)}")


_LINES_PER_READ = 100


def copy_from_lines(cursor: Any, statement: str, lines: Iterable[str]) -> None:
    """``lines`` are of COPY's text format. An error in making them is raised when what came before it is stored."""
    stream = _LineStream(iter(lines))
    cursor.copy_expert(statement, stream)
    if stream.problem:
        raise stream.problem


class _LineStream:
    """Lines as a file. psycopg2 would hide an error in ``read`` behind its own, and the server would log its words."""

    def __init__(self, lines: Iterator[str]):
        self._lines = lines
        self.problem: BaseException | None = None

    def read(self, size: int) -> bytes:
        try:
            return "".join(islice(self._lines, _LINES_PER_READ)).encode()
        except BaseException as problem:
            self.problem = problem
            return b""
