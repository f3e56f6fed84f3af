"""The page *Kolonnerne i filen* in a real Chromium: by keyboard alone, at both widths."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from letters.importing import batches
from letters.models import ImportBatch
from letters.samples import COLUMNS
from tests.fixtures_browser import PHONE, assert_fits, assert_sound, press_tab_to
from tests.letters.awkward import parts
from tests.letters.list_files import row, workbook
from tests.letters.uploaded_lists import FIRST, HEADERS, SECOND, UNCERTAIN_LIST

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


def test_columns_page_is_accessible(cast, kit_page, import_file):
    named = list(COLUMNS)
    sheets = {"Nord": [named, list(row(1).values())], "Syd": [[*named, "Bemærkninger"], list(row(2).values())]}
    for content in (workbook(UNCERTAIN_LIST), parts.saved(parts.book(**sheets)), workbook([FIRST, SECOND])):
        batch = import_file(content, commit=False)
        page = kit_page(reverse("import_columns", args=[batch.pk]), PHONE)
        page.get_by_label(", betyder").last.select_option("subject")
        page.get_by_label(", betyder").first.select_option("")
        page.get_by_role("button", name="Fortsæt til tjek").click()
        expect(page.get_by_role("alert")).to_be_visible()
        assert_fits(page, "columns refused")


def test_all_sheets_are_read_and_rows_name_their_sheet(cast, kit_page, import_file):
    named = list(COLUMNS)
    sheets = {
        "Område Nørrebro": [named, list(row(1).values()), list(row(2).values())],
        "Område Syd": [[*named, "Bemærkninger"], [*row(3).values(), "ring"], [*row(1, Emne="Andet").values(), ""]],
    }
    batch = import_file(parts.saved(parts.book(**sheets, hidden=["Gemt"], Gemt=sheets["Område Syd"])), commit=False)
    page = kit_page(reverse("import_columns", args=[batch.pk]), PHONE)
    page.get_by_role("radio", name="Alle 2 synlige ark (4 rækker)").check()
    page.get_by_label("Bemærkninger, betyder").select_option("")
    page.get_by_role("button", name="Fortsæt til tjek").click()
    expect(page.get_by_role("heading", name="Læser listen")).to_be_visible()
    batches.read_batch(batch.pk)
    expect(page.get_by_role("heading", name="Tjek listen")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("Brevet er også i Område Nørrebro, række 2 med andre oplysninger.")).to_be_visible()
    expect(page.get_by_role("rowheader", name="Område Syd, række 3")).to_be_visible()
    assert_sound(page, "rows of several sheets")
    assert not page.complaints
