"""Handover of a personnel case to Personalejura by sender or leader: Personalejura decides until the case is closed."""

import re

import pytest
from django.urls import reverse

from followups import services
from followups.models import Decision, Escalation
from followups.models.answers import HELP, DecisionAnswers
from followups.rules import rights
from letters.models import Letter
from sepo_incident.core.database import Conflict
from tests.followups.decision_answers import NO_DISPATCH, RESENT, decision_kinds, followup_of
from tests.followups.escalation_helpers import post_act, post_answer
from tests.followups.responses import letter_text

pytestmark = pytest.mark.usefixtures("monday")
Kind = Decision.Kind
WHY = "Hun er sygemeldt igen"


def post_hand_over(client, letter, version=0, text=WHY):
    return client.post(reverse("hand_to_hr", args=[letter.pk]), {"text": text, "version": version}, follow=True)


def reload_with_people(letter) -> Letter:
    return Letter.objects.select_related("followup", "unit", "sender", "leader").get(pk=letter.pk)


def test_sender_sees_the_phone_number_and_hands_over(cast, as_user):
    karen = as_user(cast.karen)
    page = letter_text(karen, cast.personnel)
    assert page.index("7080 8000") < page.index('name="remedy"'), "before the questions"
    assert "Overdrag brevet til Personalejura" not in letter_text(karen, cast.plain)
    empty = post_hand_over(karen, cast.personnel, text="")
    assert empty.status_code == 422
    assert re.search(r'data-module="error-summary".*?Skriv kort, hvad Personalejura skal vide\.', empty.text, re.S)
    handed = post_hand_over(karen, cast.personnel).text
    assert "Du har overdraget brevet til Personalejura og Forhandling" in handed
    assert f"Du overdrog brevet til Personalejura og Forhandling: »{WHY}«" in handed
    assert "Overdrag brevet</button>" not in handed
    assert "En anden har gemt" not in post_hand_over(karen, cast.personnel).text, "a double click is no conflict"
    assert decision_kinds(cast.personnel) == [Kind.HANDED_TO_HR]
    kept = letter_text(as_user(cast.birgitte), cast.personnel)
    assert "Karen Bülow Møller overdrog brevet til Personalejura og Forhandling." in kept
    assert WHY not in kept


def test_personalejura_decides_on_the_senders_behalf_until_it_closes_the_case(cast, as_user):
    hanne = as_user(cast.hanne)
    assert not rights.rights_on(cast.hanne, reload_with_people(cast.personnel)).decide, "not before"
    services.hand_to_hr(cast.personnel, cast.jens, 0, WHY)
    case = Escalation.objects.get()
    assert (case.desk, case.raised_by) == (Escalation.Desk.HR, cast.jens)
    assert "Jens Ågård har overdraget brevet til jer" in letter_text(hanne, cast.personnel)
    assert "Beslut, hvad der skal ske med brevet" in post_act(hanne, "take_escalation", case).text
    page = letter_text(hanne, cast.personnel)
    assert "Gem beslutningen" in page
    assert "Gem og vis næste brev" not in page, "the sender's other letters are not Personalejura's"
    services.decide(cast.personnel, RESENT, cast.hanne, version=1)
    decided = Decision.objects.get(kind=Kind.DECIDED)
    assert (decided.by, decided.on_behalf_of) == (cast.hanne, cast.karen)
    assert rights.rights_on(cast.jens, reload_with_people(cast.personnel)).confirm, "the leader confirms as ever"
    assert not rights.rights_on(cast.hanne, reload_with_people(cast.personnel)).confirm
    post_act(hanne, "close_escalation", case)
    assert not rights.rights_on(cast.hanne, reload_with_people(cast.personnel)).decide
    assert "remedy" not in letter_text(hanne, cast.personnel)


def test_hand_over_needs_sender_or_leader_and_an_undecided_personnel_case(cast):
    for letter, person in (
        (cast.plain, cast.karen),
        (cast.personnel, cast.birgitte),
        (cast.personnel, cast.pia),
        (cast.personnel, cast.hanne),
        (cast.personnel, cast.anne),
    ):
        with pytest.raises(services.NotPossible, match="Kun afsenderen og lederen"):
            services.hand_to_hr(letter, person, 0, WHY)
    services.decide(cast.personnel, NO_DISPATCH, cast.karen, version=0)
    with pytest.raises(services.NotPossible, match="allerede sendt"):
        services.hand_to_hr(cast.personnel, cast.karen, 1, WHY)


def test_hand_over_continues_an_existing_question(cast, as_user):
    services.decide(cast.personnel, DecisionAnswers(remedy=HELP, question="Må jeg?"), cast.karen, version=0)
    services.hand_to_hr(cast.personnel, cast.karen, 1, WHY)
    with pytest.raises(services.NotPossible, match="allerede overdraget"):
        services.hand_to_hr(cast.personnel, cast.jens, 2, WHY)
    case = Escalation.objects.get()
    assert [entry.text for entry in case.entries.all()] == ["Må jeg?", WHY]
    hanne = as_user(cast.hanne)
    post_act(hanne, "take_escalation", case)
    post_answer(hanne, case, "Vi ser på det.")
    assert not rights.rights_on(cast.hanne, reload_with_people(cast.personnel)).decide, (
        "an answer for good gives it back"
    )
    services.decide(
        cast.personnel, DecisionAnswers(remedy=HELP, question="Og nu?"), cast.karen, followup_of(cast.personnel).version
    )
    assert not Escalation.objects.handed_over().exists(), "who only asks again keeps the decision"


def test_reclassified_case_stays_with_personalejura_until_closed(cast):
    services.hand_to_hr(cast.personnel, cast.jens, 0, WHY)
    Letter.objects.filter(pk=cast.personnel.pk).update(is_personnel_case=False)
    assert Letter.objects.visible_to(cast.hanne).filter(pk=cast.personnel.pk).exists()
    assert rights.rights_on(cast.hanne, reload_with_people(cast.personnel)).decide
    case = services.forward_escalation(Escalation.objects.get(), Escalation.Desk.DIT, cast.hanne)
    assert not case.is_handed_over, "DIT answers, and does not decide"
    assert not Letter.objects.visible_to(cast.hanne).filter(pk=cast.personnel.pk).exists()
    assert not rights.rights_on(cast.hanne, reload_with_people(cast.personnel)).decide


@pytest.mark.parametrize("is_first", [True, False])
def test_hand_over_and_decision_exclude_each_other(cast, is_first):
    acts = [
        lambda: services.hand_to_hr(cast.personnel, cast.karen, 0, WHY),
        lambda: services.decide(cast.personnel, NO_DISPATCH, cast.jens, version=0),
    ]
    wins, loses = acts if is_first else reversed(acts)
    wins()
    with pytest.raises(Conflict):
        loses()
    assert decision_kinds(cast.personnel) == [Kind.HANDED_TO_HR if is_first else Kind.DECIDED]
