"""The rejected rows go out as a workbook, are mended in Excel, and come back: complete, and with nothing laid open."""

import io
import logging

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from letters.import_pages import rejected_workbook
from letters.importing import batches
from letters.importing.checks import returned_rows
from letters.importing.columns import returned_row_keys
from letters.importing.commit import correct_row
from letters.importing.headers import OUR_HEADERS
from letters.importing.plan import letter_comparison
from letters.models import ImportBatch, Incident, Letter
from letters.recipient_keys import hash_recipient, short_recipient_code
from tests.letters.lists import row, workbook, xlsx

pytestmark = pytest.mark.django_db
BAD = {"Sendt": "31-11-2019 10:22"}


@pytest.fixture
def kit(cast, as_user):
    return as_user(cast.mette)


def sheet_of(content: bytes):
    return load_workbook(io.BytesIO(content)).active


def column(sheet, header: str) -> int:
    return next(cell.column for cell in sheet[1] if cell.value == header)


def mended(batch: ImportBatch, **cells) -> bytes:
    """The workbook of a list as somebody saves it: ``cells`` are {header: value} of its first row."""
    book = load_workbook(io.BytesIO(rejected_workbook.rejected_rows_workbook(batch)))
    for header, value in cells.items():
        book.active.cell(2, column(book.active, header.replace("_", " "))).value = value
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def test_the_workbook_has_the_lists_own_columns_the_reasons_and_the_row(kit, take_in):
    columns = ("Emne", "Brev-id", "Sendt", "Afsenders e-mail", "Enhed", "Modtager")
    batch = take_in(xlsx(row(1), row(2, **BAD, Afsenders_e_mail="karen@kk"), columns=columns))
    page = kit.get(reverse("rejected_rows", args=[batch.pk]))
    assert page["Content-Disposition"] == 'attachment; filename="afviste-raekker.xlsx"'
    sheet = sheet_of(page.content)
    assert [cell.value for cell in sheet[1]] == [*columns, *OUR_HEADERS]
    [cells] = list(sheet.iter_rows(min_row=2))
    code = short_recipient_code(hash_recipient("0102701235@eboks.example"))
    assert [cell.value for cell in cells[:7]] == [
        "Partshøring om udeblivelse", "B-2", "31-11-2019 10:22", "karen@kk", "Svalevejens Skole", f"kode {code}", 3,
    ]  # fmt: skip
    said = (
        "Sendt: Datoen findes ikke. November har 30 dage. Afsenders e-mail: E-mailen er ikke hel. Slutningen mangler."
    )
    assert said in cells[7].value
    marked = [cell.value for cell in cells if cell.fill.fill_type == "solid"]
    assert marked == ["31-11-2019 10:22", "karen@kk"]
    assert all(cell.font.bold for cell in cells if cell.value in marked)
    assert sheet.column_dimensions[cells[8].column_letter].hidden


def test_no_number_and_no_hidden_subject_leaves(take_in):
    secret = {"Modtagertype": "Medarbejder", "Emne": "Tjenstlig samtale"}
    batch = take_in(xlsx(row(1, **BAD, **secret), row(2, **BAD, Afsender="Ida 010270-1234")))
    said = str(
        [
            [cell.value for cell in line]
            for line in sheet_of(rejected_workbook.rejected_rows_workbook(batch)).iter_rows()
        ]
    )
    assert "Personalesag (emne skjult)" in said
    for never in ("Tjenstlig", "0102701234", "010270", hash_recipient("0102701234@eboks.example")):
        assert never not in said


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x")'])
def test_no_formula_comes_to_life(take_in, formula):
    batch = take_in(xlsx(row(1, **BAD, Emne=formula, Enhed=f"{formula} {'X' * 250}")))
    cells = [cell for line in sheet_of(rejected_workbook.rejected_rows_workbook(batch)).iter_rows() for cell in line]
    assert "f" not in {cell.data_type for cell in cells}
    assert formula in [cell.value for cell in cells]


