"""Few presses for many letters: the same answer as before, no to both questions, and one decision for letters alike."""

import re
from dataclasses import replace

import pytest
from django.urls import reverse

from followups import services
from followups.letter.form_panels import SameAgain
from letters.models import Letter
from tests.factories import FollowUpFactory, LetterFactory
from tests.followups.decision_answers import NEW_LETTER_UNSENT, NO_DISPATCH, RESENT, followup_of
from tests.followups.decision_posts import RESEND_POST

pytestmark = pytest.mark.usefixtures("monday")


def page_of(client, letter, before=None):
    return client.get(reverse("letter", args=[letter.pk]), {"gemt": before.pk} if before else {})


def offered(page):
    return next((part for part in page.context["parts"] if isinstance(part, SameAgain)), None)


def press_same(client, page, letter):
    form = re.search(r'<form class="panel wash[^>]*>.*?</form>', page.text, re.S)[0]
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    return client.post(reverse("letter", args=[letter.pk]), hidden)


def test_the_answer_before_is_shown_and_saved_in_one_press(cast, as_user):
    karen = as_user(cast.karen)
    services.decide(cast.soon, RESENT, cast.karen, version=0)
    assert offered(page_of(karen, cast.plain)) is None, "the letter was not decided just before"
    page = page_of(karen, cast.plain, cast.soon)
    offer = page.text.split('aria-labelledby="samme"')[1].split("</form>")[0]
    assert all(row.question in offer and row.answer in offer for row in offered(page).rows)
    assert press_same(karen, page, cast.plain).status_code == 302
    saved = followup_of(cast.plain)
    assert (saved.remedy, saved.deadline_missed, saved.consequence_review) == ("RESEND", False, "NONE")


@pytest.mark.parametrize(
    "answers", [NO_DISPATCH, replace(RESENT, note="Ring først"), replace(NEW_LETTER_UNSENT, record_number="2020-1")]
)
def test_an_answer_that_differs_by_letter_is_not_offered(cast, as_user, answers):
    services.decide(cast.soon, answers, cast.karen, version=0)
    assert offered(page_of(as_user(cast.karen), cast.plain, cast.soon)) is None


def test_a_letter_that_needs_an_answer_of_its_own_gets_no_offer(cast, as_user):
    services.decide(cast.soon, RESENT, cast.karen, version=0)
    karen = as_user(cast.karen)
    for letter in (cast.passed, cast.personnel):
        assert offered(page_of(karen, letter, cast.soon)) is None
    services.undo_decision(cast.soon, cast.karen, version=1)
    assert offered(page_of(karen, cast.plain, cast.soon)) is None, "an undone decision is no model"


def test_no_to_both_questions_saves_in_one_press_and_keeps_what_is_answered(cast, as_user):
    karen = as_user(cast.karen)
    assert "Nej til 2 og 3" in page_of(karen, cast.plain).text
    assert "Nej til 2 og 3" not in page_of(karen, cast.passed).text, "its date has passed"
    unanswered = {"version": "0", "remedy": "RESEND", "is_resent": "ja", "nej": "ja"}
    url = reverse("letter", args=[cast.plain.pk])
    assert karen.post(url, unanswered | {"deadline_missed": "ja"}).status_code == 422, "the date is asked for"
    assert karen.post(url, unanswered).status_code == 302
    assert followup_of(cast.plain).consequence_review == "NONE"
    soon = reverse("letter", args=[cast.soon.pk])
    assert karen.post(soon, {key: RESEND_POST[key] for key in ("version", "remedy", "is_resent")}).status_code == 422


def test_five_letters_alike_are_offered_as_one_decision_first(cast, as_user):
    karen = as_user(cast.karen)
    assert "/sammen/?alle=1&amp;emne=" not in karen.get(reverse("my_letters")).text
    alike = LetterFactory.create_batch(5, incident=cast.incident, sender=cast.karen, unit=cast.svalevej)
    Letter.objects.filter(pk__in=[one.pk for one in alike]).update(category="Dagpleje")
    for one in alike:
        FollowUpFactory(letter=one)
    page = karen.get(reverse("my_letters"))
    job = page.text.split('id="beslut"')[1]
    link = re.search(r'href="([^"]+emne=[^"]+)"', job)
    assert "Beslut det samme for 5 breve om Dagpleje" in " ".join(job.split())
    assert link.start() < job.index("Åbn det øverste brev")
    form = karen.get(link[1].replace("&amp;", "&"))
    assert {one.pk for one in form.context["letters"]} == {one.pk for one in alike}
