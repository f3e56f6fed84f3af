"""Saved views in a real Chromium: saved and opened by keyboard."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.fixtures_browser import PHONE, assert_fits, press_tab_to

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.usefixtures("monday")]


def test_view_is_saved_and_opened_by_keyboard(visit, cast):
    board = reverse("board", args=[cast.svalevej.pk])
    page = visit(cast.birgitte, f"{board}?status=OPEN", PHONE)
    press_tab_to(page, page.locator("summary").filter(has_text="Filtre").first)
    page.keyboard.press("Enter")
    press_tab_to(page, page.get_by_label("Navn", exact=True))
    page.keyboard.type("Åbne breve")
    press_tab_to(page, page.get_by_role("button", name="Gem visningen"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Visningen »Åbne breve« er gemt.")).to_be_visible()
    assert_fits(page, "the views of the coordinator")
    letters = page.get_by_role("table", name="Enhedens breve").get_by_role("row")
    expect(letters).to_have_count(1 + 5)
    page.goto(page.url.partition("?")[0])
    pill = page.get_by_role("link", name="Åbne breve")
    expect(pill.first).to_contain_text("5")
    press_tab_to(page, pill.first)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("status=OPEN"))
    expect(letters).to_have_count(1 + 5)
    assert page.complaints == []
