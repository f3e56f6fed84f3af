"""The leader sends a letter back with a question; the sender corrects the decision, or says why it stands."""

import re

import pytest
from django.urls import reverse

from followups import services
from followups.absence import takeovers
from followups.boards import board
from followups.boards.metrics import letter_conditions
from followups.letter import history
from followups.models import Decision, FollowUp
from followups.my_letters import worklist
from followups.rules import completeness
from letters.models import Letter
from tests.absence import create_absence, reload_user
from tests.factories import at
from tests.followups.test_consequences import OWED
from tests.followups.test_services import HARMED, NOT_AGAIN, SENT_AGAIN, kinds, standing

pytestmark = pytest.mark.usefixtures("monday")
Status, Kind = FollowUp.Status, Decision.Kind
QUESTION, REASON = "Er fristen ikke passeret?", "Nej, den løber fra i dag."
TODAY = at(2020, 1, 13).date()


@pytest.fixture
def done(cast):
    services.decide(cast.plain, SENT_AGAIN, cast.karen, version=0)
    return cast.plain


@pytest.fixture
def back(cast, done):
    services.send_back(done, cast.jens, 1, QUESTION)
    return done


@pytest.fixture
def back_with_harm(cast):
    services.decide(cast.plain, OWED, cast.karen, version=0)
    services.send_back(cast.plain, cast.jens, 1, QUESTION)
    return cast.plain


def say(client, name, letter, version, text):
    return client.post(reverse(name, args=[letter.pk]), {"text": text, "version": version})


def page_of(client, letter):
    return client.get(reverse("letter", args=[letter.pk])).text


def sentences(letter, reader):
    letter = Letter.objects.visible_to(reader).select_related("followup", "batch", "sender").get(pk=letter.pk)
    return [event.text for event in history.letter_events(letter, reader)]


# --- Who is away --------------------------------------------------------------------------------------------------


def test_whoever_stands_in_for_the_sender_answers_it(cast, back):
    create_absence(cast.karen, cast.anne)
    anne = reload_user(cast.anne)
    waiting = worklist.build_substitute_worklist(anne, cast.incident).groups
    assert back in [letter for _, letters in waiting for letter in letters]
    services.uphold(back, anne, 2, REASON)
    assert Decision.objects.get(kind=Kind.UPHELD).on_behalf_of == cast.karen


def test_the_leader_may_give_it_to_somebody_else_for_good(cast, back):
    assert back in takeovers.letters_to_hand_over(cast.jens, cast.karen, cast.incident)
    services.uphold(back, cast.karen, 2, REASON)
    assert back not in takeovers.letters_to_hand_over(cast.jens, cast.karen, cast.incident)


# --- The acts -----------------------------------------------------------------------------------------------------


def test_the_answers_stand_and_the_sender_owes_an_answer(cast, back):
    followup = standing(back)
    assert (followup.status, followup.remedy, followup.version) == (Status.SENT_BACK, "RESEND", 2)
    assert followup.done_at is not None
    assert back.followup in FollowUp.objects.undone()
    assert sentences(back, cast.karen)[0] == f"Jens Ågård sendte brevet tilbage: »{QUESTION}«"


def test_the_sender_says_why_it_stands_and_the_leader_confirms(cast, back):
    services.uphold(back, cast.karen, 2, REASON)
    assert standing(back).status == Status.DONE
    assert sentences(back, cast.jens)[0] == f"Karen Bülow Møller fastholdt beslutningen: »{REASON}«"
    services.confirm_letter(back, cast.jens, version=3)
    assert kinds(back) == [Kind.DECIDED, Kind.SENT_BACK, Kind.UPHELD, Kind.CONFIRMED]


def test_the_sender_corrects_and_what_was_answered_before_is_kept(cast, back):
    services.decide(back, HARMED, cast.karen, version=2)
    assert (standing(back).status, standing(back).remedy) == (Status.DONE, "NEW_LETTER")
    assert kinds(back) == [Kind.DECIDED, Kind.SENT_BACK, Kind.DECIDED]


