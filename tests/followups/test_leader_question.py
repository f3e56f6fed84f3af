"""The leader sends a letter back with a question; the sender decides again or upholds the decision."""

import re

import pytest
from django.urls import reverse

from followups import services
from followups.absence import takeovers
from followups.boards import board
from followups.letter import history, letter_navigation
from followups.models import Decision, FollowUp
from followups.my_letters import worklist
from followups.reporting.letter_figures import letter_conditions
from followups.rules import letter_state
from followups.rules.letter_rows import fetch_rows
from letters.models import Letter
from tests.absence import create_absence, reload_user
from tests.factories import at
from tests.followups.decision_answers import (
    HARM_HANDLED,
    HARM_UNHANDLED,
    NO_DISPATCH,
    RESENT,
    decision_kinds,
    followup_of,
)
from tests.followups.responses import letter_text

pytestmark = pytest.mark.usefixtures("monday")
Status, Kind = FollowUp.Status, Decision.Kind
QUESTION, REASON = "Er fristen ikke passeret?", "Nej, den løber fra i dag."
TODAY = at(2020, 1, 13).date()


@pytest.fixture
def decided_letter(cast):
    services.decide(cast.plain, RESENT, cast.karen, version=0)
    return cast.plain


@pytest.fixture
def sent_back_letter(cast, decided_letter):
    services.send_back(decided_letter, cast.jens, 1, QUESTION)
    return decided_letter


@pytest.fixture
def sent_back_letter_with_harm(cast):
    services.decide(cast.plain, HARM_UNHANDLED, cast.karen, version=0)
    services.send_back(cast.plain, cast.jens, 1, QUESTION)
    return cast.plain


def post_text(client, name, letter, version, text):
    return client.post(reverse(name, args=[letter.pk]), {"text": text, "version": version})


def history_sentences(letter, reader):
    letter = Letter.objects.visible_to(reader).select_related("followup", "batch", "sender").get(pk=letter.pk)
    return [event.text for event in history.letter_events(letter, reader)]


# --- Who is away --------------------------------------------------------------------------------------------------


def test_substitute_of_the_sender_answers(cast, sent_back_letter):
    create_absence(cast.karen, cast.anne)
    anne = reload_user(cast.anne)
    waiting = worklist.build_substitute_worklist(anne, cast.incident).groups
    assert sent_back_letter in [letter for _, letters in waiting for letter in letters]
    services.uphold(sent_back_letter, anne, 2, REASON)
    assert Decision.objects.get(kind=Kind.UPHELD).on_behalf_of == cast.karen


def test_leader_may_hand_over_a_sent_back_letter(cast, sent_back_letter):
    assert sent_back_letter in takeovers.letters_to_hand_over(cast.jens, cast.karen, cast.incident)
    services.uphold(sent_back_letter, cast.karen, 2, REASON)
    assert sent_back_letter not in takeovers.letters_to_hand_over(cast.jens, cast.karen, cast.incident)


# --- The acts -----------------------------------------------------------------------------------------------------


def test_sending_back_keeps_the_answers_and_awaits_the_sender(cast, sent_back_letter):
    followup = followup_of(sent_back_letter)
    assert (followup.status, followup.remedy, followup.version) == (Status.SENT_BACK, "RESEND", 2)
    assert followup.done_at is not None
    assert sent_back_letter.followup in FollowUp.objects.not_done()
    assert history_sentences(sent_back_letter, cast.karen)[0] == f"Jens Ågård sendte brevet tilbage: »{QUESTION}«"


def test_sender_upholds_and_the_leader_confirms(cast, sent_back_letter):
    services.uphold(sent_back_letter, cast.karen, 2, REASON)
    assert followup_of(sent_back_letter).status == Status.DONE
    assert history_sentences(sent_back_letter, cast.jens)[0] == f"Karen Bülow Møller fastholdt beslutningen: »{REASON}«"
    services.confirm_letter(sent_back_letter, cast.jens, version=3)
    assert decision_kinds(sent_back_letter) == [Kind.DECIDED, Kind.SENT_BACK, Kind.UPHELD, Kind.CONFIRMED]


def test_sender_decides_again_and_history_is_kept(cast, sent_back_letter):
    services.decide(sent_back_letter, HARM_HANDLED, cast.karen, version=2)
    assert (followup_of(sent_back_letter).status, followup_of(sent_back_letter).remedy) == (Status.DONE, "NEW_LETTER")
    assert decision_kinds(sent_back_letter) == [Kind.DECIDED, Kind.SENT_BACK, Kind.DECIDED]


