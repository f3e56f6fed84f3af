"""Compare the triggers, functions and privileges in the database with the code.

The definitions of the code are made on temporary tables and rolled back, and PostgreSQL describes both sides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import pgtrigger
from django.apps import apps
from django.db import connection, transaction

from sepo_incident.audit.hash_sql import SCHEMA, trusted_session
from sepo_incident.audit.triggers import is_insert_only
from sepo_incident.core.sql_files import read_sql

_SCHEMA_OID = f"'{SCHEMA}'::regnamespace"
_TRIGGERS_SQL = """
    SELECT class.relname, trigger.tgname, pg_get_triggerdef(trigger.oid), trigger.tgenabled
    FROM pg_trigger AS trigger JOIN pg_class AS class ON class.oid = tgrelid
    WHERE class.relnamespace = {schema}::oid AND NOT trigger.tgisinternal
"""
_FUNCTIONS_SQL = """
    SELECT format('%%s(%%s)', proname, pg_get_function_identity_arguments(oid)), pg_get_functiondef(oid)
    FROM pg_proc WHERE pronamespace = {schema}::oid AND prokind = 'f' AND proname ~ '^(_?pgtrigger|audit)_'
"""
#: Internal triggers, made by PostgreSQL, that are disabled on an append-only table.
_DISABLED_TRIGGERS_SQL = f"""
    SELECT relname FROM pg_class WHERE relnamespace = {_SCHEMA_OID} AND relname = ANY(%(tables)s)
        AND EXISTS (SELECT FROM pg_trigger WHERE tgrelid = pg_class.oid AND tgisinternal AND tgenabled <> 'O')
"""  # noqa: S608 - nothing in it comes from outside
#: A rule, a policy or a view in place of the table could intercept writes to an append-only table.
_NOT_PLAIN_TABLES_SQL = f"""
    SELECT relname FROM pg_class WHERE relnamespace = {_SCHEMA_OID} AND relname = ANY(%(tables)s)
        AND (relkind <> 'r' OR relrowsecurity OR EXISTS (SELECT FROM pg_rewrite WHERE ev_class = pg_class.oid))
"""  # noqa: S608 - nothing in it comes from outside
_WRITE_PRIVILEGES_SQL = f"""
    SELECT relname, coalesce(role.rolname, 'alle'), string_agg(DISTINCT given.privilege_type, ', ')
    FROM pg_class
    CROSS JOIN LATERAL (
        SELECT * FROM aclexplode(relacl)
        UNION ALL SELECT one.* FROM pg_attribute, aclexplode(attacl) AS one WHERE attrelid = pg_class.oid
    ) AS given
    LEFT JOIN pg_roles AS role ON role.oid = given.grantee
    WHERE relnamespace = {_SCHEMA_OID} AND relname = ANY(%(tables)s) AND given.grantee <> relowner
        AND given.privilege_type IN ('UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER')
    GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608 - nothing in it comes from outside
#: With any of these settings a session runs no triggers. A role or a database can give all sessions a setting.
_TRIGGER_BYPASS_SETTINGS_SQL = r"""
    SELECT DISTINCT coalesce(rolname, datname, 'alle'), split_part(one, '=', 1)
    FROM pg_db_role_setting LEFT JOIN pg_roles AS role ON role.oid = setrole
    LEFT JOIN pg_database AS database ON database.oid = setdatabase, unnest(setconfig) AS one
    WHERE one ~ '^(pgtrigger\.ignore|session_replication_role)=' ORDER BY 1, 2
"""


def list_schema_differences() -> list[str]:
    """Return a Danish sentence for every difference between the database and the code."""
    with trusted_session():
        return [*_compare_definitions(), *_find_disabled_guards()]


def list_insert_only_tables() -> list[str]:
    """Return the names of the tables that accept only inserts."""
    return sorted(one._meta.db_table for one in apps.get_models() if is_insert_only(one))


def _compare_definitions() -> Iterator[str]:
    expected, actual = _describe_code(), _describe_schema(_SCHEMA_OID)
    for name in sorted(expected.keys() | actual.keys()):
        if name not in actual:
            yield f"{name} er væk."
        elif name not in expected:
            yield f"{name} kender koden ikke."
        elif expected[name] != actual[name]:
            yield f"{name} er en anden, end koden siger, eller er slået fra."


def _find_disabled_guards() -> Iterator[str]:
    tables = list_insert_only_tables()
    for (table,) in _fetch_all(_DISABLED_TRIGGERS_SQL, tables):
        yield f"Tabellen {table} har fået sine udløsere slået fra."
    for (table,) in _fetch_all(_NOT_PLAIN_TABLES_SQL, tables):
        yield f"Tabellen {table} er ikke en almindelig tabel: den har en regel, som koden ikke kender."
    for table, who, what in _fetch_all(_WRITE_PRIVILEGES_SQL, tables):
        yield f"{who} har {what} på tabellen {table}, hvor man kun må læse og tilføje."
    for who, setting in _fetch_all(_TRIGGER_BYPASS_SETTINGS_SQL):
        yield f"Indstillingen {setting} er sat for {who}, så udløserne ikke virker."


def _describe_schema(schema: str) -> dict[str, str]:
    """Return {«Udløseren … på …» or «Funktionen …»: PostgreSQL's description}, without names of schemas.

    `schema`: SQL for the schema to describe.
    """
    triggers = {
        f"Udløseren {name} på tabellen {table}": f"{_without_schema(made)} {enabled}"
        for table, name, made, enabled in _fetch_all(_TRIGGERS_SQL.format(schema=schema))
    }
    functions = {
        f"Funktionen {_without_schema(name)}": _without_schema(made)
        for name, made in _fetch_all(_FUNCTIONS_SQL.format(schema=schema))
    }
    return triggers | functions


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
        definitions = _describe_schema("pg_my_temp_schema()")
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


def _fetch_all(statement: str, tables: list[str] | None = None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"tables": tables})
        return cursor.fetchall()
