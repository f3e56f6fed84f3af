"""KIT and DIT open no personnel case for themselves, or each other, by what they type, repeat, move or assign."""

import pytest
from django.urls import reverse

from letters.importing import batches
from letters.importing.commit import correct_row, undo_import
from letters.models import Assignment, ImportBatch, Letter
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


@pytest.fixture
def personnel_case(import_file):
    """Karen's personnel case, with Jens as leader."""
    import_file(xlsx(row(1, **EMPLOYEE)))


@pytest.mark.parametrize("who", ["sender", "leader"])
@pytest.mark.parametrize("address", ["mette@kk.example", "PIA@kk.example", "Mette Dahl <mette@kk.example>"])
def test_address_typed_on_the_check_page_opens_nothing(cast, import_file, who, address):
    waiting = import_file(xlsx(row(1, **EMPLOYEE, **BROKEN[who])), commit=False)
    assert correct(cast, waiting, **{f"{who}_email": address}).verdict == "NEW"
    commit(cast, waiting)
    assert not may_read(getattr(letter_by_number(), who))


@pytest.mark.parametrize("cells", [{}, {"Modtagertype": "Borger", "Emne": "Kvittering"}, EMPLOYEE], ids=len)
@pytest.mark.parametrize("who", ["Afsenders", "Leders"])
def test_later_list_opens_nothing(cast, personnel_case, import_file, who, cells):
    one = row(1, **{f"{who}_e_mail": "mette@kk.example"}, **cells)
    batch = import_file(xlsx(one, columns=tuple(dict.fromkeys((*ONLY, f"{who} e-mail", *cells)))))
    for _ in range(2):
        assert (letter_by_number().subject, letter_by_number().is_personnel_case) == (SECRET, True)
        assert not may_read(cast.mette)
        undo_import.undo_batch(batch, by=cast.mette)


def test_hidden_subject_that_moves_to_another_letter_is_closed_there(cast, import_file):
    """The row has no id, so the id of another letter may be typed; and no leader column, so the leader of that letter
    stays.
    """
    LetterFactory(incident=cast.incident, source_ref="B-1", leader=cast.mette, unit=cast.svalevej)
    columns = tuple(name for name in row(1) if "Leder" not in name)
    batch = import_file(xlsx(row(1, **EMPLOYEE, Brev_id=""), columns=columns), commit=False)
    correct(cast, batch, source_ref="B-1")
    commit(cast, batch)
    assert (letter_by_number().subject, letter_by_number().leader, may_read(cast.mette)) == (SECRET, cast.mette, False)


def assign_leader(client, letter: Letter, to: User, **more):
    return client.post(reverse("assign_letters", args=["leder", letter.pk]), {"valg": to.pk, **more}, follow=True)


@pytest.mark.parametrize("by", ["mette", "birgitte"])
def test_nobody_takes_a_personnel_case(cast, as_user, import_file, by):
    import_file(xlsx(row(1, **EMPLOYEE, Leders_e_mail=""), row(2, Leders_e_mail="")))
    chosen, client = getattr(cast, by), as_user(getattr(cast, by))
    page = assign_leader(client, letter_by_number(), chosen, antal=2)
    assert "Et af brevene er eller har været en personalesag." in page.text
    assert not Assignment.objects.exists()
    assign_leader(client, letter_by_number(), chosen, omfang="valgte", valgt=letter_by_number(2).pk)
    assert (letter_by_number(1).leader, letter_by_number(2).leader) == (None, chosen)


def test_personnel_case_given_to_a_colleague_stays_closed(cast, as_user, import_file):
    import_file(xlsx(row(1, **EMPLOYEE, Leders_e_mail="")))
    assign_leader(as_user(cast.mette), letter_by_number(), cast.pia, antal=1)
    assert (letter_by_number().leader, may_read(cast.pia)) == (cast.pia, False)


def test_nobody_learns_a_hidden_subject_or_recipient_by_guessing(cast, as_user, personnel_case, import_file):
    """Whether a guess in a list is right or wrong, the answer is the same."""
    kept = letter_by_number()
    for guess in ({"Emne": SECRET}, {"Emne": "Påtænkt afsked"}, {"Modtager": "0101011234"}):
        waiting = import_file(csv(row(1, **{**EMPLOYEE, **guess})), commit=False)
        assert (waiting.rows.get().verdict, waiting.rows.get().changes) == ("KNOWN", {})
        commit(cast, waiting)
        assert (letter_by_number().subject, letter_by_number().category) == (kept.subject, kept.category)
        assert letter_by_number().recipient_key == kept.recipient_key
