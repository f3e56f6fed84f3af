"""Tampered workbooks of answers: each is refused or ignored, with advice."""

import io
import random
import zipfile

import pytest
from django.urls import reverse
from docx import Document
from openpyxl import Workbook

from followups import services
from followups.workbook import comparison
from followups.workbook import sheet as reading
from followups.workbook.sheet import KEY_HEADER
from sepo_incident.core import danish
from tests.followups.decision_answers import RESENT
from tests.followups.workbook_helpers import (
    RESENT_CELLS,
    fill_row,
    header_columns,
    refusal,
    row_key,
    row_of,
    skipped_rows,
)

pytestmark = pytest.mark.django_db


def test_invalid_moved_or_repeated_keys_change_nothing(fetch_workbook, upload_workbook, cast):
    book = fetch_workbook(cast.karen)
    row = {letter: row_of(book, letter.source_ref) for letter in (cast.plain, cast.passed, cast.soon, cast.untitled)}
    for one in row.values():
        fill_row(book, one, **RESENT_CELLS)
    key = row_key(book, row[cast.plain])
    fill_row(book, row[cast.passed], **{KEY_HEADER: key})  # moved to another letter
    fill_row(book, row[cast.soon], **{KEY_HEADER: key.replace(f"{cast.plain.pk}:", f"{cast.soon.pk}:", 1)})  # invented
    copies = [row[cast.untitled], 7, 8]
    for copy in copies[1:]:
        for column in range(1, book["Breve"].max_column + 1):
            book["Breve"].cell(copy, column).value = book["Breve"].cell(row[cast.untitled], column).value
    fill_row(book, 9, note="Husk at ringe til Jens")
    page = upload_workbook(book)
    assert skipped_rows(page) == {comparison.MOVED_KEY: [row[cast.passed]], comparison.MISSING_KEY: [row[cast.soon], 9]}
    assert {change.letter for change in page.context["differences"].changes} == {cast.plain, cast.untitled}  # once each
    fill_row(book, 8, note="Noget andet")
    page = upload_workbook(book)
    numbers = danish.join_with_and([str(copy) for copy in sorted(copies)])
    assert skipped_rows(page)[comparison.DUPLICATE_ROWS.format(numbers)] == [min(copies)]
    assert [change.letter for change in page.context["differences"].changes] == [cast.plain]
    fill_row(book, row[cast.plain], **dict.fromkeys(RESENT_CELLS))
    assert upload_workbook(book).context["differences"].changes == []


def test_emptied_answers_do_not_undo_a_decision(fetch_workbook, upload_workbook, cast):
    services.decide(cast.plain, RESENT, cast.karen, 0)
    book = fetch_workbook(cast.karen)
    fill_row(book, row := row_of(book, cast.plain.source_ref), **dict.fromkeys(RESENT_CELLS))
    assert skipped_rows(upload_workbook(book)) == {comparison.ANSWERS_REMOVED: [row]}


def test_columns_may_move_but_headers_must_stay(fetch_workbook, upload_workbook, cast):
    book = fetch_workbook(cast.karen)
    fill_row(book, row_of(book, cast.plain.source_ref), **RESENT_CELLS)
    sheet = book["Breve"]
    moved = Workbook()
    moved.active.title = "Breve"
    moved.active.append(["Mine noter"])
    for cells in sheet.iter_rows(values_only=True):
        if cells[0] in ("Brev-id", cast.plain.source_ref):
            moved.active.append(list(reversed(cells)))
    assert [change.letter for change in upload_workbook(moved).context["differences"].changes] == [cast.plain]
    header = sheet.cell(1, header_columns(book)["note"])
    header.value = "Noter"
    assert "Kolonnen »Bemærkning (kan udelades)« mangler." in refusal(upload_workbook(book))
    header.value = "Journalnummer"
    sheet.cell(1, header_columns(book)["amount"]).value = "Bemærkning (kan udelades)"
    assert "»Beløb i kroner (kan udelades)«" in refusal(upload_workbook(book))
    again = fetch_workbook(cast.karen)
    again["Breve"].cell(1, header_columns(again)["Status"]).value = "Journalnummer"
    assert "»Journalnummer« findes to gange" in refusal(upload_workbook(again))
    twice = fetch_workbook(cast.karen)
    twice.copy_worksheet(twice["Breve"])
    assert "Der er breve i arkene »Breve« og »Breve Copy«" in refusal(upload_workbook(twice))
    none = fetch_workbook(cast.karen)
    none["Breve"].delete_rows(2, 5)
    assert refusal(upload_workbook(none)).startswith("Listen har ingen breve")


def test_other_files_are_refused_with_advice(upload_workbook, fetch_workbook, cast, client, as_user):
    as_user(cast.karen)
    assert refusal(upload_workbook(b"\x89PNG\r\n\x1a\n")).startswith("Filen er et billede")
    assert refusal(upload_workbook(b"%PDF-1.7")).startswith("Filen er en PDF")
    letter = io.BytesIO()
    Document().save(letter)
    assert refusal(upload_workbook(letter.getvalue())) == "Filen er et Word-dokument. Vælg regnearket (.xlsx) i stedet."
    noise = random.Random(1).randbytes(2000)
    assert refusal(upload_workbook(noise)).startswith("Filen er ikke et regneark. Vælg et regneark")
    other = Workbook()
    other.active.append(["Brev-id", "Sendt", "Afsenders e-mail"])
    other.active.append(["B-1", "11-12-2019", "karen@kk.example"])
    assert refusal(upload_workbook(other)) == reading.NOT_OUR_WORKBOOK
    other.active.cell(1, 4).value = KEY_HEADER
    assert refusal(upload_workbook(other)) == reading.NOT_OUR_WORKBOOK
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 30_000_000)
    assert refusal(upload_workbook(bomb.getvalue())).startswith("Filen fylder for meget, når den pakkes ud.")
    assert refusal(client.post(reverse("upload_workbook"))) == "Vælg regnearket med dine svar."
    assert client.post(reverse("apply_workbook"), {"vist": "made up"}).status_code == 302


def test_too_many_changes_are_refused_with_advice(fetch_workbook, upload_workbook, cast, monkeypatch):
    monkeypatch.setattr("followups.workbook.views.MAX_CHANGES", 1)
    book = fetch_workbook(cast.karen)
    for letter in (cast.plain, cast.untitled):
        fill_row(book, row_of(book, letter.source_ref), **RESENT_CELLS)
    assert refusal(upload_workbook(book)).startswith(
        "Arket ændrer 2 breve, men du kan kun gemme 1 ad gangen. Lav en kopi"
    )
