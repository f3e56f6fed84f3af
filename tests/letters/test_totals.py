"""The totals of a list are confirmed before it comes in."""

import pytest
from django.urls import reverse

from letters import tasks
from letters.importing import batches
from letters.importing.commit import correct_row, undo_import, withdraw_letters
from letters.importing.plan import letter_comparison
from letters.models import ImportBatch, Letter
from tests.letters.lists import confirmed, csv, row, workbook, xlsx

pytestmark = pytest.mark.django_db
Status = ImportBatch.Status


@pytest.fixture
def kit(cast, as_user):
    return as_user(cast.mette)


@pytest.fixture
def batch(take_in):
    return take_in(xlsx(row(1), row(2), row(3, Sendt="31-11-2019 10:22")), commit=False)


@pytest.fixture
def url(batch):
    return reverse("commit_batch", args=[batch.pk])


def status(batch: ImportBatch) -> str:
    return ImportBatch.objects.get(pk=batch.pk).status


def test_the_rows_of_the_file_are_a_sum_that_is_seen(kit, take_in):
    take_in(xlsx(row(1), row(2)))
    rows = [list(row(1).values()), [], list(row(2, Emne="Nyt").values()), list(row(3).values()), []]
    batch = take_in(workbook([list(row()), *rows, list(row(4, Sendt="x").values())]), commit=False)
    page = kit.get(reverse("import_batch", args=[batch.pk]))
    terms = page.context["sum"]
    assert [(term.number, term.label) for term in terms] == [
        (1, "nye"),
        (1, "ændrede"),
        (1, "kendte"),
        (1, "afviste"),
        (2, "tomme"),
    ]
    assert sum(term.number for term in terms) == page.context["counts"].in_file == 6
    assert "Filen har 4 rækker med indhold og 2 tomme." in page.content.decode()
    for term in terms:
        if term.url:
            seen = kit.get(reverse("import_batch", args=[batch.pk]) + term.url.partition("#")[0])
            assert seen.context["page_obj"].paginator.count == term.number


def test_without_the_tick_nothing_is_brought_in_and_it_is_said_where(kit, batch, url):
    page = kit.post(url, {"tal": letter_comparison.count_rows(batch).as_seen})
    text = page.content.decode()
    assert page.status_code == 422
    assert "Sæt kryds, når tallene passer med listen." in text
    assert 'href="#id_stemmer"' in text
    assert status(batch) == Status.CHECKED


def test_totals_that_have_moved_are_shown_anew(cast, kit, batch, url):
    posted = confirmed(batch)
    one = batch.rows.get(row=4)
    correct_row.correct_cells(batch.pk, one.pk, {"sent_at": "11-12-2019 10:22"}, seen=0, by=cast.mette)
    page = kit.post(url, posted)
    text = page.content.decode()
    assert page.status_code == 409
    assert "Tallene er ændret, siden du så dem" in text
    assert "Klar til at indlæse 3 breve" in text
    assert 'name="stemmer" class="form-checkbox" required id="id_stemmer" checked' not in text
    assert status(batch) == Status.CHECKED
    assert kit.post(url, confirmed(batch)).status_code == 302
    assert status(batch) == Status.COMMITTING


@pytest.mark.parametrize("totals", ["", "x", "1.2.3", "\x00", "9" * 999])
def test_nonsense_is_not_what_stands(kit, batch, url, totals):
    assert kit.post(url, {"stemmer": "on", "tal": totals}).status_code == 409
    assert status(batch) == Status.CHECKED


def test_a_double_click_asks_once(kit, batch, url):
    posted = confirmed(batch)
    kit.post(url, posted)
    assert "venter ikke længere" in kit.post(url, posted, follow=True).content.decode()


def test_a_link_on_the_page_that_said_what_was_missing_leads_to_the_check_page(kit, batch, url):
    page = kit.get(url, {"vis": "afviste"})
    assert page.url == reverse("import_batch", args=[batch.pk]) + "?vis=afviste"


@pytest.fixture
def rung(monkeypatch):
    """The bells, which nobody hears."""
    bells = []
    monkeypatch.setattr(
        "sepo_incident.core.task_queue.enqueue_on_commit",
        lambda task, args: bells.append((task.rpartition(".")[2], *args)),
    )
    return bells


def stands(batch: ImportBatch) -> tuple[str, int, int]:
    batch.refresh_from_db()
    counts = letter_comparison.count_rows(batch)
    return batch.status, counts.new, counts.changed


def test_a_list_whose_letters_have_changed_since_comes_in_only_when_it_is_confirmed_again(kit, take_in, rung):
    """The verdicts on its page are old, as nobody heard the bell: what was confirmed is not what would come in."""
    batch = take_in(csv(row(1), row(2, Emne="Nyt")), commit=False)
    take_in(xlsx(row(2)))
    url = reverse("commit_batch", args=[batch.pk])
    kit.post(url, confirmed(batch))
    assert not batches.commit_batch(batch.pk)
    assert stands(batch) == (Status.CHECKED, 1, 1)
    page = kit.get(reverse("import_batch", args=[batch.pk])).content.decode()
    assert "Tallene er ændret, siden du så dem" in page
    assert "Klar til at indlæse 1 nyt og 1 ændret brev" in page
    assert Letter.objects.get(source_ref="B-2").subject != "Nyt"
    kit.post(url, confirmed(batch) | {"aendringer": "ALL"})
    assert batches.commit_batch(batch.pk)
    assert Letter.objects.get(source_ref="B-2").subject == "Nyt"


def test_where_nobody_was_asked_about_changes_none_is_taken(kit, batch, url):
    kit.post(url, confirmed(batch))
    batch.refresh_from_db()
    assert (batch.status, batch.takes) == (Status.COMMITTING, ImportBatch.Take.NONE)


def test_a_list_that_comes_in_or_goes_has_the_others_judged_anew(cast, take_in, rung):
    other = take_in(csv(row(1), row(2, Emne="Nyt")), commit=False)
    bell = ("judge_batch", other.pk)
    came = take_in(xlsx(row(1), row(2), row(3)))
    assert rung == [bell]
    tasks.judge_batch(other.pk)
    assert stands(other) == (Status.CHECKED, 0, 1)
    withdraw_letters.mark_as_full_list(take_in(csv(row(1), row(3))), is_full=True)
    newest = ImportBatch.objects.filter(status=Status.COMMITTED).first()
    withdraw_letters.withdraw_missing_letters(newest, "Kom frem", cast.mette)
    assert rung == [bell] * 3
    undo_import.undo_batch(newest, by=cast.mette)
    undo_import.undo_batch(came, by=cast.mette)
    assert rung == [bell] * 5
