"""The desk: questions are asked, taken and answered, and hidden letters stay hidden."""

import re
from datetime import timedelta
from itertools import product

import pytest
from django.urls import reverse
from django.utils import timezone

from followups import services, tasks
from followups.desk import queue
from followups.models import Decision, Escalation, EscalationEntry
from followups.models.escalation import ABOUT_CHANGEABLE_LETTER
from letters.models import Incident, Letter
from sepo_incident.accounts.models import Membership, User
from sepo_incident.core.forms import CPR_REFUSAL
from tests.factories import FollowUpFactory, LetterFactory, at
from tests.followups.decision_answers import RESENT
from tests.followups.escalation_helpers import (
    QUESTION,
    ask_for_help,
    entry_kinds,
    post_act,
    post_answer,
    queue_titles,
    reload_letter,
)
from tests.followups.responses import message_texts

pytestmark = pytest.mark.usefixtures("monday")
ACTS = [f"{post_act}_escalation" for post_act in ("take", "release", "answer", "close", "hand_over", "forward")]
SECRET = "Må jeg sende sygesamtalen igen?"


@pytest.fixture
def secret(cast):
    return ask_for_help(cast.personnel, cast.karen, SECRET)


def test_condition_finds_the_letters_that_accept_changes(open_question):
    for status, withdrawn_at in product(Incident.Status, (None, at(2020, 1, 12))):
        Letter.objects.update(withdrawn_at=withdrawn_at)
        Incident.objects.update(status=status)
        found = Escalation.objects.filter(ABOUT_CHANGEABLE_LETTER).exists()
        assert found == reload_letter(open_question.followup.letter).accepts_changes, (status, withdrawn_at)


# --- Who comes in -------------------------------------------------------------------------------------------------


def test_question_about_a_withdrawn_letter_leaves_the_queue(cast, as_user, open_question):
    pia = as_user(cast.pia)
    post_act(pia, "take_escalation", open_question)
    Letter.objects.filter(pk=cast.untitled.pk).update(withdrawn_at=timezone.now())
    assert (
        queue_titles(pia.get(reverse("escalations")))
        == queue_titles(pia.get(reverse("escalations"), {"show": "MINE"}))
        == []
    )
    assert not Escalation.objects.visible_to(cast.pia).waiting()
    refused = post_answer(pia, open_question, "Send det første.")
    assert "Brevet er trukket tilbage. Du skal ikke gøre mere." in message_texts(refused)
    assert "I skal ikke svare." in refused.text
    assert "Send det første." in refused.text, "what was typed is not lost"
    Letter.objects.filter(pk=cast.untitled.pk).update(withdrawn_at=None)
    assert queue_titles(pia.get(reverse("escalations"))) == [QUESTION]


def test_each_desk_sees_its_own_questions(cast, as_user, open_question, secret):
    assert queue_titles(as_user(cast.pia).get(reverse("escalations"))) == [QUESTION]
    assert queue_titles(as_user(cast.hanne).get(reverse("escalations"))) == [SECRET]


def test_desk_role_elsewhere_gives_no_access(cast, as_user, open_question):
    Membership.objects.create(user=cast.ulla, unit=cast.sof, role=Membership.Role.DIT_SUPPORT)
    Membership.objects.create(user=cast.ulla, unit=cast.buf, role=Membership.Role.READER)
    ulla = as_user(cast.ulla)
    assert queue_titles(ulla.get(reverse("escalations"))) == []
    assert {post_act(ulla, name, open_question).status_code for name in (*ACTS, "see_as_asker")} == {404}
    with pytest.raises(services.NotPossible):
        services.take_escalation(open_question, by=User.objects.get(pk=cast.ulla.pk))
    open_question.refresh_from_db()
    assert open_question.owner is None


def test_personnel_case_is_404_for_dit(cast, as_user, secret):
    client = as_user(cast.pia)
    assert client.get(reverse("escalation", args=[secret.pk])).status_code == 404
    for name in ACTS:
        answer = {"kind": "answer", "text": "Ja."}
        assert client.post(reverse(name, args=[secret.pk]), answer).status_code == 404, name
    secret.refresh_from_db()
    assert secret.owner is None


