"""The pages of one decision about many letters: chosen on a list, answered once, seen through, saved, taken back."""

import re
from datetime import date
from html import unescape

import pytest
from django.urls import reverse

from followups import services
from followups.models import BulkDecision, Decision, FollowUp
from letters.models import Letter
from tests.factories import FollowUpFactory, LetterFactory
from tests.followups.asking import ask
from tests.followups.crowd import gather
from tests.followups.test_services import NOT_AGAIN, kinds, standing

pytestmark = pytest.mark.usefixtures("monday")
MINE = "/mine-breve/sammen/"
AGAIN = {"remedy": "RESEND", "is_resent": "ja", "deadline_missed": "nej", "consequence_review": "NONE"}
NEVER = {
    "remedy": "NO_DISPATCH",
    "no_dispatch_reason": "Står på Aula.",
    "deadline_missed": "nej",
    "consequence_review": "NONE",
}


def ticked(*letters):
    return [f"{letter.pk}:{standing(letter).version}" for letter in letters]


def press(client, page, trin, **answers):
    """One of the page's buttons, with what stands in its fields."""
    form = re.search(
        r'<form class="(?:decision block|actions)" method="post" action="([^"]+)".*?</form>', page.text, re.S
    )
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0])
    fields = {name: unescape(value) for name, value in hidden if name != "csrfmiddlewaretoken"}
    return client.post(unescape(form[1]), fields | answers | {"trin": trin}, follow=True)


def decide(client, page, answers=AGAIN):
    """All the way through: form, preview, saved."""
    return press(client, press(client, page, "vis", **answers), "gem")


def left(page):
    return {group.why: group.named for group in page.context["left"]}


def latest():
    return BulkDecision.objects.latest("pk")


@pytest.fixture
def karen(as_user, cast):
    return as_user(cast.karen)


def test_chosen_letters_get_one_decision_after_a_look_and_nothing_is_saved_before(cast, karen):
    asked = karen.get(MINE, {"valgt": ticked(cast.plain, cast.soon)})
    assert "Én beslutning om 2 breve" in asked.text
    assert "Jeg har brug for hjælp" not in asked.text
    preview = press(karen, asked, "vis", **AGAIN)
    assert "2 breve får beslutningen" in preview.text
    assert cast.plain.subject in preview.text
    assert not Decision.objects.exists()
    result = press(karen, preview, "gem")
    assert "2 breve har fået beslutningen" in result.text
    assert [standing(letter).status for letter in (cast.plain, cast.soon, cast.untitled)] == ["DONE", "DONE", "OPEN"]


def test_all_leaves_alone_what_wants_a_look_of_its_own_and_the_result_names_it(cast, karen):
    FollowUp.objects.filter(letter=cast.passed).update(due_on=date(2020, 1, 6))
    asked = karen.get(MINE, {"alle": "1"})
    services.decide(cast.soon, NOT_AGAIN, cast.jens, 0)  # while she answers
    preview = press(karen, asked, "vis", **AGAIN)
    assert "2 breve får beslutningen" in preview.text
    expected = {
        "Brevet har allerede en beslutning.": [cast.soon],
        "Brevets egen dato er passeret, og det siger beslutningen ikke. Beslut om brevet på dets egen side.": [
            cast.passed
        ],
        "Det er en personalesag. Beslut om brevet på dets egen side.": [cast.personnel],
    }
    assert left(preview) == expected
    services.decide(cast.untitled, NOT_AGAIN, cast.jens, 0)  # while she looks
    result = press(karen, preview, "gem")
    assert "1 brev har fået beslutningen" in result.text
    expected["Brevet har allerede en beslutning."] = [cast.untitled, cast.soon]
    assert left(result) == expected
    assert standing(cast.soon).remedy == standing(cast.untitled).remedy == "NO_DISPATCH"
    assert reverse("letter", args=[cast.personnel.pk]) in result.text


