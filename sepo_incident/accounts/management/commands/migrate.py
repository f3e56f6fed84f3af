"""``migrate``, but not from halfway through the steps that are folded into an app's first migration.

The files of those steps are gone, so Django would leave the app out without a word and say that all is well.
"""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        refuse_halfway(connections[options["database"]])
        super().handle(*args, **options)


def refuse_halfway(connection: BaseDatabaseWrapper) -> None:
    """Raises a CommandError where some steps of an app are taken and others not."""
    taken = MigrationRecorder(connection).applied_migrations().keys()
    for folded in MigrationLoader(None).replacements.values():
        missing = [name for app, name in folded.replaces if (app, name) not in taken]
        if missing and len(missing) < len(folded.replaces):
            raise CommandError(
                f"Databasen er fra en ældre udgave: {folded.app_label} mangler {missing[0]}, som nu er lagt sammen med "
                "andre trin. Prøveudgaven kan begynde forfra med: make demo RESET=1. Skal data med, så kør først "
                "manage.py migrate i den seneste udgave af koden, der har "
                f"{folded.app_label}/migrations/{folded.replaces[-1][1]}.py, og derefter i denne."
            )