def test_dit_reads_nothing_of_a_letter_that_became_a_personnel_case(cast, as_user, open_question):
    Letter.objects.filter(pk=cast.untitled.pk).update(is_personnel_case=True, subject="Sygefravær")
    shown = as_user(cast.pia).get(reverse("escalation", args=[open_question.pk])).text
    assert QUESTION not in shown
    assert "Sygefravær" not in shown
    assert "Personalesag (henvendelse skjult)" in shown
    assert (
        queue.queue_row(cast.pia, queue.get_escalation_or_404(cast.pia, open_question.pk), timezone.now()).entries == []
    )


def test_dit_neither_takes_nor_answers_what_became_a_personnel_case(cast, open_question):
    services.take_escalation(open_question, cast.pia)
    Letter.objects.filter(pk=cast.untitled.pk).update(is_personnel_case=True)
    for act_on in (
        lambda: services.take_escalation(open_question, cast.pia),
        lambda: services.add_note(open_question, "Ring til Karen.", cast.pia),
        lambda: services.answer_escalation(open_question, "Send det.", cast.pia),
    ):
        with pytest.raises(services.NotPossible, match="personalesag"):
            act_on()
    assert entry_kinds(open_question) == ["QUESTION", "TAKEN"]
    assert services.release_escalation(open_question, cast.pia).owner is None


def test_a_question_about_what_became_a_personnel_case_goes_to_hr(cast, as_user, open_question):
    services.take_escalation(open_question, cast.pia)
    other = ask_for_help(cast.plain, cast.karen, "Og den anden?")
    Letter.objects.filter(pk=cast.untitled.pk).update(is_personnel_case=True)
    tasks.sync_with_lists()
    assert queue_titles(as_user(cast.hanne).get(reverse("escalations"))) == [QUESTION]
    assert queue_titles(as_user(cast.pia).get(reverse("escalations"))) == ["Og den anden?"]
    waiting_since = open_question.waiting_since
    open_question.refresh_from_db()
    other.refresh_from_db()
    assert (open_question.desk, open_question.owner, open_question.waiting_since, other.desk) == (
        "HR",
        None,
        waiting_since,
        "DIT",
    )
    services.answer_escalation(services.take_escalation(open_question, cast.hanne), "Ja.", cast.hanne)


def test_question_answered_by_dit_stays_with_dit(cast, open_question):
    services.answer_escalation(services.take_escalation(open_question, cast.pia), "Send det.", cast.pia)
    Letter.objects.filter(pk=cast.untitled.pk).update(is_personnel_case=True)
    assert services.move_escalations_to_hr() == 0


# --- The queue ----------------------------------------------------------------------------------------------------


def test_longest_waiting_question_comes_first_and_tabs_count(cast, as_user, monday, nikolaj):
    monday.move_to(at(2020, 1, 13, 9, 30))
    first = ask_for_help(cast.untitled, cast.karen, "Første")
    monday.shift(timedelta(hours=30))
    services.mark_original_missing(cast.plain, cast.karen, version=0)
    ask_for_help(reload_letter(cast.plain), cast.karen, "Anden")
    services.take_escalation(ask_for_help(cast.soon, cast.karen, "Tredje"), by=cast.pia)
    monday.shift(timedelta(hours=30))
    services.take_escalation(first, by=nikolaj)
    services.answer_escalation(
        services.take_escalation(ask_for_help(cast.annes, cast.anne, "Fjerde"), by=nikolaj), "Svar", by=nikolaj
    )
    asked_back = services.take_escalation(ask_for_help(cast.passed, cast.karen, "Femte"), by=nikolaj)
    services.ask_back(asked_back, "Hvilken klasse?", by=nikolaj)
    client = as_user(cast.pia)
    shown = client.get(reverse("escalations"))
    assert queue_titles(shown) == ["Første", "Anden", "Tredje"]
    assert [row.wait[:2] for row in shown.context["queue"]] == [
        ("2 arbejdsdage 6 t.", "is-late"),  # from Monday at 9.30 until after hours on Wednesday
        ("1 arbejdsdag", "is-late"),
        ("1 arbejdsdag", "is-late"),
    ]
    lists = {pill.label: queue_titles(client.get(pill.url)) for pill in shown.context["pills"]}
    assert lists == {
        "Venter på os": ["Første", "Anden", "Tredje"],
        "Nye": ["Anden"],
        "Mine": ["Tredje"],
        "Hos kolleger": ["Første"],
        "Over målet": ["Første", "Anden", "Tredje"],
        "Originalen findes ikke": ["Anden"],
        "Afventer kollegaen": ["Femte"],
        "Lukkede": ["Fjerde"],
    }
    assert {pill.label: pill.number for pill in shown.context["pills"]} == {k: len(v) for k, v in lists.items()}


