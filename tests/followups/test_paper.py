"""A letter on paper, for a recipient whom Digital Post cannot reach, and decisions of a case that were changed."""

from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from followups import services
from followups.drafts import recipient_texts
from followups.models import Arrival, FollowUp
from followups.models.answers import DecisionAnswers
from followups.services import letter_facts
from tests.followups.decision_answers import HARM_UNHANDLED, NEW_LETTER_UNSENT, followup_of
from tests.followups.decision_posts import HARM_POST, RESEND_POST

pytestmark = pytest.mark.usefixtures("monday")
PAPER_POST = RESEND_POST | {"remedy": "PAPER", "paper_reason": "DEAD", "is_sent_on_paper": "ja"}
ON_PAPER = DecisionAnswers("PAPER", True, "EXEMPT", deadline_missed=False, consequence_review="NONE")


def decide(client, letter, **fields):
    return client.post(reverse("letter", args=[letter.pk]), PAPER_POST | fields)


def test_letter_is_sent_on_paper_with_a_reason(cast, as_user):
    karen = as_user(cast.karen)
    refused = decide(karen, cast.plain, paper_reason="")
    assert refused.status_code == 422
    assert "Vælg, hvorfor brevet sendes på papir." in refused.text
    decide(karen, cast.plain)
    followup = followup_of(cast.plain)
    assert (followup.status, followup.remedy, followup.paper_reason) == ("DONE", "PAPER", "DEAD")
    page = as_user(cast.jens).get(reverse("letter", args=[cast.plain.pk])).text
    assert "Brevet er sendt på papir" in page
    assert "Modtageren er død" in page


def test_arrival_of_a_letter_on_paper_begins_with_the_post(cast, as_user):
    services.decide(cast.plain, ON_PAPER, cast.karen, 0)
    form = as_user(cast.karen).get(reverse("arrival", args=[cast.plain.pk])).context["form"]
    assert (form["way"].value(), form["arrived_on"].value()) == (Arrival.Way.POST, None)
    page = as_user(cast.karen).get(reverse("arrival", args=[cast.plain.pk])).text
    assert "Et brev på papir er kommet frem, når det ligger i postkassen" in page
    assert "digitalt" not in page


def test_letters_on_paper_are_sent_by_post_with_a_text_for_whoever_gets_them(cast, as_user):
    def how_to_send() -> str:
        return next(job for job in karen.get(reverse("my_letters")).context["jobs"] if job.name == "send").text

    karen, unsent = as_user(cast.karen), replace(ON_PAPER, is_sent=False)
    services.decide(cast.plain, unsent, cast.karen, 0)
    assert how_to_send() == "Send brevet med posten."
    draft = next(one for one in recipient_texts.drafts_for_letter(cast.plain) if one.name == "papir")
    assert draft.body.startswith("Til [modtageren, boet eller værgen]")
    services.decide(cast.soon, NEW_LETTER_UNSENT, cast.karen, 0)
    assert how_to_send().startswith("Send brevene på papir med posten og de andre fra Outlook.")
    services.decide(cast.soon, unsent, cast.karen, followup_of(cast.soon).version)
    assert how_to_send().startswith("Send brevene med posten.")


def test_letter_without_an_original_is_not_sent_on_paper(cast):
    letter_facts.mark_original_missing(cast.plain, cast.karen, 0)
    with pytest.raises(services.NotPossible, match="Originalen"):
        services.decide(cast.plain, ON_PAPER, cast.karen, followup_of(cast.plain).version)


def test_database_wants_the_reason_for_paper_and_only_for_paper(cast):
    for answers in (replace(ON_PAPER, paper_reason=""), replace(ON_PAPER, remedy="RESEND")):
        with transaction.atomic(), pytest.raises(IntegrityError, match="followup_paper_has_reason"):
            services.decide(cast.plain, answers, cast.karen, 0)


def test_changed_decision_is_an_answer_about_a_consequence(cast, as_user):
    posted = RESEND_POST | HARM_POST | {"is_decision_changed": "ja"}
    as_user(cast.karen).post(reverse("letter", args=[cast.plain.pk]), posted)
    assert followup_of(cast.plain).is_decision_changed
    assert "Afgørelse ændret" in as_user(cast.jens).get(reverse("letter", args=[cast.plain.pk])).text
    board = reverse("board_all_figures", args=[cast.root.pk])
    assert "har ført til en ændret afgørelse" in as_user(cast.mette).get(board).text


def test_nobody_need_say_whether_a_decision_was_changed(cast, as_user):
    as_user(cast.karen).post(reverse("letter", args=[cast.plain.pk]), RESEND_POST | HARM_POST)
    assert followup_of(cast.plain).is_decision_changed is None


def test_undo_takes_the_answers_back(cast):
    changed = replace(HARM_UNHANDLED, remedy="PAPER", paper_reason="MOVED", is_decision_changed=True)
    services.decide(cast.plain, changed, cast.karen, 0)
    services.undo_decision(cast.plain, cast.karen, followup_of(cast.plain).version)
    followup = FollowUp.objects.get(letter=cast.plain)
    assert (followup.remedy, followup.paper_reason, followup.is_decision_changed) == ("", "", None)
