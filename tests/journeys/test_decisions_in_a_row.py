"""A sender decides about seven letters in a row: keyboard only, on a phone."""

import re

import pytest
from playwright.sync_api import expect

from followups.models import Decision, FollowUp
from tests.factories import FollowUpFactory, LetterFactory
from tests.fixtures_browser import PHONE, assert_fits

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
LETTERS = 7  # the five of the cast and two more


def test_letters_are_decided_in_a_row(visitor, sign_in, tab_to, cast, monday):
    """Three dates have passed or are near, one letter is a personnel case, one has no subject; no question is asked
    twice.
    """
    visitor.set_viewport_size({"width": PHONE, "height": 844})
    for _ in range(LETTERS - 5):
        FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens))
    sign_in(cast.karen, "/mine-breve/")

    def press(target, key):
        tab_to(target)
        visitor.keyboard.press(key)

    def answer(question, choice, key):
        press(visitor.get_by_role("group", name=re.compile(question)).get_by_label(choice, exact=True).first, key)

    press(visitor.get_by_role("link", name="Åbn det øverste brev"), "Enter")
    for number in range(1, LETTERS + 1):
        expect(visitor.get_by_text(f"Brev {number} af {LETTERS}")).to_be_visible()
        press(visitor.get_by_label("Jeg sender det samme brev igen"), "Space")
        answer("Er brevet sendt igen", "Ja", "Space")
        answer("^2. Er en frist", "Ja", "ArrowRight")
        answer("^3. Har fejlen", "Ja", "ArrowRight")
        press(visitor.get_by_role("button", name=re.compile("^Gem")).first, "Enter")
    expect(visitor.get_by_role("heading", name="Vis, at 7 breve er kommet frem")).to_be_visible()
    assert_fits(visitor, "all decided")
    decided = FollowUp.objects.filter(letter__sender=cast.karen)
    assert set(decided.values_list("status", "remedy", "deadline_missed")) == {("DONE", "RESEND", False)}
    assert Decision.objects.filter(by=cast.karen, kind="DECIDED").count() == LETTERS
