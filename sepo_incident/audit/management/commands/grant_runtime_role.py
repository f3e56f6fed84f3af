"""Command that gives the role of the site and the workers its privileges; `migrate` runs it when `RUNTIME_ROLE` is set.

Usage: `manage.py grant_runtime_role [ROLLE]`
"""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from psycopg2.extensions import encrypt_password, quote_ident

from sepo_incident.audit.triggers import list_insert_only_tables
from sepo_incident.core import danish
from sepo_incident.core.database import SCHEMA, execute, fetch_all
from sepo_incident.core.sql_files import read_sql


class Command(BaseCommand):
    help = "Giver hjemmesidens og processernes rolle i databasen dens rettigheder. I historikken må den kun tilføje."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role", metavar="ROLLE", nargs="?", help="rollens navn; ellers RUNTIME_ROLE")

    @transaction.atomic
    def handle(self, *args: Any, role: str | None, **options: Any) -> None:
        role = role or settings.RUNTIME_ROLE
        if not role:
            raise CommandError("Skriv rollens navn, eller sæt RUNTIME_ROLE.")
        if settings.RUNTIME_PASSWORD:
            _create_or_update_role(role, settings.RUNTIME_PASSWORD)
        _refuse_unsuitable_role(role)
        tables = set(connection.introspection.table_names())
        append_only = [table for table in list_insert_only_tables() if table in tables]
        execute(
            read_sql(
                "sepo_incident/audit/runtime_role.sql",
                schema=SCHEMA,
                role=_quoted(role),
                append_only=", ".join(f"{SCHEMA}.{_quoted(table)}" for table in append_only),
            )
        )
        all_tables = danish.count(len(tables), "tabel", "tabeller")
        self.stdout.write(f"Rollen »{role}« læser og skriver i {all_tables}. I {len(append_only)} må den kun tilføje.")


def _create_or_update_role(role: str, password: str) -> None:
    """Create the role if it is missing, and set its password. PostgreSQL and its log get the password as a hash."""
    hashed = encrypt_password(password, role, connection.connection, "scram-sha-256")
    how = "ALTER" if fetch_all("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]) else "CREATE"
    execute(f"{how} ROLE {_quoted(role).replace('%', '%%')} LOGIN PASSWORD %s", [hashed])


def _refuse_unsuitable_role(role: str) -> None:
    """Raise CommandError if the role is missing, or acts as an owner of the tables, as a superuser does."""
    if not fetch_all("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]):
        raise CommandError(f"Rollen »{role}« findes ikke. Opret den først, eller sæt RUNTIME_PASSWORD.")
    owns = "SELECT 1 FROM pg_tables WHERE schemaname = %s AND pg_has_role(%s, tableowner, 'MEMBER') LIMIT 1"
    if fetch_all(owns, [SCHEMA, role]):
        raise CommandError(f"Rollen »{role}« ejer tabellerne og kan ændre historikken. Vælg en rolle, der intet ejer.")


def _quoted(name: str) -> str:
    return quote_ident(name, connection.connection)
