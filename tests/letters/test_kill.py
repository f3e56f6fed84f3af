"""kill -9 of a worker in every phase of an import: it is begun anew or rolled back, and the sums agree."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.utils import timezone

from letters.importing import batches
from letters.models import ImportBatch, ImportFilePart, ImportProgress, Letter
from letters.samples import make_rows
from letters.samples.generator import COLUMNS
from notifications import balance
from tests.fixtures_worker import environment
from tests.letters.lists import csv

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engines]
Status = ImportBatch.Status
ROWS = 400

#: A process that begins a step and stops in the middle of it, holding what a worker holds.
STUCK = """
import importlib, django; django.setup()
from letters.importing import batches, staging
module = importlib.import_module("letters.importing.{module}")
does = module.{name}
def stop(*args):
    {after} and does(*args)
    print("here", flush=True)
    import time; time.sleep(60)
module.{name} = stop
staging.CHUNK = 150
batches.{step}({pk})
"""
#: step, module and function in which it is killed, and whether that had been done by then
WHILE_READING = [
    ("lists", "find", False),  # the child is at it, and no row has come
    ("staging", "_copy", False),
    ("staging", "_copy", True),  # some rows are in, others are not
    ("duplicates", "judge", False),  # all rows are in
    ("plan", "compare", True),  # judged, but nobody has been told
]
WHILE_COMMITTING = [
    ("plan", "compare", False),
    ("places", "make", True),
    ("commit", "_bring_in", False),
    ("commit", "_bring_in", True),
]


@pytest.fixture
def batch(cast):
    content = csv(*(dict(zip(COLUMNS, one, strict=True)) for one in make_rows(ROWS)))
    return batches.receive(cast.incident, "liste.csv", content, by=cast.mette)[0]


@pytest.fixture
def killed(batch, settings, sink):
    """``killed(step, module, name, after)``: a worker got as far as that, was alone with the batch, and is dead."""

    def run(step: str, module: str, name: str, *, after: bool) -> None:
        code = STUCK.format(step=step, module=module, name=name, after=after, pk=batch.pk)
        env = {**os.environ, **environment(settings, sink)}
        worker = subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, text=True)
        children = []
        try:
            assert worker.stdout.readline() == "here\n"
            children = children_of(worker.pid)
            assert not getattr(batches, step)(batch.pk), "while it lives, nobody else touches its batch"
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        until(lambda: not any(Path("/proc", child).exists() for child in children), "its reading child lives on")

    return run


@pytest.mark.parametrize(("module", "name", "after"), WHILE_READING)
def test_killed_while_reading_it_is_begun_anew(batch, killed, module, name, after):
    killed("read", module, name, after=after)
    batch.refresh_from_db()
    assert batch.status == Status.READING
    until(lambda: batches.read(batch.pk), "the lock of the killed worker was never let go")
    batch.refresh_from_db()
    assert (batch.status, batch.rows.count()) == (Status.CHECKED, ROWS)
    assert not ImportFilePart.objects.exists()
    brought_in(batch)


@pytest.mark.parametrize(("module", "name", "after"), WHILE_COMMITTING)
def test_killed_while_committing_it_is_rolled_back_and_begun_anew(batch, killed, module, name, after):
    batches.read(batch.pk)
    batches.ask_to_commit(batch, by=None)
    before = Letter.objects.count()
    killed("commit", module, name, after=after)
    assert Letter.objects.count() == before
    until(lambda: batches.commit(batch.pk), "the lock of the killed worker was never let go")
    assert Letter.objects.count() == before + ROWS
    assert all(one.agrees for one in balance.all_sums())


def test_the_clock_finds_what_was_left(batch, killed):
    killed("read", "staging", "_copy", after=True)
    assert batches.unfinished() == [], "its last sign of life is fresh"
    ImportProgress.objects.update(heartbeat_at=timezone.now() - 2 * batches.QUIET)
    assert [one.pk for one in batches.unfinished()] == [batch.pk]


def brought_in(batch: ImportBatch) -> None:
    before = Letter.objects.count()
    batches.ask_to_commit(batch, by=None)
    assert batches.commit(batch.pk)
    assert Letter.objects.count() == before + ROWS
    assert all(one.agrees for one in balance.all_sums())


def children_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def until(holds, otherwise: str) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if holds():
            return
        time.sleep(0.1)
    pytest.fail(otherwise)