def test_the_list_and_the_form_say_how_many_can_get_it_and_why_the_others_cannot(cast, as_user, karen):
    """On one's own list and on a board the link counts what the act would do, whatever is answered."""
    FollowUp.objects.filter(letter=cast.passed).update(due_on=date(2020, 1, 6))
    ask(cast.soon, cast.karen)
    assert "Tag én beslutning om de 2, der kan" in karen.get("/mine-breve/").text
    asked = karen.get(MINE, {"alle": "1"})
    assert "Én beslutning om 2 breve" in asked.text
    assert "Tre skal du tage for sig" in asked.text
    assert sorted(left(asked).values(), key=str) == sorted([[cast.passed], [cast.personnel], [cast.soon]], key=str)
    assert "når det er den dato, du svarer i 2" in asked.text
    jens = as_user(cast.jens)
    board = jens.get(f"/enhed/{cast.svalevej.pk}/").text
    assert "Tag én beslutning om de 2, der kan" in board
    assert "Én beslutning om 2 breve" in jens.get(re.search(r'href="(/enhed/\d+/sammen/[^"]*)"', board)[1]).text


def test_where_every_date_has_passed_the_form_is_about_those(cast, karen):
    FollowUp.objects.filter(letter__in=[cast.passed, cast.plain]).update(due_on=date(2020, 1, 6))
    asked = karen.get(MINE, {"valgt": ticked(cast.passed, cast.plain)})
    assert "Én beslutning om 2 breve" in asked.text
    assert "skal du tage for sig" not in asked.text
    preview = press(karen, asked, "vis", **AGAIN | {"deadline_missed": "ja"} | parts("missed_on", 6, 1, 2020))
    assert "2 breve får beslutningen" in preview.text


def parts(name, day, month, year):
    return {f"{name}_day": day, f"{name}_month": month, f"{name}_year": year}


def test_what_a_desk_has_not_answered_is_left_alone(cast, karen):
    ask(cast.soon, cast.karen)
    result = decide(karen, karen.get(MINE, {"valgt": ticked(cast.plain, cast.soon)}))
    why = "Der er spurgt om brevet, og svaret er ikke kommet. Beslut om brevet på dets egen side."
    assert left(result) == {why: [cast.soon]}
    assert standing(cast.soon).is_open


def test_what_is_missing_is_asked_for_again_and_answers_can_be_changed(cast, karen):
    asked = karen.get(MINE, {"valgt": ticked(cast.plain, cast.soon)})
    refused = press(karen, asked, "vis", remedy="NO_DISPATCH", deadline_missed="nej")
    assert refused.status_code == 422
    assert {*refused.context["form"].errors} == {"no_dispatch_reason", "consequence_review"}
    preview = press(karen, refused, "vis", **NEVER)
    again = press(karen, preview, "ret")
    assert "Står på Aula." in again.text
    assert not Decision.objects.exists()
    assert "Brevet sendes ikke igen" in decide(karen, again, NEVER).text


def test_pressed_twice_it_is_done_once_and_answered_with_what_was_done(cast, karen):
    preview = press(karen, karen.get(MINE, {"valgt": ticked(cast.plain, cast.soon)}), "vis", **AGAIN)
    first, second = press(karen, preview, "gem"), press(karen, preview, "gem")
    assert first.redirect_chain == second.redirect_chain
    assert kinds(cast.plain) == ["DECIDED"]


def test_one_button_takes_all_back_but_what_was_confirmed_or_changed_since(cast, as_user, karen):
    decide(karen, karen.get(MINE, {"valgt": ticked(cast.plain, cast.soon, cast.untitled)}))
    services.confirm_letter(cast.soon, cast.jens, 1)
    services.decide(cast.untitled, NOT_AGAIN, cast.karen, 1)
    result = karen.post(reverse("undo_bulk_decision", args=[latest().pk]), follow=True)
    assert "1 beslutning er fortrudt" in result.text
    assert left(result) == {
        "Lederen har bekræftet beslutningen.": [cast.soon],
        "Der er sket mere med brevet siden.": [cast.untitled],
    }
    assert [standing(letter).status for letter in (cast.plain, cast.soon, cast.untitled)] == [
        "OPEN",
        "CONFIRMED",
        "DONE",
    ]
    assert kinds(cast.plain) == ["DECIDED", "UNDONE"]
    karen.post(reverse("undo_bulk_decision", args=[latest().pk]))
    assert kinds(cast.plain) == ["DECIDED", "UNDONE"]


def test_the_history_says_with_how_many_others(cast, karen):
    decide(karen, karen.get(MINE, {"valgt": ticked(cast.plain, cast.soon, cast.untitled)}))
    karen.post(reverse("undo_bulk_decision", args=[latest().pk]))
    page = karen.get(reverse("letter", args=[cast.plain.pk])).text
    assert "Du besluttede at sende det samme brev igen, i samme omgang som 2 andre breve." in page
    assert "Du fortrød beslutningen, i samme omgang som 2 andre breve." in page


