"""Reclassification by a person: category, personnel case, and the mark for letters with a deadline."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction
from django.urls import reverse

from followups.letter.forms import ClassifyForm
from followups.rules import rights
from letters import reclassification
from letters.models import Incident, Letter
from letters.models.letter import HIDDEN_SUBJECT
from tests.followups.escalation_helpers import ask_for_help

PERSONNEL = {"is_personnel_case": "on"}


def post_category(client, letter, category="Høringer", **more):
    return client.post(reverse("classify_letter", args=[letter.pk]), {"category": category} | more, follow=True)


def get_letter_page(client, letter):
    return client.get(reverse("letter", args=[letter.pk]))


@pytest.mark.parametrize("person", ["birgitte", "mette"])
def test_sender_leader_coordinator_and_kit_may_classify(cast, as_user, person):
    client = as_user(getattr(cast, person))
    assert "Emneområde: intet</summary>" in get_letter_page(client, cast.plain).text
    shown = post_category(client, cast.plain).text
    assert "Emneområde: Høringer</summary>" in shown
    assert "Du rettede emneområdet fra intet til Høringer." in shown
    letter = Letter.objects.get(pk=cast.plain.pk)
    assert (letter.category, letter.category_by) == ("Høringer", getattr(cast, person))
    reclassification.rerun_category_rules(cast.incident, by=cast.mette)
    assert Letter.objects.get(pk=cast.plain.pk).category == "Høringer"


def test_others_may_not_classify(cast, as_user):
    for person, status in ((cast.pia, 403), (cast.hanne, 404)):
        client = as_user(person)
        assert post_category(client, cast.plain).status_code == status
        assert "Ret det" not in get_letter_page(client, cast.plain).text
    assert not cast.plain.changes.exists()


def test_unreadable_letter_is_not_classified(cast, as_user):
    for person in (cast.mette, cast.birgitte):
        assert post_category(as_user(person), cast.personnel).status_code == 403
        assert "Emneområde:" not in get_letter_page(as_user(person), cast.personnel).text


def test_a_leader_sets_and_clears_the_personnel_flag(cast, as_user):
    client = as_user(cast.jens)
    shown = post_category(client, cast.plain, **PERSONNEL).text
    assert "gjorde brevet til en personalesag" in shown
    assert HIDDEN_SUBJECT in get_letter_page(as_user(cast.mette), cast.plain).text
    client = as_user(cast.jens)
    assert "gjorde brevet ikke længere til en personalesag" in post_category(client, cast.plain).text
    assert "Pjece" in get_letter_page(as_user(cast.mette), cast.plain).text


def test_setting_the_personnel_flag_alone_keeps_the_category_empty(cast, as_user):
    """The first category of the list is not preselected."""
    karen = as_user(cast.karen)
    assert '<option value="" selected>Intet</option>' in get_letter_page(karen, cast.plain).text
    post_category(karen, cast.plain, "", **PERSONNEL)
    letter = Letter.objects.get(pk=cast.plain.pk)
    assert (letter.category, letter.category_by, letter.is_personnel_case) == ("", None, True)
    assert letter.changes.get().after == {"is_personnel_case": True}
    post_category(as_user(cast.birgitte), cast.soon, "")
    assert not cast.soon.changes.exists()
    post_category(karen, cast.soon)
    assert '<option value="">' not in get_letter_page(karen, cast.soon).text
    assert "Emneområdet findes ikke længere" in post_category(karen, cast.soon, "").text


def test_coordinator_cannot_set_the_personnel_flag(cast, as_user):
    client = as_user(cast.birgitte)
    assert "Det er en personalesag" not in get_letter_page(client, cast.plain).text
    post_category(client, cast.plain, **PERSONNEL)
    assert not Letter.objects.get(pk=cast.plain.pk).is_personnel_case


def test_koncern_it_sets_but_does_not_clear_the_personnel_flag(cast, as_user):
    client = as_user(cast.mette)
    assert "Kun de kan fjerne krydset igen." in get_letter_page(client, cast.plain).text
    assert HIDDEN_SUBJECT in post_category(client, cast.plain, **PERSONNEL).text
    letter = Letter.objects.get(pk=cast.plain.pk)
    assert (letter.is_personnel_case, letter.personnel_by) == (True, cast.mette)
    assert post_category(client, cast.plain).status_code == 403
    assert cast.plain.changes.count() == 1


def test_personalejura_clears_the_flag_and_loses_access(cast, as_user):
    hanne = as_user(cast.hanne)
    assert "Fjerner du krydset, kan Personalejura ikke se brevet mere." in get_letter_page(hanne, cast.personnel).text
    assert "Emneområdet er gemt" in post_category(hanne, cast.personnel, **PERSONNEL).text, "with the tick it stays"
    left = post_category(hanne, cast.personnel)
    assert left.redirect_chain[-1] == (reverse("escalations"), 302)
    assert "bed afsenderen, brevets leder eller Koncern IT om at sætte krydset igen" in left.text
    assert get_letter_page(hanne, cast.personnel).status_code == 404
    post_category(as_user(cast.mette), cast.personnel, **PERSONNEL)
    assert cast.personnel.subject in get_letter_page(as_user(cast.hanne), cast.personnel).text, "the way back"


def test_open_question_keeps_personalejuras_access(cast, as_user):
    ask_for_help(cast.personnel, cast.karen)
    hanne = as_user(cast.hanne)
    assert "kan Personalejura ikke se brevet mere" not in get_letter_page(hanne, cast.personnel).text
    assert "Emneområdet er gemt" in post_category(hanne, cast.personnel).text
    assert "sygefraværssamtale" in get_letter_page(hanne, cast.personnel).text


@pytest.mark.parametrize(("person", "is_heard"), [("mette", False), ("karen", True)])
def test_only_an_authorised_choice_blocks_the_personnel_rule(cast, as_user, person, is_heard):
    post_category(as_user(getattr(cast, person)), cast.plain, "Møder")
    cast.incident.category_rules.filter(name="Pjecer").update(is_personnel=True)
    reclassification.rerun_category_rules(cast.incident, by=cast.mette)
    letter = Letter.objects.get(pk=cast.plain.pk)
    assert (letter.category, letter.is_personnel_case) == ("Møder", not is_heard)


def test_classification_without_the_flag_keeps_the_current_flag(cast):
    form = ClassifyForm({"category": "Høringer"}, cast.plain, cast.mette, rights.rights_on(cast.mette, cast.plain))
    assert form.is_valid()
    Letter.objects.filter(pk=cast.plain.pk).update(is_personnel_case=True)
    reclassification.classify_letter(cast.plain, *form.classification, by=cast.mette)
    letter = Letter.objects.get(pk=cast.plain.pk)
    assert (letter.category, letter.is_personnel_case) == ("Høringer", True)


def test_confirming_the_category_records_the_author(cast, as_user):
    Letter.objects.filter(pk=cast.plain.pk).update(category="Høringer")
    text = post_category(as_user(cast.karen), cast.plain).text
    assert "Emneområdet er gemt. En ny liste ændrer det ikke." in text
    assert Letter.objects.get(pk=cast.plain.pk).category_by == cast.karen
    assert not cast.plain.changes.exists()


@pytest.mark.django_db(transaction=True)
def test_classification_waits_for_a_running_import(cast):
    def classify() -> None:
        try:
            reclassification.classify_letter(cast.plain, "Høringer", None, by=cast.karen)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Incident.objects.select_for_update(no_key=True).get(pk=cast.incident.pk)
            waiting = pool.submit(classify)
            time.sleep(0.3)
            assert not waiting.done()
            # the waiting classification holds no lock on the letter
            Letter.objects.select_for_update(nowait=True).get(pk=cast.plain.pk)
        waiting.result(10)
    assert Letter.objects.get(pk=cast.plain.pk).category == "Høringer"


def test_unknown_category_is_refused_and_a_repeat_changes_nothing(cast, as_user):
    client = as_user(cast.karen)
    assert "Emneområdet findes ikke længere" in post_category(client, cast.plain, "Blomster").text
    for _ in range(2):
        post_category(client, cast.plain)
    assert cast.plain.changes.count() == 1


def test_deadline_without_a_date_is_a_chip_and_a_filter(cast, as_user, monday):
    Letter.objects.filter(pk__in=[cast.plain.pk, cast.passed.pk, cast.personnel.pk]).update(has_deadline=True)
    assert get_letter_page(as_user(cast.karen), cast.plain).text.count("Har en dato") == 1
    assert "Har en dato" not in get_letter_page(as_user(cast.karen), cast.passed).text, "there the date stands"
    assert as_user(cast.karen).get(reverse("my_letters")).text.count("Har en dato") == 2
    board = reverse("board", args=[cast.svalevej.pk])
    shown = as_user(cast.birgitte).get(board, {"deadline": "1"})
    assert {one.pk for one in shown.context["page_obj"]} == {cast.plain.pk, cast.passed.pk, cast.soon.pk}
    assert "Breve med en dato" in [chip.label for chip in shown.context["chips"]]
    shown = as_user(cast.hanne).get(board, {"deadline": "1"})
    assert {one.pk for one in shown.context["page_obj"]} == {cast.personnel.pk}
