"""The pages of a bulk decision: selecting, answering, preview, saving and undoing."""

import re
from datetime import date
from html import unescape

import pytest
from django.urls import reverse

from followups import services
from followups.models import BulkDecision, Decision, FollowUp
from letters.models import Letter
from tests.factories import FollowUpFactory, LetterFactory
from tests.followups.bulk_pages import BULK_URL, decide_in_bulk, press_button, selected_keys, skipped_letters
from tests.followups.decision_answers import NO_DISPATCH, decision_kinds, followup_of
from tests.followups.decision_posts import BULK_RESEND_POST
from tests.followups.escalation_helpers import ask_for_help
from tests.followups.many_letters import create_many_letters

pytestmark = pytest.mark.usefixtures("monday")
NEVER = {
    "remedy": "NO_DISPATCH",
    "no_dispatch_reason": "Står på Aula.",
    "deadline_missed": "nej",
    "consequence_review": "NONE",
}


def latest_bulk_decision():
    return BulkDecision.objects.latest("pk")


@pytest.fixture
def karen(as_user, cast):
    return as_user(cast.karen)


def test_selected_letters_are_decided_after_a_preview(cast, karen):
    asked = karen.get(BULK_URL, {"valgt": selected_keys(cast.plain, cast.soon)})
    assert "Samlet beslutning for 2 breve" in asked.text
    assert "Jeg har brug for hjælp" not in asked.text
    preview = press_button(karen, asked, "vis", **BULK_RESEND_POST)
    assert "2 breve får beslutningen" in preview.text
    assert cast.plain.subject in preview.text
    assert not Decision.objects.exists()
    result = press_button(karen, preview, "gem")
    assert "2 breve har fået beslutningen" in result.text
    assert [followup_of(letter).status for letter in (cast.plain, cast.soon, cast.untitled)] == ["DONE", "DONE", "OPEN"]


def test_decide_all_skips_letters_that_need_their_own_page(cast, karen):
    FollowUp.objects.filter(letter=cast.passed).update(due_on=date(2020, 1, 6))
    asked = karen.get(BULK_URL, {"alle": "1"})
    services.decide(cast.soon, NO_DISPATCH, cast.jens, 0)  # while she answers the form
    preview = press_button(karen, asked, "vis", **BULK_RESEND_POST)
    assert "2 breve får beslutningen" in preview.text
    expected = {
        "Brevet har allerede en beslutning.": [cast.soon],
        "Brevets dato er passeret. Beslut på brevets egen side.": [cast.passed],
        "Det er en personalesag. Beslut på brevets egen side.": [cast.personnel],
    }
    assert skipped_letters(preview) == expected
    services.decide(cast.untitled, NO_DISPATCH, cast.jens, 0)  # while she reads the preview
    result = press_button(karen, preview, "gem")
    assert "1 brev har fået beslutningen" in result.text
    expected["Brevet har allerede en beslutning."] = [cast.untitled, cast.soon]
    assert skipped_letters(result) == expected
    assert followup_of(cast.soon).remedy == followup_of(cast.untitled).remedy == "NO_DISPATCH"
    assert reverse("letter", args=[cast.personnel.pk]) in result.text


def test_list_and_form_count_decidable_letters_and_explain_the_rest(cast, as_user, karen):
    """On the own list and on a board the link counts the decidable letters, independent of the answers."""
    FollowUp.objects.filter(letter=cast.passed).update(due_on=date(2020, 1, 6))
    ask_for_help(cast.soon, cast.karen)
    assert "Beslut det samme for 2 breve" in karen.get("/mine-breve/").text
    asked = karen.get(BULK_URL, {"alle": "1"})
    assert "Samlet beslutning for 2 breve" in asked.text
    assert "Tre breve skal have hver sin beslutning" in asked.text
    assert sorted(skipped_letters(asked).values(), key=str) == sorted(
        [[cast.passed], [cast.personnel], [cast.soon]], key=str
    )
    assert "hvis du skriver den dato i 2" in asked.text
    jens = as_user(cast.jens)
    board = jens.get(f"/enhed/{cast.svalevej.pk}/").text
    assert "Beslut det samme for 2 breve" in board
    link = unescape(re.search(r'href="(/enhed/\d+/sammen/[^"]*)"', board)[1])
    assert "Samlet beslutning for 2 breve" in jens.get(link).text


