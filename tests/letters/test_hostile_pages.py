"""The hostile list on every page of the import: columns, check, export, commit and undo; and a hostile staff file."""

import logging
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from letters.assigning import unassigned_views
from letters.import_pages import check_page, committed_page, review_pages, staff_file_page
from letters.importing import batches, staff_file
from letters.importing.commit import correct_row, undo_import
from letters.importing.plan import letter_comparison
from letters.models import ImportBatch, ImportRow, LetterChange
from letters.samples import COLUMNS
from sepo_incident.accounts.models import StaffImport, StaffRow, User
from sepo_incident.core import cpr
from tests.letters.awkward.hostile_cells import (
    CPR,
    HOSTILE,
    assert_harmless,
    assert_shown_harmlessly,
    in_every_column,
)
from tests.letters.hostile_list import ROWS, build_hostile_list
from tests.letters.list_files import csv, row

pytestmark = pytest.mark.django_db
NAME = f"=1+1 <script> {CPR[0]}.csv"  # browsers send only what follows the last slash
#: every recipient's number in these lists starts with these digits
RECIPIENTS = re.compile(r"010270\D?\d{4}")
STAFF = ("Navn", "E-mail", "Enhed", "Enhedskode", "Forvaltning", "Leder", "Er leder", "Aktiv", "Fratrådt")


@pytest.fixture
def kit_client(cast, as_user, caplog):
    """A client signed in as KIT. Afterwards the logs must be as harmless as the pages."""
    with caplog.at_level(logging.INFO):
        yield as_user(cast.mette)
    assert_harmless(caplog.text.replace("\n", " "), "the log")
    assert not RECIPIENTS.search(caplog.text)


@pytest.fixture(autouse=True)
def long_pages(monkeypatch):
    """All rows are on one page."""
    monkeypatch.setattr(check_page, "ROWS_PER_PAGE", ROWS)
    monkeypatch.setattr(staff_file_page, "ROWS_PER_PAGE", ROWS)
    monkeypatch.setattr(committed_page, "LETTERS_PER_PAGE", ROWS)
    monkeypatch.setattr(unassigned_views, "GROUPS_PER_PAGE", ROWS)
    for name in ("UNITS_PER_PAGE", "CHANGES_PER_PAGE"):
        monkeypatch.setattr(review_pages, name, ROWS)


def page_text(kit_client, address: str, headers=None, **query) -> str:
    page = kit_client.get(address, query, follow=True, headers=headers)
    assert page.status_code == 200, address
    assert_shown_harmlessly(page.text, f"{address} {query}")
    assert not RECIPIENTS.search(page.text), address
    return page.text


def row_url(one: ImportRow) -> str:
    return reverse("import_row", args=[one.batch_id, one.pk])


def assert_stored_harmlessly(*models) -> None:
    for model in models:
        for values in model.objects.values():
            assert_harmless(str(values), model.__name__)
            assert not RECIPIENTS.search(str(values)), model.__name__


@pytest.fixture
def waiting_batch(cast, import_file):
    """The hostile list on the check page after a good list with the same letters, so that some rows are changes."""
    import_file(csv(*(row(number) for number in range(1, ROWS + 1))))
    return import_file(build_hostile_list(), commit=False, name=NAME)


def test_columns_page_shows_hostile_texts_harmlessly(kit_client, enqueued_tasks, django_capture_on_commit_callbacks):
    """The headers are hostile too. Each text stands in the first row of one column and in the header of another."""
    headers = [*COLUMNS, *HOSTILE]
    good = [list(row(number).values()) + HOSTILE for number in range(len(headers) * len(HOSTILE))]
    content = in_every_column(headers, good)
    with django_capture_on_commit_callbacks(execute=True):
        kit_client.post(reverse("imports"), {"fil": SimpleUploadedFile("a.csv", content), "vis_kolonner": "on"})
    batch = ImportBatch.objects.get(status=ImportBatch.Status.ASKING)
    text = page_text(kit_client, reverse("import_columns", args=[batch.pk]))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert cpr.MASK in text
    assert_stored_harmlessly(ImportBatch)


