"""`start_worker`: a real Celery worker process on the test's database, broker and sink.

    worker = start_worker(queues="mail", concurrency=2)
    worker.kill()          # SIGKILL

The worker needs committed rows, so the fixture uses `transactional_db`.
"""

import os
import signal
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest
from celery import current_app

from sepo_incident.embedded import processes

READY_SECONDS = 30


class Worker:
    """One worker process. `log()` returns its output."""

    def __init__(self, queues: str, concurrency: int, env: dict[str, str]) -> None:
        self._log = Path(tempfile.mkstemp(prefix="sepo-worker-", suffix=".log")[1])
        with self._log.open("wb") as output:
            self.process = processes.spawn(
                [
                    *(sys.executable, "-m", "celery", "-A", "sepo_incident", "worker", "-Q", queues),
                    *("-P", "custom", "-c", str(concurrency)),  # tests.quick_pool
                    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
                ],
                dies_with=signal.SIGKILL,
                env=env,
                output=output,
            )
        is_ready = processes.wait_until(lambda: " ready." in self.log() or self.has_ended(), READY_SECONDS)
        assert is_ready, self.log()
        assert not self.has_ended(), self.log()

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def kill(self) -> None:
        """Send SIGKILL to the worker and its pool at once, as when a machine is switched off."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def discard(self) -> None:
        """Kill the worker, because a warm shutdown takes seconds, and delete the log."""
        if not self.has_ended():
            self.kill()
        self._log.unlink(missing_ok=True)


@pytest.fixture
def start_worker(transactional_db, sink, settings):
    """A function that starts a worker and returns it when it is ready. All workers end with the test."""
    workers: list[Worker] = []

    def start(queues: str = "celery,import,mail", concurrency: int = 1, **extra: str) -> Worker:
        env = {**os.environ, **worker_environment(settings, sink), "CELERY_LOG_LEVEL": "INFO", **extra}
        env["CELERY_CUSTOM_WORKER_POOL"] = "tests.quick_pool:TaskPool"
        workers.append(Worker(queues, concurrency, env))
        return workers[-1]

    yield start
    for worker in workers:
        worker.discard()


def worker_environment(settings, sink) -> dict[str, str]:
    """Return the environment of a child process on this test's database, broker and sink."""
    database = settings.DATABASES["default"]
    return {
        "DJANGO_DEBUG": "1",
        "DATABASE_URL": f"postgres://{database['USER']}@/{quote(database['HOST'])}/{database['NAME']}",
        "CELERY_BROKER_URL": current_app.conf.broker_url,  # the broker in use; the settings may be older
        "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
    }
