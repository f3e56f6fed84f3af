"""*Mine breve*: order, piles, words and the number of queries."""

import pytest
from django.urls import reverse

from followups import services, worklist
from followups.answers import HELP, Answers
from letters.models import Incident, Letter
from tests.factories import FollowUpFactory, LetterFactory, at
from tests.followups.test_services import NEW_LATER, SENT_AGAIN

pytestmark = pytest.mark.usefixtures("monday")
PAGE = "/mine-breve/"


def page_of(client) -> str:
    response = client.get(PAGE)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_the_most_urgent_stands_on_top(cast, as_user):
    services.decide(cast.untitled, Answers(remedy=HELP, question="Hvad er det?"), cast.karen, version=0)
    letters = as_user(cast.karen).get(PAGE).context["letters"]
    assert letters.undecided == [cast.passed, cast.soon, cast.personnel, cast.plain, cast.untitled]
    assert [heading for heading, _ in letters.groups] == [
        "En dato i brevet er passeret (1)",
        "En frist nærmer sig (1)",
        "De øvrige breve (2)",
        "Du har spurgt og venter på svar (1)",
    ]


def test_the_line_on_the_letter_is_the_order_of_the_list(cast):
    services.decide(cast.passed, Answers(remedy=HELP, question="Hvad nu?"), cast.karen, version=0)
    order = worklist.of_sender(cast.karen, cast.incident, at(2020, 1, 13).date()).undecided
    for place, letter in enumerate(order, start=1):
        turn = worklist.turn(Letter.objects.select_related("followup").get(pk=letter.pk), cast.karen)
        assert (turn.position, turn.count) == (place, len(order))
        assert turn.next_id == order[place % len(order)].pk
        assert turn.next_position == place % len(order) + 1


def test_the_line_goes_on_from_a_letter_that_was_just_decided(cast):
    services.decide(cast.soon, SENT_AGAIN, cast.karen, version=0)
    turn = worklist.turn(Letter.objects.select_related("followup").get(pk=cast.soon.pk), cast.karen)
    assert (turn.position, turn.count, turn.next_position) == (None, 4, 2)


def test_the_words_say_the_numbers(cast, as_user):
    text = page_of(as_user(cast.karen))
    assert "Fem af dine breve fra 9.–19. december 2019 nåede aldrig frem" in text
    assert "<strong>Fem af dem mangler en beslutning.</strong>" in text
    assert "Vær færdig senest onsdag den 15. januar 2020 – om 2 dage" in text
    assert "I et af brevene står der en dato, der allerede er passeret. Tag det først." in text
    assert "<strong>0 af 5</strong>" in text


def test_a_leader_in_copy_comes_to_the_board(cast, as_user):
    """The mail's button is the same for the sender and for the leader, who has sent nothing herself."""
    response = as_user(cast.jens).get(PAGE, follow=True)
    assert response.redirect_chain == [("/enheder/", 302), (f"/enhed/{cast.svalevej.pk}/", 302)]
    assert cast.passed.subject in response.text


def test_a_leader_with_own_letters_is_shown_the_way_to_the_board(cast, as_user):
    assert "Gå til tavlen" not in page_of(as_user(cast.karen))
    FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.jens, leader=cast.birgitte))
    text = page_of(as_user(cast.jens))
    assert '<a href="/enheder/">Gå til tavlen</a>' in text
    assert "Partshøring" not in text, "a leader's own letters; the board has the others"


def test_a_leader_without_an_incident_is_told_so(cast, as_user):
    Incident.objects.update(status=Incident.Status.CLOSED)
    assert "Der er ingen hændelse lige nu" in page_of(as_user(cast.jens))


def test_only_ones_own_letters(cast, as_user):
    assert "Referat af netværksmøde" not in page_of(as_user(cast.karen))


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (at(2020, 1, 14, 9, 0), "Vær færdig senest onsdag den 15. januar 2020 – i morgen"),
        (at(2020, 1, 15, 23, 59), "Vær færdig i dag, onsdag den 15. januar 2020"),
        (at(2020, 1, 16, 0, 0), "Fristen var onsdag den 15. januar 2020 – i går"),
    ],
)
def test_the_banner_follows_the_clock(cast, as_user, monday, now, words):
    monday.move_to(now)
    assert words in page_of(as_user(cast.karen))


def test_what_is_decided_but_not_sent_is_still_in_sight(cast, as_user):
    for letter in (cast.passed, cast.soon, cast.plain, cast.untitled):
        services.decide(letter, SENT_AGAIN, cast.karen, version=0)
    services.decide(cast.personnel, NEW_LATER, cast.karen, version=0)
    text = page_of(as_user(cast.karen))
    assert "Du mangler kun at sende" in text
    assert "Besluttet, men ikke sendt (1)" in text
    assert "4 breve er færdige fra din side" in text
    assert "<strong>5 af 5</strong>" in text


def test_when_all_is_done_it_says_so(cast, as_user):
    services.decide(cast.annes, SENT_AGAIN, cast.anne, version=0)
    text = page_of(as_user(cast.anne))
    assert "Du er færdig – tak for det" in text
    assert "Et af dine breve fra 9.–19. december 2019 nåede aldrig frem til modtagerens e-Boks" in text


def test_nothing_at_all(cast, as_user):
    assert "Alle dine breve kom frem" in page_of(as_user(cast.olga))
    Incident.objects.update(status=Incident.Status.CLOSED)
    assert "Der er ingen hændelse lige nu" in page_of(as_user(cast.karen))


def test_letters_that_are_not_opened_yet_wait(cast, as_user):
    LetterFactory(incident=cast.incident, sender=cast.olga, subject="Nyt på listen")
    text = page_of(as_user(cast.olga))
    assert "Du kan ikke gøre noget ved dette brev endnu" in text
    assert "mangler en beslutning" not in text


def test_a_withdrawn_letter_is_gone(cast, as_user):
    Letter.objects.filter(pk=cast.passed.pk).update(withdrawn_at=at(2020, 1, 9, 9, 0))
    assert "Partshøring" not in page_of(as_user(cast.karen))


def test_a_personnel_case_is_marked_for_its_sender(cast, as_user):
    text = page_of(as_user(cast.karen))
    assert "Indkaldelse til sygefraværssamtale" in text
    assert "Personalesag</span>" in text


@pytest.mark.parametrize("more", [3, 300])
def test_queries_do_not_grow_with_the_letters(cast, as_user, django_assert_max_num_queries, more):
    karen = as_user(cast.karen)
    pages = {PAGE: 7, reverse("letter", args=[cast.plain.pk]): 11}

    def queries() -> list[int]:
        counts = []
        for page, most in pages.items():
            with django_assert_max_num_queries(most) as seen:
                assert karen.get(page).status_code == 200
            counts.append(len(seen))
        return counts

    karen.get(PAGE)  # the session's clock starts
    before = queries()
    for _ in range(more):
        FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens))
    assert queries() == before
