"""A list in several sheets of a workbook: all sheets are read, and every row knows its sheet."""

import io

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from openpyxl import load_workbook

from letters.importing import batches
from letters.importing.commit import correct_row
from letters.importing.files import uploads
from letters.importing.plan import letter_comparison
from letters.models import ImportBatch, ImportRow, Letter
from letters.samples import COLUMNS
from notifications.alarms import reconciliation
from tests.letters.awkward import parts
from tests.letters.list_files import row, xlsx
from tests.letters.uploaded_lists import batch_with_questions, columns_url, upload_list

pytestmark = pytest.mark.django_db
Status, Verdict = ImportBatch.Status, ImportRow.Verdict
NAMED = list(COLUMNS)


def cells(number: int, columns=COLUMNS, **more) -> list:
    made = row(number, **more)
    return [made.get(name, "") for name in columns]


def book(hidden=(), **sheets) -> bytes:
    return parts.saved(parts.book(hidden=hidden, **sheets))


NORTH = [NAMED, cells(1), cells(2)]
SOUTH = [["Breve fra Syd"], NAMED, cells(3), [], cells(4, Afsenders_e_mail="x"), cells(5)]


@pytest.fixture
def read_all_sheets(cast):
    """`read_all_sheets(content, columns)` reads all visible sheets to the check page. `columns` is {header: field}
    of the answers.
    """

    def run(content: bytes, columns: dict[str, str] | None = None) -> ImportBatch:
        batch, _ = uploads.receive_file(cast.incident, "ark.xlsx", content, by=cast.mette)
        batches.read_batch(batch.pk)
        batch.refresh_from_db()
        assert batch.status == Status.ASKING, batch.refusal
        shown = [one["sheet"] for one in batch.found if not one["is_hidden"]]
        headers_and_fields = {(c["header"], c["field"]) for one in batch.found for c in one["columns"]}
        mapping = [[header, (columns or {}).get(header, field)] for header, field in sorted(headers_and_fields)]
        batches.answer_columns(batch, shown, mapping)
        batches.read_batch(batch.pk)
        batch.refresh_from_db()
        assert batch.status == Status.CHECKED, batch.refusal
        return batch

    return run


def answers(page, **more) -> dict[str, str]:
    fields = [column.field for column in page.context["form"].columns]
    return {f"kolonne_{number}": field for number, field in enumerate(fields)} | more


def test_all_sheets_are_chosen_on_the_page(kit_client, enqueued_tasks):
    page = upload_list(kit_client, book(hidden=["Gemt"], Nord=NORTH, Syd=SOUTH, Gemt=[NAMED, cells(9)]))
    text = page.text
    for label in (
        "Kun »Nord« (2 rækker)",
        "Kun »Syd« (3 rækker)",
        "Kun »Gemt« (1 række, skjult)",
        "Alle 2 synlige ark (5 rækker)",
    ):
        assert label in text
    batch = batch_with_questions()
    text = kit_client.post(columns_url(batch), answers(page, ark="alle"), follow=True).text
    batch.refresh_from_db()
    assert (batch.status, batch.sheet_names) == (Status.CHECKED, ["Nord", "Syd"])
    assert list(batch.rows.values_list("sheet", "row", "source_ref")) == [
        (0, 2, "B-1"), (0, 3, "B-2"), (1, 3, "B-3"), (1, 5, "B-4"), (1, 6, "B-5"),
    ]  # fmt: skip
    assert "Arket »Gemt« er skjult og ikke læst." in text
    assert "Filen har 5 rækker med indhold og 1 tom." in text
    assert "Syd, række 5" in text


def test_rows_of_all_sheets_add_up(read_all_sheets):
    batch = read_all_sheets(book(Nord=NORTH, Syd=SOUTH))
    counts = letter_comparison.count_rows(batch)
    assert (counts.new, counts.rejected, counts.blank) == (4, 1, 1)
    batches.request_commit(batch, by=None)
    batches.commit_batch(batch.pk)
    assert list(batch.letters.order_by("batch_sheet", "batch_row").values_list("batch_sheet", "batch_row")) == [
        (0, 2), (0, 3), (1, 3), (1, 6),
    ]  # fmt: skip
    assert reconciliation.sum_import_rows(batch).agrees


def test_duplicate_across_sheets_names_the_sheet(read_all_sheets):
    batch = read_all_sheets(book(Nord=NORTH, Syd=[NAMED, cells(2), cells(1, Emne="Andet"), cells(2, Brev_id="B-9")]))
    messages = [one.problems[0]["message"] for one in batch.rows.filter(sheet=1)]
    assert messages == [
        "Rækken er magen til Nord, række 3. Brevet indlæses kun én gang.",
        "Brevet er også i Nord, række 2 med andre oplysninger. Ret eller fjern den ene.",
        "Samme afsender, modtager, emne og minut som Nord, række 3. Brevet kommer med.",
    ]
    assert not batch.rows.filter(sheet=0).exclude(problems=[]).exists()


def test_sheet_without_a_column_keeps_the_fact(import_file, read_all_sheets):
    import_file(xlsx(row(1), row(2)))
    without = [name for name in NAMED if name not in ("Leder", "Leders e-mail", "Emne")]
    batch = read_all_sheets(book(Nord=[NAMED, cells(1, Emne="Nyt emne")], Syd=[without, cells(2, without)]))
    assert list(batch.rows.values_list("verdict", flat=True)) == ["CHANGED", "KNOWN"]


