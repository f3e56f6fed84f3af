"""Consequence reviews stay open until somebody answers, and an open review blocks the confirmation."""

import pytest
from django.db import InternalError, transaction
from django.db.utils import DatabaseError
from django.urls import reverse

from followups import services
from followups.letter.letter_page import earlier_answers
from followups.models import Decision, FollowUp
from followups.models.answers import DecisionAnswers
from followups.my_letters import worklist
from followups.rules import letter_state
from letters.models import Letter
from letters.models.letter import HIDDEN_SUBJECT
from sepo_incident.core.calendar import today
from sepo_incident.core.forms import CPR_REFUSAL
from tests.factories import FollowUpFactory, LetterFactory, at
from tests.followups.decision_answers import (
    HANDLED_TEXT,
    HARM_HANDLED,
    HARM_UNHANDLED,
    NEW_LETTER_SENT,
    NEW_LETTER_UNSENT,
    RESENT,
    REVIEW_OPEN,
    decision_kinds,
    followup_of,
)
from tests.followups.responses import page_text

Status, Kind = FollowUp.Status, Decision.Kind


def url(letter, name="letter") -> str:
    return reverse(name, args=[letter.pk])


def visible_letter(letter, reader) -> Letter:
    letters = Letter.objects.visible_to(reader).select_related("followup", "unit", "sender", "leader", "batch")
    return letters.get(pk=letter.pk)


@pytest.mark.parametrize(("answers", "whose"), [(HARM_UNHANDLED, "karen"), (REVIEW_OPEN, "jens")])
def test_letter_with_an_open_review_is_confirmed_after_an_answer(cast, answers, whose):
    services.decide(cast.plain, answers, cast.karen, version=0)
    with pytest.raises(services.NotPossible, match="Skriv på brevets side"):
        services.confirm_letter(cast.plain, cast.jens, version=1)
    services.record_remedial_action(cast.plain, getattr(cast, whose), 1, HANDLED_TEXT)
    followup = followup_of(cast.plain)
    assert (followup.handled_text, followup.handled_by, followup.version) == (HANDLED_TEXT, getattr(cast, whose), 2)
    assert followup.handled_at is not None
    services.confirm_letter(cast.plain, cast.jens, version=2)
    assert decision_kinds(cast.plain) == [Kind.DECIDED, Kind.HANDLED, Kind.CONFIRMED]


@pytest.mark.parametrize("answers", [HARM_UNHANDLED, REVIEW_OPEN])
def test_database_refuses_to_confirm_an_open_review(cast, answers):
    services.decide(cast.plain, answers, cast.karen, version=0)
    standing_row = FollowUp.objects.filter(letter=cast.plain)
    with pytest.raises(InternalError, match="followups_followup"), transaction.atomic():
        standing_row.update(status=Status.CONFIRMED, confirmed_by=cast.jens, confirmed_at=at(2020, 1, 13, 10, 0))
    for half in ({"handled_text": HANDLED_TEXT}, {"handled_at": at(2020, 1, 13, 10, 0)}, {"handled_by": cast.karen}):
        with pytest.raises(DatabaseError, match="followup_handled_by_somebody"), transaction.atomic():
            standing_row.update(**half)


def test_remedial_action_needs_an_open_review(cast):
    services.decide(cast.plain, RESENT, cast.karen, version=0)
    services.decide(cast.soon, HARM_HANDLED, cast.karen, version=0)
    for letter in (cast.plain, cast.soon):
        with pytest.raises(services.NotPossible, match="mangler ikke svar om konsekvenser"):
            services.record_remedial_action(letter, cast.karen, 1, HANDLED_TEXT)
    services.decide(cast.passed, HARM_UNHANDLED, cast.karen, version=0)
    for person in (cast.anne, cast.mette, cast.sofie):
        with pytest.raises(services.NotPossible, match="Kun afsenderen og lederen"):
            services.record_remedial_action(cast.passed, person, 1, HANDLED_TEXT)


