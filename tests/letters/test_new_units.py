"""Names that the tree has not: which look like another, what people answer, and that it is remembered."""

import pytest
from django.urls import reverse

from letters.importing import batches
from letters.importing.plan import new_units
from letters.models import ImportBatch, Letter, UnitAnswer
from letters.samples.generator import COLUMNS
from sepo_incident.accounts.models import Unit, UnitAlias
from tests.letters.lists import csv, row, xlsx

pytestmark = pytest.mark.django_db
WITH_CODE = (*COLUMNS, "Enhedskode")
NEW_AREA = {"Område": "Område Amager"}


def asked(batch: ImportBatch) -> dict[str, list[str]]:
    """What is asked about → what it looks like."""
    return {unit.name: [one.name for one in unit.candidates] for unit in new_units.find_new_units(batch).asked}


def made(batch: ImportBatch) -> dict[str, int]:
    return {unit.name: unit.letters for unit in new_units.find_new_units(batch).made}


def say(batch: ImportBatch, name: str, meaning: str, by) -> int | None:
    """``meaning`` is the name of a candidate, or "ny"."""
    unit = next(unit for unit in new_units.find_new_units(batch).asked if unit.name == name)
    value = next((one.value for one in unit.candidates if one.name == meaning), "ny")
    return new_units.save_answers(batch, {unit.key: value}, by)


def test_a_list_of_known_units_makes_none(cast, take_in):
    batch = take_in(xlsx(row(1), row(2, Enhed="svalevejens-skole")), commit=False)
    assert new_units.find_new_units(batch).units == []


def test_every_new_level_is_counted_with_its_letters(cast, take_in):
    rows = [row(1, **NEW_AREA), row(2, **NEW_AREA), row(3, Underenhed="Udskoling", **NEW_AREA), row(4, Enhed="")]
    batch = take_in(xlsx(*rows), commit=False)
    assert made(batch) == {"Område Amager": 3, "Svalevejens Skole": 3, "Udskoling": 1}


def test_a_name_like_a_siblings_is_asked_about_and_the_answer_is_remembered(cast, take_in):
    batch = take_in(xlsx(row(1, Enhed="Svalevejskolen"), row(2, Enhed="Skolen på Svalevej")), commit=False)
    assert asked(batch) == {"Skolen på Svalevej": ["Svalevejens Skole"]}
    assert say(batch, "Skolen på Svalevej", "Svalevejens Skole", cast.mette) == 1
    assert made(batch) == {"Svalevejskolen": 1}
    alias = UnitAlias.objects.get()
    assert (alias.parent, alias.unit, alias.by) == (cast.area, cast.svalevej, cast.mette)
    batches.request_commit(batch, by=cast.mette)
    batches.commit_batch(batch.pk)
    assert Letter.objects.get(source_ref="B-2").unit == cast.svalevej
    another = take_in(csv(row(3, Enhed="SKOLEN PÅ SVALEVEJ")), commit=False)
    assert made(another) == {}


def test_a_unit_of_its_own_is_not_asked_about_twice_and_is_made(cast, take_in):
    batch = take_in(xlsx(row(1, Enhed="Skolen på Svalevej")), commit=False)
    say(batch, "Skolen på Svalevej", "ny", cast.mette)
    assert new_units.find_new_units(batch).unanswered == 0
    assert not UnitAlias.objects.exists()
    take_in(xlsx(row(1, Enhed="Skolen på Svalevej")))
    assert Letter.objects.get(source_ref="B-1").unit.name == "Skolen på Svalevej"


def test_without_an_answer_a_new_unit_is_made(cast, take_in):
    take_in(xlsx(row(1, Enhed="Skolen på Svalevej")))
    assert Unit.objects.filter(parent=cast.area, name="Skolen på Svalevej").exists()


def test_an_answer_can_be_changed_until_the_list_is_in(cast, take_in):
    batch = take_in(xlsx(row(1, Enhed="Skolen på Svalevej")), commit=False)
    for meaning, aliases, answers in (("Svalevejens Skole", 1, 0), ("ny", 0, 1), ("Svalevejens Skole", 1, 0)):
        assert say(batch, "Skolen på Svalevej", meaning, cast.mette) == 1
        assert say(batch, "Skolen på Svalevej", meaning, cast.mette) == 0
        assert (UnitAlias.objects.count(), UnitAnswer.objects.count()) == (aliases, answers)
    batches.request_commit(batch, by=None)
    assert new_units.save_answers(batch, {}, cast.mette) is None


