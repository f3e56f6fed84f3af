"""What a personnel case keeps from who may not read it: the date in its subject, and what was answered."""

import datetime as dt

import pytest
from django.urls import reverse

from followups import services
from followups.boards.board import board_letters, build_board
from followups.models import FollowUp
from followups.my_letters import worklist
from tests.followups.test_services import HARMED

pytestmark = pytest.mark.usefixtures("monday")


@pytest.fixture
def dated(cast):
    """The subject of the personnel case names 2 January, so it is the most urgent of all."""
    FollowUp.objects.filter(letter=cast.personnel).update(due_on=dt.date(2020, 1, 2))
    return cast


def listed(client, unit, **query):
    page = client.get(reverse("board", args=[unit.pk]), query)
    return [letter.pk for letter in page.context["page_obj"]], page.text


def test_the_date_is_shown_counted_and_sorted_by_for_who_may_read(dated, as_user):
    shown, text = listed(as_user(dated.jens), dated.svalevej)
    assert shown[0] == dated.personnel.pk
    assert "2. januar" in text
    assert listed(as_user(dated.jens), dated.svalevej, status="PASSED")[0] == [dated.personnel.pk, dated.passed.pk]
    assert build_board(dated.svalevej, dated.incident, dated.jens).counted["PASSED"] == 2
    assert "(2. januar)" in as_user(dated.jens).get(reverse("letter", args=[dated.personnel.pk])).text


def test_the_date_is_nowhere_for_who_may_not(dated, as_user):
    shown, text = listed(as_user(dated.birgitte), dated.svalevej)
    assert shown[0] == dated.passed.pk
    assert "2. januar" not in text
    assert listed(as_user(dated.birgitte), dated.svalevej, status="PASSED")[0] == [dated.passed.pk]
    assert build_board(dated.svalevej, dated.incident, dated.birgitte).counted["PASSED"] == 1
    page = as_user(dated.birgitte).get(reverse("letter", args=[dated.personnel.pk])).text
    assert "Brevets frist" not in page
    assert "2. januar" not in page


def test_a_coordinator_is_not_led_on_to_what_she_may_not_read(dated):
    fetched = board_letters(dated.svalevej, dated.incident, dated.birgitte).get(pk=dated.passed.pk)
    assert worklist.queue_position(fetched, dated.birgitte).count == 4
    assert worklist.queue_position(fetched, dated.jens).count == 5


def test_only_the_remedy_is_retold_to_who_may_not_read(cast, as_user):
    services.decide(cast.personnel, HARMED, cast.karen, version=0)
    answered = ("2020-0000000", "1.250", "27. januar 2020", "Familien kunne ikke svare", "Talt med lederen", "Ja, for")
    page = reverse("letter", args=[cast.personnel.pk])
    told, kept = as_user(cast.jens).get(page).text, as_user(cast.birgitte).get(page).text
    assert "Et nyt brev er sendt" in kept
    for words in answered:
        assert words in told
        assert words not in kept
