"""The desk: asked, taken, answered; what is hidden from it stays hidden."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from followups import desk, services, tasks
from followups.answers import Answers
from followups.models import Decision, Escalation, EscalationEntry
from letters.models import Letter
from sepo_incident.accounts.models import Membership
from sepo_incident.context import escalations_waiting
from sepo_incident.forms import CPR_REFUSAL
from tests.factories import FollowUpFactory, LetterFactory, MembershipFactory, UserFactory
from tests.followups.test_services import SENT_AGAIN

pytestmark = pytest.mark.usefixtures("monday")
QUESTION = "Der er to breve med få minutter imellem. Hvem fik hvad?"
SECRET = "Må jeg sende sygesamtalen igen?"


def ask(letter, by, question=QUESTION):
    services.decide(letter, Answers(remedy="HELP", question=question), by, letter.followup.version)
    return Escalation.objects.latest("pk")


@pytest.fixture
def asked(cast):
    return ask(cast.untitled, cast.karen)


@pytest.fixture
def secret(cast):
    return ask(cast.personnel, cast.karen, SECRET)


@pytest.fixture
def nikolaj(cast):
    person = UserFactory(name="Nikolaj Fjord", email="nikolaj@kk.example", unit=cast.root)
    MembershipFactory(user=person, unit=cast.root, role=Membership.Role.DIT_SUPPORT)
    return person


def act(client, name, escalation, **posted):
    return client.post(reverse(name, args=[escalation.pk]), posted, follow=True)


def answer(client, escalation, text="Send det sidste brev.", kind="answer", **posted):
    return act(client, "answer_escalation", escalation, kind=kind, text=text, **posted)


def titles(response):
    return [row.title for row in response.context["queue"]]


def said(response):
    return [str(message) for message in response.context["messages"]]


# --- Who comes in -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "status"),
    [("pia", 200), ("hanne", 200), ("mette", 403), ("jens", 403), ("karen", 403), ("olga", 403)],
)
def test_the_desk_is_for_those_who_answer(cast, as_user, person, status):
    assert as_user(getattr(cast, person)).get(reverse("escalations")).status_code == status


def test_a_question_about_a_letter_that_was_withdrawn_waits_no_more(cast, as_user, asked):
    pia = as_user(cast.pia)
    act(pia, "take_escalation", asked)
    Letter.objects.filter(pk=cast.untitled.pk).update(withdrawn_at=timezone.now())
    assert titles(pia.get(reverse("escalations"))) == titles(pia.get(reverse("escalations"), {"show": "MINE"})) == []
    assert not escalations_waiting(cast.pia)
    refused = answer(pia, asked, "Send det første.")
    assert "Brevet er trukket tilbage, så der er ikke mere at gøre ved det." in said(refused)
    assert "så ingen skal svare mere" in refused.text
    assert "Send det første." in refused.text, "what was typed is not lost"
    Letter.objects.filter(pk=cast.untitled.pk).update(withdrawn_at=None)
    assert titles(pia.get(reverse("escalations"))) == [QUESTION]


def test_each_desk_sees_its_own(cast, as_user, asked, secret):
    assert titles(as_user(cast.pia).get(reverse("escalations"))) == [QUESTION]
    assert titles(as_user(cast.hanne).get(reverse("escalations"))) == [SECRET]


@pytest.mark.parametrize("name", ["escalation", "take_escalation", "release_escalation", "answer_escalation"])
def test_a_personnel_case_does_not_exist_for_dit(cast, as_user, secret, name):
    client, url = as_user(cast.pia), reverse(name, args=[secret.pk])
    assert (
        client.get(url) if name == "escalation" else client.post(url, {"kind": "answer", "text": "Ja."})
    ).status_code == 404
    secret.refresh_from_db()
    assert secret.owner is None


def test_dit_reads_nothing_of_a_letter_that_became_a_personnel_case(cast, as_user, asked):
    Letter.objects.filter(pk=cast.untitled.pk).update(is_personnel_case=True, subject="Sygefravær")
    shown = as_user(cast.pia).get(reverse("escalation", args=[asked.pk])).text
    assert QUESTION not in shown
    assert "Sygefravær" not in shown
    assert "Personalesag (spørgsmål skjult)" in shown
    assert desk.seen_by(cast.pia, desk.readable(cast.pia).get(), timezone.now()).entries == []


def test_dit_neither_takes_nor_answers_what_became_a_personnel_case(cast, asked):
    services.take(asked, cast.pia)
    Letter.objects.filter(pk=cast.untitled.pk).update(is_personnel_case=True)
    for act_on in (
        lambda: services.take(asked, cast.pia),
        lambda: services.note(asked, "Ring til Karen.", cast.pia),
        lambda: services.answer(asked, "Send det.", cast.pia),
    ):
        with pytest.raises(services.NotPossible, match="personalesag"):
            act_on()
    assert [entry.kind for entry in asked.entries.all()] == ["QUESTION"]
    assert services.release(asked, cast.pia).owner is None


def test_a_question_about_what_became_a_personnel_case_goes_to_hr(cast, as_user, asked, django_assert_num_queries):
    services.take(asked, cast.pia)
    other = ask(cast.plain, cast.karen, "Og den anden?")
    Letter.objects.filter(pk=cast.untitled.pk).update(is_personnel_case=True)
    with django_assert_num_queries(1):
        assert services.give_to_hr() == 1
    assert titles(as_user(cast.hanne).get(reverse("escalations"))) == [QUESTION]
    assert titles(as_user(cast.pia).get(reverse("escalations"))) == ["Og den anden?"]
    waiting_since = asked.waiting_since
    asked.refresh_from_db()
    other.refresh_from_db()
    assert (asked.desk, asked.owner, asked.waiting_since, other.desk) == ("HR", None, waiting_since, "DIT")
    services.answer(services.take(asked, cast.hanne), "Ja.", cast.hanne)


def test_what_dit_has_answered_stays_with_dit(cast, asked):
    services.answer(services.take(asked, cast.pia), "Send det.", cast.pia)
    Letter.objects.filter(pk=cast.untitled.pk).update(is_personnel_case=True)
    assert services.give_to_hr() == 0


def test_the_clock_gives_questions_to_hr(cast, asked):
    Letter.objects.filter(pk=cast.untitled.pk).update(is_personnel_case=True)
    tasks.follow_the_lists()
    asked.refresh_from_db()
    assert asked.desk == "HR"


# --- The queue ----------------------------------------------------------------------------------------------------


def test_longest_waiting_first_and_pills_count_their_lists(cast, as_user, monday, nikolaj):
    first = ask(cast.untitled, cast.karen, "Første")
    monday.shift(timedelta(hours=30))
    ask(cast.plain, cast.karen, "Anden")
    services.take(ask(cast.soon, cast.karen, "Tredje"), by=cast.pia)
    monday.shift(timedelta(hours=30))
    services.take(first, by=nikolaj)
    services.answer(services.take(ask(cast.annes, cast.anne, "Fjerde"), by=nikolaj), "Svar", by=nikolaj)
    client = as_user(cast.pia)
    shown = client.get(reverse("escalations"))
    assert titles(shown) == ["Første", "Anden", "Tredje"]
    assert [row.wait[:2] for row in shown.context["queue"]] == [
        ("Venter 2 d. 12 t.", "is-late"),
        ("Venter 1 d. 6 t.", "is-soon"),
        ("Venter 1 d. 6 t.", "is-soon"),
    ]
    lists = {pill.label: titles(client.get(pill.url)) for pill in shown.context["pills"]}
    assert lists == {
        "Alle": ["Første", "Anden", "Tredje"],
        "Uden ejer": ["Anden"],
        "Mine": ["Tredje"],
        "Over 2 dage": ["Første"],
        "Løst, seneste 7 dage": ["Fjerde"],
    }
    assert {pill.label: pill.number for pill in shown.context["pills"]} == {k: len(v) for k, v in lists.items()}


def test_resolved_ones_leave_after_a_week(cast, as_user, asked):
    services.answer(services.take(asked, by=cast.pia), "Svar", by=cast.pia)
    Escalation.objects.update(resolved_at=timezone.now() - timedelta(days=8))
    assert titles(as_user(cast.pia).get(reverse("escalations"), {"show": "RESOLVED"})) == []


def test_an_empty_desk_says_so(cast, as_user):
    assert "Ingen kolleger venter på hjælp." in as_user(cast.pia).get(reverse("escalations")).text


def test_queries_do_not_grow(cast, as_user, django_assert_max_num_queries):
    for letter in (cast.untitled, cast.plain, cast.soon, cast.passed):
        ask(letter, cast.karen)
    client = as_user(cast.pia)
    with django_assert_max_num_queries(16):
        client.get(reverse("escalations"))


def test_the_case_leads_on_to_the_next_that_nobody_has(cast, as_user, asked, monday):
    pia, page = as_user(cast.pia), reverse("escalation", args=[asked.pk])
    assert "Næste, der venter" not in pia.get(page).text, "there is no other"
    monday.shift(timedelta(minutes=10))
    second, _third = ask(cast.plain, cast.karen, "Anden"), ask(cast.soon, cast.karen, "Tredje")
    services.take(asked, by=cast.pia)
    shown = answer(pia, asked).text
    onward = f'<a class="button button-primary" href="{reverse("escalation", args=[second.pk])}#sag">'
    assert f"{onward}Næste, der venter (2 uden ejer)</a>" in shown
    assert f'<a class="back" href="{reverse("escalations")}#koe">' in shown


def test_an_empty_desk_leads_to_what_waits_for_confirmation(cast, as_user):
    hanne, page = as_user(cast.hanne), reverse("escalations")
    assert "din bekræftelse" not in hanne.get(page).text
    Letter.objects.filter(pk=cast.personnel.pk).update(leader=None)
    letter = Letter.objects.select_related("followup").get(pk=cast.personnel.pk)
    services.decide(letter, SENT_AGAIN, cast.karen, version=0)
    shown = hanne.get(page).text
    waiting = re.search(r'class="button button-primary" href="([^"]+)">Se 1 beslutning</a>', shown)[1]
    assert list(hanne.get(waiting.removesuffix("#breve")).context["page_obj"]) == [letter]
    other = LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens, is_personnel_case=True)
    ask(FollowUpFactory(letter=other).letter, cast.karen, SECRET)
    assert f'<a href="{waiting}">1 beslutning venter på din bekræftelse</a>' in hanne.get(page).text


# --- Taking and letting go ----------------------------------------------------------------------------------------


def test_the_second_to_take_it_is_told_who_was_first(cast, as_user, asked, nikolaj):
    assert said(act(as_user(cast.pia), "take_escalation", asked)) == ["Du har taget sagen."]
    assert said(act(as_user(nikolaj), "take_escalation", asked)) == ["Pia Søndergård har allerede taget sagen."]
    asked.refresh_from_db()
    assert asked.owner == cast.pia


def test_it_can_be_let_go(cast, as_user, asked):
    act(as_user(cast.pia), "take_escalation", asked)
    response = act(as_user(cast.pia), "release_escalation", asked)
    assert said(response) == ["Sagen er sluppet, så en anden kan tage den."]
    asked.refresh_from_db()
    assert (asked.owner, asked.taken_at) == (None, None)


def test_a_get_takes_nothing(cast, as_user, asked):
    assert as_user(cast.pia).get(reverse("take_escalation", args=[asked.pk])).status_code == 405


# --- Answering ----------------------------------------------------------------------------------------------------


def test_an_answer_gives_the_letter_back(cast, as_user, asked):
    services.take(asked, by=cast.pia)
    assert said(answer(as_user(cast.pia), asked)) == ["Svaret står på brevet, og brevet er givet tilbage."]
    asked.refresh_from_db()
    assert asked.resolved_at
    assert Decision.objects.filter(kind="HELP_ANSWERED").get().answers == {"answer": "Send det sidste brev."}


def test_an_answer_may_keep_the_case(cast, as_user, asked):
    services.take(asked, by=cast.pia)
    answer(as_user(cast.pia), asked, do="keep")
    asked.refresh_from_db()
    assert asked.resolved_at is None
    assert asked.owner == cast.pia


def test_a_note_stays_at_the_desk(cast, as_user, asked):
    services.take(asked, by=cast.pia)
    assert said(answer(as_user(cast.pia), asked, "Samme modtager.", kind="note")) == ["Noten er gemt."]
    assert asked.entries.get(kind=EscalationEntry.Kind.NOTE).text == "Samme modtager."
    assert not Decision.objects.filter(kind="HELP_ANSWERED").exists()


def test_a_cpr_number_is_refused_and_the_text_kept(cast, as_user, asked):
    services.take(asked, by=cast.pia)
    response = answer(as_user(cast.pia), asked, "Modtageren er 010190-1234.")
    assert response.status_code == 422
    assert CPR_REFUSAL in response.text
    assert "Modtageren er 010190-1234." in response.text
    assert asked.entries.count() == 1


def test_somebody_elses_case_is_not_answered_and_the_text_is_kept(cast, as_user, asked, nikolaj):
    services.take(asked, by=nikolaj)
    response = answer(as_user(cast.pia), asked, "Min lange tekst")
    assert response.status_code == 409
    assert "Nikolaj Fjord har taget sagen." in response.text
    assert "Min lange tekst" in response.text
    assert asked.entries.count() == 1


def test_no_mail_is_promised(cast, as_user, asked):
    services.take(asked, by=cast.pia)
    shown = as_user(cast.pia).get(reverse("escalation", args=[asked.pk])).text
    assert "Karen får ingen mail om det." in shown
