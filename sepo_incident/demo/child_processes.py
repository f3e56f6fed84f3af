"""The demo's child processes: started together, restarted when one dies, stopped within seconds."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.core.management.base import CommandError

from sepo_incident.embedded import processes

START_SECONDS = 60
STOP_SECONDS = 8
CELERY = [sys.executable, "-m", "celery", "-A", "sepo_incident"]
#: A worker for each queue in `CELERY_TASK_ROUTES`: (name, queues). Each has two processes, so that an import leaves a
#: process for short tasks.
WORKERS = [("Arbejderen", "celery,codes,import"), ("Mailarbejderen", "mail,codes")]


@dataclass
class ChildProcess:
    """A child process: command, log file, and the words in the log that tell that the process is ready."""

    name: str
    command: list[str]
    log: Path
    ready_words: str = ""
    dies_with: signal.Signals = signal.SIGKILL
    process: subprocess.Popen[bytes] | None = None

    def start(self, env: dict[str, str]) -> None:
        with self.log.open("ab") as output:
            self.process = processes.spawn(self.command, dies_with=self.dies_with, env=env, output=output)

    def is_ready(self) -> bool:
        return self.ready_words in self.log.read_text(errors="replace")


class ChildProcesses:
    """All child processes, started with the same environment. `say` prints a message."""

    def __init__(self, env: dict[str, str], say: Callable[[str], None]) -> None:
        self.children: list[ChildProcess] = []
        self.env = env
        self.say = say

    def start(self, child: ChildProcess) -> None:
        child.log.unlink(missing_ok=True)
        self.children.append(child)
        child.start(self.env)

    def wait_for(self, child: ChildProcess, is_ready: Callable[[], bool]) -> None:
        """Wait until the child is ready; raise CommandError after `START_SECONDS`."""
        if not processes.wait_until(is_ready, START_SECONDS, pause=0.05):
            raise CommandError(f"{child.name} startede ikke på {START_SECONDS} sekunder. Se {child.log}")

    def restart_dead(self) -> None:
        for child in self.children:
            if child.process and (code := child.process.poll()) is not None:
                self.say(f"{child.name} stoppede (kode {code}) og startes igen. Se {child.log}")
                child.start(self.env)

    def stop(self) -> None:
        """Send SIGTERM to all children at once, wait, and kill the remaining processes, pool processes included."""
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            process.terminate()
        try:
            processes.wait_until(lambda: all(process.poll() is not None for process in running), STOP_SECONDS)
        finally:  # also when a second Ctrl-C interrupts the wait
            for process in running:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)  # each child leads a group of its own
                process.wait()


def web_process(port: int, logs: Path) -> ChildProcess:
    command = [
        *(sys.executable, "-m", "gunicorn", "sepo_incident.wsgi:application", "--bind", f"127.0.0.1:{port}"),
        *("--worker-class", "gthread", "--workers", "1", "--threads", "8"),
        *("--no-control-socket", "--graceful-timeout", "5", "--log-level", "warning", "--limit-request-line", "8190"),
    ]
    # SIGQUIT is gunicorn's quick stop. After SIGKILL gunicorn's worker would live on for a while.
    return ChildProcess("Hjemmesiden", command, logs / "web.log", dies_with=signal.SIGQUIT)


def background_processes(logs: Path) -> list[ChildProcess]:
    folder = logs / "beat"
    folder.mkdir(exist_ok=True)
    beat = [*CELERY, "beat", "-s", str(folder / "schedule"), "--pidfile="]
    children = [ChildProcess("Uret", beat, logs / "beat.log")]
    for name, queues in WORKERS:
        queue = queues.partition(",")[0]
        command = [*CELERY, "worker", "-Q", queues, "-c", "2", "-n", f"{queue}@demo"]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        children.append(ChildProcess(name, command, logs / f"worker-{queue}.log", " ready."))
    return children


def flow_process(letters: int, logs: Path) -> ChildProcess:
    """Return the process that lets letters and receipts come to *Sporing*."""
    command = [sys.executable, "manage.py", "demo", "--only-flow", "--letters", str(letters)]
    return ChildProcess("Brevstrømmen", command, logs / "flow.log")
