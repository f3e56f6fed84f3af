"""A later list may have fewer columns: facts without a column stay unchanged."""

import pytest

from letters.models import Letter
from letters.models.letter_change import LETTER_FACTS
from tests.letters.list_files import csv, row

pytestmark = pytest.mark.django_db
FEW = ("Brev-id", "Sendt", "Afsenders e-mail")
PERSONNEL = {"Emne": "Tjenstlig samtale", "Modtagertype": "Medarbejder"}


def letter_facts() -> dict:
    return Letter.objects.filter(source_ref="B-1").values(*LETTER_FACTS).get()


def columns_without(*names: str) -> tuple[str, ...]:
    return tuple(name for name in row() if name not in names)


@pytest.mark.parametrize(
    "columns",
    [
        FEW,
        (*FEW, "Emne"),
        (*FEW, "Leder"),
        (*FEW, "Modtagertype"),
        columns_without("Leders e-mail", "Modtager", "Emne"),
    ],
)
def test_letter_is_known_by_the_present_columns(import_file, columns):
    import_file(csv(row(1, **PERSONNEL)))
    before = letter_facts()
    again = import_file(csv(row(1, **PERSONNEL), columns=columns))
    assert list(again.rows.values_list("verdict", "changes")) == [("KNOWN", {})]
    assert letter_facts() == before


def test_only_present_columns_change_the_letter(import_file):
    import_file(csv(row(1, Emne="Afgørelse om plads, svar senest 20. december 2019")))
    before = letter_facts()
    again = import_file(csv(row(1, Sendt="12-12-2019 10:00"), columns=FEW))
    assert set(again.rows.get().changes) == {"sent_at"}
    assert letter_facts() == before | {"sent_at": again.rows.get().sent_at}


def test_empty_cell_in_a_present_column_changes_the_letter(import_file):
    import_file(csv(row(1)))
    import_file(csv(row(1, Emne="", Leder="")))
    assert (letter_facts()["subject"], letter_facts()["leader_name"]) == ("", "")
    assert letter_facts()["leader_id"]


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
def test_missing_columns_publish_no_personnel_case(import_file, cells, missing):
    import_file(csv(row(1, **PERSONNEL)))
    again = {**PERSONNEL, "Sendt": "12-12-2019 10:00", **cells}
    import_file(csv(row(1, **again), columns=columns_without(*missing)))
    assert letter_facts()["is_personnel_case"]


def test_corrected_list_makes_no_personnel_case_public(import_file):
    import_file(csv(row(1, **PERSONNEL)))
    import_file(csv(row(1)))
    assert letter_facts()["is_personnel_case"]
