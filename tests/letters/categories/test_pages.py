"""*Emneområder*: what each rule catches, changing the rules, and running them again."""

import threading

import pytest
from django.db import connection
from django.urls import reverse

from letters import reclassification
from letters.categories import category_queries, category_rules
from letters.models import CategoryRule, Incident, Letter, LetterChange
from letters.models.letter import HIDDEN_SUBJECT
from tests.factories import LetterFactory
from tests.letters.lists import csv, row

SAID = {"words": "*velkommen*", "name": "Velkomster", "unit": "", "recipient_kind": ""}


@pytest.fixture
def kit(as_user, cast):
    return as_user(cast.mette)


def rule_called(cast, name) -> CategoryRule:
    return cast.incident.category_rules.filter(name=name).first()


def lines(kit) -> dict[str, tuple[int, int]]:
    context = kit.get(reverse("categories")).context
    return {rule.name or rule.words[:10]: tuple(catch) for rule, catch, _ in context["lines"]}


def address(rule: CategoryRule) -> str:
    return reverse("category_rule", args=[rule.pk])


# --- Counts -------------------------------------------------------------------------------------------------------


def test_each_rule_says_what_it_catches_after_those_before_it_and_alone(cast, kit):
    LetterFactory(incident=cast.incident, unit=cast.laerkepark, subject="Høring om møde")
    found = lines(kit)
    assert found["Møder"] == (3, 3)
    assert found["Høringer"] == (1, 2), "the new one is a Møde by the rule before"
    assert found["Pjecer"] == (1, 1)
    page = kit.get(reverse("categories"))
    assert (page.context["blank"], page.context["others"]) == (1, 0)


def test_what_no_rule_names_can_be_looked_at(cast, kit):
    other = LetterFactory(incident=cast.incident, unit=cast.laerkepark, subject="Noget helt andet")
    counted = kit.get(reverse("categories"))
    for what, count, letter in (("uden-emne", "blank", cast.untitled), ("alt-andet", "others", other)):
        url = reverse("category_letters", args=[what])
        assert url in counted.text
        page = kit.get(url).context["page_obj"]
        assert (page.paginator.count, list(page)) == (counted.context[count], [letter])
    assert kit.get(reverse("category_letters", args=["noget"])).status_code == 404


def test_a_word_in_a_hidden_subject_is_not_counted(cast, kit, as_user):
    """KIT must not be able to fish for words in personnel cases: not by counting, not by a sample, not by a re-run."""
    assert lines(kit)["Sygefraværssamtaler"] == (0, 0)
    for words in ("*sygefravær*", "*e*"):
        shown = kit.post(address(rule_called(cast, "Pjecer")), SAID | {"words": words, "tael": "1"})
        assert "sygefraværssamtale" not in shown.content.decode()
    assert (
        "Fanger 0 breve" in kit.post(reverse("new_category_rule"), SAID | {"words": "*sygefravær*", "tael": "1"}).text
    )
    reclassification.rerun_category_rules(cast.incident, by=cast.mette)
    rule_called(cast, "Sygefraværssamtaler").delete()
    assert kit.get(reverse("categories")).context["changing"] == 0
    assert reclassification.rerun_category_rules(cast.incident, by=cast.mette) == 0
    assert Letter.objects.get(pk=cast.personnel.pk).category == "Møder"
    assert cast.personnel.changes.count() == 2
    history = kit.get(reverse("letter", args=[cast.personnel.pk])).context["events"]
    assert not any("emneområde" in event.text or "Regler" in event.text for event in history)
    readers = as_user(cast.hanne).get(reverse("letter", args=[cast.personnel.pk])).context["events"]
    assert any("emneområdet Møder i stedet for Sygefraværssamtaler" in event.text for event in readers)


def test_counting_while_typing_saves_nothing(cast, kit):
    rule = rule_called(cast, "Pjecer")
    shown = kit.post(address(rule), SAID | {"tael": "1"}, headers={"HX-Request": "true"}).text
    assert "Fanger 1 brev" in shown
    assert "Pjece: Velkommen i 0. klasse" in shown
    assert "<html" not in shown
    rule.refresh_from_db()
    assert rule.words == "pjece*"


def test_the_count_says_what_the_letters_are_called_today(cast, kit):
    reclassification.rerun_category_rules(cast.incident, by=cast.mette)
    shown = kit.post(reverse("new_category_rule"), SAID | {"words": "*e*", "name": "Alt", "tael": "1"}).text
    assert "Alene ville den fange 5" in shown
    assert "de øvrige har en regel længere oppe taget" in shown
    shown = kit.get(address(rule_called(cast, "Høringer"))).text
    assert "I dag hedder de: Høringer (1)" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("*", "En stjerne alene"),
        ("", "Skriv mindst ét ord"),
        ("x" * 5000, "højst 1.000 tegn"),
        ("a*b*c*d", "højst én stjerne midt i"),
        ("010190-1234", "CPR-nummer"),
        (" , ,", "Skriv mindst ét ord"),
    ],
)
def test_what_is_no_rule_is_refused(cast, kit, words, said):
    for extra in ({}, {"tael": "1"}):
        response = kit.post(reverse("new_category_rule"), SAID | {"words": words} | extra)
        assert said in response.text
        assert response.status_code == (200 if extra else 422)
        assert response.text.count("error-summary") == 1, "it is said once what is wrong"
    assert not cast.incident.category_rules.filter(name="Velkomster").exists()


