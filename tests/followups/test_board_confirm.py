"""The leader confirms, one or many: first a page that says what will happen, then that and nothing else."""

import re
from collections import Counter
from dataclasses import replace
from html import unescape

import pytest
from django.urls import reverse

from followups import services
from followups.boards.metrics import letter_conditions
from followups.models import FollowUp
from followups.rules import rights
from letters.models import Letter
from sepo_incident.accounts.models import Membership, User
from tests.factories import FollowUpFactory, LetterFactory, MembershipFactory, at
from tests.followups.crowd import gather
from tests.followups.test_consequences import DONE, UNKNOWN
from tests.followups.test_services import HARMED, NEW_DATE, NEW_LATER, NEW_SENT, NOT_AGAIN, SENT_AGAIN

pytestmark = pytest.mark.usefixtures("monday")
TODAY = at(2020, 1, 13).date()


def send(letter, by, answers=SENT_AGAIN):
    if not hasattr(letter, "followup"):
        FollowUpFactory(letter=letter)
    services.decide(letter, answers, by, 0)


def look(client, unit, **query):
    """The page before anything happens."""
    return client.get(reverse("confirm_many", args=[unit.pk]), query)


def press(client, page):
    """Its one button."""
    action = re.search(r'<form class="actions" method="post" action="([^"]+)"', page.text)[1]
    seen = re.search(r'name="breve" value="([^"]+)"', page.text)[1]
    return client.post(unescape(action), {"breve": seen}, follow=True)


def post(client, unit, breve=""):
    return client.post(reverse("confirm_many", args=[unit.pk]), {"breve": breve}, follow=True)


def seen(letter):
    """What the letter's check box says: the letter, and the version of its decision."""
    return f"{letter.pk}:{FollowUp.objects.get(letter=letter).version}"


def status_of(letter):
    return FollowUp.objects.get(letter=letter).status


def said(response):
    return [str(message) for message in response.context["messages"]]


def left(page):
    return {group.why: group.letters for group in page.context["preview"].left}


@pytest.fixture
def sent(cast):
    for letter in (cast.passed, cast.soon, cast.untitled):
        send(letter, cast.karen)
    return [cast.passed, cast.soon, cast.untitled]


# --- The page before ----------------------------------------------------------------------------------------------


def test_looking_confirms_nothing(cast, as_user, sent):
    page = look(as_user(cast.jens), cast.svalevej, alle="1")
    assert "Bekræft 3 breve" in page.text
    assert [status_of(letter) for letter in sent] == ["DONE", "DONE", "DONE"]


def test_it_counts_by_remedy_and_says_what_is_left_alone_and_why(cast, as_user, sent):
    send(cast.plain, cast.karen, NOT_AGAIN)
    page = look(as_user(cast.jens), cast.svalevej, alle="1")
    assert page.context["preview"].by_remedy == [("Sendes igen", 3), ("Sendes ikke igen", 1)]
    assert left(page) == {"Brevet mangler en beslutning.": 1}
    assert cast.personnel.subject in page.text
    assert "Hvorfor ikke: Ligger på Aula" in page.text


def test_harm_and_a_passed_date_come_first(cast, as_user, sent):
    send(cast.plain, cast.karen, HARMED)
    page = look(as_user(cast.jens), cast.svalevej, alle="1")
    assert page.context["preview"].first == [cast.plain]
    assert set(page.context["preview"].others) == set(sent)
    shown = page.text
    assert shown.index("Har haft følger") < shown.index(cast.soon.subject)
    assert "En frist er passeret" in shown
    assert "Dato i det gamle brev: 6. januar 2020. Ny dato: 27. januar 2020." in shown


def test_a_long_list_folds_and_is_one_field(cast, as_user):
    gather(cast.incident, cast.area, units=4, letters=1000)
    page = look(as_user(cast.birgitte), cast.area, alle="1", status="MINE")
    count = page.context["preview"].count
    assert count > 200
    assert f"Vis {count} breve" in page.text
    assert page.text.count("<input") == 3  # the sign-out form has one too
    assert said(press(as_user(cast.birgitte), page)) == [f"Du har bekræftet {count} breve."]


@pytest.mark.parametrize("letters", [20, 400])
def test_its_queries_do_not_grow(cast, as_user, django_assert_num_queries, letters):
    gather(cast.incident, cast.area, units=4, letters=letters)
    client = as_user(cast.birgitte)
    look(client, cast.area, alle="1")
    with django_assert_num_queries(9):
        look(client, cast.area, alle="1")


