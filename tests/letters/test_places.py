"""Which unit a row means: by code, by name however it is written, by what people have said."""

import pytest
from django.db import IntegrityError, transaction

from letters.importing.rows import unit_matching
from letters.importing.rows.unit_matching import UnitPath
from letters.models import Letter, UnitAnswer
from letters.samples.generator import COLUMNS
from sepo_incident.accounts.models import Unit, UnitAlias
from tests.letters.lists import csv, row, xlsx

pytestmark = pytest.mark.django_db
BUF, AREA = "Børne- og Ungdomsforvaltningen", "Område Nørrebro"
WITH_CODE = (*COLUMNS, "Enhedskode")


def coded(number: int, code: str, **cells: str) -> dict:
    return row(number, **cells) | {"Enhedskode": code}


def units_of(*numbers: int) -> list[Unit]:
    return [Letter.objects.get(source_ref=f"B-{number}").unit for number in numbers]


@pytest.fixture
def svalevej(cast):
    cast.svalevej.code = "4711"
    cast.svalevej.save()
    return cast.svalevej


def test_a_code_wins_over_a_name_and_over_the_place(svalevej, take_in):
    before = Unit.objects.count()
    take_in(xlsx(coded(1, "4711", Enhed="Hedder noget andet", Område="Flyttet", Forvaltning="SOF"), columns=WITH_CODE))
    assert units_of(1) == [svalevej]
    assert Unit.objects.count() == before


def test_an_unknown_code_is_given_to_the_unit_of_that_name_or_to_the_new_one(cast, take_in):
    take_in(xlsx(coded(1, "4711"), coded(2, "12-B", Enhed="Ny skole"), columns=WITH_CODE))
    cast.svalevej.refresh_from_db()
    assert cast.svalevej.code == "4711"
    assert Unit.objects.get(name="Ny skole").code == "12-B"
    take_in(csv(coded(3, "12-B", Enhed="Skolen har skiftet navn"), columns=WITH_CODE))
    assert units_of(2, 3) == [Unit.objects.get(code="12-B")] * 2


def test_two_ways_of_writing_a_unit_with_one_code_are_one_unit(cast, take_in):
    rows = [coded(1, "7", Enhed="Tandplejen"), coded(2, "7", Enhed="Tandpleje"), coded(3, "7", Enhed="Tandpleje")]
    take_in(xlsx(*rows, coded(4, "9", Enhed="Svalevejns Skole"), coded(5, "9"), columns=WITH_CODE))
    assert {unit.name for unit in units_of(1, 2, 3)} == {"Tandpleje"}, "the name of most letters"
    assert units_of(4, 5) == [cast.svalevej] * 2


def test_a_code_that_stands_beside_many_names_is_not_believed(cast, take_in):
    take_in(xlsx(*(coded(n, "1100", Enhed=f"Skole {n}") for n in (1, 2, 3)), columns=WITH_CODE))
    assert [unit.name for unit in units_of(1, 2, 3)] == ["Skole 1", "Skole 2", "Skole 3"]
    assert {unit.code for unit in units_of(1, 2, 3)} == {""}


def test_the_code_of_an_administration_is_no_place(cast, take_in):
    take_in(xlsx(coded(1, "BUF"), columns=WITH_CODE))
    assert units_of(1) == [cast.svalevej]


@pytest.mark.parametrize("code", ["010270-1234", "1,23E+15", "9" * 41])
def test_what_is_no_code_is_said_and_kept_nowhere(cast, take_in, code):
    batch = take_in(xlsx(coded(1, code), columns=WITH_CODE))
    staged = batch.rows.get()
    assert (staged.unit_code, staged.verdict) == ("", "NEW")
    assert [problem["column"] for problem in staged.problems] == ["Enhedskode"]
    assert "010270" not in str(staged.shown) + str(staged.problems)
    assert units_of(1) == [cast.svalevej]


@pytest.mark.parametrize("name", ["SVALEVEJENS  SKOLE", "Svalevejens-Skole", "svalevejensskole"])
def test_the_writing_of_a_name_does_not_matter(cast, take_in, name):
    take_in(xlsx(row(1, Enhed=name, Forvaltning="buf", Område="Omraade Noerrebro")))
    assert units_of(1) == [cast.svalevej]


def test_what_people_have_said_holds_under_that_parent_only(cast):
    UnitAlias.objects.create(parent=cast.area, name="Svaleskolen", unit=cast.svalevej)
    here, elsewhere = UnitPath(BUF, AREA, "SVALESKOLEN", ""), UnitPath(BUF, "Område Amager", "Svaleskolen", "")
    assert unit_matching.find_units([here, elsewhere]) == {here: cast.svalevej.pk, elsewhere: None}


def test_a_unit_that_bears_the_name_wins_over_what_was_said(cast):
    UnitAlias.objects.create(parent=cast.area, name="Lærkeparkens Skole", unit=cast.svalevej)
    place = UnitPath(BUF, AREA, "Lærkeparkens Skole", "")
    assert unit_matching.find_units([place]) == {place: cast.laerkepark.pk}


def test_an_alias_is_one_whatever_its_case(cast):
    UnitAlias.objects.create(parent=cast.area, name="Svaleskolen", unit=cast.svalevej)
    with pytest.raises(IntegrityError, match="unit_alias_once_under_parent"), transaction.atomic():
        UnitAlias.objects.create(parent=cast.area, name="SVALESKOLEN", unit=cast.laerkepark)


def test_two_new_names_that_people_called_one_make_one_unit_and_the_next_list_knows(cast, take_in):
    new = {"Område": "Område Amager"}
    batch = take_in(xlsx(row(1, Enhed="Tandplejen", **new), row(2, Enhed="Tandpleje", **new)), commit=False)
    above = [BUF, "Område Amager"]
    UnitAnswer.objects.create(batch=batch, above=above, name="Tandpleje", means="Tandplejen", by=cast.mette)
    take_in(xlsx(row(1, Enhed="Tandplejen", **new), row(2, Enhed="Tandpleje", **new)))
    assert [unit.name for unit in units_of(1, 2)] == ["Tandplejen", "Tandplejen"]
    assert UnitAlias.objects.get().by == cast.mette
    take_in(csv(row(3, Enhed="TANDPLEJE", **new)))
    assert units_of(3) == units_of(1)