def test_two_alike_in_the_list_are_caught_and_the_one_of_fewer_letters_is_asked_about(cast, take_in):
    names = ["Tandplejen", "Tandplejen", "Tandpleje", "Hjemmeplejen"]
    content = xlsx(*(row(n, Enhed=name, **NEW_AREA) for n, name in enumerate(names)))
    batch = take_in(content, commit=False)
    assert asked(batch) == {"Tandpleje": ["Tandplejen"]}
    say(batch, "Tandpleje", "Tandplejen", cast.mette)
    assert set(made(batch)) == {"Område Amager", "Tandplejen", "Hjemmeplejen"}
    take_in(content)
    assert Letter.objects.get(source_ref="B-2").unit.name == "Tandplejen"
    assert made(take_in(csv(row(9, Enhed="tandpleje", **NEW_AREA)), commit=False)) == {}


def test_answers_that_go_in_a_circle_or_nowhere_leave_no_letter_without_a_unit(cast, take_in):
    content = xlsx(row(1, Enhed="Tandplejen"), row(2, Enhed="Tandpleje"), row(3, Enhed="Tandpl."))
    batch = take_in(content, commit=False)
    above = ["Børne- og Ungdomsforvaltningen", "Område Nørrebro"]
    for name, means in (("Tandplejen", "Tandpleje"), ("Tandpleje", "Tandplejen"), ("Tandpl.", "Ikke på listen")):
        UnitAnswer.objects.create(batch=batch, above=above, name=name, means=means)
    take_in(content)
    units = Letter.objects.filter(batch=batch).order_by("source_ref").values_list("unit__name", flat=True)
    assert list(units) == ["Tandplejen", "Tandpleje", "Tandpl."]


def test_the_same_name_where_the_list_leaves_the_area_out_is_asked_about(cast, take_in):
    batch = take_in(xlsx(row(1, Område=""), row(2, Område="", Forvaltning="SOF")), commit=False)
    one, *others = new_units.find_new_units(batch).asked
    assert (one.name, one.candidates[0].where, others) == (
        "Svalevejens Skole",
        "Børne- og Ungdomsforvaltningen › Område Nørrebro",
        [],
    )
    say(batch, "Svalevejens Skole", "Svalevejens Skole", cast.mette)
    take_in(xlsx(row(1, Område=""), row(2, Område="", Forvaltning="SOF")))
    assert Letter.objects.get(source_ref="B-1").unit == cast.svalevej


def test_an_answer_judges_the_rows_anew(cast, take_in):
    take_in(xlsx(row(1)))
    batch = take_in(xlsx(row(1, Enhed="Skolen på Svalevej")), commit=False)
    assert batch.rows.get().verdict == "CHANGED"
    say(batch, "Skolen på Svalevej", "Svalevejens Skole", cast.mette)
    assert batch.rows.get().verdict == "KNOWN"
    say(batch, "Skolen på Svalevej", "ny", cast.mette)
    assert batch.rows.get().verdict == "CHANGED"


def test_a_long_list_is_judged_anew_by_the_worker(cast, take_in, monkeypatch, django_capture_on_commit_callbacks):
    rung = []
    monkeypatch.setattr("sepo_incident.core.task_queue.enqueue_on_commit", lambda task, args: rung.append((task, args)))
    monkeypatch.setattr(new_units, "MAX_ROWS_COMPARED_AT_ONCE", 0)
    take_in(xlsx(row(1)))
    batch = take_in(xlsx(row(1, Enhed="Skolen på Svalevej")), commit=False)
    say(batch, "Skolen på Svalevej", "Svalevejens Skole", cast.mette)
    assert rung == [("letters.tasks.judge_batch", [batch.pk])]
    new_units.compare_waiting_batch(batch.pk)
    assert batch.rows.get().verdict == "KNOWN"


@pytest.mark.parametrize("name", ["Skolen på Svalevej", "SKOLEN PÅ SVALEVEJ"])
def test_two_lists_answered_at_once_remember_the_last_word(cast, take_in, monkeypatch, name):
    first = take_in(xlsx(row(1, Enhed="Skolen på Svalevej")), commit=False)
    second = take_in(csv(row(2, Enhed=name)), commit=False)
    before = new_units.find_new_units(second)
    say(first, "Skolen på Svalevej", "Svalevejens Skole", cast.mette)
    monkeypatch.setattr(new_units, "find_new_units", lambda _: before)
    assert say(second, name, "Svalevejens Skole", cast.karen) == 1
    alias = UnitAlias.objects.get()
    assert (alias.name, alias.unit, alias.by) == ("Skolen på Svalevej", cast.svalevej, cast.karen)