def test_a_leader_decides_about_all_of_a_filter_on_behalf_and_comes_back_to_it(cast, as_user):
    jens = as_user(cast.jens)
    where = reverse("decide_many", args=[cast.svalevej.pk])
    asked = jens.get(where, {"status": "OPEN", "alle": "1"})
    assert f'href="/enhed/{cast.svalevej.pk}/?status=OPEN"' in asked.text
    result = decide(jens, asked)
    assert "3 breve har fået beslutningen" in result.text
    assert f'href="/enhed/{cast.svalevej.pk}/?status=OPEN#breve"' in result.text
    written = Decision.objects.values_list("by", "on_behalf_of").distinct()
    assert list(written) == [(cast.jens.pk, cast.karen.pk)]
    assert standing(cast.personnel).is_open
    undone = jens.post(re.search(r'action="([^"]+fortryd[^"]*)"', result.text)[1], follow=True)
    assert f'href="/enhed/{cast.svalevej.pk}/?status=OPEN#breve"' in undone.text


def test_a_letter_of_another_list_is_not_touched(cast, karen):
    page = karen.get(MINE, {"valgt": ticked(cast.plain, cast.annes)})
    assert page.context["foreign"] == 1
    forged = karen.post(MINE, AGAIN | {"breve": " ".join(ticked(cast.annes)), "trin": "gem"}, follow=True)
    assert "Ingen af brevene mangler en beslutning, som du kan tage her." in forged.text
    mixed = karen.post(MINE, AGAIN | {"breve": " ".join(ticked(cast.plain, cast.annes)), "trin": "gem"}, follow=True)
    assert standing(cast.annes).is_open
    assert "1 brev har fået beslutningen" in mixed.text
    assert "1 brev hører ikke til her længere og er ikke rørt." in mixed.text


def test_nothing_chosen_and_nothing_left_say_what_to_do(cast, karen):
    assert "Du har ikke valgt nogen breve" in karen.get(MINE).text
    for letter in Letter.objects.filter(sender=cast.karen):
        services.decide(letter, NOT_AGAIN, cast.karen, 0)
    page = karen.get(MINE, {"valgt": ticked(cast.plain)})
    assert "Ingen af brevene mangler en beslutning" in page.text
    assert 'name="remedy"' not in page.text


def test_each_finds_their_own_again(cast, as_user, karen):
    decide(karen, karen.get(MINE, {"valgt": ticked(cast.plain, cast.soon)}))
    there = reverse("bulk_decision", args=[latest().pk])
    assert there in karen.get(reverse("bulk_decisions")).text
    other = as_user(cast.jens)
    assert there not in other.get(reverse("bulk_decisions")).text
    assert other.get(there).status_code == 404


def test_no_more_than_two_hundred_are_listed_before_the_decision(cast, as_user, monkeypatch):
    monkeypatch.setattr("followups.bulk.decision_views.MAX_LISTED", 1)
    page = as_user(cast.karen).get(MINE, {"valgt": ticked(cast.plain, cast.soon)})
    assert (cast.plain.subject in page.text) + (cast.soon.subject in page.text) == 1
    assert "Én beslutning om 2 breve" in page.text


# --- More than five hundred ----------------------------------------------------------------------------------------


@pytest.fixture
def many(cast, as_user, monkeypatch):
    """Nine letters, where five are many and two are taken at a time, and the button is pressed. One is a personnel
    case, and one's date has passed."""
    monkeypatch.setattr("followups.services.bulk_decisions.IMMEDIATE_LIMIT", 5)
    monkeypatch.setattr("followups.services.bulk_decisions.CHUNK_SIZE", 2)
    for _ in range(4):
        FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.karen, unit=cast.svalevej))
    birgitte = as_user(cast.birgitte)
    page = birgitte.get(reverse("decide_many", args=[cast.svalevej.pk]), {"alle": "1"})
    return birgitte, decide(birgitte, page)


