"""*Henvendelser* in a real Chromium: the focus follows the case, and a phone shows the case first."""

import re

import pytest
from playwright.sync_api import expect

from followups.models import Escalation
from tests.fixtures_browser import PHONE, assert_sound
from tests.followups.escalation_helpers import ask_for_help

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.usefixtures("monday")]


@pytest.fixture
def two_questions(cast) -> list[Escalation]:
    return [ask_for_help(cast.untitled, cast.karen, "Første"), ask_for_help(cast.plain, cast.karen, "Anden")]


def test_focus_follows_from_one_case_to_the_next(visit, cast, page, two_questions):
    def at_the_case(words):
        expect(page.locator("#sag")).to_contain_text(words)
        expect(page.locator("#sag:focus, #sag :focus")).to_have_count(1)

    visit(cast.pia, "/henvendelser/", PHONE)
    page.get_by_role("button", name=re.compile("Tag henvendelsen.*Første")).click()
    at_the_case("Du har taget henvendelsen.")
    page.get_by_label("Tekst").fill("Send det sidste.")
    page.get_by_role("button", name="Send svaret, og luk henvendelsen").click()
    at_the_case("Svaret er sendt")
    page.get_by_role("link", name="Næste henvendelse (1 uden ejer)").click()
    at_the_case("Anden")
    assert_sound(page, "the next case")


def test_phone_shows_the_case_before_the_queue(visit, cast, page, two_questions):
    visit(cast.pia, f"/henvendelser/{two_questions[0].pk}/", 390)
    case, queue = page.locator("#sag"), page.locator("section:has(> #koe)")
    assert case.bounding_box()["y"] < 300
    expect(queue).to_be_hidden()
    page.get_by_role("link", name="Til køen").click()
    expect(queue).to_be_visible()
    expect(case).to_be_hidden()
    page.set_viewport_size({"width": 1280, "height": 844})
    expect(case).to_be_visible()
    expect(page.get_by_role("link", name="Til køen")).to_be_hidden()
