"""The progress page of an import, and stopping an import."""

import threading

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from letters.importing import batches
from letters.importing.commit import apply_plan as committing
from letters.importing.files import uploads
from letters.models import ImportBatch, ImportFilePart, ImportProgress, Letter, import_progress
from notifications.alarms import reconciliation
from tests.letters.list_files import row, xlsx

pytestmark = pytest.mark.django_db
Status = ImportBatch.Status


def test_progress_page_with_and_without_scripts(kit_client, cast):
    batch, _ = uploads.receive_file(cast.incident, "liste.xlsx", xlsx(row(1)), by=cast.mette)
    url = reverse("import_batch", args=[batch.pk])
    text = kit_client.get(url).text
    assert 'http-equiv="refresh"' in text
    assert "Filen venter</h2>" in text
    set_progress(batch, Status.READING, done=1990, total=3214)
    part = kit_client.get(url, headers={"HX-Request": "true"}).text
    assert "1.990 af 3.214 rækker" in part
    assert 'value="1990" max="3214"' in part
    assert "61 %." in part
    assert "<html" not in part
    batches.read_batch(batch.pk)
    assert kit_client.get(url, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"


def set_progress(batch, status, *, done=0, total=0):
    """Set the status and progress that a worker would have written."""
    ImportBatch.objects.filter(pk=batch.pk).update(status=status)
    ImportProgress.objects.filter(batch=batch).update(done=done, total=total, heartbeat_at=timezone.now())


def test_unread_file_is_stopped_at_once(kit_client, cast):
    batch, _ = uploads.receive_file(cast.incident, "liste.xlsx", xlsx(row(1)), by=cast.mette)
    page = kit_client.post(reverse("stop_batch", args=[batch.pk]), follow=True).text
    assert "Listen er kasseret" in page
    assert batches.read_batch(batch.pk) == 0
    assert not ImportFilePart.objects.exists()


def test_requested_stop_is_shown_until_the_worker_stops(kit_client, cast):
    batch, _ = uploads.receive_file(cast.incident, "liste.xlsx", xlsx(row(1)), by=cast.mette)
    set_progress(batch, Status.COMMITTING)
    first = kit_client.post(reverse("stop_batch", args=[batch.pk]), follow=True).text
    again = kit_client.post(reverse("stop_batch", args=[batch.pk]), follow=True).text
    for page in (first, again):
        assert "Mette Dahl har stoppet arbejdet." in page
        assert "Stop indlæsningen</button>" not in page


@pytest.mark.django_db(transaction=True)
def test_stop_while_reading_leaves_nothing(cast, monkeypatch):
    batch, _ = uploads.receive_file(cast.incident, "liste.xlsx", xlsx(*map(row, range(1, 30))), by=cast.mette)
    request_stop_before(monkeypatch, batches, "_copy_rows", batch, cast.mette)
    monkeypatch.setattr(import_progress, "SECONDS_BETWEEN_WRITES", 0)
    batches.read_batch(batch.pk)
    batch.refresh_from_db()
    assert batch.status == Status.DISCARDED
    assert (batch.rows.count(), ImportFilePart.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_stop_while_committing_rolls_back(cast, monkeypatch):
    batch, _ = uploads.receive_file(cast.incident, "liste.xlsx", xlsx(*map(row, range(1, 30))), by=cast.mette)
    batches.read_batch(batch.pk)
    before = Letter.objects.count()
    batches.request_commit(batch, by=cast.mette)
    request_stop_before(monkeypatch, committing, "_insert_letters", batch, cast.mette)
    assert batches.commit_batch(batch.pk) is False
    batch.refresh_from_db()
    assert (batch.status, batch.refusal, Letter.objects.count()) == (Status.CHECKED, batches.STOPPED_MESSAGE, before)
    assert batches.request_commit(batch, by=cast.mette)
    monkeypatch.undo()
    assert batches.commit_batch(batch.pk), "asked again, it is brought in"
    assert Letter.objects.count() == before + 29
    assert all(one.agrees for one in reconciliation.all_sums())


def request_stop_before(monkeypatch, module, name, batch, by):
    """Request a stop on another connection right before the step runs."""
    does = getattr(module, name)

    def ask():
        assert batches.request_stop(batch, by)
        connection.close()

    def stop_first(*args):
        asking = threading.Thread(target=ask)
        asking.start()
        asking.join(timeout=5)
        assert not asking.is_alive(), "whoever asks waits for the worker"
        return does(*args)

    monkeypatch.setattr(module, name, stop_first)


def test_progress_is_visible_during_the_transaction(transactional_db, cast):
    batch, _ = uploads.receive_file(cast.incident, "liste.xlsx", xlsx(row(1)), by=cast.mette)
    with import_progress.track_progress(batch.pk) as telling:
        telling.start(10)
        telling.report(3)
        assert batch.progress.done == 0, "too soon after the last sign of life to be worth a round trip"
        telling._last_write_at -= import_progress.SECONDS_BETWEEN_WRITES
        telling.report(7)
    batch.progress.refresh_from_db()
    assert (batch.progress.done, batch.progress.total) == (7, 10)
