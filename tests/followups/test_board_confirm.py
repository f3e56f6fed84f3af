"""Confirmation by the leader, of one letter or many: first a preview, then exactly the previewed letters."""

import re
from dataclasses import replace
from html import unescape

import pytest
from django.urls import reverse

from followups import selection, services
from followups.boards import turn
from followups.models import FollowUp
from followups.reporting.letter_figures import letter_conditions
from followups.rules import rights
from letters.models import Letter
from sepo_incident.accounts.models import Membership, User
from tests.factories import FollowUpFactory, LetterFactory, MembershipFactory, at
from tests.followups.decision_answers import (
    HANDLED_TEXT,
    HARM_HANDLED,
    NEW_LETTER_SENT,
    NEW_LETTER_UNSENT,
    NO_DISPATCH,
    RESENT,
    RESENT_WITH_NEW_DATE,
    REVIEW_OPEN,
)
from tests.followups.many_letters import create_many_letters
from tests.followups.responses import message_texts

pytestmark = pytest.mark.usefixtures("monday")
TODAY = at(2020, 1, 13).date()


def decide_letter(letter, by, answers=RESENT):
    if not hasattr(letter, "followup"):
        FollowUpFactory(letter=letter)
    services.decide(letter, answers, by, 0)


def preview_page(client, unit, **query):
    """Return the preview of the confirmation."""
    return client.get(reverse("confirm_many", args=[unit.pk]), query)


def posted_versions(page):
    """Return {letter id: version} of the letters that the button of the preview confirms."""
    return selection.parse_versions(re.search(r'name="breve" value="([^"]+)"', page.text)[1].split())


def press_confirm(client, page):
    """Press the only button of the preview."""
    action = re.search(r'<form class="actions" method="post" action="([^"]+)"', page.text)[1]
    version_key = re.search(r'name="breve" value="([^"]+)"', page.text)[1]
    return client.post(unescape(action), {"breve": version_key}, follow=True)


def post_confirmation(client, unit, breve=""):
    return client.post(reverse("confirm_many", args=[unit.pk]), {"breve": breve}, follow=True)


def version_key(letter):
    """Return the value of the letter's check box: the letter and the version of the decision."""
    return f"{letter.pk}:{FollowUp.objects.get(letter=letter).version}"


def status_of(letter):
    return FollowUp.objects.get(letter=letter).status


def skipped_counts(page):
    return {group.reason: group.letter_count for group in page.context["preview"].skipped}


@pytest.fixture
def sent(cast):
    for letter in (cast.passed, cast.soon, cast.untitled):
        decide_letter(letter, cast.karen)
    return [cast.passed, cast.soon, cast.untitled]


# --- The page before ----------------------------------------------------------------------------------------------


def test_preview_counts_by_remedy_and_explains_skipped_letters(cast, as_user, sent):
    decide_letter(cast.plain, cast.karen, NO_DISPATCH)
    page = preview_page(as_user(cast.jens), cast.svalevej, alle="1")
    assert page.context["preview"].by_remedy == [("Sendes igen", 3), ("Sendes ikke igen", 1)]
    assert skipped_counts(page) == {"Brevet mangler en beslutning.": 1}
    assert cast.personnel.subject in page.text
    assert "Begrundelse: Ligger på Aula" in page.text


def test_letters_with_harm_come_first_in_the_preview(cast, as_user, sent):
    decide_letter(cast.plain, cast.karen, HARM_HANDLED)
    page = preview_page(as_user(cast.jens), cast.svalevej, alle="1")
    assert set(page.context["preview"].needing_attention) == {cast.plain, cast.passed}
    assert set(page.context["preview"].routine) == set(sent) - {cast.passed}
    shown = page.text
    assert shown.index("Har fået konsekvenser") < shown.index(cast.soon.subject)
    assert "Dato passeret<" not in shown, "a new date is decided"
    assert "Dato i det gamle brev: 6. januar 2020. Ny dato: 27. januar 2020." in shown


