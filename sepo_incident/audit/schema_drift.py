"""Compare the triggers, functions and privileges in the database with the code.

The definitions of the code are made on temporary tables and rolled back, and PostgreSQL describes both sides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pgtrigger
from django.apps import apps
from django.db import connection, transaction

from sepo_incident.audit.triggers import is_insert_only
from sepo_incident.core.database import SCHEMA, trusted_session
from sepo_incident.core.sql_files import read_sql

_DEFINITIONS_SQL = read_sql(__file__, "schema_definitions.sql")
_DISABLED_GUARDS_SQL = read_sql(__file__, "disabled_guards.sql")


def list_schema_differences() -> list[str]:
    """Return a Danish sentence for every difference between the database and the code."""
    with trusted_session():
        guards = _fetch_all(_DISABLED_GUARDS_SQL, tables=list_insert_only_tables())
        return [*_compare_definitions(), *(sentence for _, sentence in guards)]


def list_insert_only_tables() -> list[str]:
    """Return the names of the tables that accept only inserts."""
    return sorted(one._meta.db_table for one in apps.get_models() if is_insert_only(one))


def _compare_definitions() -> Iterator[str]:
    expected, actual = _describe_code(), _describe_schema()
    for name in sorted(expected.keys() | actual.keys()):
        if name not in actual:
            yield f"{name} er væk."
        elif name not in expected:
            yield f"{name} findes ikke i koden."
        elif expected[name] != actual[name]:
            yield f"{name} afviger fra koden eller er slået fra."


def _describe_schema(*, is_temporary: bool = False) -> dict[str, str]:
    """Return {«Udløseren … på …» or «Funktionen …»: PostgreSQL's description}, without names of schemas.

    `is_temporary`: describe the temporary schema of the session instead of ours.
    """
    rows = _fetch_all(_DEFINITIONS_SQL, is_temporary=is_temporary)
    return {_without_schema(name): _without_schema(definition) for name, definition in rows}


def _without_schema(text: str) -> str:
    return re.sub(rf'"?\b(?:pg_temp(?:_\d+)?|{SCHEMA})\b"?\.', "", text)


@cache
def _describe_code() -> dict[str, str]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL check_function_bodies = off; SET LOCAL client_min_messages = warning")
            cursor.execute(f"SET LOCAL search_path = pg_temp, pg_catalog, {SCHEMA}")
            for statement in _temporary_schema_sql():
                cursor.execute(statement)
            cursor.execute("SET LOCAL search_path = pg_catalog")
        definitions = _describe_schema(is_temporary=True)
        transaction.set_rollback(True)
    return definitions


def _temporary_schema_sql() -> Iterator[str]:
    """Yield SQL that creates the tables, triggers and functions so that only this transaction sees the result."""
    registered = pgtrigger.registered()
    for table in sorted({model._meta.db_table for model, _ in registered}):
        yield f"CREATE TEMP TABLE {table} (LIKE {SCHEMA}.{table})"
    for model, trigger in registered:
        made = trigger.compile(model).install_sql
        yield re.sub(rf'"{SCHEMA}"\.|(?<=EXECUTE PROCEDURE )', "pg_temp.", made)
    yield read_sql("sepo_incident/audit/sql/functions.sql")
    yield _owner_functions_sql("pg_my_temp_schema()")


def _owner_functions_sql(namespace: str) -> str:
    return read_sql(__file__, "owner_functions.sql", namespace=namespace)


def give_chain_to_owner() -> None:
    """Let the triggers of the hash chain run as the owner of the tables. `migrate` ends with it."""
    with connection.cursor() as cursor:
        cursor.execute(_owner_functions_sql(f"'{SCHEMA}'::regnamespace"))


def _fetch_all(statement: str, **values: Any) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
