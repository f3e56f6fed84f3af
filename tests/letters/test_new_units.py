"""Units on a list that are not in the tree: similar names are asked about, and the answers are remembered."""

import pytest
from django.urls import reverse

from letters.importing import batches
from letters.importing.plan import new_units
from letters.models import ImportBatch, Letter, UnitAnswer
from letters.samples import COLUMNS
from sepo_incident.accounts.models import UnitAlias
from tests.letters.list_files import confirmed_totals, csv, row, xlsx

pytestmark = pytest.mark.django_db
WITH_CODE = (*COLUMNS, "Enhedskode")
NEW_AREA = {"Område": "Område Amager"}


def candidates_by_name(batch: ImportBatch) -> dict[str, list[str]]:
    """Return {name that is asked about: names of the candidates}."""
    return {
        unit.name: [one.name for one in unit.candidates] for unit in new_units.find_new_units(batch).with_candidates
    }


def new_unit_counts(batch: ImportBatch) -> dict[str, int]:
    return {unit.name: unit.letters for unit in new_units.find_new_units(batch).to_create}


def check_page_of(batch: ImportBatch) -> str:
    return reverse("import_batch", args=[batch.pk])


def save_answer(batch: ImportBatch, name: str, meaning: str, by) -> int | None:
    """Save one answer. `meaning` is the name of a candidate, or "ny"."""
    unit = next(unit for unit in new_units.find_new_units(batch).with_candidates if unit.name == name)
    value = next((one.value for one in unit.candidates if one.name == meaning), "ny")
    return new_units.save_answers(batch, {unit.key: value}, by)


def test_new_units_are_counted_at_every_level(cast, import_file):
    rows = [row(1, **NEW_AREA), row(2, **NEW_AREA), row(3, Underenhed="Udskoling", **NEW_AREA), row(4, Enhed="")]
    batch = import_file(xlsx(*rows), commit=False)
    assert new_unit_counts(batch) == {"Område Amager": 3, "Svalevejens Skole": 3, "Udskoling": 1}


def test_similar_name_is_asked_about_and_remembered(cast, import_file):
    batch = import_file(xlsx(row(1, Enhed="Svalevejskolen"), row(2, Enhed="Skolen på Svalevej")), commit=False)
    assert candidates_by_name(batch) == {"Skolen på Svalevej": ["Svalevejens Skole"]}
    assert save_answer(batch, "Skolen på Svalevej", "Svalevejens Skole", cast.mette) == 1
    assert new_unit_counts(batch) == {"Svalevejskolen": 1}
    alias = UnitAlias.objects.get()
    assert (alias.parent, alias.unit, alias.by) == (cast.area, cast.svalevej, cast.mette)
    batches.request_commit(batch, by=cast.mette)
    batches.commit_batch(batch.pk)
    assert Letter.objects.get(source_ref="B-2").unit == cast.svalevej
    another = import_file(csv(row(3, Enhed="SKOLEN PÅ SVALEVEJ")), commit=False)
    assert new_unit_counts(another) == {}


def test_answer_new_unit_creates_the_unit(cast, import_file):
    batch = import_file(xlsx(row(1, Enhed="Skolen på Svalevej")), commit=False)
    save_answer(batch, "Skolen på Svalevej", "ny", cast.mette)
    assert new_units.find_new_units(batch).unanswered == 0
    assert not UnitAlias.objects.exists()
    import_file(xlsx(row(1, Enhed="Skolen på Svalevej")))
    assert Letter.objects.get(source_ref="B-1").unit.name == "Skolen på Svalevej"


def test_answer_can_be_changed_until_the_commit(cast, import_file):
    batch = import_file(xlsx(row(1, Enhed="Skolen på Svalevej")), commit=False)
    for meaning, aliases, answers in (("Svalevejens Skole", 1, 0), ("ny", 0, 1), ("Svalevejens Skole", 1, 0)):
        assert save_answer(batch, "Skolen på Svalevej", meaning, cast.mette) == 1
        assert save_answer(batch, "Skolen på Svalevej", meaning, cast.mette) == 0
        assert (UnitAlias.objects.count(), UnitAnswer.objects.count()) == (aliases, answers)
    batches.request_commit(batch, by=None)
    assert new_units.save_answers(batch, {}, cast.mette) is None


