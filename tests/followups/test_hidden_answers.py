"""A personnel case hides the date in the subject and the answers from readers without access."""

import datetime as dt

import pytest
from django.urls import reverse

from followups import services
from followups.boards.board import Board
from followups.boards.board_letters import board_letters
from followups.letter import letter_navigation
from followups.models import FollowUp
from tests.followups.decision_answers import HARM_HANDLED
from tests.followups.responses import letter_text

pytestmark = pytest.mark.usefixtures("monday")


@pytest.fixture
def dated_personnel_case(cast):
    """The subject of the personnel case names 2 January, so the case is the most urgent letter."""
    FollowUp.objects.filter(letter=cast.personnel).update(due_on=dt.date(2020, 1, 2))


def board_list(client, unit, **query):
    page = client.get(reverse("board", args=[unit.pk]), query)
    return [letter.pk for letter in page.context["page_obj"]], page.text


@pytest.mark.parametrize(("person", "reads"), [("jens", True), ("birgitte", False)])
def test_personnel_date_is_shown_sorted_and_counted_for_readers_only(
    cast, dated_personnel_case, as_user, person, reads
):
    reader = getattr(cast, person)
    client, urgent = as_user(reader), [cast.personnel.pk, cast.passed.pk] if reads else [cast.passed.pk]
    shown, text = board_list(client, cast.svalevej)
    assert shown[0] == urgent[0]
    assert ("2. januar" in text) is reads
    assert board_list(client, cast.svalevej, status="PASSED")[0] == urgent
    assert Board(cast.svalevej, cast.incident, reader).counts["PASSED"] == len(urgent)
    page = letter_text(client, cast.personnel)
    assert ("Brevets dato" in page, "Passeret 2. januar" in page, "2. januar" in page) == (reads, reads, reads)


def test_queue_skips_unreadable_letters(cast, dated_personnel_case):
    fetched = board_letters(cast.svalevej, cast.incident, cast.birgitte).get(pk=cast.passed.pk)
    assert letter_navigation.queue_position(fetched, cast.birgitte).count == 4
    assert letter_navigation.queue_position(fetched, cast.jens).count == 5


def test_only_the_remedy_is_shown_without_read_access(cast, as_user):
    services.decide(cast.personnel, HARM_HANDLED, cast.karen, version=0)
    answered = ("2020-0000000", "1.250", "27. januar 2020", "Familien kunne ikke svare", "Talt med lederen", "Ja, for")
    told, kept = (letter_text(as_user(person), cast.personnel) for person in (cast.jens, cast.birgitte))
    assert "Et nyt brev er sendt" in kept
    for words in answered:
        assert words in told
        assert words not in kept
