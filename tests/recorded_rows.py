"""Insert recorded rows into the database, and delete all rows, in one statement each."""

import fcntl
import io
import json
import pickle
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import time_machine
from django.apps import apps
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg2.errors import DeadlockDetected

from sepo_incident import embedded
from sepo_incident.core.danish import COPENHAGEN, local_date
from tests.factories import IncidentFactory, LetterFactory, UnitFactory, UserFactory

#: tables that the migrations fill
FILLED_BY_MIGRATIONS = {"django_content_type", "auth_permission"}
CHAIN = {'"audit_rowchange"', '"audit_statement"', '"audit_pendinglink"', '"audit_link"', '"audit_check"'}
#: The factories that number the names of their rows.
FACTORIES = (IncidentFactory, LetterFactory, UnitFactory, UserFactory)
#: To empty the tables: more than a page has queries that may deadlock with an attempt.
ATTEMPTS = 8
MONDAY = datetime(2020, 1, 13, 10, 0, tzinfo=COPENHAGEN)  # two days before the deadline


def table_names() -> list[str]:
    """Return the quoted table names of all models."""
    models = [model._meta for model in apps.get_models(include_auto_created=True)]
    names = {meta.db_table for meta in models if meta.managed and not meta.proxy}
    return [connection.ops.quote_name(name) for name in sorted(names - FILLED_BY_MIGRATIONS)]


def execute_without_triggers(*statements: str) -> None:
    """Execute statements with the triggers off: triggers forbid deletes, and the recorded rows hold what triggers have
    set.
    """
    asleep, awake = (f"SET session_replication_role = {role}" for role in ("replica", "origin"))
    with connection.cursor() as cursor:
        cursor.execute(";\n".join([asleep, *statements, awake]))


def delete_all_rows() -> None:
    """Delete all rows. TRUNCATE would recreate the files of all tables and indexes; DELETE is free on an empty table.

    The lock waits for open transactions, as TRUNCATE does. A page that loads while the test ends may deadlock with
    it, once for each query: then another attempt follows, until the page is done.
    """
    statements = [f"LOCK TABLE {', '.join(table_names())}", *(f"DELETE FROM {table}" for table in table_names())]  # noqa: S608
    for attempts_left in reversed(range(ATTEMPTS)):
        try:
            execute_without_triggers(*statements)
        except OperationalError as error:
            if not (attempts_left and isinstance(error.__cause__, DeadlockDetected)):
                raise
        else:
            break


class RecordedRows:
    """Rows that many tests start with: built once per run, and inserted with one statement for each test.

    `build` makes the rows in an empty database, with the clock stopped on a Monday at 10. Timestamps of that moment
    and dates of that day become those of the insert. The rows are not in the hash chain, which grows at commits only.
    """

    def __init__(self, build: Callable[[], Any], without: Sequence[str] = ()) -> None:
        """`without`: insertions that were done before."""
        with transaction.atomic(), time_machine.travel(MONDAY, tick=False):
            self.stamp = timezone.now()
            self.made = _dump(build(), self.stamp)
            self.insertions = [
                insertion
                for table in table_names()
                if table not in CHAIN
                for insertion in _insertions(table)
                if insertion not in without
            ]
            self.sequences = _sequences()
            self.counters = [one._meta.next_sequence() for one in FACTORIES]
            transaction.set_rollback(True)

    def insert(self) -> Any:
        """Insert the rows and return what `build` returned."""
        now = timezone.now()
        stamp_day, today = (f'"{local_date(moment).isoformat()}"' for moment in (self.stamp, now))
        execute_without_triggers(
            *(
                insertion.replace(self.stamp.isoformat(), now.isoformat()).replace(stamp_day, today)
                for insertion in self.insertions
            )
        )
        return _load(self.made, now)

    def advance_sequences(self) -> None:
        """Let new rows of this worker have other ids and names than the rows that another worker recorded."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT setval(quote_ident(key)::regclass, greatest(value::bigint, last_value))"
                " FROM json_each_text(%s) JOIN pg_sequences ON sequencename = key",
                [json.dumps(self.sequences)],
            )
        for factory, counter in zip(FACTORIES, self.counters, strict=True):
            factory.reset_sequence(max(counter, factory._meta.next_sequence()))


def record(name: str, build: Callable[[], Any], without: Sequence[str] = ()) -> RecordedRows:
    """Return the rows that `build` makes. The first worker of the run builds them, the others read them from a file."""
    file = embedded.data_folder() / f"recorded-{name}"
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if file.exists():
            recorded: RecordedRows = pickle.loads(file.read_bytes())  # noqa: S301 - written by this run
            recorded.advance_sequences()
            return recorded
        recorded = RecordedRows(build, without)
        file.write_bytes(pickle.dumps(recorded))
        return recorded


def _sequences() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL")
        return dict(cursor.fetchall())


def _insertions(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
            [table],
        )
        [columns] = cursor.fetchone()
        cursor.execute(
            f"SELECT quote_literal(json_agg(one ORDER BY one::text)) FROM {table} AS one HAVING count(*) > 0"  # noqa: S608
        )
        return [
            f"INSERT INTO {table} ({columns}) "  # noqa: S608
            f"SELECT {columns} FROM json_populate_recordset(NULL::{table}, {rows})"
            for (rows,) in cursor.fetchall()
        ]


def _dump(made: Any, stamp: datetime) -> bytes:
    class Pickler(pickle.Pickler):
        def persistent_id(self, one: Any) -> str | None:
            return "now" if isinstance(one, datetime) and one == stamp else None

    Pickler(into := io.BytesIO()).dump(made)
    return into.getvalue()


def _load(made: bytes, now: datetime) -> Any:
    class Unpickler(pickle.Unpickler):
        def persistent_load(self, name: str) -> datetime:
            return now

    return Unpickler(io.BytesIO(made)).load()
