"""The deadline of a category: entered by Koncern IT on *Emneområder*, and constrained by the database."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from letters.categories import category_rules
from letters.categories.category_rules import DeadlineLength
from letters.models import CategoryRule

RULE = {"words": "*velkommen*", "name": "Velkomster", "unit": "", "recipient_kind": ""}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("4 uger", DeadlineLength(4, "WEEK")),
        ("1 uge", DeadlineLength(1, "WEEK")),
        ("10 arbejdsdage", DeadlineLength(10, "WORKING_DAY")),
        ("366 dage", DeadlineLength(366, "DAY")),
        ("367 dage", None),
        ("0 dage", None),
        ("4", None),
        ("4 måneder", None),
        ("om 4 uger", None),
    ],
)
def test_deadline_length_is_parsed(written, read):
    if read is None:
        with pytest.raises(category_rules.InvalidDeadlineError):
            category_rules.parse_length(written)
        return
    assert category_rules.parse_length(written) == read
    assert category_rules.parse_length(str(read)) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1. december, 10. januar og den 1. Marts", ["01-10", "03-01", "12-01"]),
        ("1. december, 1. december", ["12-01"]),
        ("28. februar", ["02-28"]),
        ("29. februar", None),
        ("1. december 2019", None),
        ("1/12", None),
        (", ".join(f"{day}. maj" for day in range(1, 14)), None),
    ],
)
def test_fixed_days_are_parsed(written, read):
    if read is None:
        with pytest.raises(category_rules.InvalidDeadlineError):
            category_rules.parse_days(written)
    else:
        assert category_rules.parse_days(written) == read


def create_rule(kit_client, cast, **fields) -> CategoryRule:
    response = kit_client.post(reverse("new_category_rule"), RULE | fields)
    assert response.status_code == 302
    return cast.incident.category_rules.get(name="Velkomster")


@pytest.mark.parametrize(
    ("fields", "kept", "words"),
    [
        ({"clock": "MEETING"}, ("MEETING", None, "", []), "mødedatoen i emnet"),
        ({"clock": "HEARING", "period_length": "4 uger"}, ("HEARING", None, "", []), "datoen i emnet"),
        (
            {"clock": "HEARING", "hearing_length": "10 arbejdsdage"},
            ("HEARING", 10, "WORKING_DAY", []),
            "datoen i emnet, ellers 10 arbejdsdage efter afsendelsen",
        ),
        (
            {"clock": "PERIOD", "period_length": "4 uger", "days": "vrøvl"},
            ("PERIOD", 4, "WEEK", []),
            "4 uger efter afsendelsen",
        ),
        (
            {"clock": "FIXED", "days": "1. december og 10. januar"},
            ("FIXED", None, "", ["01-10", "12-01"]),
            "den næste af datoerne 10. januar og 1. december",
        ),
    ],
)
def test_deadline_is_saved_shown_and_edited(kit_client, cast, fields, kept, words):
    rule = create_rule(kit_client, cast, **fields, source="Lov om velkomst § 1", new_days="10")
    assert (rule.clock, rule.length, rule.length_unit, rule.fixed_days) == kept
    assert (rule.source, rule.new_days, rule.changed_by) == ("Lov om velkomst § 1", 10, cast.mette)
    listed = kit_client.get(reverse("categories")).text
    assert f"Dato: {words}. Ny dato: 10 arbejdsdage" in listed
    assert "Lov om velkomst § 1" in listed
    form = kit_client.get(reverse("category_rule", args=[rule.pk])).context["form"]
    again = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    kit_client.post(reverse("category_rule", args=[rule.pk]), again | {"words": "*velkomst*"})
    rule.refresh_from_db()
    assert (rule.words, rule.clock, rule.length, rule.length_unit, rule.fixed_days) == ("*velkomst*", *kept)
    kit_client.post(reverse("category_rule", args=[rule.pk]), RULE | {"version": rule.version, "source": "Den samme"})
    rule.refresh_from_db()
    assert (rule.clock, rule.length, rule.fixed_days, rule.source, rule.new_days) == ("", None, [], "", None)


def test_list_marks_the_rules_without_a_legal_source(kit_client, cast):
    """A date in the subject needs no source."""
    mark = "Lovhenvisning mangler"
    assert mark not in kit_client.get(reverse("categories")).text
    rule = create_rule(kit_client, cast, clock="PERIOD", period_length="4 uger")
    assert kit_client.get(reverse("categories")).text.count(mark) == 1
    CategoryRule.objects.filter(pk=rule.pk).update(source="Lov om velkomst § 1")
    assert mark not in kit_client.get(reverse("categories")).text


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"clock": "PERIOD"}, "Skriv, hvor længe."),
        ({"clock": "PERIOD", "period_length": "længe"}, "Skriv for eksempel 14 dage, 10 arbejdsdage eller 4 uger."),
        ({"clock": "FIXED", "days": "29. februar"}, "findes ikke hvert år"),
        ({"clock": "MEETING", "new_days": "0"}, "Skriv et tal fra 1 til 366."),
        ({"clock": "MEETING", "name": "", "is_personnel": "on"}, "Giv emneområdet et navn, når"),
    ],
)
def test_invalid_deadline_is_refused(kit_client, cast, fields, refusal):
    response = kit_client.post(reverse("new_category_rule"), RULE | fields)
    assert response.status_code == 422
    assert refusal in response.text
    assert not cast.incident.category_rules.filter(words="*velkommen*").exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"clock": "NOGET"},
        {"source": "En lov"},
        {"clock": "MEETING", "length": 4, "length_unit": "WEEK"},
        {"clock": "HEARING", "length": 4},
        {"clock": "HEARING", "length": 4, "length_unit": "ÅR"},
        {"clock": "PERIOD"},
        {"clock": "PERIOD", "length": 4, "length_unit": "WEEK", "fixed_days": ["01-10"]},
        {"clock": "FIXED"},
        {"clock": "FIXED", "fixed_days": ["01-10", "13-01"]},
        {"clock": "MEETING", "name": "", "is_personnel": True},
        {"clock": "MEETING", "new_days": 0},
    ],
)
def test_database_refuses_incomplete_deadline(cast, fields):
    rules = cast.incident.category_rules
    with pytest.raises(IntegrityError), transaction.atomic():
        rules.create(**{"position": 99, "name": "Velkomster", "words": "x", **fields})


@pytest.mark.parametrize(
    ("altered", "looks", "follows"),
    [
        ({"clock": "PERIOD", "period_length": "2 uger"}, False, True),
        ({"words": "*farvel*"}, True, False),
        ({"clock": "PERIOD", "period_length": "4 uger", "source": "Lov om noget"}, False, True),
        ({"name": "Farvel", "clock": "PERIOD", "period_length": "4 uger"}, True, True),
    ],
)
def test_saved_rule_says_what_happens_to_existing_letters(cast, as_user, altered, looks, follows):
    named = {name: RULE[name] for name in ("words", "name")}
    rule = CategoryRule.objects.create(incident=cast.incident, position=99, **named)
    posted = RULE | {"version": rule.version} | altered
    text = as_user(cast.mette).post(reverse("category_rule", args=[rule.pk]), posted, follow=True).text
    assert ("Kør reglerne igen for at ændre de breve, der er her." in text) == looks
    assert ("får den nye dato i løbet af et minut. Den kan være passeret." in text) == follows
