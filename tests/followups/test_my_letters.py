"""*Mine breve*: order, groups, wording and number of queries."""

import re

import pytest
from django.urls import reverse

from followups import services
from followups.letter import letter_navigation
from followups.models.answers import HELP, DecisionAnswers
from followups.my_letters import worklist
from followups.services import arrivals
from letters.models import Incident, Letter
from tests.factories import FollowUpFactory, LetterFactory, at
from tests.followups.arrival_reports import ARRIVED
from tests.followups.decision_answers import NEW_LETTER_UNSENT, RESENT

pytestmark = pytest.mark.usefixtures("monday")
PAGE = "/mine-breve/"
TODAY = at(2020, 1, 13).date()


def ask_for_help(letter, by, version=0):
    services.decide(letter, DecisionAnswers(remedy=HELP, question="Hvad nu?"), by, version)


def letters_in_hand(cast) -> list[Letter]:
    return worklist.build_worklist(cast.karen, cast.incident, TODAY).to_act_on


def page_text(client) -> str:
    response = client.get(PAGE)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_most_urgent_letter_is_first(cast, as_user):
    services.decide(cast.untitled, DecisionAnswers(remedy=HELP, question="Hvad er det?"), cast.karen, version=0)
    letters = as_user(cast.karen).get(PAGE).context["letters"]
    assert letters.undecided == [cast.passed, cast.soon, cast.personnel, cast.plain, cast.untitled]
    assert [heading for heading, _ in letters.groups] == [
        "Dato passeret (1)",
        "Dato nærmer sig (1)",
        "Øvrige breve (2)",
        "Venter på svar (1)",
    ]


def test_leader_confirms_only_what_the_sender_has_done(cast, as_user):
    services.decide(cast.plain, NEW_LETTER_UNSENT, cast.karen, version=0)
    assert "bekræfter" not in page_text(as_user(cast.karen))
    services.decide(cast.soon, RESENT, cast.karen, version=0)
    assert "Din leder bekræfter 1 beslutning." in page_text(as_user(cast.karen))


def queue_position(letter, reader) -> letter_navigation.QueuePosition:
    return letter_navigation.queue_position(Letter.objects.select_related("followup").get(pk=letter.pk), reader)


def test_queue_on_the_letter_follows_the_list(cast):
    ask_for_help(cast.passed, cast.karen)
    services.decide(cast.plain, RESENT, cast.karen, version=0)
    order = letters_in_hand(cast)
    assert order == [cast.soon, cast.untitled, cast.personnel]
    handled = 2  # one question and one decision
    for place, letter in enumerate(order):
        turn = queue_position(letter, cast.karen)
        assert (turn.position, turn.count) == (handled + place + 1, 5)
        assert turn.next_id == order[(place + 1) % len(order)].pk
    for letter in (cast.passed, cast.plain):
        assert queue_position(letter, cast.karen).position is None


def test_senders_without_an_account_have_separate_queues(cast):
    """A sender is known by the name on the list: a leader is not led on to another sender's letter."""
    named = ["Anna A", "Anna A", "Bo B"]
    lost = [
        FollowUpFactory(
            letter__sender=None,
            letter__incident=cast.incident,
            letter__sender_name=name,
            letter__leader=cast.jens,
            letter__unit=cast.svalevej,
        )
        for name in named
    ]
    turn = queue_position(lost[0].letter, cast.jens)
    assert (turn.count, turn.next_id) == (2, lost[1].letter_id)
    assert queue_position(lost[2].letter, cast.jens).next_id is None


@pytest.mark.parametrize(("first", "asks"), [(0, False), (3, True)])
def test_next_button_and_next_letter_agree_on_the_position(cast, first, asks):
    """From every starting letter, around the whole queue: each letter is decided, or a question is asked."""
    letter = letters_in_hand(cast)[first]
    for left in range(5, 0, -1):
        turn = queue_position(letter, cast.karen)
        ask_for_help(letter, cast.karen) if asks else services.decide(letter, RESENT, cast.karen, version=0)
        assert queue_position(letter, cast.karen).next_id == turn.next_id, "a double click leads to the same letter"
        assert turn.count == 5
        assert (turn.next_id is None) == (left == 1)
        if turn.next_id:
            letter = Letter.objects.get(pk=turn.next_id)
            assert queue_position(letter, cast.karen).position == turn.next_position


def test_answered_letter_is_first_until_decided(cast, as_user):
    ask_for_help(cast.plain, cast.karen)
    services.answer_escalation(
        services.take_escalation(cast.plain.followup.escalation, cast.pia), "Send den igen", cast.pia
    )
    text = page_text(as_user(cast.karen))
    assert re.search(r"Du har fået svar \(1\).*Pjece.*Svar fra DIT.*Dato passeret \(1\)", text)
    assert f'href="/brev/{cast.plain.pk}/">Åbn det øverste brev' in text
    assert queue_position(cast.plain, cast.karen).position == 1
    services.decide(cast.plain, RESENT, cast.karen, version=2)
    assert "Du har fået svar" not in page_text(as_user(cast.karen))
    services.undo_decision(cast.plain, cast.karen, version=3)
    assert letters_in_hand(cast)[0] == cast.plain, "undecided again, and the answer is still there"