@pytest.mark.parametrize("query", ["status=HVAD", "sender=karen", "remedy=RESEND&own=2"])
def test_a_filter_that_makes_no_sense_is_nothing(cast, as_user, sent, query):
    page = as_user(cast.jens).get(reverse("confirm_many", args=[cast.svalevej.pk]) + f"?alle=1&{query}")
    assert "Et af valgene over listen kan ikke bruges" in page.text
    assert 'method="post" action="/enhed/' not in page.text


def test_nothing_chosen(cast, as_user, sent):
    assert "Du har ikke valgt nogen breve" in look(as_user(cast.jens), cast.svalevej).text
    posted = post(as_user(cast.jens), cast.svalevej)
    assert said(posted) == ["Der er ikke bekræftet noget."]


# --- The button ---------------------------------------------------------------------------------------------------


def test_the_chosen_letters(cast, as_user, sent):
    jens = as_user(cast.jens)
    page = look(jens, cast.svalevej, valgt=[seen(cast.passed), seen(cast.soon)])
    assert said(press(jens, page)) == ["Du har bekræftet 2 breve."]
    assert [status_of(letter) for letter in sent] == ["CONFIRMED", "CONFIRMED", "DONE"]


def test_all_is_all_that_wait_and_says_nothing_of_the_rest(cast, as_user, sent):
    jens = as_user(cast.jens)
    assert said(press(jens, look(jens, cast.svalevej, alle="1"))) == ["Du har bekræftet 3 breve."]
    assert status_of(cast.plain) == "OPEN"


def test_all_of_the_filter_and_back_to_it(cast, as_user, sent):
    jens = as_user(cast.jens)
    response = press(jens, look(jens, cast.svalevej, words="møde", alle="1"))
    assert said(response) == ["Du har bekræftet 1 brev."]
    assert [status_of(letter) for letter in sent] == ["DONE", "CONFIRMED", "DONE"]
    assert response.redirect_chain[-1][0] == f"/enhed/{cast.svalevej.pk}/?words=m%C3%B8de#breve"


def test_what_came_after_the_page_is_not_confirmed(cast, as_user, sent):
    jens = as_user(cast.jens)
    page = look(jens, cast.svalevej, alle="1")
    send(cast.plain, cast.karen)
    assert said(press(jens, page)) == ["Du har bekræftet 3 breve."]
    assert status_of(cast.plain) == "DONE"


def test_a_decision_nobody_has_read_is_left_alone(cast, as_user, sent):
    jens = as_user(cast.jens)
    page = look(jens, cast.svalevej, alle="1")
    services.decide(cast.soon, NOT_AGAIN, cast.karen, version=1)
    assert said(press(jens, page)) == [
        "Du har bekræftet 2 breve.",
        "1 brev blev ikke bekræftet. »Indkaldelse til møde den 15. januar«: Beslutningen er ændret, siden du så den.",
    ]
    assert [status_of(letter) for letter in sent] == ["CONFIRMED", "DONE", "CONFIRMED"]


def test_a_decision_changed_between_the_list_and_the_page_is_left_alone(cast, as_user, sent):
    chosen = [seen(cast.passed), seen(cast.soon)]
    services.decide(cast.soon, NOT_AGAIN, cast.karen, version=1)
    page = look(as_user(cast.jens), cast.svalevej, valgt=chosen)
    assert page.context["preview"].count == 1
    assert left(page) == {"Beslutningen er ændret, siden du så den.": 1}


def test_a_double_click_confirms_once(cast, as_user, sent):
    jens = as_user(cast.jens)
    page = look(jens, cast.svalevej, valgt=[seen(cast.passed)])
    press(jens, page)
    assert "Lederen har allerede bekræftet." in said(press(jens, page))[0]
    assert FollowUp.objects.get(letter=cast.passed).version == 2


def test_what_is_not_from_the_page_is_nothing(cast, as_user, sent):
    response = post(as_user(cast.jens), cast.svalevej, f"{cast.passed.pk} x:1 {cast.passed.pk}:")
    assert said(response) == ["Der er ikke bekræftet noget."]
    assert status_of(cast.passed) == "DONE"


def test_a_letter_that_is_not_decided_is_left_alone_with_the_reason(cast, as_user, sent):
    response = post(as_user(cast.jens), cast.svalevej, f"{seen(cast.passed)} {seen(cast.plain)}")
    assert said(response) == [
        "Du har bekræftet 1 brev.",
        "1 brev blev ikke bekræftet. »Pjece: Velkommen i 0. klasse«: Brevet mangler en beslutning.",
    ]


