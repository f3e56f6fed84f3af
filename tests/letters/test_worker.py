"""A real worker: rings, reads, commits; and one that is killed in the middle."""

import os
import signal
import subprocess
import sys
import time

import pytest

from letters import tasks
from letters.importing import batches
from letters.models import ImportBatch, ImportFile, Letter
from letters.samples import make_rows
from letters.samples.generator import COLUMNS
from tests.fixtures_worker import environment
from tests.letters.lists import csv

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engines]
Status = ImportBatch.Status

#: A process that begins a step and stops in the middle of it, holding what a worker holds.
STUCK = """
import django; django.setup()
from letters.importing import batches, plan
staging = plan.stage
def stage(batch, rows):
    staging(batch, rows)
    print("staged", flush=True)
    import time; time.sleep(60)
plan.stage = stage
batches.read({pk})
"""


@pytest.fixture
def batch(cast):
    content = csv(*(dict(zip(COLUMNS, one, strict=True)) for one in make_rows(400)))
    return batches.receive(cast.incident, "liste.csv", content, by=cast.mette)[0]


def wait_for(batch: ImportBatch, status: str, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        batch.refresh_from_db()
        if batch.status == status:
            return
        time.sleep(0.1)
    pytest.fail(f"{batch.status}, not {status}: {batch.refusal}")


def test_a_worker_reads_and_commits(cast, batch, start_worker):
    start_worker(queues="celery,import", concurrency=1)
    before = Letter.objects.count()
    tasks.read_batch.delay(batch.pk)
    wait_for(batch, Status.CHECKED)
    batches.ask_to_commit(batch, by=cast.mette)
    tasks.commit_batch.delay(batch.pk)
    wait_for(batch, Status.COMMITTED)
    assert Letter.objects.count() == before + 400


def test_what_a_killed_worker_left_is_begun_anew(batch, settings, sink):
    env = {**os.environ, **environment(settings, sink)}
    worker = subprocess.Popen(
        [sys.executable, "-c", STUCK.format(pk=batch.pk)], env=env, stdout=subprocess.PIPE, text=True
    )
    try:
        assert worker.stdout.readline() == "staged\n"
        assert batches.read(batch.pk) == 0, "while it lives, nobody else touches its batch"
        assert batch.rows.count() == 400
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    batch.refresh_from_db()
    assert batch.status == Status.READING
    assert batches.unfinished() == [], "its last sign of life is fresh"
    ImportBatch.objects.update(heartbeat_at=batch.heartbeat_at - 2 * batches.QUIET)
    assert batches.unfinished() == [batch]
    _until_its_connection_is_gone(batch)
    batch.refresh_from_db()
    assert (batch.status, batch.rows.count()) == (Status.CHECKED, 400)
    assert not ImportFile.objects.exists()


def test_the_clock_rings_for_what_was_left(batch, start_worker):
    ImportBatch.objects.filter(pk=batch.pk).update(created_at=batch.created_at - 2 * batches.QUIET)
    start_worker(queues="celery,import", concurrency=1)
    tasks.resume_batches()
    wait_for(batch, Status.CHECKED)


def _until_its_connection_is_gone(batch: ImportBatch) -> None:
    for _ in range(50):
        if batches.read(batch.pk):
            return
        time.sleep(0.1)
    pytest.fail("the lock of the killed worker was never let go")
