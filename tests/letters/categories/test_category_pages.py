"""The page *Emneområder*: the count of each rule, changing the rules, and re-running the rules."""

import threading

import pytest
from django.db import connection
from django.urls import reverse

from letters import reclassification
from letters.categories import category_rules
from letters.models import CategoryRule, Incident, Letter
from letters.models.letter import HIDDEN_SUBJECT
from tests.factories import LetterFactory
from tests.letters.list_files import csv, row

FORM_DATA = {"words": "*velkommen*", "name": "Velkomster", "unit": "", "recipient_kind": ""}


def rule_by_name(cast, name) -> CategoryRule:
    return cast.incident.category_rules.filter(name=name).first()


def counts_by_rule(kit_client) -> dict[str, tuple[int, int]]:
    context = kit_client.get(reverse("categories")).context
    return {rule.name or rule.words[:10]: catch and tuple(catch) for rule, catch, _ in context["lines"]}


def rule_url(rule: CategoryRule) -> str:
    return reverse("category_rule", args=[rule.pk])


# --- Counts -------------------------------------------------------------------------------------------------------


def test_each_rule_counts_letters_after_earlier_rules_and_alone(cast, kit_client):
    LetterFactory(incident=cast.incident, unit=cast.laerkepark, subject="Høring om møde")
    found = counts_by_rule(kit_client)
    assert found["Møder"] == (3, 3)
    assert found["Høringer"] == (1, 2), "the new one is a Møde by the rule before"
    assert found["Pjecer"] == (1, 1)
    page = kit_client.get(reverse("categories"))
    assert (page.context["blank"], page.context["other_count"]) == (1, 0)


def test_letters_without_a_named_rule_are_listed(cast, kit_client):
    other = LetterFactory(incident=cast.incident, unit=cast.laerkepark, subject="Noget helt andet")
    counted = kit_client.get(reverse("categories"))
    for what, count, letter in (("uden-emne", "blank", cast.untitled), ("alt-andet", "other_count", other)):
        url = reverse("category_letters", args=[what])
        assert url in counted.text
        page = kit_client.get(url).context["page_obj"]
        assert (page.paginator.count, list(page)) == (counted.context[count], [letter])
    assert kit_client.get(reverse("category_letters", args=["noget"])).status_code == 404


def test_hidden_subjects_are_not_counted(cast, kit_client, as_user):
    """KIT must not be able to search personnel cases for a word: not by a count, not by a sample, not by a re-run."""
    for words in ("*sygefravær*", "*e*"):
        shown = kit_client.post(rule_url(rule_by_name(cast, "Pjecer")), FORM_DATA | {"words": words, "tael": "1"})
        assert "sygefraværssamtale" not in shown.text
    assert (
        "Fanger 0 breve"
        in kit_client.post(reverse("new_category_rule"), FORM_DATA | {"words": "*sygefravær*", "tael": "1"}).text
    )
    reclassification.rerun_category_rules(cast.incident, by=cast.mette)
    rule_by_name(cast, "Sygefraværssamtaler").delete()
    assert kit_client.get(reverse("categories")).context["changing"] == 0
    assert reclassification.rerun_category_rules(cast.incident, by=cast.mette) == 0
    assert Letter.objects.get(pk=cast.personnel.pk).category == "Møder"
    assert cast.personnel.changes.count() == 2
    history = kit_client.get(reverse("letter", args=[cast.personnel.pk])).context["side"].events
    assert not any("emneområde" in event.text or "Regler" in event.text for event in history)
    readers = as_user(cast.hanne).get(reverse("letter", args=[cast.personnel.pk])).context["side"].events
    assert any("emneområdet Møder i stedet for Sygefraværssamtaler" in event.text for event in readers)