@pytest.mark.parametrize(
    ("asked_at", "wait", "tone"),
    [
        (at(2020, 1, 13, 7, 59), "2 t.", "is-soon"),
        (at(2020, 1, 10, 14, 5), "3 t. 55 min.", "is-soon"),  # Friday at 14; the weekend has no working hours
        (at(2020, 1, 10, 13, 59), "4 t. 1 min.", "is-late"),
    ],
)
def test_waiting_time_is_working_time_and_late_beyond_the_target(cast, as_user, open_question, asked_at, wait, tone):
    Escalation.objects.update(waiting_since=asked_at)
    client = as_user(cast.pia)
    [row] = client.get(reverse("escalations")).context["queue"]
    assert row.wait[:2] == (wait, tone)
    assert ("Målet er svar inden for 4 arbejdstimer." in client.get(reverse("escalations")).text) is (tone != "is-late")


def test_queries_do_not_grow(cast, as_user, django_assert_max_num_queries):
    for letter in (cast.untitled, cast.plain, cast.soon, cast.passed):
        ask_for_help(letter, cast.karen)
    client = as_user(cast.pia)
    with django_assert_max_num_queries(16):
        client.get(reverse("escalations"))


def test_case_links_to_the_next_unowned_case(cast, as_user, open_question, monday):
    pia, page = as_user(cast.pia), reverse("escalation", args=[open_question.pk])
    assert "Næste henvendelse" not in pia.get(page).text, "there is no other"
    monday.shift(timedelta(minutes=10))
    second, _third = ask_for_help(cast.plain, cast.karen, "Anden"), ask_for_help(cast.soon, cast.karen, "Tredje")
    services.take_escalation(open_question, by=cast.pia)
    shown = post_answer(pia, open_question).text
    onward = f'<a class="button button-primary" href="{reverse("escalation", args=[second.pk])}#sag">'
    assert f"{onward}Næste henvendelse (2 uden ejer)</a>" in shown
    assert f'<a class="back" href="{reverse("escalations")}#koe">' in shown


def test_an_empty_desk_leads_to_what_waits_for_confirmation(cast, as_user):
    hanne, page = as_user(cast.hanne), reverse("escalations")
    assert "din bekræftelse" not in hanne.get(page).text
    Letter.objects.filter(pk=cast.personnel.pk).update(leader=None)
    letter = Letter.objects.select_related("followup").get(pk=cast.personnel.pk)
    services.decide(letter, RESENT, cast.karen, version=0)
    shown = hanne.get(page).text
    waiting = re.search(r'class="button button-primary" href="([^"]+)">Se 1 beslutning</a>', shown)[1]
    turn = hanne.get(waiting.removesuffix("#din-tur")).context["turn"]
    assert [row.letter for group in turn.groups for row in group.rows] == [letter]
    other = LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens, is_personnel_case=True)
    ask_for_help(FollowUpFactory(letter=other).letter, cast.karen, SECRET)
    assert f'<a href="{waiting}">1 beslutning venter på din bekræftelse</a>' in hanne.get(page).text


# --- Taking and letting go ----------------------------------------------------------------------------------------


def test_second_person_to_take_a_case_sees_the_owner(cast, as_user, open_question, nikolaj):
    assert message_texts(post_act(as_user(cast.pia), "take_escalation", open_question)) == [
        "Du har taget henvendelsen."
    ]
    assert message_texts(post_act(as_user(nikolaj), "take_escalation", open_question)) == [
        "Pia Søndergård har allerede taget henvendelsen."
    ]
    open_question.refresh_from_db()
    assert open_question.owner == cast.pia
    post_act(as_user(cast.pia), "release_escalation", open_question)
    open_question.refresh_from_db()
    assert (open_question.owner, open_question.taken_at) == (None, None)


