"""The page *Kolonnerne i filen* in a real Chromium: by keyboard alone."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from letters.importing import batches
from letters.models import ImportBatch
from tests.fixtures_browser import press_tab_to
from tests.letters.list_files import workbook
from tests.letters.uploaded_lists import FIRST, HEADERS, SECOND

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_columns_are_answered_by_keyboard_alone(cast, kit_page, import_file):
    batch = import_file(workbook([HEADERS, FIRST, SECOND]), commit=False)
    page = kit_page(reverse("import_batch", args=[batch.pk]))
    expect(page.get_by_role("heading", name="Kolonnerne i filen")).to_be_visible()
    press_tab_to(page, page.get_by_label("H: Bem., betyder"))
    page.keyboard.type("Emne")
    page.keyboard.press("Tab")
    press_tab_to(page, page.get_by_role("button", name="Fortsæt til tjek"))
    page.keyboard.press("Enter")
    refusal = page.get_by_role("link", name="»Emne« er allerede valgt")
    press_tab_to(page, refusal)
    page.keyboard.press("Enter")
    select = page.get_by_label("H: Bem., betyder")
    expect(select).to_be_focused()
    page.keyboard.type("Tages")
    press_tab_to(page, page.get_by_role("button", name="Fortsæt til tjek"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Læser listen")).to_be_visible()
    batches.read_batch(batch.pk)
    expect(page.get_by_role("heading", name="Tjek listen")).to_be_visible(timeout=15_000)
    assert ImportBatch.objects.get(pk=batch.pk).mapping[-1] == ["Bem.", ""]
    assert all("422" in complaint for complaint in page.complaints), (
        "the browser notes a refused form, and nothing else"
    )