def test_sending_back_needs_the_right_to_confirm(cast, decided_letter):
    for person in (cast.karen, cast.anne, cast.torben, cast.mette, cast.sofie, cast.pia, cast.olga):
        with pytest.raises(services.NotPossible):
            services.send_back(decided_letter, person, 1, QUESTION)
    assert followup_of(decided_letter).status == Status.DONE


def test_upholding_needs_sender_or_leader(cast, sent_back_letter):
    with pytest.raises(services.NotPossible, match="Kun afsenderen og lederen"):
        services.uphold(sent_back_letter, cast.anne, 2, REASON)
    services.uphold(sent_back_letter, cast.birgitte, 2, REASON)
    assert followup_of(sent_back_letter).decisions.first().on_behalf_of == cast.karen


def test_sent_back_letter_cannot_be_confirmed(cast, sent_back_letter):
    with pytest.raises(services.NotPossible, match="sendt tilbage"):
        services.confirm_letter(sent_back_letter, cast.jens, version=2)
    outcome = services.confirm_letters({sent_back_letter: 2}, cast.jens)
    assert (len(outcome.done), [why for _, why in outcome.skipped]) == (
        0,
        ["Brevet er sendt tilbage til afsenderen med et spørgsmål."],
    )


def test_upheld_letter_still_misses_its_answer(cast, sent_back_letter_with_harm):
    letter = sent_back_letter_with_harm
    services.uphold(letter, cast.karen, 2, REASON)
    mine = worklist.build_worklist(cast.karen, cast.incident, TODAY)
    assert (followup_of(letter).status, mine.to_answer) == (Status.DONE, [letter])
    with pytest.raises(services.NotPossible, match="Skriv på brevets side"):
        services.confirm_letter(letter, cast.jens, version=3)
    services.record_remedial_action(letter, cast.karen, 3, REASON)
    services.confirm_letter(letter, cast.jens, version=4)


def test_remedial_action_does_not_answer_the_question(cast, sent_back_letter_with_harm):
    services.record_remedial_action(sent_back_letter_with_harm, cast.karen, 2, REASON)
    followup = followup_of(sent_back_letter_with_harm)
    assert (followup.status, followup.handled_by, followup.is_review_open) == (Status.SENT_BACK, cast.karen, False)
    assert worklist.build_worklist(cast.karen, cast.incident, TODAY).sent_back == [sent_back_letter_with_harm]


def test_answer_keeps_the_sending_date(cast, monday):
    """Otherwise a date that passes between sending and answer would reopen the decision."""
    services.decide(cast.soon, RESENT, cast.karen, version=0)
    sent_at = followup_of(cast.soon).done_at
    services.send_back(cast.soon, cast.jens, 1, QUESTION)
    monday.move_to(at(2020, 1, 16, 9, 0))
    services.uphold(cast.soon, cast.karen, 2, REASON)
    assert followup_of(cast.soon).done_at == sent_at
    services.confirm_letter(cast.soon, cast.jens, version=3)


# --- The pages ----------------------------------------------------------------------------------------------------


def test_leader_sends_back_and_reads_the_answer_on_the_page(cast, as_user, decided_letter):
    jens = as_user(cast.jens)
    assert "Send tilbage med spørgsmål" in letter_text(jens, decided_letter)
    assert post_text(jens, "send_back", decided_letter, 1, QUESTION).status_code == 302
    assert "Dit spørgsmål til afsenderen" in letter_text(jens, decided_letter)
    shown = letter_text(as_user(cast.karen), decided_letter)
    assert shown.index("Spørgsmål fra Jens Ågård") < shown.index(QUESTION) < shown.index("Beslutningen</h2>")
    assert post_text(as_user(cast.karen), "uphold", decided_letter, 2, REASON).status_code == 302
    shown = letter_text(as_user(cast.jens), decided_letter)
    assert "Karen Bülow Møller fastholdt beslutningen." in shown
    assert shown.index(QUESTION) < shown.index(REASON) < shown.index("Bekræft beslutningen")


