"""Fixtures for importing lists."""

from functools import partial

import pytest

from letters.importing import batches
from letters.importing.files import reader, uploads
from letters.models import ImportBatch
from letters.tracking import tracking_files
from tests.letters.forked_parser import ForkServer


@pytest.fixture(scope="session")
def fork_server():
    server = ForkServer(reader._COMMAND)
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def forked_parser(monkeypatch, fork_server):
    """Fork the parser processes of lists. A module where their start matters has a fixture of this name that does
    nothing.
    """
    monkeypatch.setattr(reader, "subprocess", fork_server)


@pytest.fixture
def import_file(cast):
    """`import_file(content, commit=True)` reads and commits a list, as the command and the workers do.

    It returns the batch.
    """

    def run(content: bytes, *, commit: bool = True, name: str = "liste.xlsx") -> ImportBatch:
        batch, _ = uploads.receive_file(cast.incident, name, content, by=cast.mette)
        batches.read_batch(batch.pk)
        if commit:
            batches.request_commit(batch, by=cast.mette)
            batches.commit_batch(batch.pk)
        batch.refresh_from_db()
        return batch

    return run


@pytest.fixture
def kit_client(cast, as_user):
    """The test client, signed in as a KIT administrator."""
    return as_user(cast.mette)


@pytest.fixture
def kit_page(cast, visit):
    """`kit_page(path, width)` opens the page in the browser, signed in as a KIT administrator."""
    return partial(visit, cast.mette)


@pytest.fixture
def enqueued_tasks(monkeypatch):
    """Run an enqueued task at once instead of in a worker. The fixture is the list of the task names so far."""
    tasks = {
        "letters.tasks.read_batch": batches.read_batch,
        "letters.tasks.commit_batch": batches.commit_batch,
        "letters.tasks.take_in_file": tracking_files.take_in_file,
    }
    enqueued = []

    def run(task, args):
        enqueued.append(task)
        tasks[task](*args)

    monkeypatch.setattr("sepo_incident.core.task_queue.enqueue_on_commit", run)
    return enqueued
