"""`start_worker` starts a real worker, and a SIGKILL ends the pool with the worker."""

from pathlib import Path

import pytest
from celery import current_app

from sepo_incident.embedded import processes

pytestmark = pytest.mark.engines


def is_alive(pid: int) -> bool:
    """Return whether the process runs. A zombie does not count as running."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_worker_runs_tasks_and_dies_with_its_pool(start_worker, tmp_path):
    worker = start_worker(queues="celery,mail", concurrency=2)
    current_app.send_task("notifications.tasks.poll_outbox")
    assert processes.wait_until(lambda: "notifications.tasks.poll_outbox" in worker.log(), 10), worker.log()
    assert processes.wait_until(lambda: "succeeded" in worker.log(), 10), worker.log()
    pool = processes.child_pids(worker.process.pid)
    assert len(pool) == 2
    worker.kill()
    assert worker.has_ended()
    assert processes.wait_until(lambda: not any(is_alive(pid) for pid in pool), 5)
