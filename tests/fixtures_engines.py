"""Engines of a single test, for stopping and killing, which the shared engines must not suffer.

    own_broker.end(signal.SIGKILL)
    own_broker.forget()     # delete the data
    own_broker.start()

`own_database` starts with a copy of the test's database, and Django is connected to it.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from unittest import mock

import pytest
from django.db import connection

from sepo_incident.embedded import engines
from sepo_incident.embedded.engines import Engine


class OwnEngine:
    """One engine, to be used in the main thread: an engine ends with the thread that started it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.start()

    def start(self) -> None:
        self._running = engines.run_engine(self.engine)
        self._process = self._running.__enter__()

    def end(self, wanted: signal.Signals | None = None) -> None:
        """Stop the engine in the ordinary way, or with the given signal."""
        if wanted:
            self._process.send_signal(wanted)
            self._process.wait()
        self._running.__exit__(None, None, None)

    def forget(self) -> None:
        shutil.rmtree(self.engine.folder)


@pytest.fixture
def own_folder():
    """The data folder of a test's own engines, in a place that the servers' account can reach."""
    folder = Path(tempfile.gettempdir()) / f"sepo-own-{os.getpid()}"
    with mock.patch.dict(os.environ, {"SEPO_DATA": str(folder)}):
        yield folder
    shutil.rmtree(folder)


@pytest.fixture
def own_broker(own_folder):
    """A Valkey of this test. `embedded.broker_url()` points at it."""
    broker = OwnEngine(engines.Valkey(is_durable=False))
    yield broker
    broker.end()


@pytest.fixture
def own_database(own_folder, transactional_db):
    """A PostgreSQL of this test: committed data survive a kill, though no power cut."""
    shared = dict(connection.settings_dict)
    database = OwnEngine(engines.Postgres(is_durable=False))
    _copy(shared, engines.database_settings())
    connection.close()
    connection.settings_dict.update(engines.database_settings())
    yield database
    connection.close()
    connection.settings_dict.update(shared)
    database.end()


def _copy(source: dict, target: dict) -> None:
    def command(name: str, database: dict) -> list[str]:
        return [engines.postgres_binary(name), "-h", database["HOST"], "-U", database["USER"], "-d", database["NAME"]]

    dump = subprocess.run(command("pg_dump", source), stdout=subprocess.PIPE, check=True)
    commits = f"ALTER DATABASE {target['NAME']} SET synchronous_commit = on;\n".encode()
    statements = commits + dump.stdout
    subprocess.run([*command("psql", target), "-q", "-1"], input=statements, stdout=subprocess.DEVNULL, check=True)