def test_letters_from_elsewhere_are_ignored(cast, as_user):
    send(cast.annes, cast.anne)
    chosen = [seen(cast.annes), f"{10**17}:1"]
    assert look(as_user(cast.jens), cast.svalevej, valgt=chosen).context["foreign"] == 2
    response = post(as_user(cast.jens), cast.svalevej, " ".join(chosen))
    assert said(response) == ["2 breve hører ikke til her og er ikke rørt."]
    assert status_of(cast.annes) == "DONE"


# --- The board ----------------------------------------------------------------------------------------------------


def board_of(client, unit, **query):
    return client.get(reverse("board", args=[unit.pk]), query)


def test_the_buttons_say_the_number_and_carry_what_was_seen(cast, as_user, sent):
    shown = board_of(as_user(cast.jens), cast.svalevej, status="DONE").text
    assert "Bekræft alle 3 i filteret" in shown
    assert '<input type="hidden" name="status" value="DONE">' in shown
    assert shown.count('name="valgt"') == 3
    assert f'name="valgt" value="{cast.passed.pk}:1"' in shown
    assert 'name="valgt"' not in board_of(as_user(cast.sofie), cast.svalevej).text


def test_what_waits_is_said_near_the_top_and_leads_to_exactly_that(cast, as_user, sent):
    send(LetterFactory(incident=cast.incident, sender=cast.jens, leader=None), cast.jens)
    shown = board_of(as_user(cast.jens), cast.svalevej)
    line = re.search(r'<a href="([^"]+)">3 beslutninger venter på din bekræftelse</a>', shown.text)
    waiting = as_user(cast.jens).get(unescape(line[1]))
    assert "Bekræft 3 breve" in waiting.text, "straight to where it is confirmed"
    preview = waiting.context["preview"]
    assert {*preview.first, *preview.others} == set(sent)
    assert (3, "venter på din bekræftelse") in [
        (part["number"], part["label"]) for tile in shown.context["board"].tiles for part in tile["parts"]
    ]


def test_who_confirms_nothing_is_told_of_the_leader(cast, as_user, sent):
    shown = board_of(as_user(cast.sofie), cast.svalevej)
    assert "din bekræftelse" not in shown.text
    assert (3, "venter på lederens bekræftelse") in [
        (tile["number"], tile["label"]) for tile in shown.context["board"].tiles
    ]


def test_all_confirmed_has_a_next_step(cast, as_user, sent):
    jens = as_user(cast.jens)
    response = press(jens, look(jens, cast.svalevej, status="MINE", alle="1"))
    assert "Du har bekræftet alt, der ventede" in response.text
    assert "2 breve mangler stadig en beslutning" in response.text
    assert "Ingen breve passer" not in response.text


def test_all_of_a_narrower_filter_leads_to_the_others(cast, as_user, sent):
    jens = as_user(cast.jens)
    response = press(jens, look(jens, cast.svalevej, status="MINE", words="møde", alle="1"))
    assert "Se 2 beslutninger, der venter" in response.text


def test_nothing_has_waited_yet(cast, as_user):
    shown = board_of(as_user(cast.jens), cast.svalevej, status="MINE").text
    assert "Der venter ikke noget på din bekræftelse" in shown
    assert "Du har bekræftet alt" not in shown


# --- Whose it is --------------------------------------------------------------------------------------------------


def test_a_reader_confirms_nothing(cast, as_user, sent):
    assert look(as_user(cast.sofie), cast.svalevej, alle="1").status_code == 403
    assert post(as_user(cast.sofie), cast.svalevej, seen(cast.passed)).status_code == 403
    assert status_of(cast.passed) == "DONE"


def test_the_leader_of_one_letter_confirms_it_without_a_role(cast, as_user, sent):
    """Sofie reads the whole administration, and leads this one letter."""
    Letter.objects.filter(pk=cast.soon.pk).update(leader=cast.sofie)
    page = look(as_user(cast.sofie), cast.svalevej, valgt=[seen(cast.soon), seen(cast.passed)])
    assert left(page) == {"Kun lederen kan bekræfte.": 1}
    response = post(as_user(cast.sofie), cast.svalevej, f"{seen(cast.soon)} {seen(cast.passed)}")
    assert said(response)[0] == "Du har bekræftet 1 brev."
    assert [status_of(letter) for letter in sent] == ["DONE", "CONFIRMED", "DONE"]


