"""KIT and DIT cannot gain access to a personnel case by naming themselves, or each other, on a list: every way is
tried.
"""

import io
import logging

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from letters.import_pages import check_page
from letters.importing import batches
from letters.importing.commit import correct_row, undo_import
from letters.importing.rows.row_problems import REFUSED_SUBJECT, SHUT_OUT
from letters.models import Assignment, ImportBatch, Letter
from letters.models.letter import HIDDEN_SUBJECT
from sepo_incident.accounts.models import User
from tests.factories import LetterFactory
from tests.letters.imported_letters import letter_by_number
from tests.letters.list_files import csv, row, xlsx

pytestmark = pytest.mark.django_db
SECRET = "Nu skal vi tale om dig"
EMPLOYEE = {"Modtagertype": "Medarbejder", "Emne": SECRET}
BROKEN = {"sender": {"Afsenders_e_mail": "karen@kk"}, "leader": {"Leders_e_mail": ""}}
ONLY = ("Brev-id", "Sendt", "Afsenders e-mail")


def may_read(person: User, number: int = 1) -> bool:
    return Letter.objects.visible_to(person).get(source_ref=f"B-{number}").reader_may_read


def correct(cast, batch: ImportBatch, **typed: str):
    one = batch.rows.get()
    return correct_row.correct_cells(batch.pk, one.pk, typed, corrections_shown=len(one.corrections), by=cast.mette)


def commit(cast, batch: ImportBatch) -> None:
    batches.request_commit(batch, by=cast.mette)
    batches.commit_batch(batch.pk)


def refusals(batch: ImportBatch) -> list[str]:
    return [one["message"] for each in batch.rows.all() for one in each.problems if one["severity"] == "reject"]


@pytest.fixture
def personnel_case(import_file):
    """Karen's personnel case, with Jens as leader."""
    import_file(xlsx(row(1, **EMPLOYEE)))


@pytest.mark.parametrize("who", ["sender", "leader"])
@pytest.mark.parametrize("address", ["mette@kk.example", "PIA@kk.example", "Mette Dahl <mette@kk.example>"])
def test_correction_to_a_barred_user_rejects_the_row(cast, import_file, who, address):
    waiting = import_file(xlsx(row(1, **EMPLOYEE, **BROKEN[who])), commit=False)
    assert correct(cast, waiting, **{f"{who}_email": address}).verdict == "REJECTED"
    assert refusals(waiting) == [SHUT_OUT.message]
    again = correct_row.undo_correction(
        waiting.pk, waiting.rows.get().pk, f"{who}_email", corrections_shown=1, by=cast.mette
    )
    assert SHUT_OUT.message not in str(again.problems)
    assert correct(cast, waiting, **{f"{who}_email": "anne@kk.example"}).verdict == "NEW"
    commit(cast, waiting)
    assert (getattr(letter_by_number(), who), may_read(cast.mette), may_read(cast.pia)) == (cast.anne, False, False)


def test_making_a_personnel_case_afterwards_rejects_the_row(cast, import_file):
    waiting = import_file(xlsx(row(1, Modtagertype="Firma", **BROKEN["sender"])), commit=False)
    assert correct(cast, waiting, sender_email="mette@kk.example").verdict == "NEW", "its subject is no secret"
    assert correct(cast, waiting, recipient_kind="Medarbejder").verdict == "REJECTED"


@pytest.mark.parametrize("cells", [{}, {"Modtagertype": "Borger", "Emne": "Kvittering"}, EMPLOYEE], ids=len)
@pytest.mark.parametrize("who", ["Afsenders", "Leders"])
def test_list_cannot_name_a_barred_user_on_a_personnel_case(cast, personnel_case, import_file, who, cells):
    one = row(1, **{f"{who}_e_mail": "mette@kk.example"}, **cells)
    batch = import_file(xlsx(one, columns=tuple(dict.fromkeys((*ONLY, f"{who} e-mail", *cells)))))
    assert refusals(batch) == [SHUT_OUT.message]
    assert (letter_by_number().sender, letter_by_number().leader, letter_by_number().subject) == (
        cast.karen,
        cast.jens,
        SECRET,
    )
    assert not may_read(cast.mette)


def test_rejected_row_of_a_personnel_case_refuses_a_barred_user(cast, personnel_case, import_file):
    waiting = import_file(csv(row(1, Emne="Kvittering", **BROKEN["sender"])), commit=False)
    assert correct(cast, waiting, sender_email="mette@kk.example").verdict == "REJECTED"