def test_letters_of_a_personnel_rule_are_not_counted(cast, kit_client):
    """KIT reads no number and no advice: not in the list, not on the page of the rule, not while typing."""
    LetterFactory(incident=cast.incident, unit=cast.laerkepark, subject="Sygefravær i klassen")
    refusal, listed = "Brevene er personalesager. Koncern IT må ikke læse dem", kit_client.get(reverse("categories"))
    personnel = cast.incident.category_rules.filter(is_personnel=True)
    assert listed.text.count("Må ikke tælles") == personnel.count()
    assert counts_by_rule(kit_client)["Sygefraværssamtaler"] is None
    typed = FORM_DATA | {"words": "*sygefravær*", "tael": "1"}
    for page in (
        kit_client.get(rule_url(rule_by_name(cast, "Sygefraværssamtaler"))),
        kit_client.post(reverse("new_category_rule"), typed | {"is_personnel": "on"}),
        kit_client.post(reverse("new_category_rule"), typed | {"recipient_kind": "EMPLOYEE"}),
    ):
        assert refusal in page.text
        assert page.context["preview"] is None
        assert "Fanger" not in page.text
        assert "Prøv færre" not in page.text


def test_counting_saves_nothing(cast, kit_client):
    rule = rule_by_name(cast, "Pjecer")
    shown = kit_client.post(rule_url(rule), FORM_DATA | {"tael": "1"}).text
    assert "Fanger 1 brev" in shown
    assert "Pjece: Velkommen i 0. klasse" in shown
    rule.refresh_from_db()
    assert rule.words == "pjece*"


def test_live_count_names_current_categories(cast, kit_client):
    reclassification.rerun_category_rules(cast.incident, by=cast.mette)
    shown = kit_client.post(reverse("new_category_rule"), FORM_DATA | {"words": "*e*", "name": "Alt", "tael": "1"}).text
    assert "I alt passer 5 breve." in shown
    assert "Flyt reglen op, hvis den skal gå forud." in shown
    shown = kit_client.get(rule_url(rule_by_name(cast, "Høringer"))).text
    assert "De er nu i: Høringer (1)" in shown


INVALID_WORDS = {
    "*": "En stjerne alene",
    "": "Skriv mindst ét ord",
    "x" * 5000: "højst 1.000 tegn",
    "a*b*c*d": "højst én stjerne midt i",
    "010190-1234": "CPR-nummer",
    " , ,": "Skriv mindst ét ord",
}


def test_invalid_rule_is_refused(cast, kit_client):
    for words, message in INVALID_WORDS.items():
        response = kit_client.post(reverse("new_category_rule"), FORM_DATA | {"words": words})
        assert response.status_code == 422
        assert message in response.text
        assert response.text.count("error-summary") == 1, "it is said once what is wrong"
    counted = kit_client.post(reverse("new_category_rule"), FORM_DATA | {"words": "*", "tael": "1"})
    assert (counted.status_code, counted.text.count("error-summary")) == (200, 1)
    assert not cast.incident.category_rules.filter(name="Velkomster").exists()


def test_regular_expression_characters_are_literal(cast, kit_client):
    letter = LetterFactory(incident=cast.incident, unit=cast.laerkepark, subject="Se (a.b)[c]+ her")
    shown = kit_client.post(reverse("new_category_rule"), FORM_DATA | {"words": "(a.b)[c]+", "tael": "1"}).text
    assert "Fanger 1 brev" in shown
    assert letter.subject in shown
    assert (
        "Fanger 0 breve"
        in kit_client.post(reverse("new_category_rule"), FORM_DATA | {"words": "(a|.*", "tael": "1"}).text
    )


def test_rule_requires_a_name_and_refuses_reserved_names(cast, kit_client):
    assert "Giv emneområdet et navn" in kit_client.post(reverse("new_category_rule"), FORM_DATA | {"name": ""}).text
    assert (
        "man ikke må læse" in kit_client.post(reverse("new_category_rule"), FORM_DATA | {"name": "personalesager"}).text
    )


# --- Changing the rules -------------------------------------------------------------------------------------------


