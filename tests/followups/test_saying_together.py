"""Said once of many letters: what became known of their consequences, and that they arrived."""

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
from tests.absence import create_absence
from tests.followups.test_arriving import ARRIVED as DELIVERED
from tests.followups.test_arriving import NOT_ARRIVED, TYPED
from tests.followups.test_consequences import OWED
from tests.followups.test_consequences import UNKNOWN as LEFT_OPEN
from tests.followups.test_deciding_together import AGAIN, MINE, decide, left, press, ticked
from tests.followups.test_services import NEW_LATER, SENT_AGAIN, kinds, standing

pytestmark = pytest.mark.usefixtures("monday")
UNKNOWN = AGAIN | {"consequence_review": "UNKNOWN"}
HANDLE, ARRIVED = reverse("record_remedial_actions"), reverse("record_arrivals")
SAID = {name: value for name, value in TYPED.items() if name != "seen"}


@pytest.fixture
def karen(as_user, cast):
    return as_user(cast.karen)


def save(client, page, **answers):
    form = re.search(r'<form class="decision block" method="post" action="([^"]+)".*?</form>', page.text, re.S)
    hidden = dict(re.findall(r'type="hidden" name="(breve|seen)" value="([^"]*)"', form[0]))
    return client.post(unescape(form[1]), answers | hidden, follow=True)


def chosen(page, where):
    """What the list's form sends where nobody changes the ticks."""
    return re.findall(r'name="valgt" value="([\d:]+)"(?: checked)', page.text) if where in page.text else None


def test_a_decision_about_many_that_leaves_them_unconfirmable_says_so_and_one_answer_closes_all(cast, karen):
    preview = press(karen, karen.get(MINE, {"valgt": ticked(cast.plain, cast.soon)}), "vis", **UNKNOWN)
    assert "Disse 2 breve kan ikke bekræftes endnu" in preview.text
    result = press(karen, preview, "gem")
    assert "2 breve kan først bekræftes, når I har skrevet, om fejlen har fået følger" in result.text
    assert cast.plain.subject in result.text
    asked = karen.get(HANDLE, {"valgt": chosen(result, HANDLE)})
    done = save(karen, asked, text="Ingen er kommet i klemme.")
    assert "Svaret står nu på 2 breve." in done.text
    assert [standing(one).handled_text for one in (cast.plain, cast.soon)] == ["Ingen er kommet i klemme."] * 2
    assert kinds(cast.plain) == ["DECIDED", "HANDLED"]
    services.confirm_letter(cast.plain, cast.jens, 2)
    again = karen.get(reverse("bulk_decision", args=[BulkDecision.objects.get().pk]))
    assert again.context["to_answer"] == 0


def test_the_list_of_what_lacks_an_answer_offers_it_where_it_can_be_said_of_many(cast, karen):
    decide(karen, karen.get(MINE, {"valgt": ticked(cast.plain, cast.soon)}), UNKNOWN)
    page = karen.get("/mine-breve/")
    assert page.context["answerable"] == {cast.plain.pk, cast.soon.pk}
    assert "Svar om de valgte" in page.text
    asked = karen.get(HANDLE, {"valgt": ticked(cast.plain, cast.untitled)})
    assert left(asked) == {"Brevet mangler en beslutning.": [cast.untitled]}
    assert save(karen, asked, text=" ").status_code == 422
    assert kinds(cast.plain) == ["DECIDED"]


def test_what_is_not_answered_for_many_is_left_alone(cast, as_user, karen):
    """A personnel case, what has harmed somebody, what another has written meanwhile, and what is not one's own."""
    reviews = {cast.plain: LEFT_OPEN, cast.soon: OWED, cast.personnel: LEFT_OPEN, cast.untitled: SENT_AGAIN}
    for letter, answers in reviews.items():
        services.decide(letter, answers, cast.karen, 0)
    asked = karen.get(HANDLE, {"valgt": [*ticked(cast.plain, cast.soon, cast.personnel, cast.untitled), "0:1"]})
    assert {tuple(named) for named in left(asked).values()} == {(cast.soon,), (cast.personnel,), (cast.untitled,)}
    services.record_remedial_action(cast.plain, cast.jens, 1, "Jens har ringet.")
    late = save(karen, asked, text="Ingen er kommet i klemme.")
    assert late.status_code == 409
    assert "Ingen er kommet i klemme." in late.text
    assert standing(cast.plain).handled_text == "Jens har ringet."
    anne = as_user(cast.anne).get(HANDLE, {"valgt": ticked(cast.plain)})
    assert anne.context["foreign"] == 1
    assert "Du har ikke valgt nogen breve" in karen.get(HANDLE).text


