"""A sender decides about forty letters in bulk and undoes the decision: keyboard only, on a phone."""

import re

import pytest
from playwright.sync_api import expect

from followups import services
from followups.models import Decision, FollowUp
from tests.factories import FollowUpFactory, LetterFactory
from tests.fixtures_browser import assert_fits, assert_sound
from tests.followups.decision_answers import NO_DISPATCH

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_forty_letters_get_one_decision_and_three_are_left_alone(visitor, sign_in, tab_to, cast, monday):
    """One letter is a personnel case, the date of one has passed, and one is decided by the leader meanwhile."""
    visitor.set_viewport_size({"width": 390, "height": 844})
    for _ in range(35):
        FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens))
    sign_in(cast.karen, "/mine-breve/")

    def press(target, key="Enter"):
        tab_to(target)
        visitor.keyboard.press(key)

    press(visitor.locator(f"#valgt-{cast.plain.pk}"), "Space")
    expect(visitor.get_by_text("1 brev er valgt.")).to_be_visible()
    expect(visitor.get_by_role("button", name="Beslut om det valgte")).to_be_visible()
    press(visitor.get_by_role("link", name=re.compile("^Beslut det samme for")))
    expect(visitor.get_by_role("heading", name="Samlet beslutning for 38 breve")).to_be_visible()
    services.decide(cast.soon, NO_DISPATCH, cast.jens, version=0)
    press(visitor.get_by_role("radio", name="Jeg sender de samme breve igen"), "Space")
    press(visitor.get_by_role("radio", name="Ja", exact=True).first, "Space")
    press(visitor.get_by_role("group", name="2. Er en frist").get_by_role("radio", name="Ja"), "ArrowDown")
    press(visitor.get_by_role("group", name="3. Har fejlen").get_by_role("radio", name="Nej"), "Space")
    press(visitor.get_by_role("button", name="Gennemse"))
    expect(visitor.get_by_role("heading", name="37 breve får beslutningen")).to_be_visible()
    assert not Decision.objects.filter(by=cast.karen).exists()
    assert_sound(visitor, "preview")
    press(visitor.get_by_role("button", name="Gem beslutningen for 37 breve"))
    expect(visitor.get_by_role("heading", name="37 breve har fået beslutningen")).to_be_visible()
    for letter, why in (
        (cast.personnel, "Det er en personalesag."),
        (cast.passed, "Brevets dato er passeret"),
        (cast.soon, "Brevet har allerede en beslutning."),
    ):
        said = visitor.locator("dl > div", has_text=why)
        expect(said.get_by_role("link", name=letter.subject)).to_be_visible()
    assert_fits(visitor, "result")
    press(visitor.get_by_role("button", name="Fortryd alle 37 beslutninger"))
    expect(visitor.get_by_role("heading", name="37 beslutninger er fortrudt")).to_be_visible()
    # the thirty-nine undone letters, Anne's and Ulla's
    assert FollowUp.objects.filter(status=FollowUp.Status.OPEN).count() == 41