@pytest.mark.parametrize(
    ("leader", "is_personnel_case", "who"),
    [
        ("birgitte", False, "Birgitte Holm"),
        ("jens", False, "En anden leder eller koordinatoren"),
        (None, False, "En anden leder eller koordinatoren"),
        ("jens", True, "Personalejura og Forhandling"),
    ],
)
def test_nobody_confirms_their_own_and_is_told_who_does(cast, as_user, leader, is_personnel_case, who):
    leader = leader and getattr(cast, leader)
    Letter.objects.filter(pk=cast.plain.pk).update(sender=cast.jens, leader=leader, is_personnel_case=is_personnel_case)
    cast.plain.refresh_from_db()
    send(cast.plain, cast.jens)
    page = look(as_user(cast.jens), cast.svalevej, valgt=[seen(cast.plain)])
    assert left(page) == {f"Du har selv sendt brevet. {who} bekræfter det.": 1}
    post(as_user(cast.jens), cast.svalevej, seen(cast.plain))
    assert status_of(cast.plain) == "DONE"


def test_a_hidden_subject_is_hidden_on_the_page_and_in_the_message(cast, as_user):
    send(cast.personnel, cast.karen)
    why = "Det er en personalesag. Kun brevets egen leder kan bekræfte den."
    page = look(as_user(cast.birgitte), cast.svalevej, valgt=[seen(cast.personnel)])
    assert left(page) == {why: 1}
    assert cast.personnel.subject not in page.text
    response = post(as_user(cast.birgitte), cast.svalevej, seen(cast.personnel))
    assert said(response) == [f"1 brev blev ikke bekræftet. »Personalesag (emne skjult)«: {why}"]


def test_who_may_not_read_a_personnel_case_does_not_confirm_it(cast, as_user):
    """Birgitte coordinates the whole administration; Jens is the letter's own leader."""
    send(cast.personnel, cast.karen)
    birgitte = as_user(cast.birgitte)
    assert f'id="valgt-{cast.personnel.pk}"' not in board_of(birgitte, cast.svalevej).text
    post(birgitte, cast.svalevej, seen(cast.personnel))
    assert birgitte.post(reverse("confirm_letter", args=[cast.personnel.pk]), {"version": "1"}).status_code == 403
    with pytest.raises(services.NotPossible):
        services.confirm_letter(cast.personnel, cast.birgitte, 1)
    assert status_of(cast.personnel) == "DONE"
    jens = as_user(cast.jens)
    assert said(press(jens, look(jens, cast.svalevej, alle="1"))) == ["Du har bekræftet 1 brev."]
    assert status_of(cast.personnel) == "CONFIRMED"


def test_a_personnel_case_without_a_leader_is_left_to_hr(cast, as_user):
    """Hanne is HR over the municipality. With a leader of its own she only reads it."""
    assert not rights.rights_on(cast.hanne, cast.personnel).decide
    Letter.objects.filter(pk=cast.personnel.pk).update(leader=None)
    cast.personnel.refresh_from_db()
    assert rights.rights_on(cast.hanne, cast.personnel).decide
    assert not rights.rights_on(cast.hanne, cast.plain).decide
    send(cast.personnel, cast.karen)
    page = look(as_user(cast.birgitte), cast.svalevej, valgt=[seen(cast.personnel)])
    assert left(page) == {"Det er en personalesag. Personalejura og Forhandling bekræfter den.": 1}
    hanne = as_user(cast.hanne)
    assert said(press(hanne, look(hanne, cast.svalevej, alle="1"))) == ["Du har bekræftet 1 brev."]
    assert FollowUp.objects.get(letter=cast.personnel).confirmed_by == cast.hanne


def test_another_unit_is_not_found(cast, as_user):
    assert look(as_user(cast.jens), cast.laerkepark, alle="1").status_code == 404
    assert post(as_user(cast.jens), cast.laerkepark).status_code == 404


