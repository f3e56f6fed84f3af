"""The demo's child processes: started together, restarted when one dies, stopped within seconds."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.core.management.base import CommandError

from sepo_incident.embedded import processes

STOP_SECONDS = 8
LONGEST_PAUSE = 30  # longest pause, in seconds, before a child that keeps dying is restarted


@dataclass
class ChildProcess:
    """A child process: command, log file, and a test that tells whether the process is ready."""

    name: str
    command: list[str]
    log: Path
    is_ready: Callable[["ChildProcess"], bool]
    dies_with: signal.Signals = signal.SIGKILL
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    restart_at: float = 0.0

    def start(self, env: dict[str, str]) -> None:
        with self.log.open("ab" if self.deaths else "wb") as output:
            self.process = processes.spawn(self.command, dies_with=self.dies_with, env=env, output=output)

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def has_logged(self, words: str) -> bool:
        return words in self.log.read_text(errors="replace")


class ChildProcesses:
    """All child processes, started with the same environment. `say` prints a message."""

    def __init__(self, env: dict[str, str], say: Callable[[str], None]) -> None:
        self.children: list[ChildProcess] = []
        self.env = env
        self.say = say

    def start(self, child: ChildProcess) -> None:
        self.children.append(child)
        child.start(self.env)

    def wait_for(self, child: ChildProcess, seconds: float) -> None:
        """Wait until the child is ready, restarting dead children meanwhile; raise CommandError after `seconds`."""

        def is_up() -> bool:
            self.restart_dead()
            return child.is_ready(child)

        if not processes.wait_until(is_up, seconds, pause=0.05):
            raise CommandError(f"{child.name} startede ikke på {seconds:.0f} sekunder. Se {child.log}")

    def restart_dead(self) -> None:
        """Restart dead children. A child that keeps dying waits longer each time, up to `LONGEST_PAUSE` seconds."""
        for child in self.children:
            if child.has_died() and child.process is not None:
                pause = min(2**child.deaths - 1, LONGEST_PAUSE)
                code = child.process.returncode
                self.say(f"{child.name} stoppede (kode {code}) og startes igen om {pause} s. Se {child.log}")
                child.process, child.restart_at = None, time.monotonic() + pause
                child.deaths += 1
            elif child.process is None and time.monotonic() >= child.restart_at:
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


def web_process(port: int, logs: Path, answers: Callable[[], bool]) -> ChildProcess:
    command = [
        *(sys.executable, "-m", "gunicorn", "sepo_incident.wsgi:application", "--bind", f"127.0.0.1:{port}"),
        *("--worker-class", "gthread", "--workers", "1", "--threads", "8"),
        *("--no-control-socket", "--graceful-timeout", "5", "--log-level", "warning", "--limit-request-line", "8190"),
    ]
    # SIGQUIT is gunicorn's quick stop. After SIGKILL gunicorn's worker would live on for a while.
    return ChildProcess("Hjemmesiden", command, logs / "web.log", lambda _: answers(), dies_with=signal.SIGQUIT)


CELERY = [sys.executable, "-m", "celery", "-A", "sepo_incident"]
#: A worker for each queue in `CELERY_TASK_ROUTES`: (name, queues, processes). The first has two processes, so that an
#: import leaves a process for short tasks.
WORKERS = [
    ("Arbejderen", "celery,codes,import", 2),
    ("Mailarbejderen", "mail,codes", 2),
]


def background_processes(logs: Path, mail_port: int) -> list[ChildProcess]:
    """Return the workers, beat, and the listener for incoming mail on `mail_port`."""
    folder = logs / "beat"
    folder.mkdir(exist_ok=True)
    beat = [*CELERY, "beat", "-s", str(folder / "schedule"), "--pidfile="]
    listener = [sys.executable, "manage.py", "receive_mail", "--listen", f"127.0.0.1:{mail_port}"]
    return [
        *(_worker_process(*worker, logs) for worker in WORKERS),
        ChildProcess("Uret", beat, logs / "beat.log", lambda child: not child.has_died()),
        ChildProcess(
            "Postmodtagelsen", listener, logs / "listener.log", lambda child: child.has_logged("Lytter efter mails")
        ),
    ]


def _worker_process(name: str, queues: str, concurrency: int, logs: Path) -> ChildProcess:
    queue = queues.partition(",")[0]
    command = [*CELERY, "worker", "-Q", queues, "-c", str(concurrency), "-n", f"{queue}@demo"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return ChildProcess(name, command, logs / f"worker-{queue}.log", lambda child: child.has_logged(" ready."))
