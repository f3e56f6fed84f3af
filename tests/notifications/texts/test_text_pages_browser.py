"""*Tekster* in a real Chromium: the live preview, and the fields that a click inserts."""

import pytest
from playwright.sync_api import expect

from tests.fixtures_browser import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_workers")]


def test_preview_follows_what_is_typed_and_inserted(cast, visit):
    page = visit(cast.mette, "/beskeder/tekster/", PHONE)
    page.get_by_role("link", name="Første besked", exact=True).click()
    mail, status = page.frame_locator("iframe"), page.locator("#straks")
    expect(mail.get_by_role("heading", level=1)).to_have_text("Et af dine breve kom aldrig frem")
    expect(status).to_contain_text("Teksten kan sendes.")

    words = page.get_by_label("Tekst", exact=True)
    typed = words.input_value().replace("Kære {navn}", "Hej {navm}")
    words.fill(typed)
    expect(status).to_contain_text("Feltet {navm} findes ikke. Mente du {navn}?")
    words.fill(typed.replace("{navm}", ""))
    words.evaluate("(field) => field.setSelectionRange(...Array(2).fill(field.value.indexOf('Hej ') + 4))")
    page.get_by_text("Felter", exact=True).click()
    page.get_by_role("button", name="Indsæt navn", exact=True).click()
    expect(words).to_be_focused()
    expect(mail.get_by_text("Hej Anne Østergaard")).to_be_visible()
    expect(status).to_contain_text("Teksten kan sendes.")

    subject = page.get_by_label("Emne")
    before = subject.input_value()
    subject.press("End")
    page.get_by_label("Ét brev", exact=True).fill("sagen")
    page.get_by_label("Flere breve").fill("sagerne")
    page.get_by_role("button", name="Indsæt ordene").click()
    expect(subject).to_be_focused()
    assert subject.input_value() == f"{before}{{sagen|sagerne}}"
    expect(page.locator(".mail")).to_contain_text("sagen")
    subject.fill(before)
    expect(page.locator(".marked mark")).to_have_count(words.input_value().count("{"))
    assert page.complaints == []