def test_the_mended_workbook_becomes_the_letter_with_its_recipient_and_hidden_subject(take_in):
    secret = {"Modtagertype": "Medarbejder", "Emne": "Tjenstlig samtale den 20. december"}
    batch = take_in(xlsx(row(1), row(2, **BAD, **secret)))
    again = take_in(mended(batch, Sendt="11-12-2019 10:22"), name="rettet.xlsx")
    assert (letter_comparison.count_rows(again).new, letter_comparison.count_rows(again).rejected) == (1, 0)
    letter = Letter.objects.get(source_ref="B-2")
    assert letter.recipient_key == hash_recipient("0102701235@eboks.example")
    assert (letter.subject, letter.is_personnel_case) == ("Tjenstlig samtale den 20. december", True)
    assert str(letter.named_on) == "2019-12-20"


def test_the_mended_workbook_of_a_list_with_columns_of_its_own_asks_nothing_again(cast, take_in):
    columns = {
        "Nr": "Brev-id",
        "Afs_mail": "Afsenders e-mail",
        "Emnefelt": "Emne",
        "Afsendt kl.": "Sendt",
        "X": "Enhed",
    }
    batch = take_in(workbook([[*columns], [(row(1) | BAD)[name] for name in columns.values()]]), commit=False)
    fields = ["source_ref", "sender_email", "subject", "sent_at", "unit_name"]
    batches.answer_columns(batch, [0], list(zip(columns, fields, strict=True)), cast.mette, is_to_remember=False)
    batches.read_batch(batch.pk)
    batch.refresh_from_db()
    content = mended(batch, **{"Afsendt kl.": "11-12-2019 10:22"})
    again = take_in(content, name="rettet.xlsx", commit=False)
    assert (again.status, letter_comparison.count_rows(again).new) == ("CHECKED", 1)
    assert again.rows.get().unit_name == "Svalevejens Skole"
    assert again.remarks == ["Kolonnerne er læst som på »liste.xlsx«, som rækkerne kommer fra."]
    book = load_workbook(io.BytesIO(content))
    book.active.cell(1, book.active.max_column + 1).value = "Bem."
    book.active.cell(2, book.active.max_column).value = "ny"
    more = io.BytesIO()
    book.save(more)
    assert take_in(more.getvalue(), commit=False).status == "ASKING", "somebody has added a column"


def test_the_check_page_says_where_the_letter_was_rejected_before(kit, take_in):
    batch = take_in(xlsx(row(1), row(2, **BAD)))
    again = take_in(mended(batch, Sendt="11-12-2019 10:22"), name="rettet.xlsx", commit=False)
    shown = kit.get(reverse("import_batch", args=[again.pk]), {"vis": "alle"}).context["lines"]
    assert [line.origin for line in shown] == ["Afvist på »liste.xlsx«, række 3"]
    other = take_in(xlsx(row(3, **BAD), row(4, Brev_id="")), commit=False)
    assert [line.origin for line in kit.get(reverse("import_batch", args=[other.pk])).context["lines"]] == ["", ""]


def test_what_was_typed_over_the_placeholder_counts(take_in):
    batch = take_in(xlsx(row(1, **BAD)))
    take_in(mended(batch, Sendt="11-12-2019 10:22", Modtager="020270-1234", Emne="Et nyt"))
    letter = Letter.objects.get(source_ref="B-1")
    assert (letter.recipient_key, letter.subject) == (hash_recipient("0202701234"), "Et nyt")


