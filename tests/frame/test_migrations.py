"""A migration is history: it must run the same on a new database whatever the code of today is called.

The first migration of most apps folds many steps, whose files are gone: a database has all of them or none.
"""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from notifications.models import Delivery

OURS = {"letters", "followups", "notifications", "sepo_incident"}
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
    assert rooms == {"ledgers", "accounts", "letters", "followups", "notifications"}
    assert [file.name for file in ours if imported(file) & OURS] == []


def imported(file: Path) -> set[str]:
    """The packages at the root of what it imports."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in whole | parts}


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


@pytest.fixture
def taken(db):
    """The steps that this database says it has taken: as one that took them before they were folded."""
    call_command("migrate", "notifications", "0016_as_if_new", verbosity=0)
    steps = MigrationRecorder(connection).migration_qs
    steps.filter(name__contains="_squashed_").delete()
    steps.filter(app="notifications", name__gte="0016").delete()
    return steps


def plan() -> list[str]:
    executor = MigrationExecutor(connection)
    return [f"{one.app_label}.{one.name}" for one, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def test_a_database_that_took_each_step_goes_on_from_there(taken):
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX delivery_one_to")
    assert plan() == [
        "notifications.0016_as_if_new",
        "notifications.0017_known_values",
        "notifications.0018_home",
        "notifications.0019_restored",
        "notifications.0020_chained",
        "notifications.0021_proof",
        "notifications.0022_history_alarm",
        "notifications.0023_sealed",
        "notifications.0024_packs",
        "notifications.0025_remind_at_once",
        "notifications.0026_one_pack_each",
    ]
    call_command("migrate", verbosity=0)
    assert plan() == []
    assert taken.filter(name__contains="_squashed_").count() == 3
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, Delivery._meta.db_table)
    assert constraints["delivery_one_to"]["unique"]


@pytest.mark.parametrize(("app", "first_missing"), [("letters", "0012_revisions"), ("notifications", "0015_roles")])
def test_a_database_from_halfway_is_told_how_to_go_on(taken, app, first_missing):
    taken.filter(app=app, name__gte=first_missing).delete()
    with pytest.raises(CommandError, match=f"{app} mangler {first_missing}, .*RESET=1.*{app}/migrations/00.*py"):
        call_command("migrate", verbosity=0)
