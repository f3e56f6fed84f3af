"""A migration is history: it must run the same on a new database whatever the code of today is called."""

import ast
from pathlib import Path

from django.conf import settings
from django.db.migrations.loader import MigrationLoader

OURS = {"letters", "followups", "notifications", "sepo_incident"}


def test_no_migration_uses_the_code_of_today():
    migrations = MigrationLoader(None).disk_migrations.values()
    files = {Path(str(settings.BASE_DIR), *one.__module__.split(".")).with_suffix(".py") for one in migrations}
    ours = [file for file in files if file.exists()]
    assert len(ours) > 20
    assert [file.name for file in ours if imported(file) & OURS] == []


def imported(file: Path) -> set[str]:
    """The packages at the root of what it imports."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    whole = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.partition(".")[0] for name in whole | parts}
