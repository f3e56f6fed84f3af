"""The subject of a personnel case is on no page of KIT's, whichever list names the letter and whatever is corrected."""

import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from letters.import_pages import rejected_workbook
from letters.importing import batches
from letters.importing.commit import correct_row
from letters.models import ImportBatch, Letter
from letters.models.letter import HIDDEN_SUBJECT
from tests.letters.lists import csv, row, xlsx

pytestmark = pytest.mark.django_db
SECRET = "Nu skal vi tale om dig"
EMPLOYEE = {"Modtagertype": "Medarbejder", "Emne": SECRET}
CITIZEN = {"Modtagertype": "Borger", "Emne": SECRET}
BAD_DATE = {"Sendt": "31-11-2019 10:22"}


@pytest.fixture
def kit(cast, as_user):
    return as_user(cast.mette)


def shown(kit, batch: ImportBatch, **query: object) -> str:
    """All that the list's page, its rows and its workbook of rejected rows say."""
    book = load_workbook(io.BytesIO(rejected_workbook.rejected_rows_workbook(batch)))
    cells = str([[cell.value for cell in line] for line in book.active.iter_rows()])
    page = kit.get(reverse("import_batch", args=[batch.pk]), {"vis": "alle"} | query)
    return page.text + kit.get(reverse("changed_letters", args=[batch.pk])).text + cells


def fix(cast, batch: ImportBatch, number: int = 2, **typed: str):
    one = batch.rows.get(row=number)
    return correct_row.correct_cells(batch.pk, one.pk, typed, seen=len(one.corrections), by=cast.mette)


def letter(number: int = 1) -> Letter:
    return Letter.objects.get(source_ref=f"B-{number}")


def test_a_list_that_calls_it_a_citizens_shows_nothing_before_it_is_in(cast, kit, take_in):
    take_in(xlsx(row(1, **EMPLOYEE), row(2, **EMPLOYEE)))
    waiting = take_in(csv(row(1, **CITIZEN), row(2, **CITIZEN, **BAD_DATE)), commit=False)
    assert [one.verdict for one in waiting.rows.all()] == ["CHANGED", "REJECTED"]
    page = shown(kit, waiting, ret=waiting.rows.get(row=3).pk)
    assert SECRET not in page
    assert HIDDEN_SUBJECT in page
    assert page.count(reverse("import_row", args=[waiting.pk, waiting.rows.get(row=3).pk])), "and it can be corrected"
    batches.request_commit(waiting, by=cast.mette)
    batches.commit_batch(waiting.pk)
    assert not letter(1).is_personnel_case, "a list may correct what made it one"
    assert letter(2).is_personnel_case


def test_a_new_personnel_case_is_hidden_where_an_earlier_list_has_it_in_a_rejected_row(cast, kit, take_in):
    brought_in, waiting = (
        take_in(csv(row(1, **CITIZEN, **BAD_DATE), row(number)), commit=number == 7) for number in (7, 8)
    )
    assert SECRET in shown(kit, brought_in)
    take_in(xlsx(row(1, **EMPLOYEE), row(1, **CITIZEN)))
    for batch in ImportBatch.objects.exclude(pk=letter(7).batch_id):
        assert SECRET not in shown(kit, batch)
    assert SECRET not in shown(kit, brought_in)
    again = fix(cast, waiting, sent_at="11-12-2019 10:22")
    assert (again.verdict, again.is_personnel_case) == ("CHANGED", True)
    assert SECRET not in shown(kit, waiting)


@pytest.mark.parametrize(
    ("cells", "typed"),
    [
        (BAD_DATE, {"sent_at": "11-12-2019 09:14"}),
        ({"Leders_e_mail": ""}, {"leader_email": "jens@kk.example"}),
        ({"Enhed": ""}, {"unit_name": "Svalevejens Skole"}),
        ({"Afsenders_e_mail": "karen@kk"}, {"sender_email": "karen@kk.example"}),
        ({"Brev_id": "0101701234", "Enhed": ""}, {"source_ref": "B-1"}),
        ({"Modtagertype": "Firma"}, {"recipient_kind": "Borger"}),
    ],
    ids=lambda said: next(iter(said)),
)
def test_no_correction_of_another_cell_opens_it(cast, kit, take_in, cells, typed):
    take_in(xlsx(row(1, **EMPLOYEE)))
    waiting = take_in(csv(row(1, **CITIZEN | cells)), commit=False)
    one = fix(cast, waiting, **typed)
    for name in correct_row.active_corrections(one):
        one = correct_row.undo_correction(waiting.pk, one.pk, name, seen=len(one.corrections), by=cast.mette)
        one = fix(cast, waiting, **typed)
    assert SECRET not in shown(kit, waiting)
    batches.request_commit(waiting, by=cast.mette)
    batches.commit_batch(waiting.pk)
    assert letter().is_personnel_case
    assert SECRET not in kit.get(reverse("letter", args=[letter().pk])).text


@pytest.mark.parametrize("where", ["after 500 characters", "outside the columns"])
def test_a_word_that_is_not_kept_hides_the_row_also_when_another_cell_is_corrected(cast, kit, take_in, where):
    subject = f"{SECRET}, {'x' * 500} tjenstlig" if where.startswith("after") else SECRET
    header, line = csv(row(1, Emne=subject, **BAD_DATE)).decode("utf-8-sig").splitlines()
    stray = ";;tjenstlig" if where.startswith("outside") else ""
    waiting = take_in(f"{header}\n{line}{stray}".encode("utf-8-sig"), commit=False)
    one = fix(cast, waiting, sent_at="11-12-2019 09:14")
    assert (one.verdict, one.is_personnel_case) == ("NEW", True)
    one = correct_row.undo_correction(waiting.pk, one.pk, "sent_at", seen=1, by=cast.mette)
    assert one.is_personnel_case
    assert SECRET not in shown(kit, waiting)


def test_what_stood_outside_the_columns_is_hidden_with_the_rest(cast, kit, take_in):
    lines = csv(row(1, Modtagertype="Firma"), row(2), row(3)).decode("utf-8-sig").splitlines()
    stray = "\n".join([lines[0], *(f"{line};;{SECRET} {n}" for n, line in enumerate(lines[1:]))])
    waiting = take_in(stray.encode("utf-8-sig"), commit=False)
    assert shown(kit, waiting).count(f"»{SECRET}") >= 3
    fix(cast, waiting, recipient_kind="Medarbejder")
    take_in(xlsx(row(2, Modtagertype="Medarbejder"), row(3)))
    page = shown(kit, waiting)
    assert f"{SECRET} 0" not in page, "its recipient was corrected"
    assert f"{SECRET} 1" not in page, "another list says so"
    assert f"{SECRET} 2" in page
