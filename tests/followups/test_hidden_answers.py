"""A personnel case hides the date in the subject and the answers from readers without access."""

import datetime as dt

import pytest
from django.urls import reverse

from followups import services
from followups.boards.board import board_letters, build_board
from followups.letter import letter_navigation
from followups.models import FollowUp
from tests.followups.decision_answers import HARM_HANDLED

pytestmark = pytest.mark.usefixtures("monday")


@pytest.fixture
def dated_personnel_case(cast):
    """The subject of the personnel case names 2 January, so the case is the most urgent letter."""
    FollowUp.objects.filter(letter=cast.personnel).update(due_on=dt.date(2020, 1, 2))
    return cast


def board_list(client, unit, **query):
    page = client.get(reverse("board", args=[unit.pk]), query)
    return [letter.pk for letter in page.context["page_obj"]], page.text


def test_personnel_date_is_shown_and_sorted_for_readers(dated_personnel_case, as_user):
    shown, text = board_list(as_user(dated_personnel_case.jens), dated_personnel_case.svalevej)
    assert shown[0] == dated_personnel_case.personnel.pk
    assert "2. januar" in text
    assert board_list(as_user(dated_personnel_case.jens), dated_personnel_case.svalevej, status="PASSED")[0] == [
        dated_personnel_case.personnel.pk,
        dated_personnel_case.passed.pk,
    ]
    assert (
        build_board(dated_personnel_case.svalevej, dated_personnel_case.incident, dated_personnel_case.jens).counted[
            "PASSED"
        ]
        == 2
    )
    assert (
        "(2. januar)"
        in as_user(dated_personnel_case.jens).get(reverse("letter", args=[dated_personnel_case.personnel.pk])).text
    )


def test_personnel_date_is_hidden_from_others(dated_personnel_case, as_user):
    shown, text = board_list(as_user(dated_personnel_case.birgitte), dated_personnel_case.svalevej)
    assert shown[0] == dated_personnel_case.passed.pk
    assert "2. januar" not in text
    assert board_list(as_user(dated_personnel_case.birgitte), dated_personnel_case.svalevej, status="PASSED")[0] == [
        dated_personnel_case.passed.pk
    ]
    assert (
        build_board(
            dated_personnel_case.svalevej, dated_personnel_case.incident, dated_personnel_case.birgitte
        ).counted["PASSED"]
        == 1
    )
    page = as_user(dated_personnel_case.birgitte).get(reverse("letter", args=[dated_personnel_case.personnel.pk])).text
    assert "Brevets frist" not in page
    assert "2. januar" not in page


def test_queue_skips_unreadable_letters(dated_personnel_case):
    fetched = board_letters(
        dated_personnel_case.svalevej, dated_personnel_case.incident, dated_personnel_case.birgitte
    ).get(pk=dated_personnel_case.passed.pk)
    assert letter_navigation.queue_position(fetched, dated_personnel_case.birgitte).count == 4
    assert letter_navigation.queue_position(fetched, dated_personnel_case.jens).count == 5


def test_only_the_remedy_is_shown_without_read_access(cast, as_user):
    services.decide(cast.personnel, HARM_HANDLED, cast.karen, version=0)
    answered = ("2020-0000000", "1.250", "27. januar 2020", "Familien kunne ikke svare", "Talt med lederen", "Ja, for")
    page = reverse("letter", args=[cast.personnel.pk])
    told, kept = as_user(cast.jens).get(page).text, as_user(cast.birgitte).get(page).text
    assert "Et nyt brev er sendt" in kept
    for words in answered:
        assert words in told
        assert words not in kept