def test_codes_that_do_not_fit_are_said(cast, take_in):
    cast.svalevej.code = "4711"
    cast.svalevej.save()
    rows = [("4711", "Lærkeparkens Skole"), ("4711", "Svalevejens skole"), ("1100", "Skole A"), ("1100", "Skole B")]
    content = xlsx(
        *(row(n, Enhed=name) | {"Enhedskode": code} for n, (code, name) in enumerate(rows)), columns=WITH_CODE
    )
    doubts = new_units.find_new_units(take_in(content, commit=False)).doubts
    assert [(one.code, one.names, one.letters, one.unit) for one in doubts] == [
        ("1100", ["Skole A", "Skole B"], 2, ""),
        ("4711", ["Lærkeparkens Skole"], 1, "Svalevejens Skole"),
    ]


def test_an_address_with_two_names_is_said(cast, take_in):
    rows = [row(1), row(2, Afsender="KAREN BÜLOW MØLLER"), row(3, Leder="Jens Aagaard"), row(4, Enhed="", Leder="X")]
    batch = take_in(xlsx(*rows), commit=False)
    (remark,) = batch.remarks
    assert remark.startswith("1 e-mail står med flere navne: jens@kk.example. Det er én person")
    assert take_in(csv(row(9)), commit=False).remarks == []


def test_the_questions_cost_the_same_however_many_units(cast, take_in, django_assert_num_queries):
    for number in (2, 60):
        batch = take_in(xlsx(*(row(n, Enhed=f"Sted {n}", **NEW_AREA) for n in range(number))), commit=False)
        with django_assert_num_queries(4):
            new_units.find_new_units(batch)


@pytest.fixture
def kit(cast, as_user):
    return as_user(cast.mette)


def test_from_the_check_page_over_the_answers_and_back(cast, kit, take_in):
    batch = take_in(xlsx(row(1, Enhed="Skolen på Svalevej"), row(2, Enhed="Jobcentret")), commit=False)
    check, page = (reverse(name, args=[batch.pk]) for name in ("import_batch", "new_units"))
    text = kit.get(check).content.decode()
    assert "<strong>2 nye enheder</strong> bliver oprettet. 1 af dem ligner en anden." in text
    assert page in text
    text = kit.get(page).content.decode()
    assert "Den samme som »Svalevejens Skole«" in text
    assert "1 brev på listen under Børne- og Ungdomsforvaltningen › Område Nørrebro." in text
    (unit,) = new_units.find_new_units(batch).asked
    response = kit.post(page, {unit.key: unit.candidates[0].value}, follow=True)
    assert response.redirect_chain == [(check, 302)]
    text = response.content.decode()
    assert "1 svar gemt." in text
    assert "<strong>1 ny enhed</strong> bliver oprettet." in text


def test_a_wrong_answer_is_said_and_changes_nothing(cast, kit, take_in):
    batch = take_in(xlsx(row(1, Enhed="Skolen på Svalevej")), commit=False)
    (unit,) = new_units.find_new_units(batch).asked
    response = kit.post(reverse("new_units", args=[batch.pk]), {unit.key: f"enhed-{cast.sof.pk}"})
    assert response.status_code == 422
    assert "Listen er ændret imens. Vælg igen." in response.content.decode()
    assert not UnitAlias.objects.exists()


def test_a_name_from_a_list_is_shown_as_it_is(cast, kit, take_in):
    names = ("Tandplejen", "Tandplejen", "Tandpleje")
    alike = [row(2 + n, Enhed=name, Område="<i>Område") for n, name in enumerate(names)]
    batch = take_in(xlsx(row(1, Enhed="<b>Svalevejens Skole</b>"), *alike), commit=False)
    text = kit.get(reverse("new_units", args=[batch.pk])).content.decode()
    assert "&lt;i&gt;Område" in text
    assert "<i>Område" not in text
    assert "&lt;b&gt;Svalevejens Skole" in text
    assert "<b>Svalevejens" not in text


def test_a_list_that_is_in_has_no_questions(cast, kit, take_in):
    batch = take_in(xlsx(row(1, Enhed="Skolen på Svalevej")))
    assert kit.get(reverse("new_units", args=[batch.pk])).url == reverse("import_batch", args=[batch.pk])
