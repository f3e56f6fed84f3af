"""Who keeps the lists cannot open a personnel case by naming themselves, or one another, in it: way by way."""

import io
import logging

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from letters.import_pages import rejected_workbook
from letters.importing import batches
from letters.importing.checks import personnel_guard
from letters.importing.checks.returned_rows import HIDDEN_SUBJECT_REFUSED_MESSAGE
from letters.importing.commit import correct_row, undo_import
from letters.models import Assignment, ImportBatch, Letter
from letters.models.letter import HIDDEN_SUBJECT
from sepo_incident.accounts.models import User
from tests.factories import LetterFactory
from tests.letters.lists import csv, row, xlsx

pytestmark = pytest.mark.django_db
SECRET = "Nu skal vi tale om dig"
EMPLOYEE = {"Modtagertype": "Medarbejder", "Emne": SECRET}
BROKEN = {"sender": {"Afsenders_e_mail": "karen@kk"}, "leader": {"Leders_e_mail": ""}}
ONLY = ("Brev-id", "Sendt", "Afsenders e-mail")


def letter(number: int = 1) -> Letter:
    return Letter.objects.get(source_ref=f"B-{number}")


def may_read(person: User, number: int = 1) -> bool:
    return Letter.objects.visible_to(person).get(source_ref=f"B-{number}").reader_may_read


def fix(cast, batch: ImportBatch, **typed: str):
    one = batch.rows.get()
    return correct_row.correct_cells(batch.pk, one.pk, typed, seen=len(one.corrections), by=cast.mette)


def bring_in(cast, batch: ImportBatch) -> None:
    batches.request_commit(batch, by=cast.mette)
    batches.commit_batch(batch.pk)


def refusals(batch: ImportBatch) -> list[str]:
    return [one["message"] for each in batch.rows.all() for one in each.problems if one["severity"] == "reject"]


@pytest.fixture
def case(take_in):
    """Karen's personnel case, led by Jens."""
    take_in(xlsx(row(1, **EMPLOYEE)))


@pytest.mark.parametrize("who", ["sender", "leader"])
@pytest.mark.parametrize("address", ["mette@kk.example", "PIA@kk.example", "Mette Dahl <mette@kk.example>"])
def test_a_cell_corrected_to_one_of_them_rejects_the_row(cast, take_in, who, address):
    waiting = take_in(xlsx(row(1, **EMPLOYEE, **BROKEN[who])), commit=False)
    assert fix(cast, waiting, **{f"{who}_email": address}).verdict == "REJECTED"
    assert refusals(waiting) == [personnel_guard.BARRED_USER_MESSAGE]
    again = correct_row.undo_correction(waiting.pk, waiting.rows.get().pk, f"{who}_email", seen=1, by=cast.mette)
    assert personnel_guard.BARRED_USER_MESSAGE not in str(again.problems)
    assert fix(cast, waiting, **{f"{who}_email": "anne@kk.example"}).verdict == "NEW"
    bring_in(cast, waiting)
    assert (may_read(cast.anne), may_read(cast.mette), may_read(cast.pia)) == (True, False, False)


def test_it_is_no_way_round_to_make_it_a_personnel_case_afterwards(cast, take_in):
    waiting = take_in(xlsx(row(1, Modtagertype="Firma", **BROKEN["sender"])), commit=False)
    assert fix(cast, waiting, sender_email="mette@kk.example").verdict == "NEW", "its subject is no secret"
    assert fix(cast, waiting, recipient_kind="Medarbejder").verdict == "REJECTED"


@pytest.mark.parametrize("said", [{}, {"Modtagertype": "Borger", "Emne": "Kvittering"}, EMPLOYEE], ids=len)
@pytest.mark.parametrize("who", ["Afsenders", "Leders"])
def test_a_list_names_none_of_them_on_a_case_that_is_here(cast, case, take_in, who, said):
    one = row(1, **{f"{who}_e_mail": "mette@kk.example"}, **said)
    batch = take_in(xlsx(one, columns=tuple(dict.fromkeys((*ONLY, f"{who} e-mail", *said)))))
    assert refusals(batch) == [personnel_guard.BARRED_USER_MESSAGE]
    assert (letter().sender, letter().leader, letter().subject) == (cast.karen, cast.jens, SECRET)
    assert not may_read(cast.mette)


def test_nor_is_a_rejected_row_about_it_corrected_to_them(cast, case, take_in):
    waiting = take_in(csv(row(1, Emne="Kvittering", **BROKEN["sender"])), commit=False)
    assert fix(cast, waiting, sender_email="mette@kk.example").verdict == "REJECTED"