def test_confirm_all_confirms_the_letters_that_the_page_shows(cast, as_user, monkeypatch):
    """The preview lists the first letters, here 20, none of them folded, and posts them in one field."""
    monkeypatch.setattr(selection, "MAX_LISTED", 20)
    create_many_letters(cast.incident, cast.area, units=4, letters=200)
    waiting = rights.letters_awaiting_confirmation_by(cast.birgitte, cast.incident).count()
    page = preview_page(as_user(cast.birgitte), cast.area, alle="1", status="MINE")
    preview, left = page.context["preview"], waiting - 20
    assert (preview.count, preview.left_count) == (20, left)
    assert left > 0
    listed = page.text.partition('<div id="breve">')[2].partition("<form")[0]
    assert "<details" not in listed
    assert {int(pk) for pk in re.findall(r'href="/brev/(\d+)/', listed)} == set(posted_versions(page))
    assert f"Bagefter venter {left} breve mere." in page.text
    assert page.text.partition("<main")[2].count("<input") == 2
    assert message_texts(press_confirm(as_user(cast.birgitte), page)) == ["Du har bekræftet 20 breve."]


def test_the_turn_confirms_the_letters_that_it_shows(cast, as_user, monkeypatch):
    monkeypatch.setattr(turn, "MAX_SHOWN", 12)
    create_many_letters(cast.incident, cast.area, units=4, letters=150)
    waiting = list(rights.letters_awaiting_confirmation_by(cast.birgitte, cast.incident).values_list("pk", flat=True))
    birgitte, address = as_user(cast.birgitte), reverse("board", args=[cast.area.pk])
    page = birgitte.get(address)
    listed = page.text.partition('id="bekraeft"')[2].partition("</form>")[0]
    shown = [int(pk) for pk in re.findall(r'name="valgt" value="(\d+):', listed)]
    assert "Vis alle 12 beslutninger" in listed, "those after the tenth are folded, on the same page"
    shown_rows = [row for group in page.context["turn"].groups for row in group.rows]
    assert [row.is_folded for row in shown_rows] == [False] * 10 + [True] * 2
    oldest = FollowUp.objects.filter(letter__in=waiting).order_by("decided_at", "letter")[:12]
    assert {row.letter.followup for row in shown_rows} == set(oldest), "the longest waiting"
    confirmed = birgitte.post(reverse("confirm_many", args=[cast.area.pk]), {"alle": page.context["turn"].versions})
    assert confirmed.status_code == 302
    assert set(FollowUp.objects.filter(confirmed_by=cast.birgitte).values_list("letter", flat=True)) == set(shown)


def test_preview_queries_do_not_grow(cast, as_user, django_assert_num_queries):
    create_many_letters(cast.incident, cast.area, units=4, letters=100)
    client = as_user(cast.birgitte)
    preview_page(client, cast.area, alle="1")
    with django_assert_num_queries(8):
        preview_page(client, cast.area, alle="1")


def test_invalid_filter_confirms_nothing(cast, as_user, sent):
    page = preview_page(as_user(cast.jens), cast.svalevej, alle="1", status="HVAD")
    assert 'method="post" action="/enhed/' not in page.text


# --- The button ---------------------------------------------------------------------------------------------------


def test_confirm_all_keeps_the_filter(cast, as_user, sent):
    jens = as_user(cast.jens)
    response = press_confirm(jens, preview_page(jens, cast.svalevej, words="møde", alle="1"))
    assert message_texts(response) == ["Du har bekræftet 1 brev."]
    assert [status_of(letter) for letter in sent] == ["DONE", "CONFIRMED", "DONE"]
    assert response.redirect_chain[-1][0] == f"/enhed/{cast.svalevej.pk}/?words=m%C3%B8de#breve"


