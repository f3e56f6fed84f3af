"""kill -9 of the import worker, in each phase: the next worker starts over, and no row is lost or doubled."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils import timezone

from letters.importing import batches
from letters.importing.files import uploads
from letters.models import ImportBatch, ImportFilePart, ImportProgress, ImportRow, Letter
from letters.samples import COLUMNS, make_rows
from notifications.alarms import reconciliation
from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.core import task_queue
from sepo_incident.embedded.processes import wait_until
from tests.fixtures_worker import worker_environment
from tests.letters.list_files import csv

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engines]
Status = ImportBatch.Status
ROWS = 200
LIST = [dict(zip(COLUMNS, one, strict=True)) for one in make_rows(ROWS)]

#: A process that forks a worker for each line of its input. The worker starts the step and then sleeps in the middle,
#: with its locks.
FORKING_WORKER = """
import importlib, itertools, json, os, sys, time, django; django.setup()
from letters.importing import batches
batches.ROWS_PER_COPY = 80
for line in sys.stdin:
    if os.fork():
        os.wait()
        continue
    step, module, name, call, pk = json.loads(line)
    module, calls = importlib.import_module(f"letters.{module}"), itertools.count(1)
    does = getattr(module, name)
    def stop(*args, **options):
        if next(calls) < call:
            return does(*args, **options)
        print(os.getpid(), flush=True)
        time.sleep(60)
    setattr(module, name, stop)
    getattr(batches, step)(pk)
    print(0, flush=True)
    os._exit(1)
"""
#: (module, function, number of the call) before which the worker is killed
READING = [
    ("importing.files.uploads", "file_on_disk", 1),  # the file is only in the database
    ("importing.files.sheet_selection", "find_lists", 1),  # the child has the file and has sent no row
]
STAGING = [
    ("importing.batches", "copy_line", 75),  # in the middle of a COPY
    ("importing.batches", "_copy_rows", 2),  # some rows are staged, others are not
    ("importing.batches", "_finish_reading", 1),  # all rows are staged and compared, the batch is not marked as checked
]
COMMITTING = [
    ("importing.commit.apply_plan", "_insert_letters", 1),  # people and units exist
    ("models.letter_change", "sync_leader_roles", 1),  # letters exist
    # everything is done, nothing is committed
    ("importing.plan.letter_comparison", "enqueue_comparison_of_waiting_batches", 1),
]


@pytest.fixture
def batch(cast):
    return uploads.receive_file(cast.incident, "liste.csv", csv(*LIST), by=cast.mette)[0]


@pytest.fixture
def kill_worker_at(batch, settings, sink):
    """`kill_worker_at(step, module, name, call)` starts a worker on the step and kills it at that call."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    env = {**os.environ, **worker_environment(settings, sink)}
    with subprocess.Popen([sys.executable, "-c", FORKING_WORKER], env=env, **pipes) as forking:

        def run(*point) -> None:
            print(json.dumps([*point, batch.pk]), file=forking.stdin, flush=True)
            pid = int(forking.stdout.readline())
            assert pid, f"it never came to {point}"
            children = children_of(pid)
            assert not is_free(batch), "while it lives, nobody else touches its batch"
            os.kill(pid, signal.SIGKILL)
            processes = [str(pid), *children]
            assert wait_until(lambda: not any(Path("/proc", one).exists() for one in processes), 10), "it lives on"
            assert wait_until(lambda: is_free(batch), 10), "its lock was never let go"

        yield run
        forking.kill()


def test_worker_killed_in_every_phase_loses_and_doubles_no_row(cast, batch, kill_worker_at):
    before = row_counts()
    for point in READING + STAGING:
        kill_worker_at("read_batch", *point)
        batch.refresh_from_db()
        assert (batch.status, ImportFilePart.objects.exists()) == (Status.READING, True), point
    assert batches.stalled_batches() == [], "its last sign of life is fresh"
    ImportProgress.objects.update(heartbeat_at=timezone.now() - 2 * task_queue.STALLED_AFTER)
    assert [one.pk for one in batches.stalled_batches()] == [batch.pk]
    assert batches.read_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.status, batch.total_rows, ImportFilePart.objects.exists()) == (Status.CHECKED, ROWS, False)
    staged = list(batch.rows.values_list("row", "source_ref"))
    assert staged == [(number, one["Brev-id"]) for number, one in enumerate(LIST, start=2)]

    batches.request_commit(batch, by=cast.mette)
    for point in COMMITTING:
        kill_worker_at("commit_batch", *point)
        assert row_counts() == before, point
    assert batches.commit_batch(batch.pk)
    assert list(batch.letters.order_by("batch_row").values_list("batch_row", "source_ref")) == staged
    assert [str(one) for one in reconciliation.all_sums() if not one.agrees] == []
    assert not batches.commit_batch(batch.pk), "once more changes nothing"
    assert ImportRow.objects.filter(batch=batch).count() == batch.letters.count() == ROWS


def row_counts() -> list[int]:
    """Return the number of letters, people, units and roles."""
    return [model.objects.count() for model in (Letter, User, Unit, Membership)]


def is_free(batch: ImportBatch) -> bool:
    with batches.advisory_lock(batches.LOCK_NAMESPACE, batch.pk) as is_mine:
        return is_mine


def children_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