def test_the_numbers_of_the_page_agree(cast, as_user):
    services.decide(cast.soon, RESENT, cast.karen, version=0)
    ask_for_help(cast.plain, cast.karen)
    text = page_text(as_user(cast.karen))
    assert "1 af dine 5 breve har en beslutning." in text
    assert "Nu mangler du at tage stilling til 3 breve og vise, at 1 brev er kommet frem." in text
    assert '<b>3<span class="sr-only"> venter</span></b>' in text
    assert sum(int(number) for number in re.findall(r'scope="rowgroup">[^<]+\((\d+)\)', text)) == 4
    assert re.findall(r'href="\?vis=([\w-]+)"><span class="sr-only">[^<]+: </span>(\d+ af \d+)</a>', text) == [
        ("besluttet", "1 af 5"),
        ("sendt", "1 af 1"),
        ("fulgt-op", "0 af 5"),
        ("kommet-frem", "0 af 1"),
    ]


def test_menu_badge_ignores_a_closed_incident(cast, as_user):
    Incident.objects.update(status=Incident.Status.CLOSED)
    assert 'class="sr-only"> venter' not in page_text(as_user(cast.karen))


def test_leader_without_letters_is_redirected_to_the_board(cast, as_user):
    """The mail has the same button for the sender and for the leader, who may have sent nothing."""
    response = as_user(cast.jens).get(PAGE, follow=True)
    assert response.redirect_chain == [("/enheder/", 302), (f"/enhed/{cast.svalevej.pk}/", 302)]
    assert cast.passed.subject in response.text
    assert "Du har ikke selv sendt nogen af brevene" in response.text


def test_unsent_letter_is_still_listed(cast, as_user):
    for letter in (cast.passed, cast.soon, cast.plain, cast.untitled):
        services.decide(letter, RESENT, cast.karen, version=0)
    services.decide(cast.personnel, NEW_LETTER_UNSENT, cast.karen, version=0)
    text = page_text(as_user(cast.karen))
    assert "<strong>Nu mangler du at sende 1 brev og vise, at 4 breve er kommet frem.</strong>" in text
    assert re.findall(r'<h2 id="(?:send|bevis)">([^<]+)</h2>', text) == [
        "Send 1 brev",
        "Vis, at 4 breve er kommet frem",
    ]


def test_finished_page_mentions_the_leaders_confirmation(cast, as_user):
    services.decide(cast.annes, RESENT, cast.anne, version=0)
    text = page_text(as_user(cast.anne))
    assert "Dit brev har en beslutning. <strong>Nu mangler du at vise, at 1 brev er kommet frem.</strong>" in text
    arrivals.record_arrival(cast.annes, ARRIVED, cast.anne, 0)
    text = page_text(as_user(cast.anne))
    assert "Du har ikke flere opgaver. Tak" in text
    assert "Nu mangler du" not in text
    services.confirm_letter(cast.annes, cast.torben, version=1)
    assert "Brevet er fulgt op." in page_text(as_user(cast.anne))
    LetterFactory(incident=cast.incident, sender=cast.anne, leader=cast.torben)
    assert "Koncern IT gør 1 brev klar. Du får en mail, når du skal i gang." in page_text(as_user(cast.anne))


def test_followed_up_letters_are_counted(cast, as_user):
    hers = [cast.passed, cast.soon, cast.plain, cast.untitled, cast.personnel]
    for letter in hers:
        services.decide(letter, RESENT, cast.karen, version=0)
    services.confirm_letters(dict.fromkeys(hers[:2], 1), cast.jens)
    text = page_text(as_user(cast.karen))
    assert "Er fulgt op: </span>2 af 5</a>" in text
    assert "Din leder bekræfter 3 beslutninger." in text


def test_each_number_shows_its_letters(cast, as_user):
    services.decide(cast.soon, RESENT, cast.karen, version=0)
    services.decide(cast.plain, NEW_LETTER_UNSENT, cast.karen, version=0)
    karen = as_user(cast.karen)
    shown = {
        name: {letter.pk for letter in karen.get(PAGE, {"vis": name}).context["shown_list"].letters}
        for name in ("besluttet", "sendt", "kommet-frem", "sendes-ikke-igen", "fulgt-op", "uden-bevis")
    }
    both = {cast.soon.pk, cast.plain.pk}
    assert shown == {
        "besluttet": both,
        "sendt": {cast.soon.pk},
        "kommet-frem": set(),
        "sendes-ikke-igen": set(),
        "fulgt-op": set(),
        "uden-bevis": set(),
    }
    assert karen.get(PAGE, {"vis": "nonsens"}).context["shown_list"] is None


def test_page_without_letters(cast, as_user):
    assert "Du har ingen breve på listen" in page_text(as_user(cast.olga))
    Incident.objects.update(status=Incident.Status.CLOSED)
    assert "Ingen hændelse lige nu" in page_text(as_user(cast.karen))


def test_unopened_letters_are_listed_as_waiting(cast, as_user):
    LetterFactory(incident=cast.incident, sender=cast.olga, subject="Nyt på listen")
    text = page_text(as_user(cast.olga))
    assert "Ikke klar endnu (1)" in text
    assert "mangler en beslutning" not in text


def test_withdrawn_letter_is_not_listed(cast, as_user):
    Letter.objects.filter(pk=cast.passed.pk).update(withdrawn_at=at(2020, 1, 9, 9, 0))
    assert "Partshøring" not in page_text(as_user(cast.karen))


def test_queries_do_not_grow_with_the_letters(cast, as_user, django_assert_max_num_queries):
    karen = as_user(cast.karen)
    pages = {PAGE: 9, reverse("letter", args=[cast.plain.pk]): 15}

    def queries() -> list[int]:
        counts = []
        for page, most in pages.items():
            with django_assert_max_num_queries(most) as seen:
                assert karen.get(page).status_code == 200
            counts.append(len(seen))
        return counts

    karen.get(PAGE)  # the session timer starts
    before = queries()
    for _ in range(60):
        FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens))
    assert queries() == before