@pytest.mark.parametrize("person", ["karen", "anne", "torben", "mette", "sofie", "pia", "olga"])
def test_only_who_may_confirm_sends_back(cast, done, person):
    with pytest.raises(services.NotPossible):
        services.send_back(done, getattr(cast, person), 1, QUESTION)
    assert standing(done).status == Status.DONE


def test_only_the_sender_or_who_leads_answers(cast, back):
    with pytest.raises(services.NotPossible, match="Kun afsenderen og lederen"):
        services.uphold(back, cast.anne, 2, REASON)
    services.uphold(back, cast.birgitte, 2, REASON)
    assert standing(back).decisions.first().on_behalf_of == cast.karen


def test_what_is_sent_back_is_confirmed_neither_alone_nor_with_others(cast, back):
    with pytest.raises(services.NotPossible, match="sendt tilbage"):
        services.confirm_letter(back, cast.jens, version=2)
    outcome = services.confirm_letters({back: 2}, cast.jens)
    assert (outcome.done, [why for _, why in outcome.skipped]) == (
        0,
        ["Brevet er sendt tilbage til afsenderen med et spørgsmål."],
    )


def test_what_was_decided_and_not_sent_is_not_sent_back(cast):
    with pytest.raises(services.NotPossible, match="mangler en beslutning"):
        services.send_back(cast.plain, cast.jens, 0, QUESTION)


def test_a_letter_that_lacks_an_answer_is_sent_back_answered_and_still_lacks_it(cast, back_with_harm):
    letter = back_with_harm
    services.uphold(letter, cast.karen, 2, REASON)
    mine = worklist.build_worklist(cast.karen, cast.incident, TODAY)
    assert (standing(letter).status, mine.to_answer) == (Status.DONE, [letter])
    with pytest.raises(services.NotPossible, match="Skriv først"):
        services.confirm_letter(letter, cast.jens, version=3)
    services.record_remedial_action(letter, cast.karen, 3, REASON)
    services.confirm_letter(letter, cast.jens, version=4)


def test_what_was_done_about_the_harm_does_not_answer_the_question(cast, back_with_harm):
    services.record_remedial_action(back_with_harm, cast.karen, 2, REASON)
    followup = standing(back_with_harm)
    assert (followup.status, followup.handled_by, followup.is_review_open) == (Status.SENT_BACK, cast.karen, False)
    assert worklist.build_worklist(cast.karen, cast.incident, TODAY).sent_back == [back_with_harm]


def test_an_answer_does_not_move_the_day_the_letter_was_sent(cast, monday):
    """Else a date that passes between the two would ask for the decision again."""
    services.decide(cast.soon, SENT_AGAIN, cast.karen, version=0)
    sent_at = standing(cast.soon).done_at
    services.send_back(cast.soon, cast.jens, 1, QUESTION)
    monday.move_to(at(2020, 1, 16, 9, 0))
    services.uphold(cast.soon, cast.karen, 2, REASON)
    assert standing(cast.soon).done_at == sent_at
    services.confirm_letter(cast.soon, cast.jens, version=3)


# --- The pages ----------------------------------------------------------------------------------------------------


def test_the_leader_sends_back_on_the_page_and_reads_the_answer_there(cast, as_user, done):
    jens = as_user(cast.jens)
    assert "Send brevet tilbage med et spørgsmål" in page_of(jens, done)
    assert say(jens, "send_back", done, 1, QUESTION).status_code == 302
    assert "Du har sendt brevet tilbage" in page_of(jens, done)
    shown = page_of(as_user(cast.karen), done)
    assert shown.index("Jens Ågård har sendt brevet tilbage") < shown.index(QUESTION) < shown.index("Beslutningen</h2>")
    assert say(as_user(cast.karen), "uphold", done, 2, REASON).status_code == 302
    shown = page_of(as_user(cast.jens), done)
    assert "Karen Bülow Møller har svaret, og beslutningen bliver stående." in shown
    assert shown.index(QUESTION) < shown.index(REASON) < shown.index("Bekræft beslutningen")


