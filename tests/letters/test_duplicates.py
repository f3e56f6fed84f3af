"""Duplicate rows are rejected or remarked on, name the other row, and are never dropped silently."""

import pytest

from letters.models import Letter
from tests.letters.list_files import row, xlsx

pytestmark = pytest.mark.django_db
TO_ONE = {"Modtager": "0102701234@eboks.example"}


def rows_with_problems(batch):
    """Return [(row number, verdict, [(kind, message)])] of the rows with problems."""
    return [
        (one.row, one.verdict, [(problem["kind"], problem["message"]) for problem in one.problems])
        for one in batch.rows.exclude(problems=[])
    ]


def test_repeated_row_is_rejected_and_names_the_first(import_file):
    batch = import_file(xlsx(row(1), row(2, Emne="Et andet"), row(1)))
    message = "Rækken er magen til række 2. Brevet indlæses kun én gang."
    assert rows_with_problems(batch) == [(4, "REJECTED", [("samme-raekke", message)])]
    assert Letter.objects.filter(source_ref="B-1").count() == 1


def test_same_id_with_other_content_is_rejected(import_file):
    batch = import_file(xlsx(row(1), row(1, Emne="Et andet"), row(1)))
    message = "Brevet er også i række 2 med andre oplysninger. Ret eller fjern den ene."
    again = "Rækken er magen til række 2. Brevet indlæses kun én gang."
    assert rows_with_problems(batch) == [
        (3, "REJECTED", [("samme-brev-id", message)]),
        (4, "REJECTED", [("samme-raekke", again)]),
    ]
    assert Letter.objects.get(source_ref="B-1").subject == "Partshøring om udeblivelse"


def test_row_number_has_a_thousands_separator(import_file):
    batch = import_file(
        xlsx(*(row(number, Emne=f"Nr. {number}") for number in range(1, 1300)), row(1250, Emne="Nr. 1250"))
    )
    [(_, _, [(_, message)])] = rows_with_problems(batch)
    assert "magen til række 1.251." in message


def test_same_mail_under_two_ids_gets_a_remark(import_file):
    batch = import_file(xlsx(row(1), row(9, Sendt="11-12-2019 09:14:40", **TO_ONE)))
    message = "Samme afsender, modtager, emne og minut som række 2. Brevet kommer med."
    assert rows_with_problems(batch) == [(3, "NEW", [("sendt-to-gange", message)])]
    assert Letter.objects.filter(source_ref__in=["B-1", "B-9"]).count() == 2


@pytest.mark.parametrize(
    "other",
    [
        {"Sendt": "11-12-2019 09:15"},
        {"Modtager": "0202701234@eboks.example"},
        {"Emne": "Et andet emne"},
        {"Afsenders_e_mail": "anne@kk.example"},
    ],
    ids=lambda cells: next(iter(cells)),
)
def test_mail_with_one_difference_is_another_mail(import_file, other):
    assert rows_with_problems(import_file(xlsx(row(1), row(9, **TO_ONE | other)))) == []


@pytest.mark.parametrize("unknown", [{"Modtager": ""}, {"Afsenders_e_mail": ""}], ids=lambda cells: next(iter(cells)))
def test_same_mail_requires_sender_and_recipient(import_file, unknown):
    kinds = {
        kind
        for _, _, problems in rows_with_problems(
            import_file(xlsx(row(1, **TO_ONE | unknown), row(9, **TO_ONE | unknown)))
        )
        for kind, _ in problems
    }
    assert "sendt-to-gange" not in kinds