# --- Answering ----------------------------------------------------------------------------------------------------


def test_answer_returns_the_letter(cast, as_user, open_question):
    services.take_escalation(open_question, by=cast.pia)
    assert message_texts(post_answer(as_user(cast.pia), open_question)) == [
        "Svaret er sendt, og henvendelsen er lukket."
    ]
    open_question.refresh_from_db()
    assert open_question.resolved_at
    assert Decision.objects.filter(kind="HELP_ANSWERED").get().answers == {"answer": "Send det sidste brev."}


def test_answer_can_keep_the_case(cast, as_user, open_question):
    services.take_escalation(open_question, by=cast.pia)
    post_answer(as_user(cast.pia), open_question, do="keep")
    open_question.refresh_from_db()
    assert open_question.resolved_at is None
    assert open_question.owner == cast.pia
    assert queue_titles(as_user(cast.pia).get(reverse("escalations"), {"show": "MINE"})) == [QUESTION], (
        "still their turn"
    )


def test_note_is_visible_at_the_desk_only(cast, as_user, open_question):
    services.take_escalation(open_question, by=cast.pia)
    assert message_texts(post_answer(as_user(cast.pia), open_question, "Samme modtager.", kind="note")) == [
        "Noten er gemt."
    ]
    assert open_question.entries.get(kind=EscalationEntry.Kind.NOTE).text == "Samme modtager."
    assert not Decision.objects.filter(kind="HELP_ANSWERED").exists()
    open_question.refresh_from_db()
    assert "Samme modtager." in as_user(cast.pia).get(reverse("escalation", args=[open_question.pk])).text
    services.forward_escalation(open_question, "KIT", by=cast.pia, text="Den er nok til jer.")
    text = as_user(cast.mette).get(reverse("escalation", args=[open_question.pk])).text
    assert "Den er nok til jer." in text
    assert "Samme modtager." not in text, "it stays at DIT"


def test_cpr_number_is_refused_and_the_text_is_kept(cast, as_user, open_question):
    services.take_escalation(open_question, by=cast.pia)
    response = post_answer(as_user(cast.pia), open_question, "Modtageren er 010190-1234.")
    assert response.status_code == 422
    assert CPR_REFUSAL in response.text
    assert "Modtageren er 010190-1234." in response.text
    assert entry_kinds(open_question) == ["QUESTION", "TAKEN"]


def test_answering_another_persons_case_conflicts_and_keeps_the_text(cast, as_user, open_question, nikolaj):
    services.take_escalation(open_question, by=nikolaj)
    response = post_answer(as_user(cast.pia), open_question, "Min lange tekst")
    assert response.status_code == 409
    assert "Nikolaj Fjord har taget henvendelsen." in response.text
    assert "Min lange tekst" in response.text
    assert entry_kinds(open_question) == ["QUESTION", "TAKEN"]


# --- Waiting for whoever asked, and being asked again ---------------------------------------------------------------


def test_reply_to_the_desk_returns_the_case_to_the_desk(cast, as_user, open_question, monday):
    services.take_escalation(open_question, by=cast.pia)
    post_answer(as_user(cast.pia), open_question, "Hvilken klasse?", kind="ask")
    letter = reverse("letter", args=[cast.untitled.pk])
    assert not Escalation.objects.visible_to(cast.pia).waiting()
    assert "Spørgsmål fra DIT til Karen Bülow Møller" in as_user(cast.jens).get(letter).text
    karen = as_user(cast.karen)
    assert "Pia Søndergård spurgte: »Hvilken klasse?«" in karen.get(letter).text
    assert "DIT venter på dig" in karen.get(reverse("my_letters")).text
    monday.shift(timedelta(minutes=20))
    version = Letter.objects.select_related("followup").get(pk=cast.untitled.pk).followup.version
    typed = {"remedy": "HELP", "question": "7. B", "version": version, "then": "liste"}
    assert "<strong>Dit svar om" in karen.post(letter, typed, follow=True).text
    assert karen.post(letter, typed).status_code == 302, "a double click"
    open_question.refresh_from_db()
    assert (open_question.owner, open_question.answered_at, open_question.waiting_since.minute) == (cast.pia, None, 20)
    assert entry_kinds(open_question) == ["QUESTION", "TAKEN", "ANSWER", "QUESTION"]
    assert queue_titles(as_user(cast.pia).get(reverse("escalations"), {"show": "MINE"})) == [QUESTION]
    assert "Du svarede: »7. B«" in as_user(cast.karen).get(letter).text


