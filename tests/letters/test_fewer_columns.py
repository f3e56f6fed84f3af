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


def test_letter_is_known_by_the_present_columns(import_file):
    import_file(csv(row(1, **PERSONNEL)))
    before = letter_facts()
    for columns in (
        FEW,
        (*FEW, "Emne"),
        (*FEW, "Leder"),
        (*FEW, "Modtagertype"),
        columns_without("Leders e-mail", "Modtager", "Emne"),
    ):
        again = import_file(csv(row(1, **PERSONNEL), columns=columns))
        assert list(again.rows.values_list("verdict", "changes")) == [("KNOWN", {})], columns
        assert letter_facts() == before, columns


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


def test_missing_columns_publish_no_personnel_case(import_file):
    import_file(csv(row(1, **PERSONNEL)))
    for minute, (cells, missing) in enumerate(
        [
            ({}, ("Modtagertype",)),
            ({"Modtagertype": ""}, ()),
            ({"Modtagertype": "Ved ikke"}, ()),
            ({"Emne": "", "Modtagertype": "Borger"}, ()),
            ({"Modtagertype": "Borger"}, ("Emne",)),
            ({"Emne": "Orientering"}, ("Modtagertype",)),
        ]
    ):
        again = {**PERSONNEL, "Sendt": f"12-12-2019 10:0{minute}", **cells}
        import_file(csv(row(1, **again), columns=columns_without(*missing)))
        assert letter_facts()["is_personnel_case"], cells


def test_corrected_list_makes_no_personnel_case_public(import_file):
    import_file(csv(row(1, **PERSONNEL)))
    import_file(csv(row(1)))
    assert letter_facts()["is_personnel_case"]
