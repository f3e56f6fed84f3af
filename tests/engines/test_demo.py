"""`manage.py demo` from the outside: start, restart of workers, and shutdown without leftovers."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from sepo_incident.embedded import paths, processes
from tests.engines.data_folders import LETTERS, copy_folder, demo_environment

pytestmark = pytest.mark.engines
UP_SECONDS = 60


@pytest.fixture
def untouched_data():
    """A data folder without a demo: the first start creates and fills the database."""
    folder = Path(tempfile.mkdtemp(prefix="sepo-demo-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def data(untouched_data, filled_demo):
    """A data folder after a first start."""
    copy_folder(filled_demo, untouched_data)
    return untouched_data


@pytest.fixture(scope="module")
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def command(data: Path, port: int, letters: int = LETTERS) -> tuple[list[str], dict[str, str]]:
    arguments = [sys.executable, "manage.py", "demo", "--port", str(port), "--letters", str(letters)]
    return arguments, demo_environment(data)


class Demo:
    def __init__(self, data: Path, port: int, behind: tuple[str, ...] = (), letters: int = LETTERS) -> None:
        """``behind`` is a command that starts the demo as a child, as `make` does."""
        self.data = data
        self.url = f"http://127.0.0.1:{port}/"
        self.log_file = data.with_suffix(".out")
        arguments, env = command(data, port, letters)
        with self.log_file.open("wb") as output:
            self.process = subprocess.Popen(
                [*behind, *arguments, *(["--dies-with-parent"] if behind else [])],
                env=env,
                cwd=paths.PROJECT,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_up(self) -> None:
        is_up = processes.wait_until(lambda: "Klar: " in self.output() or self.process.poll() is not None, UP_SECONDS)
        assert is_up, self.output()
        assert self.process.poll() is None, self.output()

    def output(self) -> str:
        return self.log_file.read_text()

    def pids(self) -> dict[int, str]:
        """Return {pid: command line} of the demo: the engines by their folder, the rest by the environment."""
        marker = f"SEPO_DATA={self.data}\0".encode()
        found = {
            pid: "engine" for name in ("postgres", "valkey") for pid in processes.pids_working_in(self.data / name)
        }
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    if marker in (entry / "environ").read_bytes():
                        found[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
                except OSError:
                    continue
        return found

    def pids_of(self, words: str) -> list[int]:
        return [pid for pid, line in self.pids().items() if words in line]

    def end(self, end_signal: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(end_signal)
        return self.process.wait(15)

    def is_gone(self, seconds: float = 5) -> bool:
        return processes.wait_until(lambda: not self.pids(), seconds, pause=0.1)

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:  # noqa: S310
            return answer.read().decode()


@pytest.fixture
def start_demo(port, untouched_data):
    """A function that starts a demo. The fixture kills the demos before their folder goes."""
    started = []

    def start(data: Path, until_shown: str = "", behind: tuple[str, ...] = (), letters: int = LETTERS) -> Demo:
        started.append(demo := Demo(data, port, behind, letters))
        if until_shown:
            assert processes.wait_until(lambda: is_page_up(demo.url + until_shown), UP_SECONDS), demo.output()
        else:
            demo.wait_until_up()
        return demo

    yield start
    for demo in started:
        demo.process.kill()
        demo.process.wait()
        demo.log_file.unlink(missing_ok=True)
    assert all(demo.is_gone(10) for demo in started), started[0].pids()


def test_demo_starts_refuses_a_second_restarts_workers_and_stops(start_demo, data, port):
    demo = start_demo(data)
    assert f"Klar: {demo.url}\n" in demo.output()
    assert re.search(r"Mette Dahl +Koncern IT\.", demo.output())
    assert demo.get("sundhed/") == '{"database": true, "broker": true}'
    assert "Postkassen" in demo.get("demo/postkasse/")

    arguments, env = command(data, port + 1)
    second = subprocess.run(arguments, env=env, cwd=paths.PROJECT, capture_output=True, text=True)
    assert second.returncode == 1
    assert f"Prøveudgaven kører allerede: {demo.url} (proces {demo.process.pid}, startet " in second.stderr
    assert "make stop" in second.stderr

    mail_worker = min(demo.pids_of("-Q mail"))
    os.kill(mail_worker, signal.SIGKILL)
    assert processes.wait_until(lambda: "Mailarbejderen stoppede (kode -9) og startes igen" in demo.output(), 5)
    assert processes.wait_until(lambda: set(demo.pids_of("-Q mail")) - {mail_worker}, 5)

    began = time.monotonic()
    assert demo.end(signal.SIGTERM) == 0
    assert "Warm shutdown" in (data / "worker-celery.log").read_text(), "asked to stop, not killed"
    assert time.monotonic() - began < 8
    assert demo.is_gone(0.5), demo.pids()


def documented_commands() -> list[str]:
    """Return the commands of *From a list to the mails* in docs/commands.md."""
    text = (paths.PROJECT / "docs" / "commands.md").read_text()
    lines = text.partition("\n## From a list to the mails\n")[2].partition("\n## ")[0].splitlines()
    return [line.strip() for line in lines if line.startswith(".venv/bin/python manage.py ")]


def test_documented_commands_work_beside_the_demo(untouched_data, start_demo):
    demo = start_demo(untouched_data)
    assert f"Lægger {LETTERS} breve ind …" in demo.output()
    _, env = command(untouched_data, 0)
    before = demo.get("demo/postkasse/")
    chain = documented_commands()
    assert len(chain) == 6
    for line in chain:
        line = re.sub(
            r"\S+liste\.xlsx", str(untouched_data / "liste.xlsx"), line.replace(".venv/bin/python", sys.executable)
        )
        done = subprocess.run(
            ["bash", "-c", line], env=env, cwd=paths.PROJECT, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, (line, done.stdout, done.stderr)
        if "send_notices" in line:
            tried, delivered = re.search(r"([\d.]+) mails prøvet, ([\d.]+) afleveret", done.stdout).groups()
            assert tried == delivered != "0"
    after = demo.get("demo/postkasse/")
    assert after != before
    newest = re.search(r'href="/(demo/postkasse/[\w-]+/)"', after)[1]
    assert f"{demo.url}brev/" in demo.get(newest), "its links lead to this demo"


def test_ctrl_c_and_kill_9_leave_nothing_behind_and_the_next_start_is_quick(start_demo, data):
    demo = start_demo(data)
    assert demo.end(signal.SIGINT) == 0
    assert demo.is_gone(0.5), demo.pids()
    assert "Prøveudgaven er stoppet." in demo.output()
    assert "database system is shut down" in (data / "postgres.log").read_text()

    began = time.monotonic()
    killed = start_demo(data, until_shown="log-ind/")
    assert time.monotonic() - began < 10, "the first page of a second start: within 5 seconds where nothing else runs"
    killed.wait_until_up()
    sign_in = killed.get("log-ind/")
    assert sign_in.count('name="persona"') >= 5
    killed.end(signal.SIGKILL)
    assert killed.is_gone(5), killed.pids()

    again = start_demo(data)
    assert again.get("log-ind/").count('name="persona"') == sign_in.count('name="persona"')
    assert "not properly shut down" not in (data / "postgres.log").read_text()


def test_kill_9_of_make_ends_the_demo(start_demo, data):
    demo = start_demo(data, behind=("bash", "-c", '"$@"; true', "make"))
    demo.end(signal.SIGKILL)
    assert demo.is_gone(15), demo.pids()


def test_background_demo_stops_on_ctrl_c(start_demo, data):
    demo = start_demo(data, behind=("bash", "-c", 'trap "" INT; exec "$@"', "make"))
    assert demo.end(signal.SIGINT) == 0
    assert demo.is_gone(0.5), demo.pids()


def is_page_up(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310
            return answer.status == 200
    except OSError:
        return False


def test_busy_port_is_named_with_an_alternative(untouched_data):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = taken.getsockname()[1]
        arguments, env = command(untouched_data, busy)
        refused = subprocess.run(arguments, env=env, cwd=paths.PROJECT, capture_output=True, text=True)
    assert refused.returncode == 1
    assert f"Port {busy} kan ikke bruges" in refused.stderr
    assert f"make demo PORT={busy + 1}" in refused.stderr


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--port", "99999", "PORT skal være et tal fra 1 til 65535, ikke »99999«."),
        ("--port", "otte", "PORT skal være et tal fra 1 til 65535, ikke »otte«."),
        ("--day", "-1", "DAY skal være et tal fra 0 til 30, ikke »-1«."),
        ("--letters", "0", "Antal breve skal være et tal fra 1 til 20000, ikke »0«."),
    ],
)
def test_number_out_of_range_gets_a_sentence(untouched_data, port, option, value, sentence):
    arguments, env = command(untouched_data, port)
    refused = subprocess.run([*arguments, option, value], env=env, cwd=paths.PROJECT, capture_output=True, text=True)
    assert (refused.returncode, refused.stderr.strip()) == (1, f"CommandError: {sentence}")


def test_reset_drops_the_data_and_an_interrupted_fill_starts_over(start_demo, data, monkeypatch):
    old_mail = data / "postkasse" / "gammel.eml"
    old_mail.parent.mkdir(exist_ok=True)
    old_mail.touch()
    monkeypatch.setenv("RESET", "1")
    # enough letters that the fill is still running when the demo stops
    cut = start_demo(data, until_shown="sundhed/", letters=5000)
    assert not old_mail.exists()
    assert "Siden henter sig selv igen" in cut.get("log-ind/")
    assert processes.wait_until(lambda: "Lægger" in cut.output(), UP_SECONDS), cut.output()
    waiting = cut.get("log-ind/")
    assert '<meta http-equiv="refresh"' in waiting
    assert "<form" not in waiting, "no password is asked for, and nobody to be is there yet"
    time.sleep(1)
    assert cut.end(signal.SIGINT) == 0
    assert cut.is_gone(0.5), cut.pids()
    lines = cut.output().splitlines()
    assert lines[:2] == [f"Sletter prøvens data i {data}: databasen, køen og postkassen.", "Lægger 5.000 breve ind …"]
    assert lines[-1] == "Prøveudgaven er stoppet."
    assert all(line.endswith(("…", ".")) for line in lines), lines
    monkeypatch.delenv("RESET")
    assert (data / "half-filled").exists()
    again = start_demo(data)
    assert again.get("log-ind/").count('name="persona"') == 7
    assert not (data / "half-filled").exists()
