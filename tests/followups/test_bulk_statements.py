"""Bulk statements: consequences found later, and arrivals."""

import re
from dataclasses import replace
from datetime import date
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from followups import services
from followups.models import Arrival, BulkDecision
from followups.services import arrivals
from followups.services.arrivals import LETTER_CHANGED_SINCE_PAGE
from letters.models import Letter
from sepo_incident.core import template_tags
from tests.absence import create_absence
from tests.factories import at
from tests.followups.arrival_reports import ARRIVAL_POST, ARRIVED, NOT_ARRIVED
from tests.followups.bulk_pages import BULK_URL, decide_in_bulk, press_button, selected_keys, skipped_letters
from tests.followups.decision_answers import (
    HARM_UNHANDLED,
    NEW_LETTER_UNSENT,
    RESENT,
    REVIEW_OPEN,
    decision_kinds,
    followup_of,
)
from tests.followups.decision_posts import BULK_RESEND_POST

pytestmark = pytest.mark.usefixtures("monday")
UNKNOWN = BULK_RESEND_POST | {"consequence_review": "UNKNOWN"}
HANDLING_URL, ARRIVALS_URL = reverse("record_remedial_actions"), reverse("record_arrivals")
SAID = {name: value for name, value in ARRIVAL_POST.items() if name != "seen"}


@pytest.fixture
def karen(as_user, cast):
    return as_user(cast.karen)


def save_form(client, page, **answers):
    form = re.search(r'<form class="decision block" method="post" action="([^"]+)".*?</form>', page.text, re.S)
    hidden = dict(re.findall(r'type="hidden" name="(breve|seen)" value="([^"]*)"', form[0]))
    return client.post(unescape(form[1]), answers | hidden, follow=True)


@pytest.mark.parametrize("url", [BULK_URL, HANDLING_URL, ARRIVALS_URL])
def test_a_long_list_of_ticked_letters_is_posted(cast, karen, url):
    answers = {BULK_URL: None, HANDLING_URL: UNKNOWN, ARRIVALS_URL: BULK_RESEND_POST}[url]
    letters = (cast.plain, cast.soon)
    if answers:
        decide_in_bulk(karen, karen.get(BULK_URL, {"valgt": selected_keys(*letters)}), answers)
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


def test_days_are_left_open_for_letters_sent_on_different_days(cast, karen, monday):
    for day, letter in ((10, cast.plain), (13, cast.soon)):
        monday.move_to(at(2020, 1, day, 10))
        services.decide(letter, RESENT, cast.karen, 0)
    asked = karen.get(ARRIVALS_URL, {"valgt": selected_keys(cast.plain, cast.soon)})
    initial = asked.context["form"].initial
    assert (initial["sent_on"], initial["arrived_on"]) == (None, None)


def test_arrival_is_reported_for_letters_sent_the_same_day(cast, karen):
    result = decide_in_bulk(karen, karen.get(BULK_URL, {"valgt": selected_keys(cast.plain, cast.soon)}))
    assert "2 breve er sendt, men mangler bevis." in result.text
    asked = karen.get(ARRIVALS_URL, {"valgt": preselected_keys(result, ARRIVALS_URL)})
    assert "Er 2 breve kommet frem?" in asked.text
    initial = asked.context["form"].initial
    assert (initial["sent_on"], initial["arrived_on"]) == (date(2020, 1, 13), date(2020, 1, 13))
    assert 'type="file"' not in asked.text
    assert 'value="nej"' not in asked.text
    refused = save_form(karen, asked, **SAID | {"text": ""})
    assert refused.status_code == 422
    assert "Skriv, hvordan du ved det." in refused.text
    done = save_form(karen, asked, **SAID)
    assert "Svaret er gemt på 2 breve." in done.text
    said = Arrival.objects.order_by("pk")
    assert [(one.followup.letter, one.kind, one.has_arrived, one.arrived_on, one.by) for one in said] == [
        (letter, "STATEMENT", True, date(2020, 1, 10), cast.karen) for letter in (cast.soon, cast.plain)
    ]
    assert decision_kinds(cast.plain) == ["DECIDED"]
    twice = save_form(karen, asked, **SAID)
    assert twice.status_code == 409
    assert "Brevet er allerede kommet frem." in twice.text
    assert Arrival.objects.count() == 2


def test_letters_reported_by_others_or_unsent_are_skipped(cast, as_user, karen):
    for letter, answers in ((cast.plain, RESENT), (cast.soon, RESENT), (cast.untitled, NEW_LETTER_UNSENT)):
        services.decide(letter, answers, cast.karen, 0)
    asked = karen.get(ARRIVALS_URL, {"valgt": selected_keys(cast.plain, cast.soon, cast.untitled)})
    assert skipped_letters(asked) == {
        "Brevet er ikke sendt igen. Markér det først som sendt på brevets side.": [cast.untitled]
    }
    theirs = reverse("arrival", args=[cast.soon.pk])
    unsure = SAID | {"has_arrived": "ved-ikke", "text": ""}
    assert as_user(cast.jens).post(theirs, unsure | {"seen": 0}).status_code == 302
    done = save_form(karen, asked, **SAID)
    assert "Svaret er gemt på 1 brev." in done.text
    assert LETTER_CHANGED_SINCE_PAGE in done.text
    assert Arrival.objects.filter(has_arrived=True).get().followup == followup_of(cast.plain)


def test_letter_resent_after_the_page_was_shown_is_skipped(cast, karen):
    for letter in (cast.plain, cast.soon):
        services.decide(letter, RESENT, cast.karen, 0)
    asked = karen.get(ARRIVALS_URL, {"valgt": selected_keys(cast.plain, cast.soon)})
    services.decide(cast.soon, replace(NEW_LETTER_UNSENT, is_sent=True), cast.karen, 1)
    done = save_form(karen, asked, **SAID)
    assert "Svaret er gemt på 1 brev." in done.text
    assert LETTER_CHANGED_SINCE_PAGE in done.text
    assert Arrival.objects.get().followup == followup_of(cast.plain)


def test_substitute_reports_on_the_senders_behalf(cast, as_user):
    for letter in (cast.plain, cast.soon):
        services.decide(letter, RESENT, cast.karen, 0)
    create_absence(cast.karen, cast.olga)
    olga = as_user(cast.olga)
    done = save_form(olga, olga.get(ARRIVALS_URL, {"valgt": selected_keys(cast.plain, cast.soon)}), **SAID)
    assert "Svaret er gemt på 2 breve." in done.text
    assert {(one.by, one.on_behalf_of) for one in Arrival.objects.all()} == {(cast.olga, cast.karen)}
    assert done.redirect_chain[-1][0] == reverse("my_letters")


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
            assert len(arrivals.record_arrivals(seen, ARRIVED, cast.karen, 0).done) == len(some)
        counts.append((len(handled), len(recorded)))
    assert counts[0] == counts[1]
    with pytest.raises(ValueError, match="about one letter"):
        arrivals.record_arrivals({cast.plain: 0}, NOT_ARRIVED, cast.karen, 0)