def test_similar_names_in_the_list_ask_about_the_rarer(cast, import_file):
    names = ["Tandplejen", "Tandplejen", "Tandpleje", "Hjemmeplejen"]
    content = xlsx(*(row(n, Enhed=name, **NEW_AREA) for n, name in enumerate(names)))
    batch = import_file(content, commit=False)
    assert candidates_by_name(batch) == {"Tandpleje": ["Tandplejen"]}
    save_answer(batch, "Tandpleje", "Tandplejen", cast.mette)
    assert set(new_unit_counts(batch)) == {"Område Amager", "Tandplejen", "Hjemmeplejen"}
    import_file(content)
    assert Letter.objects.get(source_ref="B-2").unit.name == "Tandplejen"
    assert new_unit_counts(import_file(csv(row(9, Enhed="tandpleje", **NEW_AREA)), commit=False)) == {}


def test_circular_answers_still_give_every_letter_a_unit(cast, import_file):
    content = xlsx(row(1, Enhed="Tandplejen"), row(2, Enhed="Tandpleje"), row(3, Enhed="Tandpl."))
    batch = import_file(content, commit=False)
    above = ["Børne- og Ungdomsforvaltningen", "Område Nørrebro"]
    for name, means in (("Tandplejen", "Tandpleje"), ("Tandpleje", "Tandplejen"), ("Tandpl.", "Ikke på listen")):
        UnitAnswer.objects.create(batch=batch, above=above, name=name, means=means)
    import_file(content)
    units = Letter.objects.filter(batch=batch).order_by("source_ref").values_list("unit__name", flat=True)
    assert list(units) == ["Tandplejen", "Tandpleje", "Tandpl."]


def test_same_name_without_an_area_is_asked_about(cast, import_file):
    batch = import_file(xlsx(row(1, Område=""), row(2, Område="", Forvaltning="SOF")), commit=False)
    one, *others = new_units.find_new_units(batch).with_candidates
    assert (one.name, one.candidates[0].where, others) == (
        "Svalevejens Skole",
        "Børne- og Ungdomsforvaltningen › Område Nørrebro",
        [],
    )
    save_answer(batch, "Svalevejens Skole", "Svalevejens Skole", cast.mette)
    import_file(xlsx(row(1, Område=""), row(2, Område="", Forvaltning="SOF")))
    assert Letter.objects.get(source_ref="B-1").unit == cast.svalevej


def test_answer_updates_the_verdicts(cast, import_file):
    import_file(xlsx(row(1)))
    batch = import_file(xlsx(row(1, Enhed="Skolen på Svalevej")), commit=False)
    assert batch.rows.get().verdict == "CHANGED"
    save_answer(batch, "Skolen på Svalevej", "Svalevejens Skole", cast.mette)
    assert batch.rows.get().verdict == "KNOWN"
    save_answer(batch, "Skolen på Svalevej", "ny", cast.mette)
    assert batch.rows.get().verdict == "CHANGED"


def test_long_list_is_compared_again_by_the_worker(cast, import_file, monkeypatch, django_capture_on_commit_callbacks):
    rung = []
    monkeypatch.setattr("sepo_incident.core.task_queue.enqueue_on_commit", lambda task, args: rung.append((task, args)))
    monkeypatch.setattr(new_units, "MAX_ROWS_COMPARED_AT_ONCE", 0)
    import_file(xlsx(row(1)))
    batch = import_file(xlsx(row(1, Enhed="Skolen på Svalevej")), commit=False)
    save_answer(batch, "Skolen på Svalevej", "Svalevejens Skole", cast.mette)
    assert rung == [("letters.tasks.compare_waiting_batch", [batch.pk])]
    new_units.compare_waiting_batch(batch.pk)
    assert batch.rows.get().verdict == "KNOWN"


@pytest.mark.parametrize("name", ["Skolen på Svalevej", "SKOLEN PÅ SVALEVEJ"])
def test_concurrent_answers_keep_the_last(cast, import_file, monkeypatch, name):
    first = import_file(xlsx(row(1, Enhed="Skolen på Svalevej")), commit=False)
    second = import_file(csv(row(2, Enhed=name)), commit=False)
    before = new_units.find_new_units(second)
    save_answer(first, "Skolen på Svalevej", "Svalevejens Skole", cast.mette)
    monkeypatch.setattr(new_units, "find_new_units", lambda _: before)
    assert save_answer(second, name, "Svalevejens Skole", cast.karen) == 1
    alias = UnitAlias.objects.get()
    assert (alias.name, alias.unit, alias.by) == ("Skolen på Svalevej", cast.svalevej, cast.karen)


