"""A migration is history: it must run the same on a new database whatever the code of today is called."""

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
#: reads the files of SQL that the migrations install
ALLOWED = {"sepo_incident.core.sql_files"}
STORAGE = """
    SELECT attstorage FROM pg_attribute WHERE attrelid = 'letters_importfilepart'::regclass AND attname = 'content'
"""
STANDING = """
    SELECT conname FROM pg_constraint
    UNION SELECT relname FROM pg_class WHERE relkind = 'i'
    UNION SELECT tgname FROM pg_trigger
"""


def test_no_migration_uses_the_code_of_today():
    migrations = MigrationLoader(None).disk_migrations.values()
    files = {Path(str(settings.BASE_DIR), *one.__module__.split(".")).with_suffix(".py") for one in migrations}
    ours = [file for file in files if file.exists()]
    rooms = {file.parent.parent.name for file in ours}
    assert rooms == {"audit", "accounts", "letters", "followups", "notifications"}
    assert [file.name for file in ours if {name.partition(".")[0] for name in imported(file) - ALLOWED} & OURS] == []


def imported(file: Path) -> set[str]:
    """The modules that it imports."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return whole | parts


@pytest.mark.django_db
def test_all_that_a_model_declares_stands_in_the_database():
    """Django drops a unique index unseen when a field of the same column is to have none."""
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
        cursor.execute(STANDING)
        assert declared - {name for (name,) in cursor.fetchall()} == set()


@pytest.mark.django_db
def test_the_bytes_of_a_file_are_stored_as_they_are():
    with connection.cursor() as cursor:
        cursor.execute(STORAGE)
        assert cursor.fetchone() == ("e",)


@pytest.mark.parametrize("migrate", [demo.migrate_if_needed, partial(call_command, "migrate", verbosity=0)])
@pytest.mark.django_db
def test_a_database_from_an_older_version_is_told_how_to_start_over(migrate):
    migrate()
    MigrationRecorder(connection).record_applied("letters", "0028_sealed")
    with pytest.raises(CommandError, match=r"ældre udgave.*make demo RESET=1"):
        migrate()