def test_sheets_may_name_and_place_a_column_differently(read_all_sheets, kit_client):
    turned = NAMED[::-1]
    other = ["Titel" if name == "Emne" else name for name in turned]
    batch = read_all_sheets(
        book(Nord=NORTH, Syd=[other, cells(3, turned, Emne="", Leders_e_mail="x")]), {"Titel": "subject"}
    )
    assert batch.rows.get(sheet=1).sender_email == "karen@kk.example"
    assert ["Titel", "subject"] in batch.mapping
    headings = kit_client.get(reverse("import_batch", args=[batch.pk]), {"vis": "alle"}).context["headings"]
    assert [str(one) for one in headings if one.field in ("source_ref", "subject")] == ["Brev-id", "Emne"]


def test_column_of_one_sheet_names_the_sheet(kit_client, enqueued_tasks):
    text = upload_list(kit_client, book(Nord=NORTH, Syd=[[*NAMED, "Note"], [*cells(3), "x"]])).text
    assert "Alle 2 ark (3 rækker)" in text
    assert text.count("i arket »Syd«") == 1
    assert "i arket »Nord«" not in text


def test_missing_column_names_the_sheet(kit_client, enqueued_tasks):
    without = [name for name in NAMED if name != "Sendt"]
    page = upload_list(
        kit_client, book(Nord=NORTH, Syd=[without, cells(3, without)], Vest=[without, cells(4, without)])
    )
    page = kit_client.post(columns_url(batch_with_questions()), answers(page, ark="alle"))
    messages = [error for errors in page.context["form"].errors.values() for error in errors]
    assert messages == [
        f"Vælg den kolonne i arket »{name}«, der er »Sendt«. Vi skal vide, hvornår brevet er sendt."
        for name in ("Syd", "Vest")
    ]


@pytest.mark.parametrize(("name", "called"), [("Sendt", "Sendt (UTC)"), ("Brev-id", "Message ID")])
def test_sheets_with_different_rules_are_refused(kit_client, enqueued_tasks, name, called):
    other = [called if header == name else header for header in NAMED]
    page = upload_list(kit_client, book(Nord=NORTH, Syd=[other, cells(3)]))
    batch = batch_with_questions()
    refused = kit_client.post(columns_url(batch), answers(page, ark="alle"))
    assert refused.status_code == 422
    assert "Arkene kan ikke læses sammen" in refused.text
    assert "Gem dem som hver sin fil" in refused.text
    assert "Tjek listen" in kit_client.post(columns_url(batch), answers(page, ark="1"), follow=True).text


def test_correction_is_compared_with_other_sheets(cast, read_all_sheets):
    batch = read_all_sheets(book(Nord=NORTH, Syd=[NAMED, cells(3, Brev_id="")]))
    bad = batch.rows.get(sheet=1)
    after = correct_row.correct_cells(batch.pk, bad.pk, {"source_ref": "B-1"}, corrections_shown=0, by=cast.mette)
    assert (after.sheet, after.row) == (1, 2)
    assert "Brevet er også i Nord, række 2" in after.problems[0]["message"]
    again = correct_row.correct_cells(batch.pk, bad.pk, {"source_ref": "B-3"}, corrections_shown=1, by=cast.mette)
    assert (again.verdict, again.problems) == (Verdict.NEW, [])


def test_rejected_rows_name_their_sheet(kit_client, read_all_sheets):
    other = ["Titel" if name == "Emne" else name for name in NAMED]
    nord, syd = cells(1, Afsenders_e_mail="x"), cells(3, Afsenders_e_mail="y", Emne="Møde")
    sheets = {"Nord": [NAMED, nord], "Syd": [other, syd]}
    batch = read_all_sheets(book(**sheets), {"Titel": "subject"})
    content = kit_client.get(reverse("rejected_rows", args=[batch.pk])).getvalue()
    headers, *lines = load_workbook(io.BytesIO(content)).active.values
    assert [line[0] for line in lines] == ["Nord, række 2", "Syd, række 2"]
    assert sorted(line[headers.index("Emne")] for line in lines) == ["Møde", "Partshøring om udeblivelse"]


def test_known_letter_names_its_sheet(kit_client, import_file, read_all_sheets):
    first = read_all_sheets(book(Nord=NORTH, Syd=SOUTH))
    batches.request_commit(first, by=None)
    batches.commit_batch(first.pk)
    later = import_file(xlsx(row(3)), commit=False, name="ny.xlsx")
    text = kit_client.get(reverse("import_batch", args=[later.pk]), {"vis": "alle"}).text
    assert "Kendt fra »ark.xlsx«, Syd, række 3" in text
    text = kit_client.get(reverse("letter", args=[Letter.objects.get(source_ref="B-3").pk])).text
    assert "Koncern IT indlæste brevet fra listen (Syd, række 3)." in text


def test_cpr_number_in_a_sheet_name_is_masked(read_all_sheets):
    batch = read_all_sheets(book(**{"010270-1234": NORTH, "Syd": SOUTH}))
    assert "010270-1234" not in f"{batch.sheet_names}{batch.found}"


def test_database_refuses_a_repeated_row_of_a_sheet(cast, import_file):
    batch = import_file(xlsx(row(1)), commit=False)
    ImportRow.objects.create(batch=batch, sheet=1, row=2)
    with pytest.raises(IntegrityError, match="row_once"), transaction.atomic():
        ImportRow.objects.create(batch=batch, sheet=1, row=2)