def test_a_decision_made_or_changed_after_the_preview_is_skipped(cast, as_user, sent):
    jens = as_user(cast.jens)
    page = preview_page(jens, cast.svalevej, alle="1")
    services.decide(cast.soon, NO_DISPATCH, cast.karen, version=1)
    decide_letter(cast.plain, cast.karen)
    assert message_texts(press_confirm(jens, page)) == [
        "Du har bekræftet 2 breve.",
        "1 brev blev ikke bekræftet. »Indkaldelse til møde den 15. januar«: Beslutningen er ændret, siden du så den.",
    ]
    assert [status_of(letter) for letter in [*sent, cast.plain]] == ["CONFIRMED", "DONE", "CONFIRMED", "DONE"]


def test_decision_changed_before_the_preview_is_skipped(cast, as_user, sent):
    chosen = [version_key(cast.passed), version_key(cast.soon)]
    services.decide(cast.soon, NO_DISPATCH, cast.karen, version=1)
    page = preview_page(as_user(cast.jens), cast.svalevej, valgt=chosen)
    assert page.context["preview"].count == 1
    assert skipped_counts(page) == {"Beslutningen er ændret, siden du så den.": 1}


def test_malformed_selection_confirms_nothing(cast, as_user, sent):
    response = post_confirmation(as_user(cast.jens), cast.svalevej, f"{cast.passed.pk} x:1 {cast.passed.pk}:")
    assert message_texts(response) == ["Ingen breve blev bekræftet. Vælg mindst ét."]
    assert status_of(cast.passed) == "DONE"


def test_letters_of_other_units_are_ignored(cast, as_user):
    decide_letter(cast.annes, cast.anne)
    chosen = [version_key(cast.annes), f"{10**17}:1"]
    assert preview_page(as_user(cast.jens), cast.svalevej, valgt=chosen).context["outside_list"] == 2
    response = post_confirmation(as_user(cast.jens), cast.svalevej, " ".join(chosen))
    assert message_texts(response) == ["2 breve er ikke på listen og er ikke ændret."]
    assert status_of(cast.annes) == "DONE"


# --- The board ----------------------------------------------------------------------------------------------------


def board_page(client, unit, **query):
    return client.get(reverse("board", args=[unit.pk]), query)


def test_turn_shows_the_waiting_decisions_in_groups(cast, as_user, sent):
    decide_letter(LetterFactory(incident=cast.incident, sender=cast.jens, leader=None), cast.jens)
    shown = board_page(as_user(cast.jens), cast.svalevej)
    turn = shown.context["turn"]
    assert (turn.count, turn.shown) == (3, 3)
    assert {row.letter.pk for group in turn.groups for row in group.rows} == {letter.pk for letter in sent}
    assert "Bekræft 3 beslutninger" in shown.text
    assert f'name="alle" value="{turn.versions}">Bekræft alle 3' in shown.text
    [(whose, numbers), *_] = shown.context["board"].followed_up.turns
    assert (whose, [(one.number, one.label) for one in numbers]) == ("Din tur", [(3, "venter på din bekræftelse")])


def test_leader_reads_that_a_passed_date_was_denied(cast, as_user, monday):
    decide_letter(cast.passed, cast.karen)
    decide_letter(cast.soon, cast.karen)
    jens = as_user(cast.jens)
    notes = {
        row.letter: row.note for group in board_page(jens, cast.svalevej).context["turn"].groups for row in group.rows
    }
    assert "Datoen 6. januar var passeret, men afsenderen har svaret nej." in notes[cast.passed]
    assert "svaret er nej" not in notes[cast.soon]
    page = preview_page(jens, cast.svalevej, alle="1")
    assert page.context["preview"].needing_attention == [cast.passed]
    assert page.text.count("Dato passeret, men afsenderen har svaret nej") == 1