def test_remedial_action_survives_a_corrected_decision(cast):
    services.decide(cast.plain, HARM_UNHANDLED, cast.karen, version=0)
    services.record_remedial_action(cast.plain, cast.jens, 1, HANDLED_TEXT)
    answers = earlier_answers(visible_letter(cast.plain, cast.karen), "1")
    assert (answers.is_handled, answers.handled_text) == (True, HANDLED_TEXT)
    services.decide(cast.plain, answers, cast.karen, version=2)
    assert (followup_of(cast.plain).handled_by, followup_of(cast.plain).handled_text) == (cast.jens, HANDLED_TEXT)
    services.decide(cast.plain, RESENT, cast.karen, version=3)
    assert (followup_of(cast.plain).handled_by, followup_of(cast.plain).handled_at) == (None, None)
    services.decide(cast.plain, REVIEW_OPEN, cast.karen, version=4)
    services.record_remedial_action(cast.plain, cast.jens, 5, "Ingen følger")
    services.decide(cast.plain, REVIEW_OPEN, cast.karen, version=6)
    assert followup_of(cast.plain).handled_text == "Ingen følger"
    services.undo_decision(cast.plain, cast.karen, version=7)
    assert followup_of(cast.plain).handled_text == ""


def test_fetched_decision_includes_later_acts(cast):
    services.decide(cast.plain, NEW_LETTER_UNSENT, cast.karen, version=0)
    services.mark_done(cast.plain, cast.karen, version=1)
    assert earlier_answers(visible_letter(cast.plain, cast.karen), "1").is_sent
    services.undo_decision(cast.plain, cast.karen, version=2)
    assert not earlier_answers(visible_letter(cast.plain, cast.karen), "1").is_sent


def test_date_passed_before_sending_reopens_the_review(cast, monday):
    later = DecisionAnswers(remedy="RESEND", deadline_missed=False, consequence_review="NONE")
    services.decide(cast.soon, later, cast.karen, version=0)
    monday.move_to(at(2020, 1, 16, 9, 0))
    services.mark_done(cast.soon, cast.karen, version=1)
    with pytest.raises(services.NotPossible, match="Brevets dato passerede"):
        services.confirm_letter(cast.soon, cast.jens, version=2)
    outcome = services.confirm_letters({cast.soon: 2}, cast.jens)
    assert "Brevets dato passerede" in outcome.skipped[0][1]
    services.decide(cast.soon, RESENT, cast.karen, version=2)
    services.confirm_letter(cast.soon, cast.jens, version=3)


def test_letter_sent_on_its_date_is_in_time(cast, monday):
    services.decide(cast.soon, NEW_LETTER_UNSENT, cast.karen, version=0)
    monday.move_to(at(2020, 1, 15, 23, 59))
    services.mark_done(cast.soon, cast.karen, version=1)
    assert not followup_of(cast.soon).due_date_passed_before_sending


def test_page_asks_sender_and_leader_and_informs_others(cast, as_user):
    services.decide(cast.plain, HARM_UNHANDLED, cast.karen, version=0)
    for person in (cast.karen, cast.jens):
        text = page_text(as_user(person).get(url(cast.plain)))
        assert "Hvad har I gjort?" in text
        assert "Mangler svar" in text
        assert url(cast.plain, "confirm_letter") not in text
    text = page_text(as_user(cast.pia).get(url(cast.plain)))
    assert "Karen Bülow Møller eller lederen skal skrive, hvad de har gjort" in text
    assert url(cast.plain, "record_remedial_action") not in text
    answer, karen = {"version": "1", "text": HANDLED_TEXT}, as_user(cast.karen)
    text = page_text(karen.post(url(cast.plain, "record_remedial_action"), answer, follow=True))
    assert f"Du skrev om konsekvenserne: »{HANDLED_TEXT}«" in text
    assert url(cast.plain, "confirm_letter") in page_text(as_user(cast.jens).get(url(cast.plain)))