def test_missing_answers_are_asked_for_and_answers_can_be_changed(cast, karen):
    asked = karen.get(BULK_URL, {"valgt": selected_keys(cast.plain, cast.soon)})
    refused = press_button(karen, asked, "vis", remedy="NO_DISPATCH", deadline_missed="nej")
    assert refused.status_code == 422
    assert {*refused.context["form"].errors} == {"no_dispatch_reason", "consequence_review"}
    preview = press_button(karen, refused, "vis", **NEVER)
    again = press_button(karen, preview, "ret")
    assert "Står på Aula." in again.text
    assert not Decision.objects.exists()
    assert "Brevet sendes ikke igen" in decide_in_bulk(karen, again, NEVER).text


def test_double_click_decides_once(cast, karen):
    preview = press_button(
        karen, karen.get(BULK_URL, {"valgt": selected_keys(cast.plain, cast.soon)}), "vis", **BULK_RESEND_POST
    )
    first, second = press_button(karen, preview, "gem"), press_button(karen, preview, "gem")
    assert first.redirect_chain == second.redirect_chain
    assert decision_kinds(cast.plain) == ["DECIDED"]


def test_undo_skips_confirmed_and_changed_letters(cast, as_user, karen):
    decide_in_bulk(karen, karen.get(BULK_URL, {"valgt": selected_keys(cast.plain, cast.soon, cast.untitled)}))
    services.confirm_letter(cast.soon, cast.jens, 1)
    services.decide(cast.untitled, NO_DISPATCH, cast.karen, 1)
    result = karen.post(reverse("undo_bulk_decision", args=[latest_bulk_decision().pk]), follow=True)
    assert "1 beslutning er fortrudt" in result.text
    assert skipped_letters(result) == {
        "Lederen har bekræftet beslutningen.": [cast.soon],
        "Brevet er ændret siden.": [cast.untitled],
    }
    assert [followup_of(letter).status for letter in (cast.plain, cast.soon, cast.untitled)] == [
        "OPEN",
        "CONFIRMED",
        "DONE",
    ]
    assert decision_kinds(cast.plain) == ["DECIDED", "UNDONE"]
    karen.post(reverse("undo_bulk_decision", args=[latest_bulk_decision().pk]))
    assert decision_kinds(cast.plain) == ["DECIDED", "UNDONE"]


def test_history_counts_the_other_letters(cast, karen):
    decide_in_bulk(karen, karen.get(BULK_URL, {"valgt": selected_keys(cast.plain, cast.soon, cast.untitled)}))
    karen.post(reverse("undo_bulk_decision", args=[latest_bulk_decision().pk]))
    page = karen.get(reverse("letter", args=[cast.plain.pk])).text
    assert "Du besluttede at sende det samme brev igen, sammen med 2 andre breve." in page
    assert "Du fortrød beslutningen, sammen med 2 andre breve." in page


def test_leader_decides_about_a_filter_on_behalf(cast, as_user):
    jens = as_user(cast.jens)
    where = reverse("decide_many", args=[cast.svalevej.pk])
    asked = jens.get(where, {"status": "OPEN", "alle": "1"})
    assert f'href="/enhed/{cast.svalevej.pk}/?status=OPEN"' in asked.text
    result = decide_in_bulk(jens, asked)
    assert "3 breve har fået beslutningen" in result.text
    assert f'href="/enhed/{cast.svalevej.pk}/?status=OPEN#breve"' in result.text
    written = Decision.objects.values_list("by", "on_behalf_of").distinct()
    assert list(written) == [(cast.jens.pk, cast.karen.pk)]
    assert followup_of(cast.personnel).is_open
    undone = jens.post(re.search(r'action="([^"]+fortryd[^"]*)"', result.text)[1], follow=True)
    assert f'href="/enhed/{cast.svalevej.pk}/?status=OPEN#breve"' in undone.text


def test_letters_of_another_list_are_not_touched(cast, karen):
    page = karen.get(BULK_URL, {"valgt": selected_keys(cast.plain, cast.annes)})
    assert page.context["outside_list"] == 1
    forged = karen.post(
        BULK_URL, BULK_RESEND_POST | {"breve": " ".join(selected_keys(cast.annes)), "trin": "gem"}, follow=True
    )
    assert "Ingen af brevene mangler en beslutning fra dig." in forged.text
    mixed = karen.post(
        BULK_URL,
        BULK_RESEND_POST | {"breve": " ".join(selected_keys(cast.plain, cast.annes)), "trin": "gem"},
        follow=True,
    )
    assert followup_of(cast.annes).is_open
    assert "1 brev har fået beslutningen" in mixed.text
    assert "1 brev er ikke på listen længere og er ikke ændret." in mixed.text


