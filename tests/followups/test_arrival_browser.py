"""*Er brevet kommet frem?* in a real Chromium: keyboard only, an upload, a download, a phone, axe."""

import pytest
from playwright.sync_api import expect

from followups import services
from tests.fixtures_browser import PHONE, assert_fits, assert_sound, choose_answer, press_tab_to
from tests.followups.decision_answers import RESENT
from tests.followups.proof_contents import LOG

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.usefixtures("monday")]


def test_proof_is_uploaded_by_keyboard_and_downloaded_on_a_phone(visit, cast, page):
    services.decide(cast.plain, RESENT, cast.karen, 0)
    visit(cast.karen, f"/brev/{cast.plain.pk}/")
    press_tab_to(page, page.get_by_role("link", name="Skriv, om det er kommet frem"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Er brevet kommet frem?")
    assert_sound(page, "what is asked about the arrival")
    choose_answer(page, "Hvordan blev det sendt?", "Digital Post/e-Boks")
    choose_answer(page, "Er det kommet frem?", "Ja")
    day = page.get_by_role("group", name="Hvornår kom det frem?")
    for part, typed in (("Dag", "13"), ("Måned", "1"), ("År", "2020")):
        press_tab_to(page, day.get_by_label(part))
        page.keyboard.type(typed)
    page.get_by_label("Logudtræk").set_input_files({"name": "log.csv", "mimeType": "text/csv", "buffer": LOG})
    press_tab_to(page, page.get_by_role("button", name="Gem"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Kommet frem 13. januar").first).to_be_visible()
    page.set_viewport_size({"width": PHONE, "height": 844})
    page.get_by_role("link", name="Se beviset").press("Enter")  # a click may miss while the page is laid out anew
    expect(page.get_by_role("heading", name="Tidligere oplysninger")).to_be_visible()
    with page.expect_download() as fetched:
        page.get_by_role("link", name="Hent log.csv").press("Enter")
    assert fetched.value.path().read_bytes() == LOG
    page.reload()  # Playwright treats the downloaded file as a page that never loaded
    assert_fits(page, "what was said of the arrival")
    assert page.complaints == []
