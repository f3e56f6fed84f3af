"""The date of a letter: red while a date that has passed still needs an answer, and no longer."""

from dataclasses import replace
from datetime import date

import pytest
from django.urls import reverse

from followups import services
from followups.models import FollowUp
from followups.rules.letter_rows import fetch_rows
from sepo_incident.core import calendar
from tests.factories import at
from tests.followups.decision_answers import NEW_LETTER_UNSENT, NO_DISPATCH, RESENT
from tests.followups.escalation_helpers import ask_for_help
from tests.followups.responses import letter_text

pytestmark = pytest.mark.usefixtures("monday")
PASSED = date(2020, 1, 6)
WITH_NEW_DATE = replace(NEW_LETTER_UNSENT, deadline_missed=True, missed_on=PASSED, new_deadline=date(2020, 2, 3))
RED = "Passeret 6. januar"


@pytest.fixture(autouse=True)
def passed_date(cast):
    FollowUp.objects.filter(letter=cast.passed).update(due_on=PASSED)
    FollowUp.objects.filter(letter=cast.soon).update(due_on=date(2020, 1, 15))


@pytest.mark.parametrize(
    ("letter", "answers", "sent_on", "later", "expected"),
    [
        ("passed", None, None, None, (PASSED, True)),
        ("passed", WITH_NEW_DATE, None, None, (date(2020, 2, 3), False)),
        ("passed", WITH_NEW_DATE, None, at(2020, 2, 4, 9, 0), (date(2020, 2, 3), True)),
        ("passed", replace(NEW_LETTER_UNSENT, deadline_missed=True), None, None, (PASSED, False)),
        ("passed", NO_DISPATCH, None, None, (PASSED, False)),
        ("passed", replace(RESENT, is_sent=False), None, None, (PASSED, False)),
        ("soon", replace(RESENT, is_sent=False), None, at(2020, 1, 16, 9, 0), (date(2020, 1, 15), True)),
        ("soon", replace(RESENT, is_sent=False), at(2020, 1, 16, 9, 0), None, (date(2020, 1, 15), True)),
        ("soon", RESENT, None, at(2020, 1, 16, 9, 0), (date(2020, 1, 15), False)),
    ],
)
def test_date_is_late_until_a_decision_deals_with_it(cast, monday, letter, answers, sent_on, later, expected):
    letter = getattr(cast, letter)
    if answers:
        services.decide(letter, answers, cast.karen, version=0)
    if sent_on:
        monday.move_to(sent_on)
        services.mark_done(letter, cast.karen, version=1)
    if later:
        monday.move_to(later)
    [row] = fetch_rows(cast.karen, [letter.pk])
    assert (row.date_in_force, row.is_date_late) == expected, calendar.today()


def test_red_date_goes_from_every_page_with_a_new_date(cast, as_user):
    ask_for_help(cast.passed, cast.karen)

    def pages():
        yield letter_text(as_user(cast.karen), cast.passed)
        yield as_user(cast.karen).get(reverse("my_letters")).text
        yield as_user(cast.pia).get(reverse("escalations")).text
        yield as_user(cast.jens).get(reverse("board", args=[cast.svalevej.pk])).text

    assert all(RED in page for page in pages())
    services.decide(cast.passed, WITH_NEW_DATE, cast.karen, version=1)
    assert not [page for page in pages() if RED in page]
    assert "Ny dato" in letter_text(as_user(cast.karen), cast.passed)
