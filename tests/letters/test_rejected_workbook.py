"""The workbook of rejected rows: exported, corrected in Excel, uploaded again, and without hidden data."""

import io
import logging

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from letters.import_pages import check_page
from letters.importing import batches
from letters.importing.checks import returned_rows
from letters.importing.columns import returned_row_keys
from letters.importing.commit import correct_row
from letters.importing.files.headers import OUR_HEADERS
from letters.importing.plan import letter_comparison
from letters.models import ImportBatch, Incident, Letter
from letters.recipient_keys import hash_recipient, short_recipient_code
from tests.letters.list_files import row, workbook, xlsx

pytestmark = pytest.mark.django_db
BAD_DATE = {"Sendt": "31-11-2019 10:22"}


def sheet_of(content: bytes):
    return load_workbook(io.BytesIO(content)).active


def column(sheet, header: str) -> int:
    return next(cell.column for cell in sheet[1] if cell.value == header)


def corrected_workbook(batch: ImportBatch, **cells) -> bytes:
    """Return the corrected workbook: `cells` are {header: value} of the first row."""
    book = load_workbook(io.BytesIO(check_page.rejected_rows_workbook(batch)))
    for header, value in cells.items():
        book.active.cell(2, column(book.active, header.replace("_", " "))).value = value
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_rejected_workbook_has_columns_reasons_and_row_numbers(kit_client, import_file):
    columns = ("Emne", "Brev-id", "Sendt", "Afsenders e-mail", "Enhed", "Modtager")
    batch = import_file(xlsx(row(1), row(2, **BAD_DATE, Afsenders_e_mail="karen@kk"), columns=columns))
    page = kit_client.get(reverse("rejected_rows", args=[batch.pk]))
    assert page["Content-Disposition"] == 'attachment; filename="afviste-raekker.xlsx"'
    sheet = sheet_of(page.content)
    assert [cell.value for cell in sheet[1]] == [*columns, *OUR_HEADERS]
    [cells] = list(sheet.iter_rows(min_row=2))
    code = short_recipient_code(hash_recipient("0102701235@eboks.example"))
    assert [cell.value for cell in cells[:7]] == [
        "Partshøring om udeblivelse", "B-2", "31-11-2019 10:22", "karen@kk", "Svalevejens Skole", f"kode {code}", 3,
    ]  # fmt: skip
    reasons = (
        "Sendt: Datoen findes ikke. November har 30 dage. Afsenders e-mail: E-mailen er ikke hel. Slutningen mangler."
    )
    assert reasons in cells[7].value
    marked = [cell.value for cell in cells if cell.fill.fill_type == "solid"]
    assert marked == ["31-11-2019 10:22", "karen@kk"]
    assert all(cell.font.bold for cell in cells if cell.value in marked)
    assert sheet.column_dimensions[cells[8].column_letter].hidden


def test_rejected_workbook_hides_recipients_and_subjects(import_file):
    secret = {"Modtagertype": "Medarbejder", "Emne": "Tjenstlig samtale"}
    batch = import_file(xlsx(row(1, **BAD_DATE, **secret), row(2, **BAD_DATE, Afsender="Ida 010270-1234")))
    cells = str(
        [[cell.value for cell in line] for line in sheet_of(check_page.rejected_rows_workbook(batch)).iter_rows()]
    )
    assert "Personalesag (emne skjult)" in cells
    for never in ("Tjenstlig", "0102701234", "010270", hash_recipient("0102701234@eboks.example")):
        assert never not in cells


def test_corrected_workbook_restores_recipient_and_subject(import_file):
    secret = {"Modtagertype": "Medarbejder", "Emne": "Tjenstlig samtale den 20. december"}
    batch = import_file(xlsx(row(1), row(2, **BAD_DATE, **secret)))
    again = import_file(corrected_workbook(batch, Sendt="11-12-2019 10:22"), name="rettet.xlsx")
    assert (letter_comparison.count_rows(again).new, letter_comparison.count_rows(again).rejected) == (1, 0)
    letter = Letter.objects.get(source_ref="B-2")
    assert letter.recipient_key == hash_recipient("0102701235@eboks.example")
    assert (letter.subject, letter.is_personnel_case) == ("Tjenstlig samtale den 20. december", True)
    assert str(letter.named_on) == "2019-12-20"


def test_corrected_workbook_keeps_the_answered_columns(cast, import_file):
    columns = {
        "Nr": "Brev-id",
        "Afs_mail": "Afsenders e-mail",
        "Emnefelt": "Emne",
        "Afsendt kl.": "Sendt",
        "X": "Enhed",
    }
    batch = import_file(workbook([[*columns], [(row(1) | BAD_DATE)[name] for name in columns.values()]]), commit=False)
    fields = ["source_ref", "sender_email", "subject", "sent_at", "unit_name"]
    batches.answer_columns(batch, [0], list(zip(columns, fields, strict=True)), cast.mette, is_to_remember=False)
    batches.read_batch(batch.pk)
    batch.refresh_from_db()
    content = corrected_workbook(batch, **{"Afsendt kl.": "11-12-2019 10:22"})
    again = import_file(content, name="rettet.xlsx", commit=False)
    assert (again.status, letter_comparison.count_rows(again).new) == ("CHECKED", 1)
    assert again.rows.get().unit_name == "Svalevejens Skole"
    assert again.remarks == ["Kolonnerne er læst som i »liste.xlsx«, som rækkerne kommer fra."]
    book = load_workbook(io.BytesIO(content))
    book.active.cell(1, book.active.max_column + 1).value = "Bem."
    book.active.cell(2, book.active.max_column).value = "ny"
    more = io.BytesIO()
    book.save(more)
    assert import_file(more.getvalue(), commit=False).status == "ASKING", "somebody has added a column"