def test_empty_selection_says_what_to_do(cast, karen):
    assert "Du har ikke valgt nogen breve" in karen.get(BULK_URL).text
    for letter in Letter.objects.filter(sender=cast.karen):
        services.decide(letter, NO_DISPATCH, cast.karen, 0)
    page = karen.get(BULK_URL, {"valgt": selected_keys(cast.plain)})
    assert "Ingen af brevene mangler en beslutning" in page.text
    assert 'name="remedy"' not in page.text


def test_people_find_their_own_bulk_decisions(cast, as_user, karen):
    decide_in_bulk(karen, karen.get(BULK_URL, {"valgt": selected_keys(cast.plain, cast.soon)}))
    there = reverse("bulk_decision", args=[latest_bulk_decision().pk])
    assert there in karen.get(reverse("bulk_decisions")).text
    other = as_user(cast.jens)
    assert there not in other.get(reverse("bulk_decisions")).text
    assert other.get(there).status_code == 404


# --- More than five hundred ----------------------------------------------------------------------------------------


@pytest.fixture
def many(cast, as_user, monkeypatch):
    """A running bulk decision about nine letters, with chunks of two. One is a personnel case, and the date of one has
    passed.
    """
    monkeypatch.setattr("followups.services.bulk_decisions.IMMEDIATE_LIMIT", 5)
    monkeypatch.setattr("followups.services.bulk_decisions.CHUNK_SIZE", 2)
    for _ in range(4):
        FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.karen, unit=cast.svalevej))
    birgitte = as_user(cast.birgitte)
    page = birgitte.get(reverse("decide_many", args=[cast.svalevej.pk]), {"alle": "1"})
    return birgitte, decide_in_bulk(birgitte, page)


def test_worker_decides_many_letters_and_the_page_shows_progress(many):
    client, page = many
    assert "0 af 9 breve" in page.text
    assert "Du kan lukke siden imens." in page.text
    services.bulk_decisions._process_next_chunk(latest_bulk_decision().pk)
    there = reverse("bulk_decision", args=[latest_bulk_decision().pk])
    part = client.get(there, headers={"HX-Request": "true"})
    assert "2 af 9 breve" in part.text
    assert "<html" not in part.text
    services.continue_bulk_decision(latest_bulk_decision().pk)
    assert client.get(there, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    assert "7 breve har fået beslutningen" in client.get(there).text


def test_dead_worker_is_replaced_and_nothing_is_done_twice(many, monday, monkeypatch):
    bells_rung = []
    monkeypatch.setattr(
        "sepo_incident.core.task_queue.enqueue_on_commit", lambda task, args: bells_rung.append((task, args))
    )
    services.bulk_decisions._process_next_chunk(latest_bulk_decision().pk)
    services.requeue_stalled_bulk_decisions()
    assert bells_rung == []
    monday.shift(60)
    services.requeue_stalled_bulk_decisions()
    assert bells_rung == [("followups.tasks.continue_bulk_decision", [latest_bulk_decision().pk])]
    services.continue_bulk_decision(latest_bulk_decision().pk)
    services.continue_bulk_decision(latest_bulk_decision().pk)
    assert Decision.objects.count() == 7
    assert set(Decision.objects.values_list("version", flat=True)) == {1}


def test_failed_bulk_decision_leaves_the_rest_undecided(many, monkeypatch):
    client, _ = many
    services.bulk_decisions._process_next_chunk(latest_bulk_decision().pk)
    monkeypatch.setattr("followups.services.bulk_decisions.decide_next_letters", lambda bulk, at_most: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        services.continue_bulk_decision(latest_bulk_decision().pk)
    page = client.get(reverse("bulk_decision", args=[latest_bulk_decision().pk]))
    assert "2 breve har fået beslutningen" in page.text
    assert any("en fejl hos os" in why for why in skipped_letters(page))


def test_queries_do_not_grow(cast, as_user, django_assert_num_queries):
    create_many_letters(cast.incident, cast.area, units=4, letters=200)
    client = as_user(cast.birgitte)
    client.get(reverse("decide_many", args=[cast.area.pk]), {"alle": "1"})
    with django_assert_num_queries(9):
        page = client.get(reverse("decide_many", args=[cast.area.pk]), {"alle": "1"})
    with django_assert_num_queries(9):
        preview = press_button(client, page, "vis", **BULK_RESEND_POST)
    result = press_button(client, preview, "gem")
    with django_assert_num_queries(12):
        client.get(result.redirect_chain[-1][0])