def test_signs_of_a_regular_expression_are_only_signs(cast, kit):
    letter = LetterFactory(incident=cast.incident, unit=cast.laerkepark, subject="Se (a.b)[c]+ her")
    shown = kit.post(reverse("new_category_rule"), SAID | {"words": "(a.b)[c]+", "tael": "1"}).text
    assert "Fanger 1 brev" in shown
    assert letter.subject in shown
    assert "Fanger 0 breve" in kit.post(reverse("new_category_rule"), SAID | {"words": "(a|.*", "tael": "1"}).text


def test_a_rule_must_name_or_mark_and_not_be_called_what_is_hidden(cast, kit):
    assert "Giv emneområdet et navn" in kit.post(reverse("new_category_rule"), SAID | {"name": ""}).text
    assert "man ikke må læse" in kit.post(reverse("new_category_rule"), SAID | {"name": "personalesager"}).text


# --- Changing the rules -------------------------------------------------------------------------------------------


def test_a_rule_is_added_last_changed_moved_and_deleted(cast, kit):
    kit.post(reverse("new_category_rule"), SAID | {"unit": cast.area.pk, "has_deadline": "on"})
    rule = rule_called(cast, "Velkomster")
    assert rule == cast.incident.category_rules.last()
    assert (rule.unit, rule.has_deadline, rule.changed_by) == (cast.area, True, cast.mette)
    kit.post(address(rule), SAID | {"words": "*klasse*\nskole", "version": rule.version})
    rule.refresh_from_db()
    assert (rule.words, rule.unit, rule.has_deadline) == ("*klasse*, skole", None, False)
    move, home = reverse("move_category_rule", args=[rule.pk]), reverse("categories")
    for _ in range(20):
        moved = kit.post(move, {"retning": "op"})
    assert rule == cast.incident.category_rules.first()
    assert moved.url == f"{home}#ned-{rule.pk}", "the first has no button to move it up"
    assert lines(kit)["Pjecer"] == (0, 1)
    assert kit.post(move, {"retning": "ned"}).url == f"{home}#ned-{rule.pk}"
    assert rule == cast.incident.category_rules.all()[1]
    kit.post(reverse("delete_category_rule", args=[rule.pk]), {"version": rule.version})
    assert rule_called(cast, "Velkomster") is None
    assert lines(kit)["Pjecer"] == (1, 1)


def test_the_second_of_two_sees_the_others_rule_and_may_save_anyway(cast, kit):
    rule = rule_called(cast, "Pjecer")
    kit.post(address(rule), SAID | {"words": "folder*", "name": "Foldere", "version": 0})
    late = kit.post(address(rule), SAID | {"version": 0})
    assert late.status_code == 409
    assert "folder*" in late.text
    assert "*velkommen*" in late.text
    assert late.context["form"]["version"].value() == "1"
    rule.refresh_from_db()
    assert rule.name == "Foldere"
    assert kit.post(address(rule), SAID | {"version": 1}).status_code == 302
    assert kit.post(address(rule), SAID | {"version": 1}).status_code == 302, "a double click is no conflict"
    rule.refresh_from_db()
    assert (rule.name, rule.version) == ("Velkomster", 2)


def test_a_rule_that_was_changed_is_not_deleted_and_one_that_is_gone_is_said_to_be(cast, kit):
    rule = rule_called(cast, "Pjecer")
    kit.post(address(rule), SAID | {"version": 0})
    kit.post(reverse("delete_category_rule", args=[rule.pk]), {"version": 0})
    assert rule_called(cast, "Velkomster")
    kit.post(reverse("delete_category_rule", args=[rule.pk]), {"version": 1})
    for response in (
        kit.post(address(rule), SAID | {"version": 1}, follow=True),
        kit.post(reverse("delete_category_rule", args=[rule.pk]), follow=True),
        kit.post(reverse("move_category_rule", args=[rule.pk]), follow=True),
    ):
        assert "Reglen findes ikke mere" in response.text


def test_another_incidents_rule_is_not_touched(cast, kit):
    other = Incident.objects.create(
        slug="gammel",
        title="Gammel",
        status="CLOSED",
        first_day=cast.incident.first_day,
        last_day=cast.incident.last_day,
        deadline=cast.incident.deadline,
    )
    theirs = other.category_rules.create(position=1, name="Deres", words="x")
    kit.post(address(theirs), SAID | {"version": 0})
    theirs.refresh_from_db()
    assert theirs.name == "Deres"


