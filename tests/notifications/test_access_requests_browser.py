"""*Aktindsigt* in a real Chromium: axe, and the way to a file."""

import pytest
from playwright.sync_api import expect

from tests.factories import LetterFactory
from tests.fixtures_browser import assert_sound
from tests.notifications.evidence_packs import CODE, OTHER_KEY

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_reader_finds_the_letters_of_a_recipient(cast, visit):
    LetterFactory(incident=cast.incident, sender=cast.karen, recipient_key=OTHER_KEY)
    page = visit(cast.birgitte, "/aktindsigt/")
    page.get_by_label("Eller modtagerens kode").fill(CODE.lower())
    page.get_by_role("button", name="Find breve").click()
    expect(page.get_by_role("heading", name="Modtager 1 af 2")).to_be_visible()
    assert_sound(page, "the letters of two recipients")
    with page.expect_download() as download:
        page.get_by_role("link", name="Hent 1 brev som zip").click()
    assert download.value.suggested_filename == f"aktindsigt-modtager-kode-{CODE.lower()}.zip"
    page.get_by_label("Journalnummer").fill("2020-1")
    page.get_by_role("button", name="Find breve").click()
    expect(page.get_by_role("alert")).to_contain_text("Skriv i ét af felterne")
    assert_sound(page, "a refused search")
