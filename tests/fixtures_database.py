"""The test databases: migrated once in a run, copied for each of xdist's workers, and emptied cheaply.

The cluster is thrown away after the run, so no database in it has to be dropped.
"""

import fcntl

import pytest
from django.db import connection
from django.test import TransactionTestCase

from sepo_incident import embedded
from sepo_incident.demo.management.commands.demo import migrate_if_needed
from tests import rows

# after a test that commits
TransactionTestCase._fixture_teardown = lambda test: rows.empty()


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    return True


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, django_db_blocker) -> None:
    """The first worker migrates the engines' own database, where no test works; theirs are copies of it."""
    folder = embedded.data_folder()
    with django_db_blocker.unblock(), (folder / "migrating.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (is_migrated := folder / "migrated").exists():
            migrate_if_needed()
            connection.close()  # what somebody is connected to cannot be copied
            is_migrated.touch()
    connection.settings_dict["TEST"] |= {"TEMPLATE": embedded.database_settings()["NAME"], "MIGRATE": False}
