"""Consequences stay open until somebody says what was done, and so long the letter is not closed."""

import re

import pytest
from django.db import InternalError, transaction
from django.db.utils import DatabaseError
from django.urls import reverse

from followups import services
from followups.bulk import selection
from followups.letter import history
from followups.letter.letter_page import earlier_answers
from followups.models import Decision, FollowUp
from followups.models.answers import HELP, DecisionAnswers
from followups.my_letters import worklist
from letters.models import Letter
from sepo_incident.core.calendar import today
from sepo_incident.core.forms import CPR_REFUSAL
from tests.factories import FollowUpFactory, LetterFactory, at
from tests.followups.test_services import HARMED, NEW_LATER, SENT_AGAIN, kinds, standing

Status, Kind = FollowUp.Status, Decision.Kind

UNKNOWN = DecisionAnswers(remedy="RESEND", is_sent=True, deadline_missed=False, consequence_review="UNKNOWN")
OWED = DecisionAnswers(
    remedy="RESEND",
    is_sent=True,
    deadline_missed=False,
    consequence_review="FOUND",
    parties=("RECIPIENT",),
    severity="SOME",
    consequence_text="Familien mistede pladsen",
)
DONE = "Familien har fået en anden plads"


def url(letter, name="letter") -> str:
    return reverse(name, args=[letter.pk])


