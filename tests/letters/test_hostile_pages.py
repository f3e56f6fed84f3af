"""The hostile list on its way: asked about, checked, exported, brought in, undone; and a hostile staff file."""

import io
import json
import logging
import re
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from openpyxl import load_workbook

from letters.importing import batches, staff_file
from letters.importing.commit import correct_row, undo_import
from letters.importing.plan import letter_comparison
from letters.models import ImportBatch, ImportRow, LetterChange
from letters.samples import COLUMNS
from sepo_incident.accounts.models import StaffImport, StaffRow, User
from sepo_incident.core import cpr
from tests.letters.awkward.cells import (
    CPR,
    FORMULA,
    HOSTILE,
    assert_harmless,
    assert_shown_harmlessly,
    in_every_column,
)
from tests.letters.lists import csv, row
from tests.letters.test_hostile_list import ROWS, hostile_list, rings  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
NAME = f"=1+1 <script> {CPR[0]}.csv"  # a browser gives what follows a slash
#: every recipient's number in these lists begins like this
RECIPIENTS = re.compile(r"010270\D?\d{4}")
STAFF = ("Navn", "E-mail", "Enhed", "Enhedskode", "Forvaltning", "Leder", "Er leder", "Aktiv", "Fratrådt")


@pytest.fixture
def kit(cast, as_user, caplog):
    """KIT's browser. What the site wrote into its logs meanwhile is as harmless as its pages."""
    with caplog.at_level(logging.INFO):
        yield as_user(cast.mette)
    assert_harmless(caplog.text.replace("\n", " "), "the log")
    assert not RECIPIENTS.search(caplog.text)


def shown(kit, address: str, **query) -> str:
    page = kit.get(address, query, follow=True)
    assert page.status_code == 200, address
    assert_shown_harmlessly(page.text, f"{address} {query}")
    assert not RECIPIENTS.search(page.text), address
    return page.text


def all_pages(kit, address: str, **query) -> str:
    """Of a list, one after the other."""
    text, number = shown(kit, address, **query), 1
    while f"page={number + 1}" in text:
        number += 1
        text += shown(kit, address, page=number, **query)
    return text


def assert_stored_harmlessly(*models) -> None:
    for model in models:
        for values in model.objects.values():
            assert_harmless(str(values), model.__name__)
            assert not RECIPIENTS.search(str(values)), model.__name__


@pytest.fixture
def waiting(cast, take_in):
    """The hostile list on its check page, after a good one with the same letters: some rows are changes now."""
    take_in(csv(*(row(number) for number in range(1, ROWS + 1))))
    return take_in(hostile_list(), commit=False, name=NAME)


def test_what_is_asked_about_its_columns(kit, rings, django_capture_on_commit_callbacks):  # noqa: F811
    """Headers no less hostile than the cells; each text is in the first row of one column, and a header of another."""
    headers = [*COLUMNS, *HOSTILE]
    good = [list(row(number).values()) + HOSTILE for number in range(len(headers) * len(HOSTILE))]
    content = in_every_column(headers, good)
    with django_capture_on_commit_callbacks(execute=True):
        kit.post(reverse("imports"), {"fil": SimpleUploadedFile("a.csv", content), "vis_kolonner": "on"})
    batch = ImportBatch.objects.get(status=ImportBatch.Status.ASKING)
    text = shown(kit, reverse("import_columns", args=[batch.pk]))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert cpr.MASK in text
    assert_stored_harmlessly(ImportBatch)


def test_the_check_page_its_open_rows_and_its_new_units(kit, waiting):
    check = reverse("import_batch", args=[waiting.pk])
    text = all_pages(kit, check, vis="problemer")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert cpr.MASK in text
    for one in waiting.rows.exclude(problems=[])[::9]:
        text += shown(kit, check, vis="problemer", ret=one.pk)
    assert 'value="&quot;&gt;&lt;img src=x onerror=alert(1)&gt;' in text, "in a field of an open row as well"
    new = all_pages(kit, reverse("new_units", args=[waiting.pk]))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in new


def test_what_is_typed_on_the_check_page(cast, kit, waiting):
    """Each text into each cell that may be corrected, of a row of each kind."""
    rows = [one for one in waiting.rows.exclude(problems=[])[::7] if correct_row.correctable_fields(one)]
    for one, text in zip(rows, HOSTILE * 3, strict=False):
        typed = dict.fromkeys(correct_row.correctable_fields(one), text.encode("utf-8", "replace").decode())
        address = reverse("import_row", args=[waiting.pk, one.pk])
        page = kit.post(address, {"set": len(one.corrections), **typed}, follow=True)
        assert_shown_harmlessly(page.text, address)
    assert waiting.rows.exclude(corrections=[]).count() > 20
    all_pages(kit, reverse("import_batch", args=[waiting.pk]), vis="rettede")
    assert_stored_harmlessly(ImportRow)


