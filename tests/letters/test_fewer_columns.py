"""A later list may have fewer columns than the first one: what it does not tell of stays as it is."""

import pytest

from letters.models import Letter
from letters.models.letter_change import LETTER_FACTS
from tests.letters.lists import csv, row

pytestmark = pytest.mark.django_db
FEW = ("Brev-id", "Sendt", "Afsenders e-mail")
PERSONNEL = {"Emne": "Tjenstlig samtale", "Modtagertype": "Medarbejder"}


def facts() -> dict:
    return Letter.objects.filter(source_ref="B-1").values(*LETTER_FACTS).get()


def without(*names: str) -> tuple[str, ...]:
    return tuple(name for name in row() if name not in names)


@pytest.mark.parametrize(
    "columns",
    [FEW, (*FEW, "Emne"), (*FEW, "Leder"), (*FEW, "Modtagertype"), without("Leders e-mail", "Modtager", "Emne")],
)
def test_a_letter_is_known_by_the_columns_that_there_are(take_in, columns):
    take_in(csv(row(1, **PERSONNEL)))
    before = facts()
    again = take_in(csv(row(1, **PERSONNEL), columns=columns))
    assert list(again.rows.values_list("verdict", "changes")) == [("KNOWN", {})]
    assert facts() == before


def test_only_what_the_list_tells_of_becomes_another(take_in):
    take_in(csv(row(1, Emne="Afgørelse om plads, svar senest 20. december 2019")))
    before = facts()
    again = take_in(csv(row(1, Sendt="12-12-2019 10:00"), columns=FEW))
    assert set(again.rows.get().changes) == {"sent_at"}
    assert facts() == before | {"sent_at": again.rows.get().sent_at}


def test_an_empty_cell_in_a_column_that_is_there_still_tells(take_in):
    take_in(csv(row(1)))
    take_in(csv(row(1, Emne="", Leder="")))
    assert (facts()["subject"], facts()["leader_name"]) == ("", "")
    assert facts()["leader_id"]


@pytest.mark.parametrize(
    ("cells", "missing"),
    [
        ({}, ("Modtagertype",)),
        ({"Modtagertype": ""}, ()),
        ({"Modtagertype": "Ved ikke"}, ()),
        ({"Emne": "", "Modtagertype": "Borger"}, ()),
        ({"Modtagertype": "Borger"}, ("Emne",)),
        ({"Emne": "Orientering"}, ("Modtagertype",)),
    ],
)
def test_what_a_list_does_not_know_makes_no_personnel_case_public(take_in, cells, missing):
    take_in(csv(row(1, **PERSONNEL)))
    again = {**PERSONNEL, "Sendt": "12-12-2019 10:00", **cells}
    take_in(csv(row(1, **again), columns=without(*missing)))
    assert facts()["is_personnel_case"]


def test_a_correction_makes_a_personnel_case_an_ordinary_letter(take_in):
    take_in(csv(row(1, **PERSONNEL)))
    take_in(csv(row(1)))
    assert not facts()["is_personnel_case"]
