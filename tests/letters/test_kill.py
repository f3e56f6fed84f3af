"""kill -9 of the worker, three times in each phase of one import: the next one begins anew, and nothing is lost."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.utils import timezone

from letters.importing import batches
from letters.importing.files import uploads
from letters.models import ImportBatch, ImportFilePart, ImportProgress, ImportRow, Letter
from letters.samples import make_rows
from letters.samples.generator import COLUMNS
from notifications.alarms import reconciliation
from sepo_incident.accounts.models import Membership, Unit, User
from tests.fixtures_worker import environment
from tests.letters.lists import csv

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engines]
Status = ImportBatch.Status
ROWS = 400
LIST = [dict(zip(COLUMNS, one, strict=True)) for one in make_rows(ROWS)]

#: A process that begins a step and stops in the middle of it, holding what a worker holds.
STUCK = """
import importlib, itertools, time, django; django.setup()
from letters.importing import batches, staging
module = importlib.import_module("letters.{module}")
does, calls = module.{name}, itertools.count(1)
def stop(*args, **options):
    if next(calls) < {call}:
        return does(*args, **options)
    print("here", flush=True)
    time.sleep(60)
module.{name} = stop
staging.ROWS_PER_COPY = 150
batches.{step}({pk})
"""
#: module and function before which it is killed, and at which call of it
READING = [
    ("importing.files.uploads", "file_on_disk", 1),  # the file is in the database only
    ("importing.files.sheet_selection", "find_lists", 1),  # the child has it, and no row has come
    ("importing.staging", "_copy_rows", 1),  # the first row has come
]
STAGING = [
    ("importing.staging", "_copy_line", 75),  # in the middle of a COPY
    ("importing.staging", "_copy_rows", 2),  # some rows are in, others are not
    ("importing.batches", "_finish_reading", 1),  # all are in and judged, but nobody has been told
]
COMMITTING = [
    ("importing.commit.apply_plan", "_insert_letters", 1),  # people and units are made
    ("leader_roles", "sync_leader_roles", 1),  # letters are made
    (
        "importing.plan.letter_comparison",
        "enqueue_comparison_of_waiting_batches",
        1,
    ),  # all is done, and nothing is committed
]


@pytest.fixture
def batch(cast):
    return uploads.receive_file(cast.incident, "liste.csv", csv(*LIST), by=cast.mette)[0]


@pytest.fixture
def killed(batch, settings, sink):
    """``killed(step, module, name, call)``: a worker began the step anew, got as far as that, and is dead."""

    def run(step: str, module: str, name: str, call: int) -> None:
        code = STUCK.format(step=step, module=module, name=name, call=call, pk=batch.pk)
        env = {**os.environ, **environment(settings, sink)}
        worker = subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, text=True)
        children = []
        try:
            assert worker.stdout.readline() == "here\n", f"it never came to {name}"
            children = children_of(worker.pid)
            assert not is_free(batch), "while it lives, nobody else touches its batch"
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        until(lambda: not any(Path("/proc", child).exists() for child in children), "its reading child lives on")
        until(lambda: is_free(batch), "its lock was never let go")

    return run


def test_killed_three_times_reading_three_staging_and_three_committing_no_row_is_lost_or_doubled(cast, batch, killed):
    before = all_there_is()
    for point in READING + STAGING:
        killed("read_batch", *point)
        batch.refresh_from_db()
        assert (batch.status, ImportFilePart.objects.exists()) == (Status.READING, True), point
    assert batches.read_batch(batch.pk)
    batch.refresh_from_db()
    assert (batch.status, batch.total_rows, ImportFilePart.objects.exists()) == (Status.CHECKED, ROWS, False)
    staged = list(batch.rows.values_list("row", "source_ref"))
    assert staged == [(number, one["Brev-id"]) for number, one in enumerate(LIST, start=2)]

    batches.request_commit(batch, by=cast.mette)
    for point in COMMITTING:
        killed("commit_batch", *point)
        assert all_there_is() == before, point
    assert batches.commit_batch(batch.pk)
    assert list(batch.letters.order_by("batch_row").values_list("batch_row", "source_ref")) == staged
    assert [str(one) for one in reconciliation.all_sums() if not one.agrees] == []
    assert not batches.commit_batch(batch.pk), "once more changes nothing"
    assert ImportRow.objects.filter(batch=batch).count() == batch.letters.count() == ROWS


def test_the_clock_finds_what_was_left(batch, killed):
    killed("read_batch", "importing.staging", "_copy_rows", 2)
    assert batches.stalled_batches() == [], "its last sign of life is fresh"
    ImportProgress.objects.update(heartbeat_at=timezone.now() - 2 * batches.STALLED_AFTER)
    assert [one.pk for one in batches.stalled_batches()] == [batch.pk]


def all_there_is() -> list[int]:
    """How many letters, people, units and roles there are."""
    return [model.objects.count() for model in (Letter, User, Unit, Membership)]


def is_free(batch: ImportBatch) -> bool:
    with batches.advisory_lock(batches.LOCK_NAMESPACE, batch.pk) as is_mine:
        return is_mine


def children_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def until(holds, otherwise: str) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if holds():
            return
        time.sleep(0.1)
    pytest.fail(otherwise)