def test_former_personnel_case_refuses_a_barred_user(cast, as_user, personnel_case, import_file):
    public = import_file(csv(row(1, Emne="Kvittering", Leders_e_mail="")))
    assert not letter_by_number().is_personnel_case
    named = import_file(csv(row(1, Emne="Kvittering", Leders_e_mail="mette@kk.example")))
    assert refusals(named) == [SHUT_OUT.message]
    assign_leader(as_user(cast.mette), letter_by_number(), cast.mette, antal=1)
    for batch in (named, public):
        undo_import.undo_batch(batch, by=cast.mette)
    assert (letter_by_number().subject, letter_by_number().is_personnel_case, may_read(cast.mette)) == (
        SECRET,
        True,
        False,
    )


def returned_workbook(batch: ImportBatch, **cells: str) -> bytes:
    """Return the workbook of the rejected rows with changed `cells` in the first row."""
    book = load_workbook(io.BytesIO(check_page.rejected_rows_workbook(batch)))
    columns = {cell.value: cell.column for cell in book.active[1]}
    for header, value in cells.items():
        book.active.cell(2, columns[header]).value = value
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize("header", ["Afsenders e-mail", "Leders e-mail"])
def test_hidden_subject_does_not_return_to_a_barred_user(cast, import_file, header):
    batch = import_file(xlsx(row(1, **EMPLOYEE, Sendt="31-11-2019 10:22")))
    mended = {"Sendt": "11-12-2019 10:22", header: "mette@kk.example"}
    again = import_file(returned_workbook(batch, **mended))
    assert (refusals(again), again.rows.get().subject) == ([REFUSED_SUBJECT.message], HIDDEN_SUBJECT)
    import_file(returned_workbook(batch, **mended | {header: "anne@kk.example"}))
    assert (letter_by_number().subject, may_read(cast.mette)) == (SECRET, False)


def test_hidden_subject_does_not_move_to_a_letter_of_a_barred_user(cast, import_file):
    """The row has no id, so the id of another letter may be typed; and no leader column, so the leader of that letter
    would stay.
    """
    LetterFactory(incident=cast.incident, source_ref="B-1", leader=cast.mette, unit=cast.svalevej)
    columns = tuple(name for name in row(1) if "Leder" not in name)
    batch = import_file(xlsx(row(1, **EMPLOYEE, Brev_id=""), columns=columns), commit=False)
    again = import_file(returned_workbook(batch, **{"Brev-id": "B-1"}))
    assert refusals(again) == [SHUT_OUT.message]
    assert correct(cast, batch, source_ref="B-1").verdict == "REJECTED"
    assert correct(cast, batch, leader_email="jens@kk.example").verdict == "CHANGED", "it becomes that of Jens"
    assert letter_by_number().subject != SECRET


def assign_leader(client, letter: Letter, to: User, **more):
    return client.post(
        reverse("assign_letters", args=["leder", letter.pk]), {"valg": to.pk, "sidst": 0, **more}, follow=True
    )


@pytest.mark.parametrize(("by", "to"), [("mette", "mette"), ("mette", "pia"), ("birgitte", "birgitte")])
def test_personnel_case_cannot_be_assigned_to_a_barred_user(cast, as_user, import_file, by, to):
    import_file(xlsx(row(1, **EMPLOYEE, Leders_e_mail=""), row(2, Leders_e_mail="")))
    chosen, client = getattr(cast, to), as_user(getattr(cast, by))
    page = assign_leader(client, letter_by_number(), chosen, antal=2)
    assert "Et af brevene er eller har været en personalesag." in page.text
    assert not Assignment.objects.exists()
    assign_leader(client, letter_by_number(), chosen, omfang="valgte", valgt=letter_by_number(2).pk)
    assert (letter_by_number(1).leader, letter_by_number(2).leader) == (None, chosen)
    assign_leader(client, letter_by_number(), cast.torben, antal=1)
    assert (letter_by_number(1).leader, may_read(chosen)) == (cast.torben, False)


def test_new_personnel_case_to_a_barred_user_is_logged(cast, import_file, caplog):
    own = {"Afsenders_e_mail": "mette@kk.example"}
    with caplog.at_level(logging.INFO, "sepo.security"):
        import_file(xlsx(row(1, **EMPLOYEE, **own), row(2, **EMPLOYEE), row(3, **own)))
        again = import_file(csv(row(1, **EMPLOYEE, **own), row(4, **EMPLOYEE)))
    assert may_read(cast.mette)
    assert [one.verdict for one in again.rows.all()] == ["KNOWN", "NEW"], "it is hers already"
    [record] = [one for one in caplog.records if one.message == "personnel_case_to_onlooker"]
    assert (record.user_id, record.numbers) == (cast.mette.pk, {"batch_id": letter_by_number().batch_id, "count": 1})
    assert SECRET not in caplog.text