def test_rule_is_added_changed_moved_and_deleted(cast, kit_client):
    kit_client.post(reverse("new_category_rule"), FORM_DATA | {"unit": cast.area.pk, "has_deadline": "on"})
    rule = rule_by_name(cast, "Velkomster")
    assert rule == cast.incident.category_rules.last()
    assert (rule.unit, rule.has_deadline, rule.changed_by) == (cast.area, True, cast.mette)
    kit_client.post(rule_url(rule), FORM_DATA | {"words": "*klasse*\nskole", "version": rule.version})
    rule.refresh_from_db()
    assert (rule.words, rule.unit, rule.has_deadline) == ("*klasse*, skole", None, False)
    move, home = reverse("move_category_rule", args=[rule.pk]), reverse("categories")
    for _ in range(20):
        moved = kit_client.post(move, {"retning": "op"})
    assert rule == cast.incident.category_rules.first()
    assert moved.url == f"{home}#ned-{rule.pk}", "the first has no button to move it up"
    assert counts_by_rule(kit_client)["Pjecer"] == (0, 1)
    assert kit_client.post(move, {"retning": "ned"}).url == f"{home}#ned-{rule.pk}"
    assert rule == cast.incident.category_rules.all()[1]
    kit_client.post(reverse("delete_category_rule", args=[rule.pk]), {"version": rule.version})
    assert rule_by_name(cast, "Velkomster") is None
    assert counts_by_rule(kit_client)["Pjecer"] == (1, 1)


def test_conflicting_edit_shows_the_saved_rule_and_may_overwrite(cast, kit_client):
    rule = rule_by_name(cast, "Pjecer")
    kit_client.post(rule_url(rule), FORM_DATA | {"words": "folder*", "name": "Foldere", "version": 0})
    late = kit_client.post(rule_url(rule), FORM_DATA | {"version": 0})
    assert late.status_code == 409
    assert "folder*" in late.text
    assert "*velkommen*" in late.text
    assert late.context["form"]["version"].value() == "1"
    rule.refresh_from_db()
    assert rule.name == "Foldere"
    assert kit_client.post(rule_url(rule), FORM_DATA | {"version": 1}).status_code == 302
    assert kit_client.post(rule_url(rule), FORM_DATA | {"version": 1}).status_code == 302, (
        "a double click is no conflict"
    )
    rule.refresh_from_db()
    assert (rule.name, rule.version) == ("Velkomster", 2)


def test_changed_rule_is_not_deleted_and_missing_rule_is_reported(cast, kit_client):
    rule = rule_by_name(cast, "Pjecer")
    kit_client.post(rule_url(rule), FORM_DATA | {"version": 0})
    kit_client.post(reverse("delete_category_rule", args=[rule.pk]), {"version": 0})
    assert rule_by_name(cast, "Velkomster")
    kit_client.post(reverse("delete_category_rule", args=[rule.pk]), {"version": 1})
    for response in (
        kit_client.post(rule_url(rule), FORM_DATA | {"version": 1}, follow=True),
        kit_client.post(reverse("delete_category_rule", args=[rule.pk]), follow=True),
        kit_client.post(reverse("move_category_rule", args=[rule.pk]), follow=True),
    ):
        assert "En anden har slettet reglen imens." in response.text


def test_rule_of_another_incident_is_not_changed(cast, kit_client):
    other = Incident.objects.create(
        slug="gammel",
        title="Gammel",
        status="CLOSED",
        first_day=cast.incident.first_day,
        last_day=cast.incident.last_day,
        deadline=cast.incident.deadline,
    )
    theirs = other.category_rules.create(position=1, name="Deres", words="x")
    kit_client.post(rule_url(theirs), FORM_DATA | {"version": 0})
    theirs.refresh_from_db()
    assert theirs.name == "Deres"


