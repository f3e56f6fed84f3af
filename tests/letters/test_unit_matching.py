"""Matching the unit of a row: by code, by name in any spelling, and by the answers of people."""

import pytest
from django.db import IntegrityError, transaction

from letters.importing.rows import unit_matching
from letters.importing.rows.unit_matching import UnitPath
from letters.models import Letter, UnitAnswer
from letters.samples import COLUMNS
from sepo_incident.accounts.models import Unit, UnitAlias
from tests.letters.list_files import csv, row, xlsx

pytestmark = pytest.mark.django_db
BUF, AREA = "Børne- og Ungdomsforvaltningen", "Område Nørrebro"
WITH_CODE = (*COLUMNS, "Enhedskode")


def row_with_code(number: int, code: str, **cells: str) -> dict:
    return row(number, **cells) | {"Enhedskode": code}


def units_of(*numbers: int) -> list[Unit]:
    return [Letter.objects.get(source_ref=f"B-{number}").unit for number in numbers]


@pytest.fixture
def svalevej(cast):
    cast.svalevej.code = "4711"
    cast.svalevej.save()
    return cast.svalevej


def test_code_outranks_name_and_path(svalevej, import_file):
    before = Unit.objects.count()
    import_file(
        xlsx(
            row_with_code(1, "4711", Enhed="Hedder noget andet", Område="Flyttet", Forvaltning="SOF"), columns=WITH_CODE
        )
    )
    assert units_of(1) == [svalevej]
    assert Unit.objects.count() == before


def test_unknown_code_is_saved_on_the_named_unit(cast, import_file):
    import_file(xlsx(row_with_code(1, "4711"), row_with_code(2, "12-B", Enhed="Ny skole"), columns=WITH_CODE))
    cast.svalevej.refresh_from_db()
    assert cast.svalevej.code == "4711"
    assert Unit.objects.get(name="Ny skole").code == "12-B"
    import_file(csv(row_with_code(3, "12-B", Enhed="Skolen har skiftet navn"), columns=WITH_CODE))
    assert units_of(2, 3) == [Unit.objects.get(code="12-B")] * 2


def test_names_with_the_same_code_are_one_unit(cast, import_file):
    rows = [
        row_with_code(1, "7", Enhed="Tandplejen"),
        row_with_code(2, "7", Enhed="Tandpleje"),
        row_with_code(3, "7", Enhed="Tandpleje"),
    ]
    import_file(xlsx(*rows, row_with_code(4, "9", Enhed="Svalevejns Skole"), row_with_code(5, "9"), columns=WITH_CODE))
    assert {unit.name for unit in units_of(1, 2, 3)} == {"Tandpleje"}, "the name of most letters"
    assert units_of(4, 5) == [cast.svalevej] * 2


def test_code_with_many_names_is_ignored(cast, import_file):
    import_file(xlsx(*(row_with_code(n, "1100", Enhed=f"Skole {n}") for n in (1, 2, 3)), columns=WITH_CODE))
    assert [unit.name for unit in units_of(1, 2, 3)] == ["Skole 1", "Skole 2", "Skole 3"]
    assert {unit.code for unit in units_of(1, 2, 3)} == {""}


def test_code_of_an_administration_is_ignored(cast, import_file):
    import_file(xlsx(row_with_code(1, "BUF"), columns=WITH_CODE))
    assert units_of(1) == [cast.svalevej]


@pytest.mark.parametrize("code", ["010270-1234", "1,23E+15", "9" * 41])
def test_invalid_code_is_reported_and_not_stored(cast, import_file, code):
    batch = import_file(xlsx(row_with_code(1, code), columns=WITH_CODE))
    staged = batch.rows.get()
    assert (staged.unit_code, staged.verdict) == ("", "NEW")
    assert [problem["column"] for problem in staged.problems] == ["Enhedskode"]
    assert "010270" not in str(staged.shown) + str(staged.problems)
    assert units_of(1) == [cast.svalevej]


@pytest.mark.parametrize("name", ["SVALEVEJENS  SKOLE", "Svalevejens-Skole", "svalevejensskole"])
def test_unit_name_matches_in_any_spelling(cast, import_file, name):
    import_file(xlsx(row(1, Enhed=name, Forvaltning="buf", Område="Omraade Noerrebro")))
    assert units_of(1) == [cast.svalevej]


def test_alias_holds_under_its_parent_only(cast):
    UnitAlias.objects.create(parent=cast.area, name="Svaleskolen", unit=cast.svalevej)
    here, elsewhere = UnitPath(BUF, AREA, "SVALESKOLEN", ""), UnitPath(BUF, "Område Amager", "Svaleskolen", "")
    assert unit_matching.find_units([here, elsewhere]) == {here: cast.svalevej.pk, elsewhere: None}


def test_unit_name_outranks_an_alias(cast):
    UnitAlias.objects.create(parent=cast.area, name="Lærkeparkens Skole", unit=cast.svalevej)
    place = UnitPath(BUF, AREA, "Lærkeparkens Skole", "")
    assert unit_matching.find_units([place]) == {place: cast.laerkepark.pk}


def test_alias_is_unique_in_any_case(cast):
    UnitAlias.objects.create(parent=cast.area, name="Svaleskolen", unit=cast.svalevej)
    with pytest.raises(IntegrityError, match="unit_alias_once_under_parent"), transaction.atomic():
        UnitAlias.objects.create(parent=cast.area, name="SVALESKOLEN", unit=cast.laerkepark)


def test_answered_new_names_become_one_unit_with_an_alias(cast, import_file):
    new = {"Område": "Område Amager"}
    batch = import_file(xlsx(row(1, Enhed="Tandplejen", **new), row(2, Enhed="Tandpleje", **new)), commit=False)
    above = [BUF, "Område Amager"]
    UnitAnswer.objects.create(batch=batch, above=above, name="Tandpleje", means="Tandplejen", by=cast.mette)
    import_file(xlsx(row(1, Enhed="Tandplejen", **new), row(2, Enhed="Tandpleje", **new)))
    assert [unit.name for unit in units_of(1, 2)] == ["Tandplejen", "Tandplejen"]
    assert UnitAlias.objects.get().by == cast.mette
    import_file(csv(row(3, Enhed="TANDPLEJE", **new)))
    assert units_of(3) == units_of(1)
