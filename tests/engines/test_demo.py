"""`manage.py demo` from the outside: it comes up, mends itself and leaves nothing behind."""

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
from tests.engines.conftest import LETTERS, copy, environment

pytestmark = pytest.mark.engines
UP_SECONDS = 60


@pytest.fixture
def untouched_data():
    """A folder where no demo has run: the first start makes and fills a database."""
    folder = Path(tempfile.mkdtemp(prefix="sepo-demo-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def data(untouched_data, filled_demo):
    """A folder where the first start is over."""
    copy(filled_demo, untouched_data)
    return untouched_data


@pytest.fixture(scope="module")
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def command(data: Path, port: int, letters: int = LETTERS) -> tuple[list[str], dict[str, str]]:
    arguments = [sys.executable, "manage.py", "demo", "--port", str(port), "--letters", str(letters)]
    return arguments, environment(data)


class Demo:
    def __init__(self, data: Path, port: int, behind: tuple[str, ...] = (), letters: int = LETTERS) -> None:
        """``behind`` is a command that starts the demo as `make` does, and stands between it and us."""
        self.data = data
        self.url = f"http://127.0.0.1:{port}/"
        self.said = data.with_suffix(".out")
        arguments, env = command(data, port, letters)
        with self.said.open("wb") as output:
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
        return self.said.read_text()

    def pids(self) -> dict[int, str]:
        """Everything that belongs to it, by process id: the engines by their folder, the rest by its environment."""
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

    def end(self, blow: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(blow)
        return self.process.wait(15)

    def is_gone(self, seconds: float = 5) -> bool:
        return processes.wait_until(lambda: not self.pids(), seconds, pause=0.1)

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:  # noqa: S310
            return answer.read().decode()


@pytest.fixture
def start_demo(port, untouched_data):
    """They have ended before their folder goes."""
    started = []

    def start(data: Path, until_shown: str = "", behind: tuple[str, ...] = (), letters: int = LETTERS) -> Demo:
        started.append(demo := Demo(data, port, behind, letters))
        if until_shown:
            assert processes.wait_until(lambda: shows(demo.url + until_shown), UP_SECONDS), demo.output()
        else:
            demo.wait_until_up()
        return demo

    yield start
    for demo in started:
        demo.process.kill()
        demo.process.wait()
        demo.said.unlink(missing_ok=True)
    assert all(demo.is_gone(10) for demo in started), started[0].pids()


def test_comes_up_gives_way_to_nobody_mends_itself_and_stops(start_demo, data, port):
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


def readme_chain() -> list[str]:
    """The commands that the README tells you to try, one by one."""
    lines = (paths.PROJECT / "README.md").read_text().partition("## From the command line")[2].splitlines()
    return [line.strip() for line in lines if line.startswith(".venv/bin/python manage.py ")]


def test_the_readme_s_commands_work_beside_it_and_their_mails_come_home(untouched_data, start_demo):
    demo = start_demo(untouched_data)
    assert f"Lægger {LETTERS} breve ind …" in demo.output()
    _, env = command(untouched_data, 0)
    before = demo.get("demo/postkasse/")
    chain = readme_chain()
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


def test_a_kill_9_of_make_takes_the_demo_along(start_demo, data):
    demo = start_demo(data, behind=("bash", "-c", '"$@"; true', "make"))
    demo.end(signal.SIGKILL)
    assert demo.is_gone(15), demo.pids()


def test_a_background_job_that_may_ignore_ctrl_c_does_not(start_demo, data):
    demo = start_demo(data, behind=("bash", "-c", 'trap "" INT; exec "$@"', "make"))
    assert demo.end(signal.SIGINT) == 0
    assert demo.is_gone(0.5), demo.pids()


def shows(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310
            return answer.status == 200
    except OSError:
        return False


def test_a_busy_port_is_named_with_another_to_take(untouched_data):
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
def test_a_number_out_of_this_world_gets_a_sentence(untouched_data, port, option, value, sentence):
    arguments, env = command(untouched_data, port)
    refused = subprocess.run([*arguments, option, value], env=env, cwd=paths.PROJECT, capture_output=True, text=True)
    assert (refused.returncode, refused.stderr.strip()) == (1, f"CommandError: {sentence}")


def test_starting_over_drops_the_data_and_a_fill_that_is_cut_short_begins_anew(start_demo, data, monkeypatch):
    old_mail = data / "postkasse" / "gammel.eml"
    old_mail.parent.mkdir(exist_ok=True)
    old_mail.touch()
    monkeypatch.setenv("RESET", "1")
    cut = start_demo(data, until_shown="sundhed/", letters=5000)  # so many that it is still at it when it is cut short
    assert not old_mail.exists()
    assert "Siden henter sig selv igen" in cut.get("log-ind/")
    assert processes.wait_until(lambda: "Lægger" in cut.output(), UP_SECONDS), cut.output()
    waiting = cut.get("log-ind/")
    assert '<meta http-equiv="refresh"' in waiting
    assert "<form" not in waiting, "no password is asked for, and nobody to be is there yet"
    time.sleep(1)
    assert cut.end(signal.SIGINT) == 0
    assert cut.is_gone(0.5), cut.pids()
    said = cut.output().splitlines()
    assert said[:2] == [f"Sletter prøvens data i {data}: databasen, køen og postkassen.", "Lægger 5.000 breve ind …"]
    assert said[-1] == "Prøveudgaven er stoppet."
    assert all(line.endswith(("…", ".")) for line in said), said
    monkeypatch.delenv("RESET")
    assert (data / "half-filled").exists()
    again = start_demo(data)
    assert again.get("log-ind/").count('name="persona"') == 7
    assert not (data / "half-filled").exists()
