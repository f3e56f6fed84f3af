"""Rows that say the same: rejected or remarked on, with where the other stands, and never dropped in silence."""

import pytest

from letters.models import Letter
from tests.letters.lists import row, xlsx

pytestmark = pytest.mark.django_db
TO_ONE = {"Modtager": "0102701234@eboks.example"}


def judged(batch):
    """[(row in Excel, verdict, [(kind, message)])] of the rows with something to say about their likes."""
    return [
        (one.row, one.verdict, [(problem["kind"], problem["message"]) for problem in one.problems])
        for one in batch.rows.exclude(problems=[])
    ]


def test_the_same_row_twice_is_rejected_and_says_where_the_first_is(take_in):
    batch = take_in(xlsx(row(1), row(2, Emne="Et andet"), row(1)))
    said = "Rækken er magen til række 2. Brevet kommer kun ind én gang."
    assert judged(batch) == [(4, "REJECTED", [("samme-raekke", said)])]
    assert Letter.objects.filter(source_ref="B-1").count() == 1


def test_the_same_id_with_other_content_says_so(take_in):
    batch = take_in(xlsx(row(1), row(1, Emne="Et andet"), row(1)))
    said = "Det samme brev står i række 2 med andre oplysninger. Ret eller fjern den ene."
    again = "Rækken er magen til række 2. Brevet kommer kun ind én gang."
    assert judged(batch) == [(3, "REJECTED", [("samme-brev-id", said)]), (4, "REJECTED", [("samme-raekke", again)])]
    assert Letter.objects.get(source_ref="B-1").subject == "Partshøring om udeblivelse"


def test_a_row_number_is_written_as_people_write_it(take_in):
    batch = take_in(xlsx(*(row(number, Emne=f"Nr. {number}") for number in range(1, 1300)), row(1250, Emne="Nr. 1250")))
    [(_, _, [(_, said)])] = judged(batch)
    assert "magen til række 1.251." in said


def test_one_mail_under_two_ids_comes_in_with_a_remark(take_in):
    batch = take_in(xlsx(row(1), row(9, Sendt="11-12-2019 09:14:40", **TO_ONE)))
    said = "Samme afsender, modtager, emne og minut som række 2. Brevet kan godt indlæses."
    assert judged(batch) == [(3, "NEW", [("sendt-to-gange", said)])]
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
def test_what_differs_in_one_thing_is_another_mail(take_in, other):
    assert judged(take_in(xlsx(row(1), row(9, **TO_ONE | other)))) == []


@pytest.mark.parametrize("unknown", [{"Modtager": ""}, {"Afsenders_e_mail": ""}], ids=lambda cells: next(iter(cells)))
def test_nobody_can_tell_without_sender_or_recipient(take_in, unknown):
    kinds = {
        kind
        for _, _, said in judged(take_in(xlsx(row(1, **TO_ONE | unknown), row(9, **TO_ONE | unknown))))
        for kind, _ in said
    }
    assert "sendt-to-gange" not in kinds
