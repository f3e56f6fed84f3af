"""Drafts of decisions: visible to the author only, on any machine, until saved, discarded or expired."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse

from followups import services
from followups.letter import decision_drafts
from followups.letter.decision_drafts import ANOTHER_DRAFT, SAVED_OR_DISCARDED, TOO_LONG
from followups.models import BulkDecision, DecisionDraft
from letters.models import Letter
from sepo_incident.accounts.sign_in.sessions import UNATTENDED_HEADER
from sepo_incident.core.cpr import MASK
from tests.absence import create_absence
from tests.followups.decision_answers import NO_DISPATCH, RESENT, followup_of
from tests.followups.escalation_helpers import ask_for_help

pytestmark = pytest.mark.usefixtures("monday")
TYPED = {"remedy": "NEW_LETTER", "missed_on_day": "7", "note": "Ringet til skolen", "parties": ["RECIPIENT"]}
SAVED = {"remedy": "RESEND", "is_resent": "ja", "deadline_missed": "nej", "consequence_review": "NONE", "then": "liste"}


def post_draft(client, letter, draft=0, *, htmx=True, **typed):
    posted = TYPED | {"version": followup_of(letter).version, "kladde": draft} | typed
    headers = {"HX-Request": "true"} if htmx else {}
    return client.post(reverse("keep_decision_draft", args=[letter.pk]), posted, headers=headers)


def get_letter_page(client, letter, query=""):
    return client.get(reverse("letter", args=[letter.pk]) + query)


@pytest.fixture
def karen(cast, as_user):
    return as_user(cast.karen)


def test_draft_is_offered_on_another_machine(cast, karen, as_user, monday):
    assert "kladde fra" not in get_letter_page(karen, cast.plain).text
    kept = post_draft(karen, cast.plain)
    assert "Kladden er gemt i dag kl. 10.00." in kept.text
    assert "<html" not in kept.text
    monday.shift(timedelta(days=1))
    elsewhere = as_user(cast.karen)
    assert "Du har en kladde fra i går kl. 10.00" in get_letter_page(elsewhere, cast.plain).text
    again = get_letter_page(elsewhere, cast.plain, "?kladde=1")
    form = again.context["form"]
    assert (form["remedy"].value(), form["note"].value(), form["parties"].value()) == (
        "NEW_LETTER",
        "Ringet til skolen",
        ["RECIPIENT"],
    )
    assert form["missed_on"].value() == ["7", None, None]
    assert "Din kladde fra i går kl. 10.00" in again.text
    assert 'name="kladde" value="1"' in again.text


def test_button_keeps_the_draft_without_javascript(cast, karen):
    response = post_draft(karen, cast.plain, htmx=False)
    assert response.url == reverse("letter", args=[cast.plain.pk]) + "?kladde=1"
    assert "Kladden er gemt. Den gælder først, når du gemmer beslutningen." in karen.get(response.url).text


def test_saving_asking_or_bulk_deciding_deletes_the_draft(cast, karen):
    for letter in (cast.plain, cast.soon, cast.untitled):
        post_draft(karen, letter)
    karen.post(reverse("letter", args=[cast.plain.pk]), SAVED | {"version": 0})
    ask_for_help(cast.untitled, cast.karen)
    assert [one.followup.letter_id for one in DecisionDraft.objects.all()] == [cast.soon.pk]
    requested = {cast.soon: services.RequestedDecision(0, NO_DISPATCH)}
    services.start_bulk_decision(requested, cast.karen, BulkDecision.Way.PAGE)
    assert not DecisionDraft.objects.exists()


def test_old_tab_does_not_restore_a_deleted_draft(cast, karen):
    post_draft(karen, cast.plain)
    karen.post(reverse("letter", args=[cast.plain.pk]), SAVED | {"version": 0})
    for draft in (0, 1):
        late = post_draft(karen, cast.plain, draft, version=0)
        assert (late.status_code, SAVED_OR_DISCARDED in late.text) == (409, True)
    assert not DecisionDraft.objects.exists()
    assert post_draft(karen, cast.plain, 1, version=0, **{"i-stedet": "0"}).status_code == 200, "who asks for it has it"


def test_draft_survives_another_persons_decision(cast, karen):
    post_draft(karen, cast.plain)
    services.decide(cast.plain, RESENT, cast.jens, 0)
    offered = get_letter_page(karen, cast.plain).text
    assert "Sket siden: Jens" in offered
    assert "(på vegne af" in offered or "på dine vegne" in offered
    again = get_letter_page(karen, cast.plain, "?kladde=1")
    assert again.context["form"]["note"].value() == "Ringet til skolen"
    assert "Sket siden: Jens" in again.text
    services.confirm_letter(cast.plain, cast.jens, 1)
    assert "correction_reason" in get_letter_page(karen, cast.plain, "?kladde=1").context["form"].fields


def test_second_tab_overwrites_the_draft_only_on_request(cast, karen):
    assert post_draft(karen, cast.plain).status_code == 200
    other = post_draft(karen, cast.plain, note="Noget andet")
    assert (other.status_code, ANOTHER_DRAFT in other.text) == (409, True)
    assert 'name="i-stedet" value="1"' in other.text
    assert DecisionDraft.objects.get().typed["note"] == "Ringet til skolen"
    assert post_draft(karen, cast.plain).status_code == 200, "the same words are no conflict"
    assert 'name="kladde" value="2"' in post_draft(karen, cast.plain, 0, note="Noget andet", **{"i-stedet": "1"}).text
    assert DecisionDraft.objects.get().typed["note"] == "Noget andet"
    without_script = post_draft(karen, cast.plain, 1, htmx=False, note="Et tredje")
    assert without_script.status_code == 409
    assert without_script.context["form"]["note"].value() == "Et tredje", "nothing typed is lost"
    assert "Se den anden kladde" in without_script.text


def test_discarding_needs_the_current_draft(cast, karen):
    post_draft(karen, cast.plain)
    post_draft(karen, cast.plain, 1, note="Mere")
    address = reverse("discard_decision_draft", args=[cast.plain.pk])
    assert "Kladden er ændret et andet sted" in karen.post(address, {"kladde": 1}, follow=True).text
    assert "Kladden er kasseret." in karen.post(address, {"kladde": 2}, follow=True).text
    assert not DecisionDraft.objects.exists()


def test_draft_is_hidden_from_everybody_else(cast, karen, as_user):
    post_draft(karen, cast.plain)
    create_absence(cast.karen, cast.anne)
    for person in (cast.jens, cast.mette, cast.anne):
        assert "Ringet til skolen" not in get_letter_page(as_user(person), cast.plain, "?kladde=1").text
    assert post_draft(as_user(cast.jens), cast.plain, note="Mit eget").status_code == 200
    assert DecisionDraft.objects.written_by(cast.karen).get().typed["note"] == "Ringet til skolen"


def test_draft_is_hidden_during_impersonation(cast, karen, as_user):
    post_draft(karen, cast.soon)
    asked = services.take_escalation(ask_for_help(cast.plain, cast.karen), cast.pia)
    pia = as_user(cast.pia)
    pia.post(reverse("see_as_asker", args=[asked.pk]))
    for query in ("", "?kladde=1"):
        shown = get_letter_page(pia, cast.soon, query)
        assert "Ringet til skolen" not in shown.text
        assert "kladde fra" not in shown.text
        assert "hx-post" not in shown.text.partition("<main")[2]
    assert post_draft(pia, cast.soon, 1).status_code == 403


def test_draft_is_hidden_after_losing_read_access(cast, as_user):
    birgitte = as_user(cast.birgitte)
    post_draft(birgitte, cast.plain)
    Letter.objects.filter(pk=cast.plain.pk).update(is_personnel_case=True)
    for query in ("", "?kladde=1"):
        shown = get_letter_page(birgitte, cast.plain, query).text
        assert "Ringet til skolen" not in shown
        assert "kladde fra" not in shown
    assert post_draft(birgitte, cast.plain, 1).status_code == 403


def test_draft_masks_cpr_numbers_and_limits_length(cast, karen):
    post_draft(karen, cast.plain, note="Om 010190-1234\0", handled_text=["x"], ukendt="y")
    assert DecisionDraft.objects.get().typed["note"] == f"Om {MASK}"
    assert "ukendt" not in DecisionDraft.objects.get().typed
    long = post_draft(karen, cast.plain, 1, note="a" * 30_000)
    assert (long.status_code, TOO_LONG[:40] in long.text) == (409, True)


def test_draft_expires_after_thirty_days(cast, karen, monday):
    post_draft(karen, cast.plain)
    monday.shift(timedelta(days=29))
    assert decision_drafts.delete_expired_drafts() == 0
    monday.shift(timedelta(days=2))
    assert decision_drafts.delete_expired_drafts() == 1


def test_automatic_requests_do_not_extend_the_session(cast, karen, monday):
    address = reverse("my_letters")
    karen.get(address)
    monday.shift(timedelta(minutes=20))
    assert post_draft(karen, cast.plain).status_code == 200
    monday.shift(timedelta(minutes=20))
    assert karen.get(address, headers={UNATTENDED_HEADER: "1"}).status_code == 200
    monday.shift(timedelta(minutes=20))
    assert karen.get(address).status_code == 302
    gone = post_draft(karen, cast.plain, 1, note="Mere")
    assert gone.status_code == 401
    assert "X-Draft" not in gone, "nothing takes its place"
    assert Session.objects.count() <= 1