def test_second_question_reopens_the_case_with_its_history(cast, as_user, open_question):
    services.answer_escalation(services.take_escalation(open_question, by=cast.pia), "Send det sidste.", by=cast.pia)
    again = ask_for_help(reload_letter(cast.untitled), cast.karen, "Og bilaget?")
    assert again == open_question
    assert (again.owner, again.resolved_at, Escalation.objects.count()) == (cast.pia, None, 1)
    assert queue_titles(as_user(cast.pia).get(reverse("escalations"), {"show": "MINE"})) == [QUESTION]
    with pytest.raises(services.NotPossible, match="allerede spurgt"):
        ask_for_help(reload_letter(cast.untitled), cast.karen, "Og hvad med min anden mail?")


@pytest.mark.parametrize("why", ["left", "no role", "personnel case"])
def test_reopened_case_is_unowned_when_the_owner_cannot_answer(cast, open_question, why):
    services.answer_escalation(services.take_escalation(open_question, by=cast.pia), "Send det sidste.", by=cast.pia)
    if why == "left":
        User.objects.filter(pk=cast.pia.pk).update(is_active=False)
    elif why == "no role":
        Membership.objects.filter(user=cast.pia).delete()
    else:
        Letter.objects.filter(pk=cast.untitled.pk).update(is_personnel_case=True)
    again = ask_for_help(reload_letter(cast.untitled), cast.karen, "Og bilaget?")
    assert (again.owner, again.taken_at, again.desk) == (None, None, "HR" if why == "personnel case" else "DIT")


def test_case_waiting_for_the_sender_can_be_closed(cast, as_user, open_question):
    pia = as_user(cast.pia)
    post_act(pia, "take_escalation", open_question)
    assert message_texts(post_act(pia, "close_escalation", open_question)) == [
        "Svar først. Brevet mangler en beslutning."
    ]
    post_answer(pia, open_question, "Hvilken klasse?", kind="ask")
    post_act(pia, "close_escalation", open_question)
    open_question.refresh_from_db()
    assert open_question.resolved_at
    assert entry_kinds(open_question) == ["QUESTION", "TAKEN", "ANSWER", "CLOSED"]
    assert "Pia lukkede henvendelsen." in pia.get(reverse("escalation", args=[open_question.pk])).text


def test_question_about_a_decided_letter_is_closed_without_an_answer(cast, as_user, open_question):
    services.take_escalation(open_question, by=cast.pia)
    services.decide(reload_letter(cast.untitled), RESENT, cast.karen, reload_letter(cast.untitled).followup.version)
    post_act(as_user(cast.pia), "close_escalation", open_question)
    [row] = as_user(cast.pia).get(reverse("escalations"), {"show": "CLOSED"}).context["queue"]
    assert row.wait.label == "Lukket uden svar"


def test_sender_sees_the_state_of_the_question(cast, as_user, open_question):
    karen, letter = as_user(cast.karen), reverse("letter", args=[cast.untitled.pk])
    assert "Ingen har taget henvendelsen endnu." in karen.get(letter).text
    services.take_escalation(open_question, by=cast.pia)
    assert "Pia Søndergård fra DIT tog henvendelsen i dag kl. 10.0" in karen.get(letter).text
    services.answer_escalation(open_question, "Send det sidste.", by=cast.pia)
    assert "Svar fra DIT" in karen.get(letter).text


def test_a_letter_that_leaves_sight_while_the_desk_is_read_is_left_out(cast, as_user, open_question, monkeypatch):
    monkeypatch.setattr(queue, "fetch_rows", lambda user, ids: [])
    desk = as_user(cast.pia)
    assert desk.get(reverse("escalations")).status_code == 200
    assert desk.get(reverse("escalation", args=[open_question.pk])).status_code == 404
