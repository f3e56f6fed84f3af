"""The subject of a personnel case is on no page for KIT, whichever list names the letter and whatever is corrected."""

import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from letters.importing import batches
from letters.importing.commit import correct_row
from letters.models import ImportBatch
from letters.models.letter import HIDDEN_SUBJECT
from tests.letters.imported_letters import letter_by_number
from tests.letters.list_files import csv, row, xlsx

pytestmark = pytest.mark.django_db
SECRET = "Nu skal vi tale om dig"
EMPLOYEE = {"Modtagertype": "Medarbejder", "Emne": SECRET}
CITIZEN = {"Modtagertype": "Borger", "Emne": SECRET}
BAD_DATE = {"Sendt": "31-11-2019 10:22"}


def shown_text(kit_client, batch: ImportBatch, **query: object) -> str:
    """Return the text of the check page, of the page of changes and of the workbook of rejected rows."""
    content = kit_client.get(reverse("rejected_rows", args=[batch.pk]), follow=True).getvalue()
    cells = str(list(load_workbook(io.BytesIO(content)).active.values)) if content.startswith(b"PK") else ""
    page = kit_client.get(reverse("import_batch", args=[batch.pk]), {"vis": "alle"} | query)
    return page.text + kit_client.get(reverse("changed_letters", args=[batch.pk])).text + cells


def correct(cast, batch: ImportBatch, number: int = 2, **typed: str):
    one = batch.rows.get(row=number)
    return correct_row.correct_cells(batch.pk, one.pk, typed, corrections_shown=len(one.corrections), by=cast.mette)


def test_list_that_calls_a_case_a_citizens_shows_nothing(cast, kit_client, import_file):
    import_file(xlsx(row(1, **EMPLOYEE), row(2, **EMPLOYEE)))
    waiting = import_file(csv(row(1, **CITIZEN), row(2, **CITIZEN, **BAD_DATE)), commit=False)
    assert [one.verdict for one in waiting.rows.all()] == ["CHANGED", "REJECTED"]
    page = shown_text(kit_client, waiting, ret=waiting.rows.get(row=3).pk)
    assert SECRET not in page
    assert HIDDEN_SUBJECT in page
    assert page.count(reverse("import_row", args=[waiting.pk, waiting.rows.get(row=3).pk])), "and it can be corrected"
    batches.request_commit(waiting, by=cast.mette)
    batches.commit_batch(waiting.pk)
    assert [letter_by_number(n).is_personnel_case for n in (1, 2)] == [True, True]
    assert SECRET not in shown_text(kit_client, waiting)


def test_new_personnel_case_is_hidden_in_earlier_rejected_rows(cast, kit_client, import_file):
    brought_in, waiting = (
        import_file(csv(row(1, **CITIZEN, **BAD_DATE), row(number)), commit=number == 7) for number in (7, 8)
    )
    assert SECRET in shown_text(kit_client, brought_in)
    import_file(xlsx(row(1, **EMPLOYEE), row(1, **CITIZEN)))
    for batch in ImportBatch.objects.exclude(pk=letter_by_number(7).batch_id):
        assert SECRET not in shown_text(kit_client, batch)
    assert SECRET not in shown_text(kit_client, brought_in)
    again = correct(cast, waiting, sent_at="11-12-2019 10:22")
    assert (again.verdict, again.is_personnel_case) == ("CHANGED", True)
    assert SECRET not in shown_text(kit_client, waiting)


#: cells of a row, and what is typed to correct the row
CORRECTIONS = [
    (BAD_DATE, {"sent_at": "11-12-2019 09:14"}),
    ({"Leders_e_mail": ""}, {"leader_email": "jens@kk.example"}),
    ({"Enhed": ""}, {"unit_name": "Svalevejens Skole"}),
    ({"Afsenders_e_mail": "karen@kk"}, {"sender_email": "karen@kk.example"}),
    ({"Brev_id": "0101701234", "Enhed": ""}, {"source_ref": "B-5"}),
    ({"Modtagertype": "Firma"}, {"recipient_kind": "Borger"}),
]


def test_correction_of_another_cell_keeps_the_subject_hidden(cast, kit_client, import_file):
    numbers = range(1, len(CORRECTIONS) + 1)
    import_file(xlsx(*(row(number, **EMPLOYEE) for number in numbers)))
    listed = (row(number, **CITIZEN | cells) for number, (cells, _) in zip(numbers, CORRECTIONS, strict=True))
    waiting = import_file(csv(*listed), commit=False)
    for number, (_, typed) in zip(numbers, CORRECTIONS, strict=True):
        correct(cast, waiting, number + 1, **typed)
    assert SECRET not in shown_text(kit_client, waiting)
    batches.request_commit(waiting, by=cast.mette)
    batches.commit_batch(waiting.pk)
    for number in numbers:
        assert letter_by_number(number).is_personnel_case, CORRECTIONS[number - 1]
        page = kit_client.get(reverse("letter", args=[letter_by_number(number).pk])).text
        assert SECRET not in page, CORRECTIONS[number - 1]


@pytest.mark.parametrize("where", ["after 500 characters", "outside the columns"])
def test_dropped_word_keeps_the_subject_hidden_after_a_correction(cast, kit_client, import_file, where):
    subject = f"{SECRET}, {'x' * 500} tjenstlig" if where.startswith("after") else SECRET
    header, line = csv(row(1, Emne=subject, **BAD_DATE)).decode("utf-8-sig").splitlines()
    stray = ";;tjenstlig" if where.startswith("outside") else ""
    waiting = import_file(f"{header}\n{line}{stray}".encode("utf-8-sig"), commit=False)
    one = correct(cast, waiting, sent_at="11-12-2019 09:14")
    assert (one.verdict, one.is_personnel_case) == ("NEW", True)
    assert SECRET not in shown_text(kit_client, waiting)


def test_text_outside_the_columns_is_hidden_with_the_subject(cast, kit_client, import_file):
    lines = csv(row(1, Modtagertype="Firma"), row(2), row(3)).decode("utf-8-sig").splitlines()
    stray = "\n".join([lines[0], *(f"{line};;{SECRET} {n}" for n, line in enumerate(lines[1:]))])
    waiting = import_file(stray.encode("utf-8-sig"), commit=False)
    assert shown_text(kit_client, waiting).count(f"»{SECRET}") >= 3
    correct(cast, waiting, recipient_kind="Medarbejder")
    import_file(xlsx(row(2, Modtagertype="Medarbejder"), row(3)))
    page = shown_text(kit_client, waiting)
    assert f"{SECRET} 0" not in page, "its recipient was corrected"
    assert f"{SECRET} 1" not in page, "another list says so"
    assert f"{SECRET} 2" in page
