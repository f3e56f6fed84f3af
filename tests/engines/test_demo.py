"""`manage.py demo` from the outside: start, restart of workers, and shutdown without leftovers."""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from unittest import mock

import pytest

from letters.samples.sample_letters import SMALLEST_LIST_WITH_CAST
from sepo_incident.demo.management.commands.demo import is_answering
from sepo_incident.embedded import paths, processes
from tests.postfix import free_port

pytestmark = pytest.mark.engines
UP_SECONDS = 60
#: In the strip, in the list, at the stations of the letter and under the live numbers; no letter has arrived yet.
PERSONA_BUTTONS = 10 + 10 + 4 + 3
#: settings of the test run, which a demo or a command beside the tests must not inherit
SETTINGS_OF_THE_TESTS = {"DJANGO_DEBUG", "CELERY_BROKER_URL", "DATABASE_URL", "EMAIL_URL"}


#: Runs lines of `manage.py` in one process, because each start of Django takes seconds.
RUN_ALL = """
import manage, shlex, sys
for line in sys.argv[1:]:
    sys.argv = shlex.split(line)[1:]
    manage.main()
"""


@pytest.fixture
def data():
    """A data folder without a demo: the first start creates and fills the database."""
    folder = Path(tempfile.mkdtemp(prefix="sepo-demo-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)
    with mock.patch.dict(os.environ, {"SEPO_DATA": str(folder)}):  # killed servers leave their sockets
        shutil.rmtree(paths.run_folder(), ignore_errors=True)


def demo_environment(data: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in SETTINGS_OF_THE_TESTS}
    return inherited | {"SEPO_DATA": str(data)}


@pytest.fixture
def run_in_shell(data):
    """A function that runs a shell command with the test's data folder."""

    def run(command: str) -> subprocess.CompletedProcess[str]:
        shell = ["bash", "-o", "pipefail", "-c", command.replace(".venv/bin/python", sys.executable)]
        env = demo_environment(data)
        return subprocess.run(shell, env=env, cwd=paths.PROJECT, capture_output=True, text=True, timeout=120)

    return run


class Demo:
    def __init__(self, data: Path, port: int) -> None:
        self.data = data
        self.url = f"http://127.0.0.1:{port}/"
        self.log_file = data.with_suffix(".out")
        command = [sys.executable, "manage.py", "demo", "--port", str(port), "--letters", str(SMALLEST_LIST_WITH_CAST)]
        with self.log_file.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                env=demo_environment(data),
                cwd=paths.PROJECT,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for(self, words: str) -> None:
        is_there = processes.wait_until(lambda: words in self.output() or self.process.poll() is not None, UP_SECONDS)
        assert is_there, self.output()
        assert self.process.poll() is None, self.output()

    def wait_for_page(self, path: str) -> None:
        assert processes.wait_until(lambda: is_answering(self.url + path), UP_SECONDS), self.output()

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

    def is_gone(self, seconds: float = 5) -> bool:
        return processes.wait_until(lambda: not self.pids(), seconds, pause=0.1)

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:  # noqa: S310
            return answer.read().decode()

    def count_personas(self) -> int:
        return self.get("log-ind/").count('name="persona"')


@pytest.fixture
def start_demo(data):
    """A function that starts a demo. The fixture kills the demos before their folder goes."""
    started, port = [], free_port()

    def start() -> Demo:
        started.append(Demo(data, port))
        return started[-1]

    yield start
    for demo in started:
        demo.process.kill()
        demo.process.wait()
        demo.log_file.unlink(missing_ok=True)
    assert all(demo.is_gone(10) for demo in started), started[0].pids()


def test_demo_from_an_interrupted_fill_to_its_last_end(start_demo, data, run_in_shell):
    """One demo is started twice, because every start is dear."""
    old = [data / folder / "old" for folder in ("postkasse", "postgres", "valkey")]
    for file in old:
        file.parent.mkdir()
        file.touch()
    (data / "half-filled").touch()  # left by a demo that ended during its fill
    demo = start_demo()
    demo.wait_for_page("sundhed/siden/")
    assert "Begynder forfra" in demo.output()
    assert not any(file.exists() for file in old)
    waiting = demo.get("log-ind/")
    assert '<meta http-equiv="refresh"' in waiting
    assert "<form" not in waiting, "no password is asked for, and nobody to be is there yet"
    demo.wait_for(f"Klar: {demo.url}\n")
    assert not (data / "half-filled").exists()
    assert f"Lægger {SMALLEST_LIST_WITH_CAST} breve ind …" in demo.output()
    assert re.search(r"Mette Dahl +Koncern IT, leder hændelsen\n", demo.output())
    assert demo.count_personas() == PERSONA_BUTTONS
    assert demo.get("sundhed/") == '{"database": true, "disk": true, "broker": true, "silent_queues": []}'
    check_second_demo_is_refused(demo, run_in_shell)
    check_documented_commands(demo, run_in_shell)
    check_mail_worker_is_restarted(demo)
    stopped = run_in_shell(".venv/bin/python manage.py stop_engines")
    assert stopped.stdout.startswith(f"Stoppet: {demo.url}")
    assert demo.process.wait(5) == 0
    assert demo.output().endswith("Prøveudgaven er stoppet.\n"), demo.output()
    assert demo.is_gone(5), demo.pids()
    assert "Warm shutdown" in (data / "worker-celery.log").read_text(), "asked to stop, not killed"
    assert "database system is shut down" in (data / "postgres.log").read_text()

    again = start_demo()
    again.wait_for("Klar: ")
    assert "Lægger" not in again.output(), "a second start fills nothing"
    assert again.count_personas() == PERSONA_BUTTONS
    assert "not properly shut down" not in (data / "postgres.log").read_text()
    os.kill(int((data / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    assert again.process.wait(20) == 1
    assert "PostgreSQL er stoppet (kode -9), så resten stopper også. Prøv igen." in again.output()
    assert again.is_gone(5), again.pids()


def check_second_demo_is_refused(demo: Demo, run_in_shell) -> None:
    second = run_in_shell(f".venv/bin/python manage.py demo --port {free_port()}")
    assert second.returncode == 1
    assert f"Prøveudgaven kører allerede: {demo.url} (proces " in second.stderr
    assert "make stop" in second.stderr


def check_documented_commands(demo: Demo, run_in_shell) -> None:
    """Run the commands of *From a list to the mails* in docs/commands.md beside the demo, with a shorter list."""
    before = demo.get("demo/postkasse/")
    assert "Postkassen" in before
    text = (paths.PROJECT / "docs" / "commands.md").read_text()
    section = text.partition("\n## From a list to the mails\n")[2].partition("\n## ")[0]
    section = section.partition("```\n")[2].partition("```")[0]  # what follows is for a place without a demo
    section = section.replace("/tmp/liste.xlsx", f"{demo.data}/liste.xlsx").replace("--letters 300", "--letters 30")  # noqa: S108
    commands = re.findall(r"^\.venv/bin/python manage\.py .+", section, re.MULTILINE)
    assert len(commands) == 6
    made = run_in_shell(commands[0] + " | head -0")  # nobody reads what it says
    assert (made.returncode, made.stderr) == (0, "")
    done = run_in_shell(f".venv/bin/python -c {shlex.quote(RUN_ALL)} {' '.join(map(shlex.quote, commands[1:]))}")
    assert done.returncode == 0, (done.stdout, done.stderr)
    tried, delivered = re.search(r"([\d.]+) mails prøvet, ([\d.]+) afleveret", done.stdout).groups()
    assert tried == delivered != "0"
    after = demo.get("demo/postkasse/")
    assert after != before
    newest = re.search(r'href="/(demo/postkasse/[\w-]+/)"', after)[1]
    assert f"{demo.url}haendelser/sepo/brev/" in demo.get(newest), "its links lead to this demo"


def check_mail_worker_is_restarted(demo: Demo) -> None:
    killed = min(demo.pids_of("-Q mail"))
    os.kill(killed, signal.SIGKILL)
    demo.wait_for("Mailarbejderen stoppede (kode -9) og startes igen")
    assert processes.wait_until(lambda: set(demo.pids_of("-Q mail")) - {killed}, 5)


def test_busy_port_is_named_with_an_alternative(run_in_shell):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        busy = taken.getsockname()[1]
        refused = run_in_shell(f".venv/bin/python manage.py demo --port {busy}")
    assert refused.returncode == 1
    assert f"Port {busy} kan ikke bruges" in refused.stderr
    assert f"make demo PORT={busy + 1}" in refused.stderr