def test_ticked_decisions_are_confirmed_and_undone(cast, as_user, sent):
    jens, address = as_user(cast.jens), reverse("confirm_many", args=[cast.svalevej.pk])
    page = jens.post(address, {"valgt": [version_key(sent[0])]}, follow=True)
    assert message_texts(page) == ["Du har bekræftet 1 brev."]
    page = jens.post(address, {"alle": page.context["turn"].versions, "valgt": version_key(sent[1])}, follow=True)
    assert message_texts(page) == ["Du har bekræftet 2 breve."]
    assert [status_of(letter) for letter in sent] == ["CONFIRMED"] * 3
    last = page.context["turn"].last
    assert (last.count, "Fortryd bekræftelsen af 2 breve" in page.text) == (2, True)
    undo = reverse("undo_confirmations", args=[cast.svalevej.pk])
    page = jens.post(undo, {"breve": last.versions}, follow=True)
    assert message_texts(page) == ["2 bekræftelser er fortrudt."]
    assert [status_of(letter) for letter in sent] == ["CONFIRMED", "DONE", "DONE"]


def test_confirmation_is_undone_by_the_confirmer_on_the_same_day_only(cast, as_user, sent, monday):
    services.confirm_letters({sent[0]: 1, sent[1]: 1}, cast.jens)
    seen = {sent[0]: 2, sent[1]: 2}
    (_, why), *_ = services.undo_confirmations(seen, cast.birgitte).skipped
    assert why == "En anden har bekræftet brevet."
    (_, why), *_ = services.undo_confirmations({sent[0]: 1}, cast.jens).skipped
    assert why == "Beslutningen er ændret, siden du så den."
    monday.move_to(at(2020, 1, 14, 9, 0))
    (_, why), *_ = services.undo_confirmations(seen, cast.jens).skipped
    assert why == "Bekræftelsen er fra en tidligere dag. Ret beslutningen på brevets side."


def test_confirmation_is_not_undone_by_who_leads_no_longer(cast, sent):
    services.confirm_letters({sent[0]: 1}, cast.jens)
    Membership.objects.filter(user=cast.jens).delete()
    Letter.objects.filter(pk=sent[0].pk).update(leader=cast.torben)
    (_, why), *_ = services.undo_confirmations({sent[0]: 2}, User.objects.get(pk=cast.jens.pk)).skipped
    assert why == "Du er ikke længere brevets leder."


def test_page_after_confirming_all_offers_the_next_step(cast, as_user, sent):
    jens = as_user(cast.jens)
    response = press_confirm(jens, preview_page(jens, cast.svalevej, status="MINE", alle="1"))
    assert "Du har bekræftet alle beslutninger" in response.text
    assert "2 breve mangler stadig en beslutning" in response.text
    assert "Ingen breve passer" not in response.text


# --- Whose it is --------------------------------------------------------------------------------------------------


def test_the_leader_of_one_letter_confirms_it_without_a_role(cast, as_user, sent):
    """Sofie counts the letters of the administration, sees none of them, and leads this one letter."""
    Letter.objects.filter(pk=cast.soon.pk).update(leader=cast.sofie)
    page = preview_page(as_user(cast.sofie), cast.svalevej, valgt=[version_key(cast.soon), version_key(cast.passed)])
    assert skipped_counts(page) == {}
    assert page.context["preview"].routine == [cast.soon]
    response = post_confirmation(
        as_user(cast.sofie), cast.svalevej, f"{version_key(cast.soon)} {version_key(cast.passed)}"
    )
    assert message_texts(response)[0] == "Du har bekræftet 1 brev."
    assert [status_of(letter) for letter in sent] == ["DONE", "CONFIRMED", "DONE"]