def test_conflicting_unit_codes_are_reported(cast, import_file):
    cast.svalevej.code = "4711"
    cast.svalevej.save()
    rows = [("4711", "Lærkeparkens Skole"), ("4711", "Svalevejens skole"), ("1100", "Skole A"), ("1100", "Skole B")]
    content = xlsx(
        *(row(n, Enhed=name) | {"Enhedskode": code} for n, (code, name) in enumerate(rows)), columns=WITH_CODE
    )
    doubts = new_units.find_new_units(import_file(content, commit=False)).doubts
    assert [(one.code, one.names, one.letters, one.unit) for one in doubts] == [
        ("1100", ["Skole A", "Skole B"], 2, ""),
        ("4711", ["Lærkeparkens Skole"], 1, "Svalevejens Skole"),
    ]


def test_new_unit_queries_do_not_grow(cast, import_file, django_assert_num_queries):
    for number in (2, 60):
        batch = import_file(xlsx(*(row(n, Enhed=f"Sted {n}", **NEW_AREA) for n in range(number))), commit=False)
        with django_assert_num_queries(4):
            new_units.find_new_units(batch)


def test_answers_are_saved_from_the_check_page(cast, kit_client, import_file):
    batch = import_file(xlsx(row(1, Enhed="Skolen på Svalevej"), row(2, Enhed="Jobcentret")), commit=False)
    check, page = (reverse(name, args=[batch.pk]) for name in ("import_batch", "new_units"))
    text = kit_client.get(check).text
    assert "<strong>2 nye enheder</strong> oprettes. 1 ligner en anden." in text
    assert page in text
    text = kit_client.get(page).text
    assert "Samme som »Svalevejens Skole«" in text
    assert "1 brev på listen under Børne- og Ungdomsforvaltningen › Område Nørrebro." in text
    (unit,) = new_units.find_new_units(batch).with_candidates
    response = kit_client.post(page, {unit.key: unit.candidates[0].value}, follow=True)
    assert response.redirect_chain == [(check, 302)]
    text = response.text
    assert "1 svar gemt." in text
    assert "<strong>1 ny enhed</strong> oprettes." in text


def test_outdated_answer_is_refused(cast, kit_client, import_file):
    batch = import_file(xlsx(row(1, Enhed="Skolen på Svalevej")), commit=False)
    (unit,) = new_units.find_new_units(batch).with_candidates
    response = kit_client.post(reverse("new_units", args=[batch.pk]), {unit.key: f"enhed-{cast.sof.pk}"})
    assert response.status_code == 422
    assert "Listen er ændret imens. Vælg igen." in response.text
    assert not UnitAlias.objects.exists()


@pytest.mark.parametrize("name", ["Børneforvaltningen", "BUFF"])
def test_unknown_administration_needs_a_tick_of_its_own(cast, kit_client, import_file, name):
    batch = import_file(xlsx(row(1), row(2, Forvaltning=name)), commit=False)
    (unit,) = new_units.find_new_units(batch).administrations
    assert unit.candidates[0].name == "Børne- og Ungdomsforvaltningen"
    assert f"»{name}« er <strong>ikke en forvaltning, vi kender</strong>" in kit_client.get(check_page_of(batch)).text
    commit = reverse("commit_batch", args=[batch.pk])
    refused = kit_client.post(commit, confirmed_totals(batch))
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["ny_forvaltning"])
    batch.refresh_from_db()
    assert batch.status == "CHECKED"
    kit_client.post(commit, confirmed_totals(batch) | {"ny_forvaltning": "on"})
    batch.refresh_from_db()
    assert batch.status == "COMMITTING"


def test_answered_administration_needs_no_tick(cast, kit_client, import_file):
    name = "Børne- og Ungdomsforvaltnigen"
    batch = import_file(xlsx(row(1, Forvaltning=name)), commit=False)
    save_answer(batch, name, "Børne- og Ungdomsforvaltningen", cast.mette)
    assert "ny_forvaltning" not in kit_client.get(check_page_of(batch)).text
    kit_client.post(reverse("commit_batch", args=[batch.pk]), confirmed_totals(batch))
    batches.commit_batch(batch.pk)
    assert Letter.objects.get(source_ref="B-1").unit == cast.svalevej


def test_known_administration_of_the_municipality_needs_no_tick(cast, import_file):
    batch = import_file(xlsx(row(1, Forvaltning="Økonomiforvaltningen"), row(2, Forvaltning="TMF")), commit=False)
    assert new_units.find_new_units(batch).administrations == []