@pytest.mark.django_db(transaction=True)
def test_two_who_move_at_once_leave_one_order(cast):
    """Twenty moves from two connections: each rule stands once, and nobody gets an error."""
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


def test_an_incident_that_is_closed_leaves_an_empty_page(cast, kit):
    Incident.objects.update(status="CLOSED")
    assert "Der er ingen hændelse lige nu" in kit.get(reverse("categories")).text


def test_queries_do_not_grow(cast, kit, django_assert_max_num_queries):
    for _ in range(10):
        LetterFactory(incident=cast.incident, unit=cast.laerkepark, subject="Pjece")
    for number in range(20, 40):
        cast.incident.category_rules.create(position=number, name=f"Navn {number}", words=f"ord{number}")
    with django_assert_max_num_queries(15):
        kit.get(reverse("categories"))


# --- Running them again -------------------------------------------------------------------------------------------


def test_a_rerun_is_shown_before_it_is_done_and_writes_the_ledger(cast, kit):
    reclassification.rerun_category_rules(cast.incident, by=cast.mette)
    rule = rule_called(cast, "Pjecer")
    shown = kit.post(address(rule), SAID | {"version": 0}, follow=True).text
    assert "Når reglerne køres igen, skifter 1 brev" in shown
    changes = kit.get(reverse("category_changes")).text
    for words in ("Pjece: Velkommen i 0. klasse", "Pjecer", "Velkomster"):
        assert words in changes
    assert "1 brev er skiftet" in kit.post(reverse("run_category_rules"), follow=True).text
    assert Letter.objects.get(pk=cast.plain.pk).category == "Velkomster"
    change = cast.plain.changes.last()
    assert (change.kind, change.before, change.after) == (
        "RECLASSIFIED",
        {"category": "Pjecer"},
        {"category": "Velkomster"},
    )
    assert (change.by, change.batch) == (cast.mette, None)
    history = kit.get(reverse("letter", args=[cast.plain.pk])).text
    assert "Reglerne gav brevet emneområdet Velkomster i stedet for Pjecer." in history


def test_a_second_rerun_changes_nothing(cast):
    reclassification.rerun_category_rules(cast.incident, by=cast.mette)
    before = (LetterChange.objects.count(), list(Letter.objects.order_by("pk").values()))
    assert before[0] > 0
    assert reclassification.rerun_category_rules(cast.incident, by=cast.mette) == 0
    assert (LetterChange.objects.count(), list(Letter.objects.order_by("pk").values())) == before


def test_a_rerun_never_touches_what_a_person_has_said(cast):
    Letter.objects.filter(pk=cast.plain.pk).update(category="Blomster", category_by=cast.karen)
    reclassification.rerun_category_rules(cast.incident, by=cast.mette)
    assert Letter.objects.get(pk=cast.plain.pk).category == "Blomster"
    assert not cast.plain.changes.exists()


def test_a_rerun_makes_personnel_cases_and_never_makes_one_public(cast):
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


def test_what_became_a_personnel_case_is_hidden_in_the_lists_too(cast, kit, take_in):
    batch = take_in(csv(row(Emne="Pjece om rengøring", Leders_e_mail=""), row(2, Emne="Skolefest")))
    again = take_in(csv(row(Emne="Pjece om vinduer", Leders_e_mail=""), row(2, Emne="Skolefest")), commit=False)
    for one in (batch, again):
        assert "Pjece om" in kit.get(reverse("import_batch", args=[one.pk]) + "?vis=alle").text
    cast.incident.category_rules.filter(name="Pjecer").update(is_personnel=True)
    reclassification.rerun_category_rules(cast.incident, by=cast.mette)
    for one in (batch, again):
        shown = kit.get(reverse("import_batch", args=[one.pk]) + "?vis=alle").text
        assert "Pjece om" not in shown
        assert HIDDEN_SUBJECT in shown
        assert "Skolefest" in shown


def test_the_board_has_the_names_of_the_rules_in_their_order(cast, as_user):
    reclassification.rerun_category_rules(cast.incident, by=cast.mette)
    board = reverse("board", args=[cast.buf.pk])

    def names():
        return [one.name for one in as_user(cast.birgitte).get(board).context["board"].categories]

    assert names() == ["Pjecer", "Møder", "Høringer", "Uden emne", "Personalesager"]
    category_rules.move_rule(rule_called(cast, "Møder"), cast.mette, up=True)
    category_rules.move_rule(rule_called(cast, "Møder"), cast.mette, up=True)
    cast.incident.category_rules.filter(name="Pjecer").update(name="Foldere")
    assert names() == ["Møder", "Høringer", "Uden emne", "Personalesager", "Pjecer"]
    reclassification.rerun_category_rules(cast.incident, by=cast.mette)
    assert names() == ["Møder", "Foldere", "Høringer", "Uden emne", "Personalesager"]


def test_the_changing_letters_are_those_of_the_page(cast):
    assert set(category_queries.letters_to_reclassify(cast.incident)) == set(
        Letter.objects.filter(incident=cast.incident)
    )