@pytest.mark.parametrize(
    ("leader", "is_personnel_case", "who"),
    [
        ("birgitte", False, "Birgitte Holm"),
        ("jens", True, "Personalejura og Forhandling"),
    ],
)
def test_own_letter_is_confirmed_by_somebody_named_on_the_page(cast, as_user, leader, is_personnel_case, who):
    facts = {"leader": getattr(cast, leader), "is_personnel_case": is_personnel_case}
    Letter.objects.filter(pk=cast.plain.pk).update(sender=cast.jens, **facts)
    cast.plain.refresh_from_db()
    decide_letter(cast.plain, cast.jens)
    page = preview_page(as_user(cast.jens), cast.svalevej, valgt=[version_key(cast.plain)])
    assert skipped_counts(page) == {f"Du har selv sendt brevet. {who} bekræfter det.": 1}
    post_confirmation(as_user(cast.jens), cast.svalevej, version_key(cast.plain))
    assert status_of(cast.plain) == "DONE"


def test_personnel_subject_is_hidden_in_preview_and_message(cast, as_user):
    decide_letter(cast.personnel, cast.karen)
    why = "Det er en personalesag. Kun brevets egen leder kan bekræfte den."
    page = preview_page(as_user(cast.birgitte), cast.svalevej, valgt=[version_key(cast.personnel)])
    assert skipped_counts(page) == {why: 1}
    assert cast.personnel.subject not in page.text
    response = post_confirmation(as_user(cast.birgitte), cast.svalevej, version_key(cast.personnel))
    assert message_texts(response) == [f"1 brev blev ikke bekræftet. »Personalesag (emne skjult)«: {why}"]


def test_personnel_case_is_not_confirmed_without_read_access(cast, as_user):
    """Birgitte coordinates the whole administration; Jens is the letter's own leader."""
    decide_letter(cast.personnel, cast.karen)
    birgitte = as_user(cast.birgitte)
    assert f'id="valgt-{cast.personnel.pk}"' not in board_page(birgitte, cast.svalevej).text
    post_confirmation(birgitte, cast.svalevej, version_key(cast.personnel))
    assert birgitte.post(reverse("confirm_letter", args=[cast.personnel.pk]), {"version": "1"}).status_code == 403
    with pytest.raises(services.NotPossible):
        services.confirm_letter(cast.personnel, cast.birgitte, 1)
    assert status_of(cast.personnel) == "DONE"
    jens = as_user(cast.jens)
    assert message_texts(press_confirm(jens, preview_page(jens, cast.svalevej, alle="1"))) == [
        "Du har bekræftet 1 brev."
    ]
    assert status_of(cast.personnel) == "CONFIRMED"


@pytest.mark.parametrize("person", ["jens", "birgitte", "hanne"])
def test_confirmable_query_agrees_with_the_single_check(cast, sent, person):
    decide_letter(cast.annes, cast.anne)
    decide_letter(cast.personnel, cast.karen)
    decide_letter(LetterFactory(incident=cast.incident, sender=cast.jens, leader=cast.jens), cast.jens)
    for leader in (None, cast.jens, cast.karen):
        secret = LetterFactory(incident=cast.incident, sender=cast.karen, leader=leader, is_personnel_case=True)
        decide_letter(secret, cast.karen)
    for answers in (REVIEW_OPEN, RESENT_WITH_NEW_DATE, NEW_LETTER_SENT):
        decide_letter(LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens), cast.karen, answers)
    decide_letter(
        LetterFactory(incident=cast.incident, sender=cast.karen, is_personnel_case=True), cast.karen, REVIEW_OPEN
    )
    user = getattr(cast, person)
    letters = Letter.objects.visible_to(user).filter(followup__status="DONE").select_related("unit", "followup")
    lacking = {letter.pk for letter in letters if letter.reader_may_read and letter.followup.lacks_answer}
    by_question = {letter.pk for letter in letters if rights.rights_on(user, letter).confirm} - lacking
    to_answer, done = (letters.filter(letter_conditions(user, TODAY)[name]) for name in ("TO_ANSWER", "DONE"))
    assert {letter.pk for letter in to_answer} == lacking
    assert {letter.pk for letter in done} == {letter.pk for letter in letters} - lacking
    assert set(letters.filter(rights.confirmable_by(user)).values_list("pk", flat=True)) == by_question
    mine, theirs = (
        set(letters.filter(letter_conditions(user, TODAY)[name]).values_list("pk", flat=True)) for name in SHARES
    )
    assert (mine | theirs, mine & theirs) == (by_question, set())
    assert set(rights.letters_awaiting_confirmation_by(user, cast.incident).values_list("pk", flat=True)) == mine