def test_many_are_for_a_worker_whose_progress_the_page_shows_until_it_is_done(many):
    client, page = many
    assert "0 af 9 breve" in page.text
    assert "Du kan roligt lukke siden" in page.text
    services.bulk_decisions._process_next_chunk(latest().pk)
    there = reverse("bulk_decision", args=[latest().pk])
    part = client.get(there, headers={"HX-Request": "true"})
    assert "2 af 9 breve" in part.text
    assert "<html" not in part.text
    services.continue_bulk_decision(latest().pk)
    assert client.get(there, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    assert "7 breve har fået beslutningen" in client.get(there).text


def test_a_worker_that_died_is_rung_for_and_nothing_is_done_twice(many, monday, monkeypatch):
    bells_rung = []
    monkeypatch.setattr(
        "sepo_incident.core.task_queue.enqueue_on_commit", lambda task, args: bells_rung.append((task, args))
    )
    services.bulk_decisions._process_next_chunk(latest().pk)
    services.requeue_stalled_bulk_decisions()
    assert bells_rung == []
    monday.shift(60)
    services.requeue_stalled_bulk_decisions()
    assert bells_rung == [("followups.tasks.continue_bulk_decision", [latest().pk])]
    services.continue_bulk_decision(latest().pk)
    services.continue_bulk_decision(latest().pk)
    assert Decision.objects.count() == 7
    assert set(Decision.objects.values_list("version", flat=True)) == {1}


def test_stopped_it_keeps_what_is_done_and_names_the_rest(many):
    client, _ = many
    services.bulk_decisions._process_next_chunk(latest().pk)
    page = client.post(reverse("stop_bulk_decision", args=[latest().pk]), follow=True)
    services.continue_bulk_decision(latest().pk)
    assert "2 breve har fået beslutningen" in page.text
    assert [len(named) for why, named in left(page).items() if "stoppede" in why] == [7]
    assert Decision.objects.count() == 2


def test_a_fault_of_ours_leaves_the_rest_and_says_so(many, monkeypatch):
    client, _ = many
    services.bulk_decisions._process_next_chunk(latest().pk)
    monkeypatch.setattr("followups.services.bulk_decisions.decide_next_letters", lambda bulk, at_most: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        services.continue_bulk_decision(latest().pk)
    page = client.get(reverse("bulk_decision", args=[latest().pk]))
    assert "2 breve har fået beslutningen" in page.text
    assert any("en fejl hos os" in why for why in left(page))


def test_an_undo_that_a_fault_of_ours_ended_may_be_asked_for_again(many, monkeypatch):
    client, _ = many
    services.continue_bulk_decision(latest().pk)
    client.post(reverse("undo_bulk_decision", args=[latest().pk]))
    with monkeypatch.context() as broken:
        broken.setattr("followups.services.bulk_decisions._undo_next_letters", lambda bulk, at_most: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            services.continue_bulk_decision(latest().pk)
    assert "Fortryd alle 7 beslutninger" in client.get(reverse("bulk_decision", args=[latest().pk])).text
    client.post(reverse("undo_bulk_decision", args=[latest().pk]))
    services.continue_bulk_decision(latest().pk)
    assert "7 beslutninger er fortrudt" in client.get(reverse("bulk_decision", args=[latest().pk])).text


def test_many_are_taken_back_by_a_worker_too(many):
    client, _ = many
    services.continue_bulk_decision(latest().pk)
    page = client.post(reverse("undo_bulk_decision", args=[latest().pk]), follow=True)
    assert "Fortryder beslutningen om 7 breve" in page.text
    services.continue_bulk_decision(latest().pk)
    assert "7 beslutninger er fortrudt" in client.get(reverse("bulk_decision", args=[latest().pk])).text


@pytest.mark.parametrize("letters", [20, 200])
def test_the_queries_of_the_pages_do_not_grow(cast, as_user, django_assert_num_queries, letters):
    gather(cast.incident, cast.area, units=4, letters=letters)
    client = as_user(cast.birgitte)
    client.get(reverse("decide_many", args=[cast.area.pk]), {"alle": "1"})
    with django_assert_num_queries(11):
        page = client.get(reverse("decide_many", args=[cast.area.pk]), {"alle": "1"})
    with django_assert_num_queries(11):
        preview = press(client, page, "vis", **AGAIN)
    result = press(client, preview, "gem")
    with django_assert_num_queries(13):  # two of them are the letters, and whether they have arrived
        client.get(result.redirect_chain[-1][0])