def test_the_leader_reads_that_the_decision_was_corrected(cast, as_user, back):
    services.decide(back, NOT_AGAIN, cast.karen, version=2)
    shown = page_of(as_user(cast.jens), back)
    assert QUESTION in shown
    assert "Karen Bülow Møller har derefter besluttet igen." in shown


def test_the_question_stays_when_the_decision_is_taken_back(cast, as_user, back):
    services.undo_decision(back, cast.karen, version=2)
    shown = page_of(as_user(cast.karen), back)
    assert shown.index(QUESTION) < shown.index("1. Hvad gør du med brevet?")


def test_what_was_asked_before_the_confirmation_is_not_asked_of_the_correction(cast, as_user, back):
    services.uphold(back, cast.karen, 2, REASON)
    services.confirm_letter(back, cast.jens, version=3)
    services.correct_decision(back, NOT_AGAIN, cast.karen, 4, "Brevet ligger på Aula")
    assert completeness.leader_question_on(standing(back)) is None
    services.send_back(back, cast.jens, 6, REASON)
    assert completeness.leader_question_on(standing(back)).question.answers == {"question": REASON}


@pytest.mark.parametrize(("text", "words"), [("", "Skriv, hvad afsenderen"), ("Er det 010203-1234?", "CPR-nummer")])
def test_a_question_needs_words_and_no_cpr_number(cast, as_user, done, text, words):
    response = say(as_user(cast.jens), "send_back", done, 1, text)
    assert response.status_code == 422
    assert words in response.text
    assert standing(done).status == Status.DONE


def test_a_question_about_an_older_decision_stands_in_the_form_and_can_be_sent_again(cast, as_user, done):
    services.decide(done, NOT_AGAIN, cast.karen, version=1)
    response = say(as_user(cast.jens), "send_back", done, 1, QUESTION)
    assert (response.status_code, standing(done).status) == (409, Status.DONE)
    assert "Det, du skrev, er ikke gemt" in response.text
    assert f">\n{QUESTION}</textarea>" in response.text
    assert "Ligger på Aula" in response.text
    assert say(as_user(cast.jens), "send_back", done, 2, QUESTION).status_code == 302


@pytest.mark.parametrize("meanwhile", ["confirmed", "undone"])
def test_a_question_that_cannot_be_sent_any_more_can_be_copied(cast, as_user, done, meanwhile):
    if meanwhile == "confirmed":
        services.confirm_letter(done, cast.birgitte, version=1)
    else:
        services.undo_decision(done, cast.karen, version=1)
    response = say(as_user(cast.jens), "send_back", done, 1, QUESTION)
    assert response.status_code == 409
    assert "Det, du skrev, er ikke gemt" in response.text
    assert f'<p class="copy">{QUESTION}</p>' in response.text


def test_a_double_click_sends_back_once(cast, as_user, done):
    for _ in range(2):
        assert say(as_user(cast.jens), "send_back", done, 1, QUESTION).status_code == 302
    assert kinds(done) == [Kind.DECIDED, Kind.SENT_BACK]


def test_it_lies_on_top_of_mine_breve_with_the_question(cast, as_user, back):
    letters = worklist.build_worklist(cast.karen, cast.incident, TODAY)
    assert letters.in_hand[0] == back
    shown = as_user(cast.karen).get(reverse("my_letters")).text
    assert f"Sendt tilbage: »{QUESTION}«" in shown
    assert "Din leder har sendt et brev tilbage til dig. Tag det først." in shown
    assert '<b>5<span class="sr-only"> venter</span></b>' in shown
    turn = worklist.queue_position(back, cast.karen)
    assert (turn.position, turn.count) == (1, 5)


def test_who_has_nothing_else_to_do_is_told_to_answer(cast, as_user):
    services.decide(cast.annes, SENT_AGAIN, cast.anne, version=0)
    services.send_back(cast.annes, cast.torben, 1, QUESTION)
    shown = as_user(cast.anne).get(reverse("my_letters")).text
    assert "Din leder har sendt et brev tilbage til dig. Ret beslutningen, eller svar." in shown
    assert "Du er færdig" not in shown