def test_pages_of_the_list_show_hostile_texts_harmlessly(cast, kit_client, waiting_batch):
    check_waiting_list(kit_client, waiting_batch)
    check_changes_and_undo(cast, kit_client, waiting_batch)


def check_waiting_list(kit_client, waiting_batch) -> None:
    check = reverse("import_batch", args=[waiting_batch.pk])
    text = page_text(kit_client, check, vis="problemer")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert cpr.MASK in text
    opened = ""
    for one in waiting_batch.rows.exclude(problems=[])[::30]:
        fields = ",".join(correct_row.correctable_fields(one))
        opened += page_text(kit_client, row_url(one), headers={"HX-Request": "true"}, felter=fields)
    assert 'value="&#34;&gt;&lt;img src=x onerror=alert(1)&gt;' in opened, "in a field of an open row as well"
    new = page_text(kit_client, reverse("new_units", args=[waiting_batch.pk]))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in new


def test_hostile_corrections_are_harmless(cast, kit_client, waiting_batch):
    """Types each text into each correctable cell, in a row of each kind."""
    rows = [one for one in waiting_batch.rows.exclude(problems=[])[::25] if correct_row.correctable_fields(one)]
    for one, text in zip(rows, HOSTILE * 3, strict=False):
        typed = dict.fromkeys(correct_row.correctable_fields(one), text.encode("utf-8", "replace").decode())
        posted = {"set": len(one.corrections), **typed}
        page = kit_client.post(row_url(one), posted, headers={"HX-Request": "true"})
        assert page.status_code == 200
        assert_shown_harmlessly(page.text, text)
    assert waiting_batch.rows.exclude(corrections=[]).count() > 5
    page_text(kit_client, reverse("import_batch", args=[waiting_batch.pk]), vis="rettede")
    assert_stored_harmlessly(ImportRow)


def check_changes_and_undo(cast, kit_client, waiting_batch) -> None:
    changes = reverse("changed_letters", args=[waiting_batch.pk])
    assert letter_comparison.count_rows(waiting_batch).changed > 100
    text = page_text(kit_client, changes)
    assert "<strong>&lt;script&gt;alert(1)&lt;/script&gt;</strong>" in text
    batches.request_commit(waiting_batch, by=cast.mette)
    batches.commit_batch(waiting_batch.pk)
    page_text(kit_client, changes)
    for what in ("nye", "tilbage", "besluttede"):
        page_text(kit_client, reverse("batch_letters", args=[waiting_batch.pk, what]))
    undo = page_text(kit_client, reverse("undo_batch", args=[waiting_batch.pk]))
    assert f"=1+1 &lt;script&gt; {cpr.MASK}.csv" in undo
    for one in LetterChange.objects.filter(batch=waiting_batch).order_by("pk")[::150]:
        page_text(kit_client, reverse("letter", args=[one.letter_id]))
    assert undo_import.undo_batch(waiting_batch, by=cast.mette)
    page_text(kit_client, reverse("import_batch", args=[waiting_batch.pk]), vis="alle")
    page_text(kit_client, reverse("imports"))
    assert_stored_harmlessly(ImportBatch, LetterChange)


def test_staff_file_pages_show_hostile_texts_harmlessly(cast, kit_client, enqueued_tasks):
    good = [
        [f"Ida Lund {n}", f"ida{n}@kk.example", "Svalevejens Skole", "", "", "", "nej", "ja", ""]
        for n in range(len(STAFF) * len(HOSTILE))
    ]
    content = in_every_column(STAFF, good)
    kit_client.post(reverse("staff_files"), {"fil": SimpleUploadedFile(NAME, content), "alle": "on"})
    staff = StaffImport.objects.get()
    page = reverse("staff_import", args=[staff.pk])
    text = "".join(page_text(kit_client, page, vis=vis) for vis in ("nye", "aendrede", "mangler", "bemaerk", "afviste"))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert cpr.MASK in text
    staff_file.save_staff_file(staff, by=cast.mette)
    page_text(kit_client, page)
    assert f"=1+1 &lt;script&gt; {cpr.MASK}.csv" in page_text(kit_client, reverse("staff_files"))
    assert_stored_harmlessly(StaffImport, StaffRow, User)