SHARES = ("MINE", "THEIRS")


def test_letter_with_missing_answer_does_not_wait_for_confirmation(cast, as_user, monday, sent):
    decide_letter(cast.plain, cast.karen, REVIEW_OPEN)
    jens = as_user(cast.jens)
    senders = dict(board_page(jens, cast.svalevej).context["board"].followed_up.turns)["Afsenderens tur"]
    assert (1, "mangler svar om konsekvenser") in [(one.number, one.label) for one in senders]
    listed = board_page(jens, cast.svalevej, status="TO_ANSWER")
    assert [letter.pk for letter in listed.context["page_obj"]] == [cast.plain.pk]
    assert f'name="valgt" value="{cast.plain.pk}:' not in listed.text
    assert "Bekræft 3 breve" in preview_page(jens, cast.svalevej, alle="1").text
    services.record_remedial_action(cast.plain, cast.karen, 1, HANDLED_TEXT)
    assert "Bekræft 4 beslutninger" in board_page(jens, cast.svalevej).text


def test_date_passed_before_sending_counts_as_missing_answer(cast, monday):
    services.decide(cast.soon, replace(NEW_LETTER_UNSENT, remedy="RESEND", consequence_review="NONE"), cast.karen, 0)
    monday.move_to(at(2020, 1, 16, 0, 5))
    services.mark_done(cast.soon, cast.karen, 1)
    assert FollowUp.objects.get(letter=cast.soon).due_date_passed_before_sending
    assert not rights.letters_awaiting_confirmation_by(cast.jens, cast.incident).exists()


@pytest.mark.parametrize(
    ("sender", "leader", "is_personnel_case", "whose"),
    [
        ("karen", "jens", False, "jens"),
        ("karen", "jens", True, "jens"),
        ("karen", "sofie", False, "sofie"),
        ("karen", None, False, "jens"),
        (None, None, False, "jens"),
        (None, "jens", False, "jens"),
        ("jens", "jens", False, "birgitte"),
        ("jens", None, False, "birgitte"),
        ("jens", "jens", True, "hanne"),
        ("karen", None, True, "hanne"),
    ],
)
def test_confirmation_falls_to_the_leader_or_the_nearest_role(cast, sender, leader, is_personnel_case, whose):
    sender, leader = sender and getattr(cast, sender), leader and getattr(cast, leader)
    letter = LetterFactory(
        incident=cast.incident, sender=sender, leader=leader, unit=cast.svalevej, is_personnel_case=is_personnel_case
    )
    decide_letter(letter, sender or cast.jens)
    everyone = ("jens", "torben", "birgitte", "karen", "sofie", "mette", "hanne")
    waits = {
        name
        for name in everyone
        if letter in rights.letters_awaiting_confirmation_by(getattr(cast, name), cast.incident)
    }
    assert waits == {whose}


def test_nearest_role_confirms_before_roles_further_up(cast):
    """An area leader is between the two; two leaders in the same unit share the confirmation."""
    decide_letter(LetterFactory(incident=cast.incident, sender=cast.jens, leader=None), cast.jens)
    MembershipFactory(user=cast.sofie, unit=cast.area, role=Membership.Role.LEADER)
    assert [
        rights.letters_awaiting_confirmation_by(user, cast.incident).count() for user in (cast.birgitte, cast.sofie)
    ] == [0, 1]
    MembershipFactory(user=cast.birgitte, unit=cast.area, role=Membership.Role.COORDINATOR)
    both = [User.objects.get(pk=user.pk) for user in (cast.birgitte, cast.sofie)]
    assert [rights.letters_awaiting_confirmation_by(user, cast.incident).count() for user in both] == [1, 1]


