"""Command that migrates, makes the table of the cache, and gives the runtime role its privileges on every table.

`migrate` refuses a database from an older version of the code.
"""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from sepo_incident.core.sql_files import read_sql

OURS = {"audit", "accounts", "letters", "followups", "notifications"}


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        refuse_older(MigrationLoader(connections[options["database"]]))
        super().handle(*args, **options)
        call_command("createcachetable", database=options["database"], verbosity=0)
        if options["plan"]:
            return
        with connections[options["database"]].cursor() as cursor:  # the owner of the tables writes the chain
            cursor.execute(read_sql("sepo_incident/audit/owner_functions.sql"))
        if settings.RUNTIME_ROLE:
            call_command("grant_runtime_role", stdout=self.stdout)


def refuse_older(loader: MigrationLoader) -> None:
    """Raise CommandError if the database has applied a migration of our apps that the code does not have."""
    unknown = loader.applied_migrations.keys() - loader.disk_migrations.keys()
    if any(app in OURS & loader.migrated_apps for app, _ in unknown):
        raise CommandError("Databasen er fra en ældre udgave. Slet prøvedata, og begynd forfra: make demo RESET=1")
