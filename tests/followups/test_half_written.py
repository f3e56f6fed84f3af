"""A half-written decision is kept for its writer alone, on any machine, until it is saved, discarded or forgotten."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse

from followups import services
from followups.letter import decision_drafts
from followups.letter.decision_drafts import ANOTHER_DRAFT, SAVED_OR_DISCARDED, TOO_LONG
from followups.models import BulkDecision, DecisionDraft
from letters.models import Letter
from sepo_incident.accounts.sign_in import UNATTENDED_HEADER
from sepo_incident.core.cpr import MASK
from tests.absence import create_absence
from tests.followups.asking import ask
from tests.followups.test_services import NOT_AGAIN, SENT_AGAIN, standing

pytestmark = pytest.mark.usefixtures("monday")
TYPED = {"remedy": "NEW_LETTER", "missed_on_day": "7", "note": "Ringet til skolen", "parties": ["RECIPIENT"]}
SAVED = {
    "remedy": "RESEND",
    "is_resent": "ja",
    "deadline_missed": "nej",
    "consequence_review": "NONE",
    "then": "liste",
}


def keep(client, letter, draft=0, *, htmx=True, **typed):
    posted = TYPED | {"version": standing(letter).version, "kladde": draft} | typed
    headers = {"HX-Request": "true"} if htmx else {}
    return client.post(reverse("keep_decision_draft", args=[letter.pk]), posted, headers=headers)


def page(client, letter, query=""):
    return client.get(reverse("letter", args=[letter.pk]) + query)


@pytest.fixture
def karen(cast, as_user):
    return as_user(cast.karen)


def test_it_is_offered_again_on_another_machine_as_it_was_left(cast, karen, as_user, monday):
    assert "kladde fra" not in page(karen, cast.plain).text
    kept = keep(karen, cast.plain)
    assert "Kladden er gemt i dag kl. 10.00." in kept.text
    assert "<html" not in kept.text
    monday.shift(timedelta(days=1))
    elsewhere = as_user(cast.karen)
    assert "Du har en kladde fra i går kl. 10.00" in page(elsewhere, cast.plain).text
    again = page(elsewhere, cast.plain, "?kladde=1")
    form = again.context["form"]
    assert (form["remedy"].value(), form["note"].value(), form["parties"].value()) == (
        "NEW_LETTER",
        "Ringet til skolen",
        ["RECIPIENT"],
    )
    assert form["missed_on"].value() == ["7", None, None]
    assert "Her er din kladde fra i går kl. 10.00" in again.text
    assert 'name="kladde" value="1"' in again.text


def test_a_button_keeps_it_where_no_script_runs(cast, karen):
    response = keep(karen, cast.plain, htmx=False)
    assert response.url == reverse("letter", args=[cast.plain.pk]) + "?kladde=1"
    assert "Kladden er gemt. Kun du kan se den" in karen.get(response.url).text


def test_saving_takes_its_place_and_so_does_a_question_or_a_decision_about_many(cast, karen):
    for letter in (cast.plain, cast.soon, cast.untitled):
        keep(karen, letter)
    karen.post(reverse("letter", args=[cast.plain.pk]), SAVED | {"version": 0})
    ask(cast.untitled, cast.karen)
    assert [one.followup.letter_id for one in DecisionDraft.objects.all()] == [cast.soon.pk]
    services.decide_many({cast.soon: services.RequestedDecision(0, NOT_AGAIN)}, cast.karen, BulkDecision.Way.PAGE)
    assert not DecisionDraft.objects.exists()


def test_a_tab_that_is_still_open_does_not_bring_it_back(cast, karen):
    keep(karen, cast.plain)
    karen.post(reverse("letter", args=[cast.plain.pk]), SAVED | {"version": 0})
    for draft in (0, 1):
        late = keep(karen, cast.plain, draft, version=0)
        assert (late.status_code, SAVED_OR_DISCARDED in late.text) == (409, True)
    assert not DecisionDraft.objects.exists()
    assert keep(karen, cast.plain, 1, version=0, **{"i-stedet": "0"}).status_code == 200, "who asks for it has it"


def test_who_decided_meanwhile_is_told_and_the_words_are_there_still(cast, karen):
    keep(karen, cast.plain)
    services.decide(cast.plain, SENT_AGAIN, cast.jens, 0)
    offered = page(karen, cast.plain).text
    assert "Der er sket noget med brevet siden: Jens" in offered
    assert "(på vegne af" in offered or "på dine vegne" in offered
    again = page(karen, cast.plain, "?kladde=1")
    assert again.context["form"]["note"].value() == "Ringet til skolen"
    assert "Der er sket noget med brevet siden: Jens" in again.text
    services.confirm_letter(cast.plain, cast.jens, 1)
    assert "correction_reason" in page(karen, cast.plain, "?kladde=1").context["form"].fields


def test_two_tabs_do_not_write_over_each_other_unasked(cast, karen):
    assert keep(karen, cast.plain).status_code == 200
    other = keep(karen, cast.plain, note="Noget andet")
    assert (other.status_code, ANOTHER_DRAFT in other.text) == (409, True)
    assert 'name="i-stedet" value="1"' in other.text
    assert DecisionDraft.objects.get().typed["note"] == "Ringet til skolen"
    assert keep(karen, cast.plain).status_code == 200, "the same words are no conflict"
    assert 'name="kladde" value="2"' in keep(karen, cast.plain, 0, note="Noget andet", **{"i-stedet": "1"}).text
    assert DecisionDraft.objects.get().typed["note"] == "Noget andet"
    without_script = keep(karen, cast.plain, 1, htmx=False, note="Et tredje")
    assert without_script.status_code == 409
    assert without_script.context["form"]["note"].value() == "Et tredje", "nothing typed is lost"
    assert "Se den anden kladde" in without_script.text


def test_it_is_discarded_by_whoever_saw_it(cast, karen):
    keep(karen, cast.plain)
    keep(karen, cast.plain, 1, note="Mere")
    address = reverse("discard_decision_draft", args=[cast.plain.pk])
    assert "skrevet videre et andet sted" in karen.post(address, {"kladde": 1}, follow=True).text
    assert "Kladden er kasseret." in karen.post(address, {"kladde": 2}, follow=True).text
    assert not DecisionDraft.objects.exists()


def test_nobody_else_ever_sees_it(cast, karen, as_user):
    keep(karen, cast.plain)
    create_absence(cast.karen, cast.anne)
    for person in (cast.jens, cast.birgitte, cast.mette, cast.pia, cast.anne):
        for query in ("", "?kladde=1"):
            shown = page(as_user(person), cast.plain, query)
            assert "Ringet til skolen" not in shown.text
            assert "kladde fra" not in shown.text
    assert keep(as_user(cast.jens), cast.plain, note="Mit eget").status_code == 200
    assert DecisionDraft.objects.of(cast.karen).get().typed["note"] == "Ringet til skolen"


def test_who_sees_the_site_as_its_writer_does_not_see_it(cast, karen, as_user):
    keep(karen, cast.soon)
    asked = services.take_escalation(ask(cast.plain, cast.karen), cast.pia)
    pia = as_user(cast.pia)
    pia.post(reverse("see_as_asker", args=[asked.pk]))
    for query in ("", "?kladde=1"):
        shown = page(pia, cast.soon, query)
        assert "Du ser siden, som Karen" in shown.text
        assert "Ringet til skolen" not in shown.text
        assert "kladde fra" not in shown.text
        assert "hx-post" not in shown.text
    assert keep(pia, cast.soon, 1).status_code == 403


def test_of_a_letter_that_one_may_not_read_any_more_nothing_is_shown(cast, as_user):
    birgitte = as_user(cast.birgitte)
    keep(birgitte, cast.plain)
    Letter.objects.filter(pk=cast.plain.pk).update(is_personnel_case=True)
    for query in ("", "?kladde=1"):
        shown = page(birgitte, cast.plain, query).text
        assert "Ringet til skolen" not in shown
        assert "kladde fra" not in shown
    assert keep(birgitte, cast.plain, 1).status_code == 403


def test_no_number_and_no_book_is_kept(cast, karen):
    keep(karen, cast.plain, note="Om 010190-1234\0", handled_text=["x"], ukendt="y")
    assert DecisionDraft.objects.get().typed["note"] == f"Om {MASK}"
    assert "ukendt" not in DecisionDraft.objects.get().typed
    long = keep(karen, cast.plain, 1, note="a" * 30_000)
    assert (long.status_code, TOO_LONG[:40] in long.text) == (409, True)


def test_no_page_has_seen_a_later_decision_than_the_one_that_stands(cast, karen):
    assert keep(karen, cast.plain, version=99_999_999_999).status_code == 200
    assert DecisionDraft.objects.get().seen == 0


def test_it_is_forgotten_after_thirty_days(cast, karen, monday):
    keep(karen, cast.plain)
    monday.shift(timedelta(days=29))
    assert decision_drafts.delete_expired_drafts() == 0
    monday.shift(timedelta(days=2))
    assert decision_drafts.delete_expired_drafts() == 1


def test_what_a_page_fetches_by_itself_keeps_no_session_alive_and_typing_does(cast, karen, monday):
    address = reverse("my_letters")
    karen.get(address)
    monday.shift(timedelta(minutes=20))
    assert keep(karen, cast.plain).status_code == 200
    monday.shift(timedelta(minutes=20))
    assert karen.get(address, headers={UNATTENDED_HEADER: "1"}).status_code == 200
    monday.shift(timedelta(minutes=20))
    assert karen.get(address).status_code == 302
    gone = keep(karen, cast.plain, 1, note="Mere")
    assert gone.status_code == 302
    assert "X-Draft" not in gone, "nothing of the sign-in page takes its place"
    assert Session.objects.count() <= 1