def test_question_before_the_confirmation_is_closed_for_a_correction(cast, as_user, sent_back_letter):
    services.uphold(sent_back_letter, cast.karen, 2, REASON)
    services.confirm_letter(sent_back_letter, cast.jens, version=3)
    services.correct_decision(sent_back_letter, NO_DISPATCH, cast.karen, 4, "Brevet ligger på Aula")
    corrected = FollowUp.objects.get(letter=sent_back_letter)
    assert letter_state.leader_question_on(corrected) is None
    services.send_back(sent_back_letter, cast.jens, 6, REASON)
    asked_again = FollowUp.objects.get(letter=sent_back_letter)
    assert letter_state.leader_question_on(asked_again).question.answers == {"question": REASON}


def test_stale_question_stays_in_the_form_and_can_be_resent(cast, as_user, decided_letter):
    services.decide(decided_letter, NO_DISPATCH, cast.karen, version=1)
    response = post_text(as_user(cast.jens), "send_back", decided_letter, 1, QUESTION)
    assert (response.status_code, followup_of(decided_letter).status) == (409, Status.DONE)
    assert "Din tekst er ikke gemt" in response.text
    assert f">\n{QUESTION}</textarea>" in response.text
    assert "Ligger på Aula" in response.text
    assert post_text(as_user(cast.jens), "send_back", decided_letter, 2, QUESTION).status_code == 302


def test_sent_back_letter_is_first_on_mine_breve(cast, as_user, sent_back_letter):
    letters = worklist.build_worklist(cast.karen, cast.incident, TODAY)
    assert letters.to_act_on[0] == sent_back_letter
    shown = as_user(cast.karen).get(reverse("my_letters")).text
    assert f"Sendt tilbage: »{QUESTION}«" in shown
    assert "Nu mangler du at svare lederen om 1 brev og tage stilling til 4 breve." in shown
    assert '<b>5<span class="sr-only"> venter</span></b>' in shown
    turn = letter_navigation.queue_position(sent_back_letter, cast.karen)
    assert (turn.position, turn.count) == (1, 5)


def test_board_counts_sent_back_letters_with_their_age(cast, as_user, sent_back_letter, monday):
    shown = board.Board(cast.svalevej, cast.incident, cast.jens)
    assert [shown.counts[name] for name in ("SENT_BACK", "LACKS_DECISION", "OPEN")] == [1, 5, 4]
    assert [row.numbers["LACKS_DECISION"].value for row in shown.people] == [5]
    monday.move_to(at(2020, 1, 14, 9, 0))
    listed = as_user(cast.jens).get(reverse("board", args=[cast.svalevej.pk]), {"status": "SENT_BACK"}).text
    assert "siden 13. januar" in listed
    assert sent_back_letter.subject in listed


def test_sent_back_letter_awaits_the_answer_before_the_arrival(cast, sent_back_letter):
    arriving = Letter.objects.visible_to(cast.jens).filter(letter_conditions(cast.jens, TODAY)["ARRIVING"])
    assert list(arriving) == []
    services.uphold(sent_back_letter, cast.karen, followup_of(sent_back_letter).version, REASON)
    assert list(arriving.all()) == [sent_back_letter]


def test_question_about_a_personnel_case_is_hidden(cast, as_user):
    services.decide(cast.personnel, RESENT, cast.karen, version=0)
    services.send_back(cast.personnel, cast.jens, 1, QUESTION)
    for person in (cast.birgitte, cast.pia, cast.mette):
        shown = letter_text(as_user(person), cast.personnel)
        assert "Jens Ågård sendte brevet tilbage." in shown
        listed = as_user(person).get(reverse("board", args=[cast.svalevej.pk])).text
        assert QUESTION not in shown + listed
    [row] = fetch_rows(cast.birgitte, [cast.personnel.pk])
    assert row.question is None
    services.uphold(cast.personnel, cast.karen, 2, REASON)
    assert REASON not in letter_text(as_user(cast.birgitte), cast.personnel)
    assert REASON in letter_text(as_user(cast.hanne), cast.personnel)


def test_page_shows_both_forms_to_sender_and_leader(cast, as_user, sent_back_letter_with_harm):
    for person, asks in ((cast.karen, True), (cast.jens, True), (cast.pia, False)):
        shown = letter_text(as_user(person), sent_back_letter_with_harm)
        for name in ("uphold", "record_remedial_action"):
            assert (reverse(name, args=[sent_back_letter_with_harm.pk]) in shown) == asks
        ids = re.findall(r'\bid="([^"]+)"', shown)
        assert len(ids) == len(set(ids))
