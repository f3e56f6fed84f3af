"""Rows put into the database and taken out of it, all in one statement."""

import io
import pickle
from collections.abc import Callable
from datetime import datetime
from typing import Any

import time_machine
from django.apps import apps
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg2.errors import DeadlockDetected

from sepo_incident.core.danish import COPENHAGEN

#: what the migrations themselves have filled
KEPT = {"django_content_type", "auth_permission"}
CHAIN = {'"audit_rowchange"', '"audit_statement"', '"audit_pendinglink"', '"audit_link"', '"audit_check"'}
MONDAY = datetime(2020, 1, 13, 10, 0, tzinfo=COPENHAGEN)  # two days before the deadline


def tables() -> list[str]:
    """Of all models, quoted."""
    models = [model._meta for model in apps.get_models(include_auto_created=True)]
    names = {meta.db_table for meta in models if meta.managed and not meta.proxy}
    return [connection.ops.quote_name(name) for name in sorted(names - KEPT)]


def execute(*statements: str) -> None:
    """In one go, without triggers: they forbid to delete, and have worked out already what is put back."""
    asleep, awake = (f"SET session_replication_role = {role}" for role in ("replica", "origin"))
    with connection.cursor() as cursor:
        cursor.execute(";\n".join([asleep, *statements, awake]))


def empty() -> None:
    """What TRUNCATE does, which makes the files of all tables and indexes anew; DELETE costs nothing where nothing is.

    It waits, as TRUNCATE does, for whoever is still writing. What a page fetches while its test ends may wait for it as
    well: then it begins once more, and by then the other is done.
    """
    statements = [f"LOCK TABLE {', '.join(tables())}", *(f"DELETE FROM {table}" for table in tables())]  # noqa: S608
    try:
        execute(*statements)
    except OperationalError as error:
        if not isinstance(error.__cause__, DeadlockDetected):
            raise
        execute(*statements)


class Recording:
    """Rows that many tests begin with: made once in a process, and then put there with one statement for each test.

    ``build`` makes them in an empty database, on a Monday at 10 that stands still. What is stamped with that moment is
    stamped with the moment of the playing instead. Nothing of it is in the chain, which grows at commits only.
    """

    def __init__(self, build: Callable[[], Any]) -> None:
        with transaction.atomic(), time_machine.travel(MONDAY, tick=False):
            self.stamp = timezone.now()
            self.made = _dump(build(), self.stamp)
            self.insertions = [
                insertion for table in tables() if table not in CHAIN for insertion in _insertions(table)
            ]
            transaction.set_rollback(True)

    def play(self) -> Any:
        """What ``build`` returned."""
        now = timezone.now()
        execute(*(one.replace(self.stamp.isoformat(), now.isoformat()) for one in self.insertions))
        return _load(self.made, now)


def _insertions(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT quote_literal(json_agg(one)) FROM {table} AS one HAVING count(*) > 0")  # noqa: S608
        return [
            f"INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, {rows})"  # noqa: S608
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
