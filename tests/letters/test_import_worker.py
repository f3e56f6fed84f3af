"""A real worker reads and commits a list."""

import time

import pytest

from letters import tasks
from letters.importing import batches
from letters.importing.files import uploads
from letters.models import ImportBatch, Letter
from letters.samples import COLUMNS, make_rows
from sepo_incident.core import task_queue
from tests.letters.list_files import csv

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engines]
Status = ImportBatch.Status


@pytest.fixture
def batch(cast):
    content = csv(*(dict(zip(COLUMNS, one, strict=True)) for one in make_rows(400)))
    return uploads.receive_file(cast.incident, "liste.csv", content, by=cast.mette)[0]


def wait_for_status(batch: ImportBatch, status: str, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        batch.refresh_from_db()
        if batch.status == status:
            return
        time.sleep(0.1)
    pytest.fail(f"{batch.status}, not {status}: {batch.refusal}")


def test_worker_resumes_a_stalled_batch_and_commits(cast, batch, start_worker):
    ImportBatch.objects.filter(pk=batch.pk).update(created_at=batch.created_at - 2 * task_queue.STALLED_AFTER)
    start_worker(queues="celery,import", concurrency=1)
    before = Letter.objects.count()
    tasks.resume_batches()
    wait_for_status(batch, Status.CHECKED)
    batches.request_commit(batch, by=cast.mette)
    tasks.commit_batch.delay(batch.pk)
    wait_for_status(batch, Status.COMMITTED)
    assert Letter.objects.count() == before + 400
