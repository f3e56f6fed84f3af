"""Migrations import no application code, and the database has all that the models declare."""

import ast
from functools import partial
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from sepo_incident.demo.management.commands import demo

OURS = {"letters", "followups", "notifications", "sepo_incident"}
#: reads the SQL files that the migrations install
ALLOWED = {"sepo_incident.core.sql_files"}
STORAGE = """
    SELECT attstorage FROM pg_attribute WHERE attrelid = 'letters_importfilepart'::regclass AND attname = 'content'
"""
EXISTING_NAMES = """
    SELECT conname FROM pg_constraint
    UNION SELECT relname FROM pg_class WHERE relkind = 'i'
    UNION SELECT tgname FROM pg_trigger
"""


def test_migrations_import_no_application_code():
    migrations = MigrationLoader(None).disk_migrations.values()
    files = {Path(str(settings.BASE_DIR), *one.__module__.split(".")).with_suffix(".py") for one in migrations}
    ours = [file for file in files if file.exists()]
    rooms = {file.parent.parent.name for file in ours}
    assert rooms == {"audit", "accounts", "letters", "followups", "notifications"}
    assert [
        file.name for file in ours if {name.partition(".")[0] for name in imported_modules(file) - ALLOWED} & OURS
    ] == []


def imported_modules(file: Path) -> set[str]:
    """Return the names of the modules that a file imports."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return whole | parts


@pytest.mark.django_db
def test_declared_constraints_indexes_and_triggers_exist():
    """Django silently drops a unique index when another index of the same column is removed."""
    declared = {
        name
        for model in apps.get_models()
        for name in (
            *(one.name for one in [*model._meta.constraints, *model._meta.indexes]),
            *(one.get_pgid(model) for one in getattr(model._meta, "triggers", [])),
        )
    }
    assert {"delivery_one_to", "unit_lineage"} < declared
    with connection.cursor() as cursor:
        cursor.execute(EXISTING_NAMES)
        assert declared - {name for (name,) in cursor.fetchall()} == set()


@pytest.mark.django_db
def test_uploaded_bytes_are_stored_uncompressed():
    with connection.cursor() as cursor:
        cursor.execute(STORAGE)
        assert cursor.fetchone() == ("e",)


@pytest.mark.parametrize("migrate", [demo.migrate_if_needed, partial(call_command, "migrate", verbosity=0)])
@pytest.mark.django_db
def test_migrate_refuses_an_older_database_and_names_reset(migrate):
    migrate()
    MigrationRecorder(connection).record_applied("letters", "0028_sealed")
    with pytest.raises(CommandError, match=r"ældre udgave.*make demo RESET=1"):
        migrate()