def test_check_page_names_the_earlier_rejection(kit_client, import_file):
    batch = import_file(xlsx(row(1), row(2, **BAD_DATE)))
    again = import_file(corrected_workbook(batch, Sendt="11-12-2019 10:22"), name="rettet.xlsx", commit=False)
    shown = kit_client.get(reverse("import_batch", args=[again.pk]), {"vis": "alle"}).context["lines"]
    assert [line.origin for line in shown] == ["Afvist på »liste.xlsx«, række 3"]
    other = import_file(xlsx(row(3, **BAD_DATE), row(4, Brev_id="")), commit=False)
    assert [line.origin for line in kit_client.get(reverse("import_batch", args=[other.pk])).context["lines"]] == [
        "",
        "",
    ]


def test_typed_recipient_replaces_the_placeholder(import_file):
    batch = import_file(xlsx(row(1, **BAD_DATE)))
    import_file(corrected_workbook(batch, Sendt="11-12-2019 10:22", Modtager="020270-1234", Emne="Et nyt"))
    letter = Letter.objects.get(source_ref="B-1")
    assert (letter.recipient_key, letter.subject) == (hash_recipient("0202701234"), "Et nyt")


def test_personnel_case_survives_the_workbook(cast, kit_client, import_file):
    cast.incident.category_rules.all().delete()
    batch = import_file(xlsx(row(1, **BAD_DATE, Modtagertype="Medarbejder", Emne="Nu skal vi tale om dig")))
    again = import_file(corrected_workbook(batch, Modtagertype="Borger"), commit=False)
    page = kit_client.get(reverse("import_batch", args=[again.pk]), {"vis": "alle"}).text
    assert "tale om dig" not in page
    one = again.rows.get()
    assert one.is_personnel_case
    one = correct_row.correct_cells(
        again.pk, one.pk, {"sent_at": "11-12-2019 10:22"}, corrections_shown=0, by=cast.mette
    )
    assert (one.is_personnel_case, one.sent_at is None) == (True, False)
    assert "tale om dig" not in str((one.shown, one.problems))


@pytest.mark.parametrize("key", ["", "x", "1~x", "~", None], ids=repr)
def test_placeholder_without_a_valid_key_is_reported(import_file, key):
    batch = import_file(xlsx(row(1, **BAD_DATE)))
    again = import_file(corrected_workbook(batch, **{"Sendt": "11-12-2019 10:22", OUR_HEADERS[-1]: key}), commit=False)
    [problem] = again.rows.get().problems
    assert (problem["kind"], problem["message"]) == (
        "skjult",
        "Modtageren er skjult, og mærket passer ikke. Skriv modtageren.",
    )


def test_key_restores_one_row_per_file(import_file):
    batch = import_file(xlsx(row(1, Brev_id="")))
    book = load_workbook(io.BytesIO(corrected_workbook(batch, **{"Brev-id": "B-5"})))
    book.active.append([cell.value for cell in book.active[2]])
    book.active.cell(3, column(book.active, "Brev-id")).value = "B-6"
    content = io.BytesIO()
    book.save(content)
    first, second = import_file(content.getvalue(), commit=False).rows.all()
    assert (first.verdict, first.recipient_key) == ("NEW", hash_recipient("0102701234@eboks.example"))
    assert (second.verdict, second.recipient_key, second.problems[0]["kind"]) == ("REJECTED", "", "skjult")


def test_key_is_bound_to_its_letter_and_incident(cast, import_file):
    batch = import_file(xlsx(row(1, **BAD_DATE)))
    moved = import_file(corrected_workbook(batch, **{"Sendt": "11-12-2019 10:22", "Brev-id": "B-99"}), commit=False)
    assert moved.rows.get().verdict == "REJECTED", "another letter"
    same = {name: getattr(cast.incident, name) for name in ("first_day", "last_day", "deadline")}
    other = Incident.objects.create(slug="en-anden", title="En anden", **same)
    key = returned_row_keys.sign_row_key(batch.incident_id, batch.rows.get().pk)
    assert returned_rows.ReturnedRows(other.pk, {}, 0, set())._row_id([key]) is None
    assert returned_rows.ReturnedRows(batch.incident_id, {}, 0, set())._row_id([key]) == batch.rows.get().pk


def test_list_without_rejected_rows_has_no_workbook(kit_client, import_file):
    batch = import_file(xlsx(row(1)))
    page = kit_client.get(reverse("rejected_rows", args=[batch.pk]), follow=True)
    assert "Listen har ingen afviste rækker." in page.text
    assert reverse("rejected_rows", args=[batch.pk]) not in page.text


def test_download_is_logged_without_personal_data(kit_client, cast, import_file, caplog):
    batch = import_file(xlsx(row(1, **BAD_DATE)))
    with caplog.at_level(logging.INFO, "sepo.security"):
        kit_client.get(reverse("rejected_rows", args=[batch.pk]))
    [record] = [one for one in caplog.records if one.message == "rejected_rows_downloaded"]
    assert (record.user_id, record.numbers) == (cast.mette.pk, {"batch_id": batch.pk, "count": 1})
