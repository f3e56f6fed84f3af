"""The totals of a list must be confirmed before the commit."""

import pytest
from django.urls import reverse

from letters import tasks
from letters.importing import batches
from letters.importing.commit import correct_row, undo_import, withdraw_letters
from letters.importing.plan import letter_comparison
from letters.models import ImportBatch, Letter
from tests.letters.list_files import confirmed_totals, csv, row, workbook, xlsx

pytestmark = pytest.mark.django_db
Status = ImportBatch.Status


@pytest.fixture
def batch(import_file):
    return import_file(xlsx(row(1), row(2), row(3, Sendt="31-11-2019 10:22")), commit=False)


@pytest.fixture
def url(batch):
    return reverse("commit_batch", args=[batch.pk])


def status(batch: ImportBatch) -> str:
    return ImportBatch.objects.get(pk=batch.pk).status


def test_check_page_shows_the_numbers_of_the_rows(kit_client, import_file):
    import_file(xlsx(row(1), row(2)))
    rows = [list(row(1).values()), [], list(row(2, Emne="Nyt").values()), list(row(3).values()), []]
    batch = import_file(workbook([list(row()), *rows, list(row(4, Sendt="x").values())]), commit=False)
    page = kit_client.get(reverse("import_batch", args=[batch.pk]))
    tiles = page.context["tiles"]
    assert [tile.number for tile in tiles] == [1, 1, 1, 1]
    assert "Filen har 4 rækker med indhold og 2 tomme." in page.text
    for tile in tiles:
        seen = kit_client.get(reverse("import_batch", args=[batch.pk]) + tile.url.partition("#")[0])
        assert seen.context["page_obj"].paginator.count == tile.number


def test_no_empty_row_is_said_in_words(kit_client, batch):
    page = kit_client.get(reverse("import_batch", args=[batch.pk]))
    assert "Filen har 3 rækker med indhold og ingen tomme." in page.text


def test_commit_requires_confirmed_totals(kit_client, batch, url):
    page = kit_client.post(url, {"tal": letter_comparison.count_rows(batch).as_seen})
    text = page.text
    assert page.status_code == 422
    assert "Sæt kryds, når tallene passer med listen." in text
    assert 'href="#id_stemmer"' in text
    assert status(batch) == Status.CHECKED


def test_changed_totals_are_shown_again(cast, kit_client, batch, url):
    posted = confirmed_totals(batch)
    one = batch.rows.get(row=4)
    correct_row.correct_cells(batch.pk, one.pk, {"sent_at": "11-12-2019 10:22"}, corrections_shown=0, by=cast.mette)
    page = kit_client.post(url, posted)
    text = page.text
    assert page.status_code == 409
    assert "Tallene er ændret, siden du så dem" in text
    assert "Klar til at indlæse 3 breve" in text
    assert 'name="stemmer" class="form-checkbox" required id="id_stemmer" checked' not in text
    assert status(batch) == Status.CHECKED
    assert kit_client.post(url, confirmed_totals(batch)).status_code == 302
    assert status(batch) == Status.COMMITTING


@pytest.mark.parametrize("totals", ["", "1.2.3"])
def test_nonsense_totals_are_refused(kit_client, batch, url, totals):
    assert kit_client.post(url, {"stemmer": "on", "tal": totals}).status_code == 409
    assert status(batch) == Status.CHECKED


def test_double_click_requests_one_commit(kit_client, batch, url):
    posted = confirmed_totals(batch)
    kit_client.post(url, posted)
    assert "Listen kan ikke længere indlæses." in kit_client.post(url, posted, follow=True).text


@pytest.fixture
def queued_tasks(monkeypatch):
    """The enqueued tasks, which no worker runs."""
    queued = []
    monkeypatch.setattr(
        "sepo_incident.core.task_queue.enqueue_on_commit",
        lambda task, args: queued.append((task.rpartition(".")[2], *args)),
    )
    return queued


def status_and_counts(batch: ImportBatch) -> tuple[str, int, int]:
    batch.refresh_from_db()
    counts = letter_comparison.count_rows(batch)
    return batch.status, counts.new, counts.changed


def test_outdated_verdicts_require_a_new_confirmation(kit_client, import_file, queued_tasks):
    """No worker ran the comparison, so the verdicts on the page are old: the confirmed totals differ from those of the
    commit.
    """
    batch = import_file(csv(row(1), row(2, Emne="Nyt")), commit=False)
    import_file(xlsx(row(2)))
    url = reverse("commit_batch", args=[batch.pk])
    kit_client.post(url, confirmed_totals(batch))
    assert not batches.commit_batch(batch.pk)
    assert status_and_counts(batch) == (Status.CHECKED, 1, 1)
    page = kit_client.get(reverse("import_batch", args=[batch.pk])).text
    assert "Der er ikke indlæst noget, for brevene og tallene er ændret imens." in page
    assert "Klar til at indlæse 1 nyt og 1 ændret brev" in page
    assert Letter.objects.get(source_ref="B-2").subject != "Nyt"
    kit_client.post(url, confirmed_totals(batch) | {"aendringer": "ALL"})
    assert batches.commit_batch(batch.pk)
    assert Letter.objects.get(source_ref="B-2").subject == "Nyt"


def test_commit_withdrawal_and_undo_compare_waiting_lists(cast, import_file, queued_tasks):
    other = import_file(csv(row(1), row(2, Emne="Nyt")), commit=False)
    comparison = ("compare_waiting_batch", other.pk)
    came = import_file(xlsx(row(1), row(2), row(3)))
    assert queued_tasks == [comparison]
    tasks.compare_waiting_batch(other.pk)
    assert status_and_counts(other) == (Status.CHECKED, 0, 1)
    withdraw_letters.mark_as_full_list(import_file(csv(row(1), row(3))), is_full=True)
    newest = ImportBatch.objects.filter(status=Status.COMMITTED).first()
    withdraw_letters.withdraw_missing_letters(newest, "Kom frem", cast.mette)
    assert queued_tasks == [comparison] * 3
    undo_import.undo_batch(newest, by=cast.mette)
    undo_import.undo_batch(came, by=cast.mette)
    assert queued_tasks == [comparison] * 5
