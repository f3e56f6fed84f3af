"""Numbers that no page sends: refused with a message, never with a 500."""

import pytest
from django.urls import reverse

from sepo_incident.core.forms import DanishDateField, parse_int
from tests.followups.decision_answers import followup_of
from tests.followups.decision_posts import RESEND_POST

HUGE = "9" * 5000
pytestmark = pytest.mark.usefixtures("monday")


TEXTS = {"0": 0, "9" * 18: 10**18 - 1, "9" * 19: None, "-1": None, "٣": None}


@pytest.mark.parametrize(("text", "number"), TEXTS.items())
def test_parse_int_accepts_up_to_18_digits(text, number):
    assert parse_int(text) == number


def test_huge_numbers_are_ignored(cast, as_user):
    karen, page = as_user(cast.karen), reverse("letter", args=[cast.plain.pk])
    assert karen.get(page, {"hent": HUGE, "gemt": HUGE}).status_code == 200
    for act in ("undo_decision", "mark_done"):
        assert karen.post(reverse(act, args=[cast.plain.pk]), {"version": HUGE}).status_code == 302
    board = reverse("confirm_many", args=[cast.svalevej.pk])
    assert as_user(cast.jens).post(board, {"valgt": f"{HUGE}:{HUGE}"}).status_code == 302
    assert followup_of(cast.plain).is_open


def test_unknown_version_is_a_conflict(cast, as_user):
    response = as_user(cast.karen).post(reverse("letter", args=[cast.plain.pk]), RESEND_POST | {"version": "77"})
    assert response.status_code == 409
    assert "Brevet er ændret imens" in response.text
    assert followup_of(cast.plain).is_open


def test_date_part_has_at_most_four_digits():
    with pytest.raises(Exception, match="Skriv datoen med tal"):
        DanishDateField().clean([HUGE, "1", "2020"])


def test_board_ignores_a_sender_that_is_no_id(cast, as_user):
    jens, board = as_user(cast.jens), reverse("board", args=[cast.svalevej.pk])
    for sender in ("-1", "1e20000000", "NaN"):
        assert jens.get(board, {"sender": sender}).status_code == 200, sender
