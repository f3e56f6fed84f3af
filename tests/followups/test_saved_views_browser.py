"""Saved views in a real Chromium: saved and shared by keyboard, and opened by a colleague who sees fewer letters."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from followups.models import SavedView
from tests.fixtures_browser import PHONE, assert_sound, press_tab_to

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.usefixtures("monday")]


def test_view_is_saved_and_shared_by_keyboard_and_counts_each_readers_letters(visit, cast):
    board = reverse("board", args=[cast.svalevej.pk])
    page = visit(cast.birgitte, f"{board}?status=OPEN", PHONE)
    press_tab_to(page, page.locator("summary").filter(has_text="Filtre").first)
    page.keyboard.press("Enter")
    press_tab_to(page, page.get_by_label("Navn", exact=True))
    page.keyboard.type("Åbne breve")
    press_tab_to(page, page.get_by_role("button", name="Gem visningen"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Visningen »Åbne breve« er gemt.")).to_be_visible()
    page.locator("summary").filter(has_text="Filtre").first.press("Enter")
    press_tab_to(page, page.get_by_role("button", name="Del af Åbne breve"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Visningen »Åbne breve« er delt.")).to_be_visible()
    page.locator("summary").filter(has_text="Filtre").first.press("Enter")
    expect(page.get_by_role("button", name="Stop deling af Åbne breve")).to_be_visible()
    assert_sound(page, "the views of the coordinator")
    letters = page.get_by_role("table", name="Enhedens breve").get_by_role("row")
    expect(letters).to_have_count(1 + 5)
    page = visit(cast.hanne, board, PHONE)  # HR sees the personnel case only
    pill = page.get_by_role("link", name="Åbne breve")
    expect(pill.first).to_contain_text("1")
    press_tab_to(page, pill.first)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("status=OPEN"))
    expect(page.get_by_role("table", name="Enhedens breve").get_by_role("row")).to_have_count(1 + 1)
    assert SavedView.objects.get().is_shared
    assert page.complaints == []