def text_of(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def fetched(letter, reader) -> Letter:
    letters = Letter.objects.visible_to(reader).select_related("followup", "unit", "sender", "leader", "batch")
    return letters.get(pk=letter.pk)


@pytest.mark.parametrize("answers", [OWED, UNKNOWN])
@pytest.mark.parametrize("whose", ["karen", "jens"])
def test_a_letter_with_an_open_review_is_closed_once_somebody_has_answered(cast, answers, whose):
    services.decide(cast.plain, answers, cast.karen, version=0)
    with pytest.raises(services.NotPossible, match="Skriv først på brevets side"):
        services.confirm_letter(cast.plain, cast.jens, version=1)
    services.record_remedial_action(cast.plain, getattr(cast, whose), 1, DONE)
    followup = standing(cast.plain)
    assert (followup.handled_text, followup.handled_by, followup.version) == (DONE, getattr(cast, whose), 2)
    assert followup.handled_at is not None
    services.confirm_letter(cast.plain, cast.jens, version=2)
    assert kinds(cast.plain) == [Kind.DECIDED, Kind.HANDLED, Kind.CONFIRMED]


@pytest.mark.parametrize("answers", [OWED, UNKNOWN])
def test_the_database_closes_no_letter_with_an_open_review(cast, answers):
    services.decide(cast.plain, answers, cast.karen, version=0)
    standing_row = FollowUp.objects.filter(letter=cast.plain)
    with pytest.raises(InternalError, match="followups_followup"), transaction.atomic():
        standing_row.update(status=Status.CONFIRMED, confirmed_by=cast.jens, confirmed_at=at(2020, 1, 13, 10, 0))
    for half in ({"handled_text": DONE}, {"handled_at": at(2020, 1, 13, 10, 0)}, {"handled_by": cast.karen}):
        with pytest.raises(DatabaseError, match="followup_handled_by_somebody"), transaction.atomic():
            standing_row.update(**half)


def test_there_is_nothing_to_answer_where_nobody_was_harmed_or_it_is_answered(cast):
    services.decide(cast.plain, SENT_AGAIN, cast.karen, version=0)
    services.decide(cast.soon, HARMED, cast.karen, version=0)
    for letter in (cast.plain, cast.soon):
        with pytest.raises(services.NotPossible, match="ingen følger, der mangler svar"):
            services.record_remedial_action(letter, cast.karen, 1, DONE)
    services.decide(cast.passed, OWED, cast.karen, version=0)
    for person in (cast.anne, cast.mette, cast.sofie):
        with pytest.raises(services.NotPossible, match="Kun afsenderen og lederen"):
            services.record_remedial_action(cast.passed, person, 1, DONE)


def test_what_was_done_stays_when_the_decision_is_corrected_and_goes_with_it(cast):
    services.decide(cast.plain, OWED, cast.karen, version=0)
    services.record_remedial_action(cast.plain, cast.jens, 1, DONE)
    answers = earlier_answers(fetched(cast.plain, cast.karen), "1")
    assert (answers.is_handled, answers.handled_text) == (True, DONE)
    services.decide(cast.plain, answers, cast.karen, version=2)
    assert (standing(cast.plain).handled_by, standing(cast.plain).handled_text) == (cast.jens, DONE)
    services.decide(cast.plain, SENT_AGAIN, cast.karen, version=3)
    assert (standing(cast.plain).handled_by, standing(cast.plain).handled_at) == (None, None)
    services.decide(cast.plain, UNKNOWN, cast.karen, version=4)
    services.record_remedial_action(cast.plain, cast.jens, 5, "Ingen følger")
    services.decide(cast.plain, UNKNOWN, cast.karen, version=6)
    assert standing(cast.plain).handled_text == "Ingen følger"
    services.undo_decision(cast.plain, cast.karen, version=7)
    assert standing(cast.plain).handled_text == ""


def test_a_decision_that_is_fetched_knows_what_was_done_since(cast):
    services.decide(cast.plain, NEW_LATER, cast.karen, version=0)
    services.mark_done(cast.plain, cast.karen, version=1)
    assert earlier_answers(fetched(cast.plain, cast.karen), "1").is_sent
    services.undo_decision(cast.plain, cast.karen, version=2)
    assert not earlier_answers(fetched(cast.plain, cast.karen), "1").is_sent


def test_a_date_that_passed_before_the_letter_was_sent_asks_the_question_again(cast, monday):
    later = DecisionAnswers(remedy="RESEND", deadline_missed=False, consequence_review="NONE")
    services.decide(cast.soon, later, cast.karen, version=0)
    monday.move_to(at(2020, 1, 16, 9, 0))
    services.mark_done(cast.soon, cast.karen, version=1)
    with pytest.raises(services.NotPossible, match="Brevets frist passerede"):
        services.confirm_letter(cast.soon, cast.jens, version=2)
    outcome = services.confirm_letters({cast.soon: 2}, cast.jens)
    assert "Brevets frist passerede" in outcome.skipped[0][1]
    services.decide(cast.soon, SENT_AGAIN, cast.karen, version=2)
    services.confirm_letter(cast.soon, cast.jens, version=3)


def test_a_letter_sent_on_the_day_it_names_is_in_time(cast, monday):
    services.decide(cast.soon, NEW_LATER, cast.karen, version=0)
    monday.move_to(at(2020, 1, 15, 23, 59))
    services.mark_done(cast.soon, cast.karen, version=1)
    assert not standing(cast.soon).due_date_passed_before_sending


def test_the_page_asks_who_owes_it_and_tells_the_others(cast, as_user):
    services.decide(cast.plain, OWED, cast.karen, version=0)
    for person in (cast.karen, cast.jens):
        text = text_of(as_user(person).get(url(cast.plain)))
        assert "Hvad er der gjort ved følgerne?" in text
        assert "Mangler svar" in text
        assert url(cast.plain, "confirm_letter") not in text
    text = text_of(as_user(cast.sofie).get(url(cast.plain)))
    assert "Karen Bülow Møller eller lederen skriver det" in text
    assert url(cast.plain, "record_remedial_action") not in text
    karen = as_user(cast.karen)
    response = karen.post(url(cast.plain, "record_remedial_action"), {"version": "1", "text": DONE}, follow=True)
    text = text_of(response)
    assert "Nu står det på brevet, hvad der er gjort." in text
    assert f"Du skrev om følgerne: »{DONE}«" in text
    assert f"<dt>Hvad der er gjort</dt><dd>{DONE}" in text
    assert "Hvad er der gjort ved følgerne?" not in text
    assert url(cast.plain, "confirm_letter") in text_of(as_user(cast.jens).get(url(cast.plain)))


def test_an_answer_without_words_or_with_a_number_is_sent_back(cast, as_user):
    services.decide(cast.plain, UNKNOWN, cast.karen, version=0)
    karen = as_user(cast.karen)
    assert "Hvad har I fundet ud af?" in text_of(karen.get(url(cast.plain)))
    for typed, said in (("", "Skriv det kort."), ("Om 070761-4285", CPR_REFUSAL)):
        response = karen.post(url(cast.plain, "record_remedial_action"), {"version": "1", "text": typed})
        assert (response.status_code, said in text_of(response)) == (422, True)
        assert typed in text_of(response)
    assert kinds(cast.plain) == [Kind.DECIDED]


def test_what_was_typed_is_not_lost_when_somebody_was_first(cast, as_user):
    services.decide(cast.plain, OWED, cast.karen, version=0)
    services.record_remedial_action(cast.plain, cast.jens, 1, DONE)
    karen = as_user(cast.karen)
    typed = {"version": "1", "text": "Jeg har ringet"}
    response = karen.post(url(cast.plain, "record_remedial_action"), typed)
    assert response.status_code == 409
    assert "Det, du skrev, er ikke gemt" in text_of(response)
    assert "Jeg har ringet" in text_of(response)
    services.decide(cast.soon, NEW_LATER, cast.karen, version=0)
    services.mark_done(cast.soon, cast.jens, version=1)
    response = karen.post(url(cast.soon, "record_remedial_action"), typed)
    assert (response.status_code, response.context["handled_form"]["text"].value()) == (409, "Jeg har ringet")
    assert 'name="version" value="2"' in text_of(response)
    again = {"version": "2", "text": "Jeg har ringet"}
    for _ in range(2):
        assert karen.post(url(cast.soon, "record_remedial_action"), again).status_code == 302, "a double click"
    assert kinds(cast.soon) == [Kind.DECIDED, Kind.DONE, Kind.HANDLED]


def test_many_are_confirmed_and_those_that_lack_an_answer_are_named_with_why(cast, as_user):
    services.decide(cast.plain, SENT_AGAIN, cast.karen, version=0)
    services.decide(cast.soon, OWED, cast.karen, version=0)
    services.decide(cast.untitled, UNKNOWN, cast.karen, version=0)
    text = text_of(as_user(cast.jens).get(reverse("confirm_many", args=[cast.svalevej.pk]), {"alle": "1"}))
    assert "<h1>Bekræft 1 brev</h1>" in text
    for letter in (cast.soon, cast.untitled):
        assert url(letter) in text.split("Disse bliver ikke rørt")[1]
    for why in ("Fejlen har fået følger. Skriv først", "Ingen ved endnu, om fejlen har fået følger. Skriv først"):
        assert why in text
    outcome = services.confirm_letters({cast.plain: 1, cast.soon: 1, cast.untitled: 1}, cast.jens)
    assert (outcome.done, {letter.pk for letter, _ in outcome.skipped}) == (1, {cast.soon.pk, cast.untitled.pk})


def test_lists_say_that_it_is_owed_and_to_nobody_who_may_not_read(cast, as_user):
    services.decide(cast.personnel, OWED, cast.karen, version=0)
    mine = worklist.build_worklist(cast.karen, cast.incident, today())
    assert (len(mine.to_answer), len(mine.finished)) == (1, 0)
    assert "Mangler svar (1)" in text_of(as_user(cast.karen).get("/mine-breve/"))
    board = reverse("board", args=[cast.svalevej.pk])
    assert "Mangler svar" in text_of(as_user(cast.jens).get(board))
    for person in (cast.sofie, cast.mette, cast.birgitte):
        for page in (board, url(cast.personnel)):
            text = text_of(as_user(person).get(page)).replace("følger med", "")
            assert ("ølger" in text, "Mangler svar" in text) == (False, False)
    services.record_remedial_action(cast.personnel, cast.karen, 1, "Hemmeligt svar")
    text = text_of(as_user(cast.sofie).get(url(cast.personnel)))
    assert "Hemmeligt" not in text
    assert "Karen Bülow Møller skrev mere om beslutningen." in text
    assert "Mangler svar" not in text_of(as_user(cast.karen).get("/mine-breve/"))


def test_what_was_closed_before_anybody_asked_stays_closed(cast, as_user):
    then = at(2020, 1, 13, 10, 0)
    decided = {"remedy": "RESEND", "deadline_missed": False, "decided_by": cast.karen, "decided_at": then}
    closed = {"status": "CONFIRMED", "done_at": then, "confirmed_by": cast.jens, "confirmed_at": then, "version": 2}
    letter = LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens)
    followup = FollowUpFactory(letter=letter, consequence_review="UNKNOWN", **decided, **closed)
    followup.decisions.create(kind=Kind.DECIDED, version=1, by=cast.karen, answers=UNKNOWN.as_json())
    text = text_of(as_user(cast.karen).get(url(letter)))
    assert "Jens Ågård har bekræftet beslutningen" in text
    assert "Brevet kan først lukkes" not in text
    assert url(letter, "record_remedial_action") not in text


def test_who_asks_for_help_takes_back_what_was_said_of_the_harm(cast):
    services.decide(cast.plain, HARMED, cast.karen, version=0)
    services.decide(cast.plain, DecisionAnswers(remedy=HELP, question="Hvad nu?"), cast.karen, version=1)
    assert standing(cast.plain).handled_at is None


def test_the_preview_asks_the_database_only_for_the_rights(cast, django_assert_num_queries):
    services.decide(cast.plain, OWED, cast.karen, version=0)
    letters = selection.select_related_rows(Letter.objects.visible_to(cast.jens)).filter(pk=cast.plain.pk)
    seen = dict.fromkeys(letters, 1)
    with django_assert_num_queries(1):
        assert "Skriv først" in services.preview_confirmation(seen, cast.jens).left[0][1]
    assert history.letter_events(fetched(cast.plain, cast.jens), cast.jens)[0].text.startswith("Karen")