def test_empty_answer_or_cpr_number_is_refused(cast, as_user):
    services.decide(cast.plain, REVIEW_OPEN, cast.karen, version=0)
    karen = as_user(cast.karen)
    assert "Hvad har I fundet ud af?" in page_text(karen.get(url(cast.plain)))
    for typed, said in (("", "Skriv det kort."), ("Om 070761-4285", CPR_REFUSAL)):
        response = karen.post(url(cast.plain, "record_remedial_action"), {"version": "1", "text": typed})
        assert (response.status_code, said in page_text(response)) == (422, True)
        assert typed in page_text(response)
    assert decision_kinds(cast.plain) == [Kind.DECIDED]


def test_conflict_keeps_the_typed_answer(cast, as_user):
    services.decide(cast.plain, HARM_UNHANDLED, cast.karen, version=0)
    services.record_remedial_action(cast.plain, cast.jens, 1, HANDLED_TEXT)
    karen = as_user(cast.karen)
    typed = {"version": "1", "text": "Jeg har ringet"}
    response = karen.post(url(cast.plain, "record_remedial_action"), typed)
    assert response.status_code == 409
    assert "Din tekst er ikke gemt" in page_text(response)
    assert "Jeg har ringet" in page_text(response)


def test_row_and_condition_agree_on_a_missing_answer(cast):
    """The same letters miss an answer for a single follow-up and for lists, counts and mails."""
    decided = [RESENT, HARM_UNHANDLED, REVIEW_OPEN, HARM_HANDLED, NEW_LETTER_UNSENT, NEW_LETTER_SENT]
    letters = [
        cast.plain,
        *(LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens) for _ in decided),
    ]
    for letter, answers in zip(letters, [*decided, REVIEW_OPEN], strict=True):
        if letter is not cast.plain:
            FollowUpFactory(letter=letter)
        services.decide(letter, answers, cast.karen, version=0)
    services.confirm_letter(cast.plain, cast.jens, version=1)
    services.send_back(letters[-1], cast.jens, 1, "Hvorfor?")
    missing = set(FollowUp.objects.filter(letter_state.of_followup(letter_state.MISSES_ANSWER)))
    assert missing == {one for one in FollowUp.objects.all() if one.misses_answer}
    assert {one.letter for one in missing} == {letters[1], letters[2], letters[5]}


def test_lists_show_missing_answers_to_readers_only(cast, as_user):
    services.decide(cast.personnel, HARM_UNHANDLED, cast.karen, version=0)
    mine = worklist.build_worklist(cast.karen, cast.incident, today())
    assert (len(mine.to_answer), len(mine.finished)) == (1, 0)
    assert "Besvar de manglende spørgsmål om 1 brev" in page_text(as_user(cast.karen).get("/mine-breve/"))
    board = reverse("board", args=[cast.svalevej.pk])
    assert "Mangler svar" in page_text(as_user(cast.jens).get(board, {"status": "ALL"}))
    for person in (cast.pia, cast.mette, cast.birgitte):
        listed = (
            page_text(as_user(person).get(board, {"status": "ALL"}))
            .partition('class="table letters"')[2]
            .partition("</table>")[0]
        )
        assert HIDDEN_SUBJECT in listed
        for text in (listed, page_text(as_user(person).get(url(cast.personnel)))):
            said = text.replace("følger med", "")
            assert [words for words in ("ølger", "onsekvens", "Mangler svar") if words in said] == []
    services.record_remedial_action(cast.personnel, cast.karen, 1, "Hemmeligt svar")
    text = page_text(as_user(cast.pia).get(url(cast.personnel)))
    assert "Hemmeligt" not in text
    assert "Karen Bülow Møller skrev mere om beslutningen." in text
    assert "Mangler svar" not in page_text(as_user(cast.karen).get("/mine-breve/"))
