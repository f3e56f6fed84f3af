"""Units and incidents side by side in a real Chromium: axe, both widths, and the way to the letters by keyboard."""

import re

import pytest
from playwright.sync_api import expect

from tests.fixtures_browser import PHONE, assert_sound, press_tab_to
from tests.followups.many_letters import create_many_letters
from tests.second_incident import build_second_letters

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("monday")]


def test_numbers_side_by_side_lead_to_their_letters_by_keyboard(cast, visit):
    create_many_letters(cast.incident, cast.area, units=5, letters=60)
    page = visit(cast.birgitte, f"/enhed/{cast.area.pk}/sammenlign/", PHONE)
    assert_sound(page, "units side by side")
    expect(page.get_by_role("heading", level=2)).to_have_text("Sammenlign underenheder")
    expect(page.locator("main details[open]")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollHeight / window.innerHeight") < 3
    group = page.locator("main summary").get_by_text("Status", exact=True)
    press_tab_to(page, group)
    page.keyboard.press("Enter")
    decided = page.get_by_role("row", name="Har en beslutning").get_by_role("link").first
    press_tab_to(page, decided)
    assert_sound(page, "a group of figures")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("status=HAS_DECISION"))

    second = build_second_letters(cast)
    page = visit(cast.birgitte, f"/enhed/{cast.buf.pk}/haendelser/", PHONE)
    assert_sound(page, "incidents side by side")
    press_tab_to(page, page.get_by_role("link", name=f"breve, {second.incident.title}"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=cast.buf.name)).to_be_visible()
    assert f"/haendelser/{second.incident.slug}/" in page.url
    assert page.complaints == []
