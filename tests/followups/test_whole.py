"""Numbers nobody's page has sent: they are refused in words, never with a 500."""

import pytest
from django.urls import reverse

from sepo_incident.core.forms import DanishDateField
from sepo_incident.core.parsing import parse_int
from tests.followups.test_decision_form import RESEND
from tests.followups.test_services import standing

HUGE = "9" * 5000
pytestmark = pytest.mark.usefixtures("monday")


TEXTS = {"0": 0, "9" * 18: 10**18 - 1, "9" * 19: None, "-1": None, "٣": None}


@pytest.mark.parametrize(("text", "number"), TEXTS.items())
def test_as_many_digits_as_a_key_can_have(text, number):
    assert parse_int(text) == number


def test_a_huge_number_is_none_of_ours(cast, as_user):
    karen, page = as_user(cast.karen), reverse("letter", args=[cast.plain.pk])
    assert karen.get(page, {"hent": HUGE, "gemt": HUGE}).status_code == 200
    for act in ("undo_decision", "mark_done"):
        assert karen.post(reverse(act, args=[cast.plain.pk]), {"version": HUGE}).status_code == 302
    board = reverse("confirm_many", args=[cast.svalevej.pk])
    assert as_user(cast.jens).post(board, {"valgt": f"{HUGE}:{HUGE}"}).status_code == 302
    assert standing(cast.plain).is_open


def test_a_version_that_never_was_is_stale(cast, as_user):
    response = as_user(cast.karen).post(reverse("letter", args=[cast.plain.pk]), RESEND | {"version": "77"})
    assert response.status_code == 409
    assert "Siden passede ikke til brevet mere" in response.text
    assert standing(cast.plain).is_open


def test_a_part_of_a_date_has_at_most_four_digits():
    with pytest.raises(Exception, match="Skriv datoen med tal"):
        DanishDateField().clean([HUGE, "1", "2020"])
