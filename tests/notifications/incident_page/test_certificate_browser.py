"""The page of the closing certificate in a real Chromium: issued and downloaded by keyboard, and a file checked."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.fixtures_browser import PHONE, assert_fits, assert_sound, press_tab_to

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.usefixtures("monday")]


def check(page, content: bytes) -> None:
    file = {"name": "bevis.txt", "mimeType": "text/plain", "buffer": content}
    page.get_by_label("Et afslutningsbevis").set_input_files(file)
    page.get_by_role("button", name="Kontrollér beviset").click()


def test_certificate_is_issued_downloaded_and_checked(visit, cast):
    page = visit(cast.mette, reverse("certificates"), PHONE)
    expect(page.get_by_role("heading", name="Intet bevis er udstedt")).to_be_visible()
    assert_fits(page, "no certificate")
    press_tab_to(page, page.get_by_role("button", name="Udsted foreløbigt bevis nr. 1"))
    page.keyboard.press("Enter")
    link = page.get_by_role("link", name="Hent bevis nr. 1")
    press_tab_to(page, link)
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    content = download.value.path().read_bytes()
    assert_sound(page, "one certificate")
    check(page, content)
    expect(page.get_by_role("heading", name="Filen er bevis nr. 1, uændret")).to_be_visible()
    assert_fits(page, "an intact file")
    check(page, content.replace(b"Bevis nr.", b"Bevis no.", 1))
    expect(page.get_by_role("heading", name="Filen er ikke et af hændelsens beviser")).to_be_visible()
    assert_fits(page, "a changed file")
    assert page.complaints == []