def test_the_board_counts_it_as_the_senders_and_says_since_when(cast, as_user, back, monday):
    shown = board.build_board(cast.svalevej, cast.incident, cast.jens)
    assert [tile["number"] for tile in shown.tiles if tile["label"] == "er sendt tilbage til afsenderen"] == [1]
    assert [row.numbers["SENT_BACK"].value for row in shown.people] == [1]
    monday.move_to(at(2020, 1, 14, 9, 0))
    listed = as_user(cast.jens).get(reverse("board", args=[cast.svalevej.pk]), {"status": "SENT_BACK"}).text
    assert "siden 13. januar" in listed
    assert back.subject in listed


def test_a_board_without_it_has_no_tile_for_it(cast, done):
    shown = board.build_board(cast.svalevej, cast.incident, cast.jens)
    assert len(shown.tiles) == 4


def test_one_who_has_only_this_to_do_is_among_those_who_owe(cast):
    services.decide(cast.annes, SENT_AGAIN, cast.anne, version=0)
    services.send_back(cast.annes, cast.torben, 1, QUESTION)
    shown = board.build_board(cast.laerkepark, cast.incident, cast.torben)
    assert [row.name for row in shown.people] == ["Anne Østergaard"]
    assert "1 er sendt tilbage til afsenderen" in shown.banner.text


def test_it_was_sent_and_has_not_arrived(cast, back):
    arriving = Letter.objects.visible_to(cast.jens).filter(letter_conditions(cast.jens, TODAY)["ARRIVING"])
    assert list(arriving) == [back]


def test_who_may_not_read_a_personnel_case_reads_no_question(cast, as_user):
    services.decide(cast.personnel, SENT_AGAIN, cast.karen, version=0)
    services.send_back(cast.personnel, cast.jens, 1, QUESTION)
    for person in (cast.birgitte, cast.sofie, cast.mette):
        shown = page_of(as_user(person), cast.personnel)
        assert "Jens Ågård sendte brevet tilbage." in shown
        listed = as_user(person).get(reverse("board", args=[cast.svalevej.pk])).text
        assert QUESTION not in shown + listed
    letters = completeness.annotate_leader_question(Letter.objects.visible_to(cast.birgitte))
    assert letters.get(pk=cast.personnel.pk).question is None
    services.uphold(cast.personnel, cast.karen, 2, REASON)
    assert REASON not in page_of(as_user(cast.birgitte), cast.personnel)
    assert REASON in page_of(as_user(cast.hanne), cast.personnel)


def test_the_page_asks_both_what_was_done_and_whether_it_stands(cast, as_user, back_with_harm):
    for person, asks in ((cast.karen, True), (cast.jens, True), (cast.sofie, False)):
        shown = page_of(as_user(person), back_with_harm)
        for name in ("uphold", "record_remedial_action"):
            assert (reverse(name, args=[back_with_harm.pk]) in shown) == asks
        ids = re.findall(r'\bid="([^"]+)"', shown)
        assert len(ids) == len(set(ids))
    assert say(as_user(cast.karen), "record_remedial_action", back_with_harm, 2, "").status_code == 422
    assert say(as_user(cast.karen), "record_remedial_action", back_with_harm, 2, REASON).status_code == 302
    assert say(as_user(cast.karen), "uphold", back_with_harm, 3, REASON).status_code == 302
    assert kinds(back_with_harm) == [Kind.DECIDED, Kind.SENT_BACK, Kind.HANDLED, Kind.UPHELD]


def test_the_leader_asks_also_where_an_answer_is_lacking(cast, as_user):
    services.decide(cast.plain, OWED, cast.karen, version=0)
    shown = page_of(as_user(cast.jens), cast.plain)
    assert reverse("send_back", args=[cast.plain.pk]) in shown
    assert reverse("confirm_letter", args=[cast.plain.pk]) not in shown
