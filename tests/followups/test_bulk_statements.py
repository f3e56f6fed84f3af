"""Bulk statements: consequences found later."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from followups import services
from followups.models import BulkDecision
from followups.services import arrivals
from letters.models import Letter
from sepo_incident.core import template_tags
from tests.followups.arrival_reports import ARRIVED
from tests.followups.bulk_pages import BULK_URL, decide_in_bulk, press_button, selected_keys, skipped_letters
from tests.followups.decision_answers import (
    HARM_UNHANDLED,
    RESENT,
    REVIEW_OPEN,
    decision_kinds,
    followup_of,
)
from tests.followups.decision_posts import BULK_RESEND_POST

pytestmark = pytest.mark.usefixtures("monday")
UNKNOWN = BULK_RESEND_POST | {"consequence_review": "UNKNOWN"}
HANDLING_URL = reverse("record_remedial_actions")


@pytest.fixture
def karen(as_user, cast):
    return as_user(cast.karen)


def save_form(client, page, **answers):
    form = re.search(r'<form class="decision block" method="post" action="([^"]+)".*?</form>', page.text, re.S)
    hidden = dict(re.findall(r'type="hidden" name="(breve|seen)" value="([^"]*)"', form[0]))
    return client.post(unescape(form[1]), answers | hidden, follow=True)


@pytest.mark.parametrize("url", [BULK_URL, HANDLING_URL])
def test_a_long_list_of_ticked_letters_is_posted(cast, karen, url):
    letters = (cast.plain, cast.soon)
    if url == HANDLING_URL:
        decide_in_bulk(karen, karen.get(BULK_URL, {"valgt": selected_keys(*letters)}), UNKNOWN)
        [letter.refresh_from_db() for letter in letters]
    ticked = {"valgt": selected_keys(*letters)}
    asked, posted = karen.get(url, ticked), karen.post(url, ticked)
    assert 'name="breve"' in asked.text
    assert (posted.status_code, without_token(posted)) == (200, without_token(asked))


def test_list_that_is_too_long_for_an_address_is_a_post(cast, karen, monkeypatch):
    is_get = f'action="{BULK_URL}" aria' in karen.get(reverse("my_letters")).text
    monkeypatch.setattr(template_tags, "MOST_IN_ADDRESS", 1)
    form = re.search(
        rf'<form[^>]*method="post"[^>]*action="{BULK_URL}".*?</form>', karen.get("/mine-breve/").text, re.S
    )
    assert is_get
    assert "csrfmiddlewaretoken" in form[0]


def without_token(page):
    return re.sub(r'csrfmiddlewaretoken" value="\w+"', "", page.text)


def preselected_keys(page, where):
    """Return the values that the list's form sends with unchanged check boxes."""
    return re.findall(r'name="valgt" value="([\d:]+)"(?: checked)', page.text) if where in page.text else None


def test_bulk_decision_with_open_reviews_offers_one_answer_for_all(cast, karen):
    preview = press_button(
        karen, karen.get(BULK_URL, {"valgt": selected_keys(cast.plain, cast.soon)}), "vis", **UNKNOWN
    )
    assert "Disse 2 breve kan ikke bekræftes endnu" in preview.text
    result = press_button(karen, preview, "gem")
    assert "2 breve mangler svar om konsekvenser og kan ikke bekræftes endnu." in result.text
    assert cast.plain.subject in result.text
    asked = karen.get(HANDLING_URL, {"valgt": preselected_keys(result, HANDLING_URL)})
    done = save_form(karen, asked, text="Ingen er kommet i klemme.")
    assert "Svaret er gemt på 2 breve." in done.text
    assert [followup_of(one).handled_text for one in (cast.plain, cast.soon)] == ["Ingen er kommet i klemme."] * 2
    assert decision_kinds(cast.plain) == ["DECIDED", "HANDLED"]
    services.confirm_letter(cast.plain, cast.jens, 2)
    again = karen.get(reverse("bulk_decision", args=[BulkDecision.objects.get().pk]))
    assert again.context["to_answer"] == 0