def test_the_workbook_of_rejected_rows(kit, take_in):
    """Every row is rejected for its date, so most texts are there as cells that nothing else is wrong with."""
    good = [list(row(number, Sendt="31-11-2019 10:22").values()) for number in range(1, ROWS + 1)]
    batch = take_in(in_every_column(COLUMNS, good), commit=False)
    content = kit.get(reverse("rejected_rows", args=[batch.pk])).content
    cells = [cell for line in load_workbook(io.BytesIO(content)).active.iter_rows() for cell in line]
    for cell in cells:
        assert cell.data_type in ("s", "inlineStr", "n"), f"{cell.coordinate} is no text or number"
        assert_harmless(str(cell.value or ""), cell.coordinate)
        assert not RECIPIENTS.search(str(cell.value)), cell.coordinate
    texts = [cell.value for cell in cells]
    assert FORMULA.lower() in [str(text).lower() for text in texts], "the formula is there, as a text"
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        assert not any(b"<f>" in book.read(name) or b"<hyperlink" in book.read(name) for name in book.namelist())
    assert texts.count("31-11-2019 10:22") > ROWS * 0.9


def test_what_the_command_writes(cast, kit, waiting, tmp_path):
    (tmp_path / "liste.csv").write_bytes(hostile_list() + b"\n")
    out = io.StringIO()
    call_command("import_list", tmp_path / "liste.csv", incident=cast.incident.slug, json=True, stdout=out)
    for problem in json.loads(out.getvalue())["problems"]:
        assert_harmless(" ".join(map(str, problem.values())), "import_list")
    assert not RECIPIENTS.search(out.getvalue())


def test_its_changes_what_it_did_and_its_way_back(cast, kit, waiting):
    changes = reverse("changed_letters", args=[waiting.pk])
    assert letter_comparison.count_rows(waiting).changed > 100
    text = all_pages(kit, changes)
    assert "<strong>&lt;script&gt;alert(1)&lt;/script&gt;</strong>" in text
    batches.request_commit(waiting, by=cast.mette)
    batches.commit_batch(waiting.pk)
    all_pages(kit, changes)
    for what in ("nye", "tilbage", "besluttede"):
        all_pages(kit, reverse("batch_letters", args=[waiting.pk, what]))
    undo = shown(kit, reverse("undo_batch", args=[waiting.pk]))
    assert f"=1+1 &lt;script&gt; {cpr.MASK}.csv" in undo
    for one in LetterChange.objects.filter(batch=waiting).order_by("pk")[::40]:
        shown(kit, reverse("letter", args=[one.letter_id]))
    assert undo_import.undo_batch(waiting, by=cast.mette)
    shown(kit, reverse("import_batch", args=[waiting.pk]), vis="alle")
    shown(kit, reverse("imports"))
    assert_stored_harmlessly(ImportBatch, LetterChange)


def test_whom_its_letters_lack(cast, kit, take_in):
    good = [row(number, Afsenders_e_mail="", Leders_e_mail="") for number in range(1, ROWS + 1)]
    take_in(in_every_column(COLUMNS, [list(one.values()) for one in good]), name=NAME)
    text = all_pages(kit, reverse("unassigned"))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    addresses = re.findall(r'href="(/mangler-ansvarlig/(?:leder|afsender)/\d+/)', text)
    assert len(addresses) > 50
    for address in addresses[::12]:
        shown(kit, address)
        shown(kit, f"{address}ny-person/")


def test_a_staff_file(cast, kit, rings):  # noqa: F811
    good = [
        [f"Ida Lund {n}", f"ida{n}@kk.example", "Svalevejens Skole", "", "", "", "nej", "ja", ""]
        for n in range(len(STAFF) * len(HOSTILE))
    ]
    content = in_every_column(STAFF, good)
    kit.post(reverse("people"), {"fil": SimpleUploadedFile(NAME, content), "alle": "on"})
    staff = StaffImport.objects.get()
    page = reverse("staff_import", args=[staff.pk])
    said = "".join(all_pages(kit, page, vis=vis) for vis in ("nye", "aendrede", "mangler", "bemaerk", "afviste"))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in said
    assert cpr.MASK in said
    staff_file.save_staff_file(staff, by=cast.mette)
    shown(kit, page)
    assert f"=1+1 &lt;script&gt; {cpr.MASK}.csv" in shown(kit, reverse("people"))
    assert_stored_harmlessly(StaffImport, StaffRow, User)