@pytest.mark.parametrize("person", ["jens", "torben", "birgitte", "karen", "sofie", "mette", "hanne"])
def test_the_condition_agrees_with_the_question(cast, sent, person):
    send(cast.annes, cast.anne)
    send(cast.personnel, cast.karen)
    send(LetterFactory(incident=cast.incident, sender=cast.jens, leader=cast.jens), cast.jens)
    for leader in (None, cast.jens, cast.karen):
        secret = LetterFactory(incident=cast.incident, sender=cast.karen, leader=leader, is_personnel_case=True)
        send(secret, cast.karen)
    for answers in (UNKNOWN, NEW_DATE, NEW_SENT):
        send(LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens), cast.karen, answers)
    send(LetterFactory(incident=cast.incident, sender=cast.karen, is_personnel_case=True), cast.karen, UNKNOWN)
    user = getattr(cast, person)
    letters = Letter.objects.visible_to(user).filter(followup__status="DONE").select_related("unit", "followup")
    lacking = {letter.pk for letter in letters if letter.may_be_read and letter.followup.lacks_answer}
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


def test_what_lacks_an_answer_waits_for_nobody_to_confirm_it(cast, as_user, monday, sent):
    """The numbers, the buttons and the pages behind them agree."""
    send(cast.plain, cast.karen, UNKNOWN)
    jens = as_user(cast.jens)
    shown = board_of(jens, cast.svalevej)
    assert "3 beslutninger venter på din bekræftelse" in shown.text
    assert "Bekræft alle 3" in shown.text
    assert "1 brev mangler et svar, før det kan bekræftes" in shown.text
    listed = board_of(jens, cast.svalevej, status="TO_ANSWER")
    assert [letter.pk for letter in listed.context["page_obj"]] == [cast.plain.pk]
    assert f'name="valgt" value="{cast.plain.pk}:' not in listed.text
    assert "Bekræft 3 breve" in look(jens, cast.svalevej, alle="1").text
    services.record_remedial_action(cast.plain, cast.karen, 1, DONE)
    assert "4 beslutninger venter på din bekræftelse" in board_of(jens, cast.svalevej).text
    assert "mangler et svar" not in board_of(jens, cast.svalevej).text.split("<h2")[1]


def test_a_date_that_passed_before_the_letter_was_sent_lacks_an_answer_too(cast, monday):
    services.decide(cast.soon, replace(NEW_LATER, remedy="RESEND", consequence_review="NONE"), cast.karen, 0)
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
def test_a_letter_falls_to_its_leader_or_to_who_is_nearest(cast, sender, leader, is_personnel_case, whose):
    sender, leader = sender and getattr(cast, sender), leader and getattr(cast, leader)
    letter = LetterFactory(
        incident=cast.incident,
        sender=sender,
        leader=leader,
        unit=cast.svalevej,
        is_personnel_case=is_personnel_case,
    )
    send(letter, sender or cast.jens)
    everyone = ("jens", "torben", "birgitte", "karen", "sofie", "mette", "hanne")
    waits = {
        name
        for name in everyone
        if letter in rights.letters_awaiting_confirmation_by(getattr(cast, name), cast.incident)
    }
    assert waits == {whose}


def test_who_is_nearest_is_asked_before_who_holds_a_role_further_up(cast):
    """An area leader stands between; two in the same unit share the turn."""
    send(LetterFactory(incident=cast.incident, sender=cast.jens, leader=None), cast.jens)
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
    """Three letters that wait for Jens, and one of his own that waits for Birgitte, the coordinator."""
    cast.jens_own = LetterFactory(incident=cast.incident, sender=cast.jens, leader=cast.jens)
    send(cast.jens_own, cast.jens)
    return cast


def test_the_board_asks_the_coordinator_for_what_nobody_nearer_can_confirm(own_and_others, as_user):
    shown = board_of(as_user(own_and_others.birgitte), own_and_others.buf).text
    assert "1 beslutning venter på din bekræftelse" in shown
    assert "3 venter på deres egen leder." in shown
    assert 'status=THEIRS#breve">Du kan også bekræfte dem</a>' in shown
    shown = board_of(as_user(own_and_others.jens), own_and_others.svalevej).text
    assert "3 beslutninger venter på din bekræftelse" in shown
    assert "egen leder." not in shown


@pytest.mark.parametrize("query", [{}, {"status": "DONE"}, {"status": "MINE"}])
def test_all_leaves_what_waits_for_a_leader_nearer(own_and_others, as_user, sent, query):
    birgitte = as_user(own_and_others.birgitte)
    shown = board_of(birgitte, own_and_others.buf, **query)
    assert shown.context["confirmable"] == 1
    assert "Bekræft det ene brev" in shown.text
    page = look(birgitte, own_and_others.buf, alle="1", **query)
    spared = {"Brevet har selv en leder, der kan bekræfte.": 3}
    assert spared.items() <= left(page).items() or query == {"status": "MINE"}
    assert said(press(birgitte, page)) == ["Du har bekræftet 1 brev."]
    assert status_of(own_and_others.jens_own) == "CONFIRMED"
    assert [status_of(letter) for letter in sent] == ["DONE", "DONE", "DONE"]