def test_list_of_missing_answers_offers_the_bulk_statement(cast, karen):
    decide_in_bulk(karen, karen.get(BULK_URL, {"valgt": selected_keys(cast.plain, cast.soon)}), UNKNOWN)
    page = karen.get("/mine-breve/")
    assert page.context["letters"].answerable_ids == {cast.plain.pk, cast.soon.pk}
    assert "Svar for de valgte" in page.text
    asked = karen.get(HANDLING_URL, {"valgt": selected_keys(cast.plain, cast.untitled)})
    assert skipped_letters(asked) == {"Brevet mangler en beslutning.": [cast.untitled]}
    assert save_form(karen, asked, text=" ").status_code == 422
    assert decision_kinds(cast.plain) == ["DECIDED"]


def test_bulk_statement_skips_letters_that_need_their_own_answer(cast, as_user, karen):
    """A personnel case, a letter with harm, a letter changed meanwhile, and a letter without the right to decide."""
    reviews = {cast.plain: REVIEW_OPEN, cast.soon: HARM_UNHANDLED, cast.personnel: REVIEW_OPEN, cast.untitled: RESENT}
    for letter, answers in reviews.items():
        services.decide(letter, answers, cast.karen, 0)
    asked = karen.get(
        HANDLING_URL, {"valgt": [*selected_keys(cast.plain, cast.soon, cast.personnel, cast.untitled), "0:1"]}
    )
    assert {tuple(named) for named in skipped_letters(asked).values()} == {
        (cast.soon,),
        (cast.personnel,),
        (cast.untitled,),
    }
    services.record_remedial_action(cast.plain, cast.jens, 1, "Jens har ringet.")
    late = save_form(karen, asked, text="Ingen er kommet i klemme.")
    assert late.status_code == 409
    assert "Ingen er kommet i klemme." in late.text
    assert followup_of(cast.plain).handled_text == "Jens har ringet."
    anne = as_user(cast.anne).get(HANDLING_URL, {"valgt": selected_keys(cast.plain)})
    assert anne.context["outside_list"] == 1
    assert "Du har ikke valgt nogen breve" in karen.get(HANDLING_URL).text


def test_letters_skipped_under_the_lock_are_shown_with_their_reasons(cast, karen, monkeypatch):
    """Somebody was first between the preview and the lock. The act returns letters that it read under the lock."""
    result = decide_in_bulk(karen, karen.get(BULK_URL, {"valgt": selected_keys(cast.plain, cast.soon)}), UNKNOWN)
    page = karen.get(HANDLING_URL, {"valgt": preselected_keys(result, HANDLING_URL)})
    skipped = [(Letter.objects.get(pk=cast.plain.pk), "En anden var først.")]
    monkeypatch.setattr(services, "record_remedial_actions", lambda *_: services.Outcome([], skipped))
    late = save_form(karen, page, text="Ingen følger.")
    assert late.status_code == 409
    assert "En anden var først." in late.text
    assert cast.plain.subject in late.text


def test_statements_do_not_grow(cast, karen):
    letters = [cast.plain, cast.soon, cast.untitled]
    for letter in letters:
        services.decide(letter, REVIEW_OPEN, cast.karen, 0)
    counts = []
    for some in (letters[:1], letters[1:]):
        with CaptureQueriesContext(connection) as handled:
            services.record_remedial_actions(dict.fromkeys(some, 1), cast.karen, "Ingen")
        seen = {one: followup_of(one).version for one in some}
        with CaptureQueriesContext(connection) as recorded:
            assert len(arrivals.record_arrivals(seen, ARRIVED, cast.karen).done) == len(some)
        counts.append((len(handled), len(recorded)))
    assert counts[0] == counts[1]
