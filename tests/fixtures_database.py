"""The test databases: migrated once per run, copied for each xdist worker, and emptied cheaply.

The cluster is deleted after the run, so no database has to be dropped.
"""

import fcntl

import pytest
from django.db import connection
from django.test import TransactionTestCase

from sepo_incident import embedded
from sepo_incident.demo.management.commands.demo import migrate_if_needed
from tests import recorded_rows

# after a test that commits
TransactionTestCase._fixture_teardown = lambda test: recorded_rows.delete_all_rows()


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    return True


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, django_db_blocker) -> None:
    """Let the first worker migrate the engines' own database, which no test uses. Each worker's database is a copy."""
    folder = embedded.data_folder()
    with django_db_blocker.unblock(), (folder / "migrating.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (is_migrated := folder / "migrated").exists():
            migrate_if_needed()
            connection.close()  # PostgreSQL cannot copy a database with open connections
            is_migrated.touch()
    connection.settings_dict["TEST"] |= {"TEMPLATE": embedded.database_settings()["NAME"], "MIGRATE": False}