# --- A coordinator may confirm for a leader, but is not asked to --------------------------------------------------


@pytest.fixture
def own_and_others(cast, sent):
    """Three letters wait for Jens, and a letter by Jens waits for Birgitte, the coordinator."""
    cast.jens_own = LetterFactory(incident=cast.incident, sender=cast.jens, leader=cast.jens)
    decide_letter(cast.jens_own, cast.jens)
    return cast


def test_board_asks_the_coordinator_only_when_nobody_nearer_can_confirm(own_and_others, as_user):
    page = board_page(as_user(own_and_others.birgitte), own_and_others.buf)
    assert "Bekræft 1 beslutning" in page.text
    leaders = dict(page.context["board"].followed_up.turns)["Lederens tur"]
    assert [(one.number, one.label) for one in leaders] == [(3, "venter på egen leder")]
    assert f'href="{leaders[0].url}"' in page.text
    page = board_page(as_user(own_and_others.jens), own_and_others.svalevej)
    assert "Bekræft 3 beslutninger" in page.text
    assert page.context["board"].counts["THEIRS"] == 0


def test_confirm_all_skips_letters_with_a_nearer_leader(own_and_others, as_user, sent):
    birgitte = as_user(own_and_others.birgitte)
    assert board_page(birgitte, own_and_others.buf, status="MINE").context["confirmable"] == 1
    page = preview_page(birgitte, own_and_others.buf, alle="1", status="DONE")
    assert list(skipped_counts(page).values()) == [3]
    assert message_texts(press_confirm(birgitte, page)) == ["Du har bekræftet 1 brev."]
    assert status_of(own_and_others.jens_own) == "CONFIRMED"
    assert [status_of(letter) for letter in sent] == ["DONE", "DONE", "DONE"]


def test_letters_of_nearer_leaders_are_confirmed_on_request_with_a_warning(own_and_others, as_user, sent):
    birgitte = as_user(own_and_others.birgitte)
    assert "Bekræft alle 3 i filteret" in board_page(birgitte, own_and_others.buf, status="THEIRS").text
    page = preview_page(birgitte, own_and_others.buf, alle="1", status="THEIRS")
    assert "3 har selv en leder, der kan bekræfte." in page.text
    assert message_texts(press_confirm(birgitte, page)) == ["Du har bekræftet 3 breve."]


def test_confirming_one_letter_links_to_the_next_waiting(cast, as_user, monday):
    for letter, hour in ((cast.soon, 11), (cast.plain, 12), (cast.passed, 13)):
        monday.move_to(at(2020, 1, 13, hour))
        decide_letter(letter, cast.karen)
    jens, page = as_user(cast.jens), reverse("confirm_letter", args=[cast.plain.pk])
    fra = f"fra=%2Fenhed%2F{cast.svalevej.pk}%2F"
    shown = jens.post(f"{page}?{fra}", {"version": "1"}, follow=True).text
    assert f'<a href="/brev/{cast.soon.pk}/?{fra}">Næste brev til bekræftelse (2)</a>' in shown
    assert "venter på dig" not in as_user(cast.karen).get(reverse("letter", args=[cast.plain.pk])).text


def test_sender_sees_who_confirms(cast, as_user):
    decide_letter(cast.plain, cast.karen)
    page = reverse("letter", args=[cast.plain.pk])
    assert "Jens Ågård bekræfter beslutningen." in as_user(cast.karen).get(page).text
    Letter.objects.filter(pk=cast.plain.pk).update(leader=cast.karen)
    assert "En anden leder eller koordinatoren bekræfter beslutningen" in as_user(cast.karen).get(page).text