def test_a_case_that_was_made_public_is_not_given_them_to_be_undone_afterwards(cast, as_user, case, take_in):
    public = take_in(csv(row(1, Emne="Kvittering", Leders_e_mail="")))
    assert not letter().is_personnel_case
    named = take_in(csv(row(1, Emne="Kvittering", Leders_e_mail="mette@kk.example")))
    assert refusals(named) == [personnel_guard.BARRED_USER_MESSAGE]
    give(as_user(cast.mette), letter(), cast.mette, antal=1)
    for batch in (named, public):
        undo_import.undo_batch(batch, by=cast.mette)
    assert (letter().subject, letter().is_personnel_case, may_read(cast.mette)) == (SECRET, True, False)


def returned(batch: ImportBatch, **cells: str) -> bytes:
    """The workbook of the list's rejected rows with other ``cells`` in its first row."""
    book = load_workbook(io.BytesIO(rejected_workbook.rejected_rows_workbook(batch)))
    columns = {cell.value: cell.column for cell in book.active[1]}
    for header, value in cells.items():
        book.active.cell(2, columns[header]).value = value
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize("header", ["Afsenders e-mail", "Leders e-mail"])
def test_a_hidden_subject_does_not_return_to_one_of_them(cast, take_in, header):
    batch = take_in(xlsx(row(1, **EMPLOYEE, Sendt="31-11-2019 10:22")))
    mended = {"Sendt": "11-12-2019 10:22", header: "mette@kk.example"}
    again = take_in(returned(batch, **mended))
    assert (refusals(again), again.rows.get().subject) == ([HIDDEN_SUBJECT_REFUSED_MESSAGE], HIDDEN_SUBJECT)
    take_in(returned(batch, **mended | {header: "anne@kk.example"}))
    assert (letter().subject, may_read(cast.anne), may_read(cast.mette)) == (SECRET, True, False)


def test_a_hidden_subject_does_not_come_to_a_letter_of_theirs(cast, take_in):
    """The row has no id, so one may type that of another letter; and no column for the leader, who would stay."""
    LetterFactory(incident=cast.incident, source_ref="B-1", leader=cast.mette, unit=cast.svalevej)
    columns = tuple(name for name in row(1) if "Leder" not in name)
    batch = take_in(xlsx(row(1, **EMPLOYEE, Brev_id=""), columns=columns), commit=False)
    again = take_in(returned(batch, **{"Brev-id": "B-1"}))
    assert refusals(again) == [personnel_guard.BARRED_USER_MESSAGE]
    assert fix(cast, batch, source_ref="B-1").verdict == "REJECTED"
    assert fix(cast, batch, leader_email="jens@kk.example").verdict == "CHANGED", "it becomes that of Jens"
    assert letter().subject != SECRET


def give(client, letter: Letter, to: User, **more):
    return client.post(
        reverse("assign_letters", args=["leder", letter.pk]), {"valg": to.pk, "sidst": 0, **more}, follow=True
    )


@pytest.mark.parametrize(("by", "to"), [("mette", "mette"), ("mette", "pia"), ("birgitte", "birgitte")])
def test_nobody_gives_one_to_themselves_or_to_them(cast, as_user, take_in, by, to):
    take_in(xlsx(row(1, **EMPLOYEE, Leders_e_mail=""), row(2, Leders_e_mail="")))
    chosen, client = getattr(cast, to), as_user(getattr(cast, by))
    page = give(client, letter(), chosen, antal=2)
    assert "Et af brevene er eller har været en personalesag." in page.text
    assert not Assignment.objects.exists()
    give(client, letter(), chosen, omfang="valgte", valgt=letter(2).pk)
    assert (letter(1).leader, letter(2).leader) == (None, chosen)
    give(client, letter(), cast.torben, antal=1)
    assert (may_read(cast.torben), may_read(chosen)) == (True, False)


def test_what_a_list_says_of_a_new_letter_is_believed_and_stands_in_the_security_log(cast, take_in, caplog):
    own = {"Afsenders_e_mail": "mette@kk.example"}
    with caplog.at_level(logging.INFO, "sepo.security"):
        take_in(xlsx(row(1, **EMPLOYEE, **own), row(2, **EMPLOYEE), row(3, **own)))
        again = take_in(csv(row(1, **EMPLOYEE, **own), row(4, **EMPLOYEE)))
    assert may_read(cast.mette)
    assert [one.verdict for one in again.rows.all()] == ["KNOWN", "NEW"], "it is hers already"
    [said] = [one for one in caplog.records if one.message == "personnel_case_to_onlooker"]
    assert (said.user_id, said.numbers) == (cast.mette.pk, {"batch_id": letter().batch_id, "count": 1})
    assert SECRET not in caplog.text