def test_letters_sent_the_same_day_are_said_to_have_arrived_at_once(cast, karen):
    result = decide(karen, karen.get(MINE, {"valgt": ticked(cast.plain, cast.soon)}))
    assert "2 breve er sendt, men er først i sikkerhed" in result.text
    asked = karen.get(ARRIVED, {"valgt": chosen(result, ARRIVED)})
    assert "Er 2 breve kommet frem?" in asked.text
    assert asked.context["form"].initial["sent_on"] == date(2020, 1, 13)
    assert 'type="file"' not in asked.text
    assert 'value="nej"' not in asked.text
    refused = save(karen, asked, **SAID | {"text": ""})
    assert refused.status_code == 422
    assert "Skriv, hvordan du ved det." in refused.text
    done = save(karen, asked, **SAID)
    assert "Det er gemt på 2 breve." in done.text
    said = Arrival.objects.order_by("pk")
    assert [(one.followup.letter, one.kind, one.has_arrived, one.arrived_on, one.by) for one in said] == [
        (letter, "STATEMENT", True, date(2020, 1, 10), cast.karen) for letter in (cast.soon, cast.plain)
    ]
    assert kinds(cast.plain) == ["DECIDED"]
    twice = save(karen, asked, **SAID)
    assert twice.status_code == 409
    assert "Det står allerede på brevet, at det er kommet frem." in twice.text
    assert Arrival.objects.count() == 2


def test_one_that_somebody_else_wrote_of_or_that_is_not_sent_is_left_alone(cast, as_user, karen):
    for letter, answers in ((cast.plain, SENT_AGAIN), (cast.soon, SENT_AGAIN), (cast.untitled, NEW_LATER)):
        services.decide(letter, answers, cast.karen, 0)
    asked = karen.get(ARRIVED, {"valgt": ticked(cast.plain, cast.soon, cast.untitled)})
    assert left(asked) == {"Brevet er ikke sendt igen, så der er ikke noget at vise bevis for.": [cast.untitled]}
    theirs = reverse("arrival", args=[cast.soon.pk])
    unsure = SAID | {"has_arrived": "ved-ikke", "text": ""}
    assert as_user(cast.jens).post(theirs, unsure | {"seen": 0}).status_code == 302
    done = save(karen, asked, **SAID)
    assert "Det er gemt på 1 brev." in done.text
    assert LETTER_CHANGED_SINCE_PAGE in done.text
    assert Arrival.objects.filter(has_arrived=True).get().followup == standing(cast.plain)


def test_what_arrived_is_what_was_sent_when_the_page_was_shown(cast, karen):
    for letter in (cast.plain, cast.soon):
        services.decide(letter, SENT_AGAIN, cast.karen, 0)
    asked = karen.get(ARRIVED, {"valgt": ticked(cast.plain, cast.soon)})
    services.decide(cast.soon, replace(NEW_LATER, is_sent=True), cast.karen, 1)
    done = save(karen, asked, **SAID)
    assert "Det er gemt på 1 brev." in done.text
    assert LETTER_CHANGED_SINCE_PAGE in done.text
    assert Arrival.objects.get().followup == standing(cast.plain)


def test_a_substitute_writes_on_the_senders_behalf(cast, as_user):
    for letter in (cast.plain, cast.soon):
        services.decide(letter, SENT_AGAIN, cast.karen, 0)
    create_absence(cast.karen, cast.olga)
    olga = as_user(cast.olga)
    done = save(olga, olga.get(ARRIVED, {"valgt": ticked(cast.plain, cast.soon)}), **SAID)
    assert "Det er gemt på 2 breve." in done.text
    assert {(one.by, one.on_behalf_of) for one in Arrival.objects.all()} == {(cast.olga, cast.karen)}
    assert done.redirect_chain[-1][0] == reverse("my_letters")


def test_many_take_as_many_statements_as_one(cast, karen):
    letters = [cast.plain, cast.soon, cast.untitled]
    for letter in letters:
        services.decide(letter, LEFT_OPEN, cast.karen, 0)
    counts = []
    for some in (letters[:1], letters[1:]):
        with CaptureQueriesContext(connection) as handled:
            services.record_remedial_actions(dict.fromkeys(some, 1), cast.karen, "Ingen")
        seen = {one: standing(one).version for one in some}
        with CaptureQueriesContext(connection) as recorded:
            assert arrivals.record_arrivals(seen, DELIVERED, cast.karen, 0).done == len(some)
        counts.append((len(handled), len(recorded)))
    assert counts[0] == counts[1]
    with pytest.raises(ValueError, match="about one letter"):
        arrivals.record_arrivals({cast.plain: 0}, NOT_ARRIVED, cast.karen, 0)