@pytest.mark.django_db(transaction=True)
def test_concurrent_moves_keep_one_order(cast):
    """Twenty moves from two connections: each rule has one position, and no move fails."""
    rules, errors = list(cast.incident.category_rules.all()), []

    def moves(up: bool) -> None:
        try:
            for rule in rules[1:6] * 2:
                category_rules.move_rule(rule, cast.mette, up=up)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=moves, args=[up]) for up in (True, False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert sorted(cast.incident.category_rules.values_list("pk", flat=True)) == sorted(rule.pk for rule in rules)
    assert len(set(cast.incident.category_rules.values_list("position", flat=True))) == len(rules)


def test_category_page_queries_do_not_grow(cast, kit_client, django_assert_max_num_queries):
    for _ in range(10):
        LetterFactory(incident=cast.incident, unit=cast.laerkepark, subject="Pjece")
    for number in range(20, 40):
        cast.incident.category_rules.create(position=number, name=f"Navn {number}", words=f"ord{number}")
    with django_assert_max_num_queries(9):  # the letters are one query, whatever the number of rules
        kit_client.get(reverse("categories"))


# --- Running them again -------------------------------------------------------------------------------------------


def test_rerun_is_previewed_and_recorded(cast, kit_client):
    reclassification.rerun_category_rules(cast.incident, by=cast.mette)
    rule = rule_by_name(cast, "Pjecer")
    shown = kit_client.post(rule_url(rule), FORM_DATA | {"version": 0}, follow=True).text
    assert "1 brev skifter, når du kører reglerne igen" in shown
    changes = kit_client.get(reverse("category_changes")).text
    for words in ("Pjece: Velkommen i 0. klasse", "Pjecer", "Velkomster"):
        assert words in changes
    assert "1 brev har skiftet" in kit_client.post(reverse("run_category_rules"), follow=True).text
    assert Letter.objects.get(pk=cast.plain.pk).category == "Velkomster"
    change = cast.plain.changes.last()
    assert (change.kind, change.before, change.after) == (
        "RECLASSIFIED",
        {"category": "Pjecer"},
        {"category": "Velkomster"},
    )
    assert (change.by, change.batch) == (cast.mette, None)
    history = kit_client.get(reverse("letter", args=[cast.plain.pk])).text
    assert "Reglerne gav brevet emneområdet Velkomster i stedet for Pjecer." in history


def test_rerun_keeps_a_persons_classification(cast):
    Letter.objects.filter(pk=cast.plain.pk).update(category="Blomster", category_by=cast.karen)
    reclassification.rerun_category_rules(cast.incident, by=cast.mette)
    assert Letter.objects.get(pk=cast.plain.pk).category == "Blomster"
    assert not cast.plain.changes.exists()


def test_rerun_creates_personnel_cases_and_publishes_none(cast):
    cast.incident.category_rules.filter(is_personnel=True).delete()
    cast.incident.category_rules.filter(name="Pjecer").update(is_personnel=True)
    Letter.objects.filter(pk=cast.annes.pk).update(is_personnel_case=True)
    assert reclassification.rerun_category_rules(cast.incident, by=cast.mette) > 0
    now = dict(Letter.objects.values_list("pk", "is_personnel_case"))
    assert (now[cast.plain.pk], now[cast.personnel.pk], now[cast.annes.pk], now[cast.soon.pk]) == (
        True,
        True,
        True,
        False,
    )


def test_personnel_case_from_a_rerun_is_hidden_in_the_lists(cast, kit_client, import_file):
    batch = import_file(csv(row(Emne="Pjece om rengøring", Leders_e_mail=""), row(2, Emne="Skolefest")))
    again = import_file(csv(row(Emne="Pjece om vinduer", Leders_e_mail=""), row(2, Emne="Skolefest")), commit=False)
    for one in (batch, again):
        assert "Pjece om" in kit_client.get(reverse("import_batch", args=[one.pk]) + "?vis=alle").text
    cast.incident.category_rules.filter(name="Pjecer").update(is_personnel=True)
    reclassification.rerun_category_rules(cast.incident, by=cast.mette)
    for one in (batch, again):
        shown = kit_client.get(reverse("import_batch", args=[one.pk]) + "?vis=alle").text
        assert "Pjece om" not in shown
        assert HIDDEN_SUBJECT in shown
        assert "Skolefest" in shown


def test_board_lists_categories_in_rule_order(cast, as_user):
    reclassification.rerun_category_rules(cast.incident, by=cast.mette)
    board = reverse("board", args=[cast.buf.pk])

    def names():
        return [one.name for one in as_user(cast.birgitte).get(board).context["board"].categories]

    assert names() == ["Pjecer", "Møder", "Høringer", "Uden emne", "Personalesager"]
    category_rules.move_rule(rule_by_name(cast, "Møder"), cast.mette, up=True)
    category_rules.move_rule(rule_by_name(cast, "Møder"), cast.mette, up=True)
    cast.incident.category_rules.filter(name="Pjecer").update(name="Foldere")
    assert names() == ["Møder", "Høringer", "Uden emne", "Personalesager", "Pjecer"]
    reclassification.rerun_category_rules(cast.incident, by=cast.mette)
    assert names() == ["Møder", "Foldere", "Høringer", "Uden emne", "Personalesager"]
