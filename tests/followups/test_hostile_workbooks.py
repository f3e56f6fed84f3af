"""What somebody may have done to a workbook of answers: each is refused or left alone, and says what to do."""

import io
import zipfile

import pytest
from django.urls import reverse
from openpyxl import Workbook

from followups import services
from followups.workbook import comparison
from followups.workbook import sheet as reading
from letters.importing.headers import OUR_KEY_HEADER
from sepo_incident.core import danish
from tests.followups.exchanging import ANSWERS, RESENT, fill, headers, key_of, reasons, refusal, row_of

pytestmark = pytest.mark.django_db


def test_keys_that_were_made_up_moved_or_doubled_say_so_and_change_nothing(fetch, choose, cast):
    book = fetch(cast.karen)
    row = {letter: row_of(book, letter.source_ref) for letter in (cast.plain, cast.passed, cast.soon, cast.untitled)}
    for one in row.values():
        fill(book, one, **RESENT)
    key = key_of(book, row[cast.plain])
    fill(book, row[cast.passed], **{OUR_KEY_HEADER: key})  # moved to another letter
    fill(book, row[cast.soon], **{OUR_KEY_HEADER: key.replace(f"{cast.plain.pk}:", f"{cast.soon.pk}:", 1)})  # made up
    copies = [row[cast.untitled], 7, 8]
    for copy in copies[1:]:
        for column in range(1, book["Breve"].max_column + 1):
            book["Breve"].cell(copy, column).value = book["Breve"].cell(row[cast.untitled], column).value
    fill(book, 9, note="Husk at ringe til Jens")
    page = choose(book)
    assert reasons(page) == {
        comparison.MOVED_KEY: [row[cast.passed]],
        comparison.MISSING_KEY: [row[cast.soon], 9],
    }
    assert {change.letter for change in page.context["found"].changes} == {cast.plain, cast.untitled}  # once each
    fill(book, 8, note="Noget andet")
    page = choose(book)
    numbers = danish.join_with_and([str(copy) for copy in sorted(copies)])
    assert reasons(page)[comparison.DUPLICATE_ROWS.format(numbers)] == [min(copies)]
    assert [change.letter for change in page.context["found"].changes] == [cast.plain]
    fill(book, row[cast.plain], **dict.fromkeys(RESENT))
    assert choose(book).context["found"].changes == []


def test_emptied_answers_take_no_decision_back(fetch, choose, cast):
    services.decide(cast.plain, ANSWERS, cast.karen, 0)
    book = fetch(cast.karen)
    fill(book, row := row_of(book, cast.plain.source_ref), **dict.fromkeys(RESENT))
    assert reasons(choose(book)) == {comparison.ANSWERS_REMOVED: [row]}


def test_columns_may_move_and_rows_go_but_a_heading_stays_what_it_is(fetch, choose, cast):
    book = fetch(cast.karen)
    fill(book, row_of(book, cast.plain.source_ref), **RESENT)
    sheet = book["Breve"]
    moved = Workbook()
    moved.active.title = "Breve"
    moved.active.append(["Mine noter"])
    for cells in sheet.iter_rows(values_only=True):
        if cells[0] in ("Brev-id", cast.plain.source_ref):
            moved.active.append(list(reversed(cells)))
    assert [change.letter for change in choose(moved).context["found"].changes] == [cast.plain]
    header = sheet.cell(1, headers(book)["note"])
    header.value = "Noter"
    assert "kolonnen »Bemærkning (kan udelades)«" in refusal(choose(book))
    header.value = "Journalnummer"
    sheet.cell(1, headers(book)["amount"]).value = "Bemærkning (kan udelades)"
    assert "»Beløb i kroner (kan udelades)«" in refusal(choose(book))
    again = fetch(cast.karen)
    again["Breve"].cell(1, headers(again)["Status"]).value = "Journalnummer"
    assert "»Journalnummer« står to gange" in refusal(choose(again))
    twice = fetch(cast.karen)
    twice.copy_worksheet(twice["Breve"])
    assert "Der står breve i arkene »Breve« og »Breve Copy«" in refusal(choose(twice))
    none = fetch(cast.karen)
    none["Breve"].delete_rows(2, 5)
    assert refusal(choose(none)).startswith("Der står ingen breve under overskrifterne.")


def test_other_files_are_refused_with_what_to_do(choose, fetch, cast, client, as_user):
    as_user(cast.karen)
    assert refusal(choose(b"\x89PNG\r\n\x1a\n")).startswith("Filen er et billede")
    assert refusal(choose(b"%PDF-1.7")).startswith("Filen er en PDF")
    other = Workbook()
    other.active.append(["Brev-id", "Sendt", "Afsenders e-mail"])
    other.active.append(["B-1", "11-12-2019", "karen@kk.example"])
    assert refusal(choose(other)) == reading.NOT_OUR_WORKBOOK
    other.active.cell(1, 4).value = OUR_KEY_HEADER  # the rejected rows of a list
    assert refusal(choose(other)) == reading.NOT_OUR_WORKBOOK
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 30_000_000)
    assert refusal(choose(bomb.getvalue())).startswith("Filen pakker sig ud til meget mere")
    assert refusal(client.post(reverse("upload_workbook"))) == "Vælg det regneark, du har skrevet svarene i."
    assert client.post(reverse("apply_workbook"), {"vist": "made up"}).status_code == 302


def test_more_than_can_be_saved_at_once_is_refused_with_what_to_do(fetch, choose, cast, monkeypatch):
    monkeypatch.setattr("followups.workbook.views.MAX_CHANGES", 1)
    book = fetch(cast.karen)
    for letter in (cast.plain, cast.untitled):
        fill(book, row_of(book, letter.source_ref), **RESENT)
    assert refusal(choose(book)).startswith("Arket ændrer 2 breve, og der kan gemmes 1 ad gangen. Lav en kopi")