def test_a_personnel_case_stays_one_whatever_the_workbook_calls_it(cast, kit, take_in):
    cast.incident.category_rules.all().delete()
    batch = take_in(xlsx(row(1, **BAD, Modtagertype="Medarbejder", Emne="Nu skal vi tale om dig")))
    again = take_in(mended(batch, Modtagertype="Borger"), commit=False)
    page = kit.get(reverse("import_batch", args=[again.pk]), {"vis": "alle"}).content.decode()
    assert "tale om dig" not in page
    one = again.rows.get()
    assert one.is_personnel_case
    one = correct_row.correct_cells(again.pk, one.pk, {"sent_at": "11-12-2019 10:22"}, seen=0, by=cast.mette)
    assert (one.is_personnel_case, one.sent_at is None) == (True, False)
    assert "tale om dig" not in str((one.shown, one.problems))


@pytest.mark.parametrize("key", ["", "x", "1~x", "~", None], ids=repr)
def test_without_a_good_key_a_placeholder_is_nobody(take_in, key):
    batch = take_in(xlsx(row(1, **BAD)))
    again = take_in(mended(batch, **{"Sendt": "11-12-2019 10:22", OUR_HEADERS[-1]: key}), commit=False)
    [problem] = again.rows.get().problems
    assert (problem["kind"], problem["message"]) == (
        "skjult",
        "Modtageren er kun en kode, og nøglen til den passer ikke. Skriv modtageren.",
    )


def test_a_key_opens_one_row_of_a_file_also_where_the_id_was_to_be_mended(take_in):
    batch = take_in(xlsx(row(1, Brev_id="")))
    book = load_workbook(io.BytesIO(mended(batch, **{"Brev-id": "B-5"})))
    book.active.append([cell.value for cell in book.active[2]])
    book.active.cell(3, column(book.active, "Brev-id")).value = "B-6"
    content = io.BytesIO()
    book.save(content)
    first, second = take_in(content.getvalue(), commit=False).rows.all()
    assert (first.verdict, first.recipient_key) == ("NEW", hash_recipient("0102701234@eboks.example"))
    assert (second.verdict, second.recipient_key, second.problems[0]["kind"]) == ("REJECTED", "", "skjult")


def test_a_key_opens_its_own_letter_and_only_in_its_incident(cast, take_in):
    batch = take_in(xlsx(row(1, **BAD)))
    moved = take_in(mended(batch, **{"Sendt": "11-12-2019 10:22", "Brev-id": "B-99"}), commit=False)
    assert moved.rows.get().verdict == "REJECTED", "another letter"
    same = {name: getattr(cast.incident, name) for name in ("first_day", "last_day", "deadline")}
    other = Incident.objects.create(slug="en-anden", title="En anden", **same)
    key = returned_row_keys.sign_row_key(batch.incident_id, batch.rows.get().pk)
    assert returned_rows.ReturnedRows(other.pk, {}, 0, set())._row_id([key]) is None
    assert returned_rows.ReturnedRows(batch.incident_id, {}, 0, set())._row_id([key]) == batch.rows.get().pk


def test_a_list_without_rejected_rows_has_no_workbook(kit, take_in):
    batch = take_in(xlsx(row(1)))
    page = kit.get(reverse("rejected_rows", args=[batch.pk]), follow=True)
    assert "Listen har ingen afviste rækker." in page.content.decode()
    assert reverse("rejected_rows", args=[batch.pk]) not in page.content.decode()


def test_the_download_is_noted_without_personal_data(kit, cast, take_in, caplog):
    batch = take_in(xlsx(row(1, **BAD)))
    with caplog.at_level(logging.INFO, "sepo.security"):
        kit.get(reverse("rejected_rows", args=[batch.pk]))
    [said] = [one for one in caplog.records if one.message == "rejected_rows_downloaded"]
    assert (said.user_id, said.numbers) == (cast.mette.pk, {"batch_id": batch.pk, "count": 1})


@pytest.mark.parametrize("who", ["karen", "birgitte", "hanne", "olga"])
def test_only_kit_takes_it(cast, as_user, take_in, who):
    batch = take_in(xlsx(row(1, **BAD)))
    assert as_user(getattr(cast, who)).get(reverse("rejected_rows", args=[batch.pk])).status_code == 403