def test_the_others_are_confirmed_when_asked_for_and_it_is_said_that_they_have_a_leader(own_and_others, as_user, sent):
    birgitte = as_user(own_and_others.birgitte)
    assert "Bekræft alle 3 i filteret" in board_of(birgitte, own_and_others.buf, status="THEIRS").text
    page = look(birgitte, own_and_others.buf, alle="1", status="THEIRS")
    assert "3 har selv en leder, der kan bekræfte." in page.text
    assert said(press(birgitte, page)) == ["Du har bekræftet 3 breve."]


def test_a_chosen_letter_of_another_leader_is_said_too(own_and_others, as_user):
    chosen = [seen(own_and_others.soon), seen(own_and_others.jens_own)]
    page = look(as_user(own_and_others.birgitte), own_and_others.buf, valgt=chosen)
    assert page.context["preview"].count == 2
    assert "1 har selv en leder, der kan bekræfte." in page.text


def test_the_mark_says_you_to_who_is_asked(own_and_others, as_user):
    letter_page = reverse("letter", args=[own_and_others.soon.pk])
    for person, unit, yours, on_the_letter in (("jens", "svalevej", 3, "dig"), ("birgitte", "buf", 1, "lederen")):
        client = as_user(getattr(own_and_others, person))
        shown = board_of(client, getattr(own_and_others, unit), status="DONE").text
        assert Counter(re.findall(r"Venter på (dig|lederen)\b", shown)) == {"dig": yours, "lederen": 4 - yours}
        assert re.findall(r"Venter på (dig|lederen)\b", client.get(letter_page).text) == [on_the_letter]


def test_who_has_waited_longest_comes_first(cast, monday):
    for letter, hour in ((cast.soon, 11), (cast.plain, 12), (cast.passed, 13)):
        monday.move_to(at(2020, 1, 13, hour))
        send(letter, cast.karen)
    assert list(rights.letters_awaiting_confirmation_by(cast.jens, cast.incident)) == [
        cast.soon,
        cast.plain,
        cast.passed,
    ]


def test_one_letter_confirmed_leads_on_to_the_next_that_waits(cast, as_user, monday):
    for letter, hour in ((cast.soon, 11), (cast.plain, 12), (cast.passed, 13)):
        monday.move_to(at(2020, 1, 13, hour))
        send(letter, cast.karen)
    jens, page = as_user(cast.jens), reverse("confirm_letter", args=[cast.plain.pk])
    fra = f"fra=%2Fenhed%2F{cast.svalevej.pk}%2F"
    shown = jens.post(f"{page}?{fra}", {"version": "1"}, follow=True).text
    assert f'<a href="/brev/{cast.soon.pk}/?{fra}">Næste, der venter på dig (2)</a>' in shown
    assert "venter på dig" not in as_user(cast.karen).get(reverse("letter", args=[cast.plain.pk])).text


def test_for_who_confirms_what_waits_for_them_stands_before_the_senders_next_letter(cast, as_user):
    for letter in (cast.plain, cast.soon):
        send(letter, cast.karen)
    jens, address = as_user(cast.jens), reverse("letter", args=[cast.plain.pk])
    shown = jens.get(address).text
    mine, hers = "Næste, der venter på dig (1)</a>", "Næste brev uden beslutning fra Karen Bülow Møller (3 af 5)</a>"
    assert f'<a href="/brev/{cast.soon.pk}/">{mine}' in shown, "the others, not this one"
    assert shown.index(mine) < shown.index(hers)
    assert "Næste brev, der mangler en beslutning (3 af 5)</a>" in as_user(cast.karen).get(address).text
    services.confirm_letter(cast.soon, cast.jens, version=1)
    assert "venter på dig" not in jens.get(address).text


def test_the_sender_reads_who_confirms(cast, as_user):
    send(cast.plain, cast.karen)
    page = reverse("letter", args=[cast.plain.pk])
    assert "Jens Ågård ser beslutningen og bekræfter den." in as_user(cast.karen).get(page).text
    Letter.objects.filter(pk=cast.plain.pk).update(leader=cast.karen)
    assert "En anden leder eller koordinatoren ser beslutningen" in as_user(cast.karen).get(page).text
