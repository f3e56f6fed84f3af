"""*Systemer* and the description of the API in a real Chromium."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from letters.models.api import PushedMessage
from tests.fixtures_browser import PHONE, assert_sound

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_a_token_is_made_and_ended(kit_page):
    PushedMessage.objects.create(
        message_id="0b1f6d1c-6a0b-4d0e-9c2f-5f3c0e520a03", digest="0" * 64, problem="Filen er tom.", raw=b"",
        received_at=timezone.now(),
    )  # fmt: skip
    page = kit_page("/roller/systemer/", PHONE)
    assert_sound(page, "no system")
    day = timezone.localdate() + timedelta(days=30)
    page.get_by_label("System", exact=True).fill("SEPO")
    page.get_by_label("kvitteringer").check()
    for name, part in (("Dag", day.day), ("Måned", day.month), ("År", day.year)):
        page.get_by_label(name, exact=True).fill(str(part))
    page.get_by_role("button", name="Opret token").click()
    expect(page.locator(".alert-success")).to_contain_text("Det vises ikke igen")
    assert_sound(page, "a new token")
    page.get_by_role("link", name="Afslut tokenet til SEPO").click()
    page.get_by_label("Hvorfor?").fill("Systemet er lukket")
    page.get_by_role("button", name="Afslut tokenet").click()
    expect(page.get_by_text("Systemet er lukket")).to_be_visible()
    assert page.complaints == []


def test_the_description_keeps_to_the_csp_and_asks_nobody_else(kit_page):
    asked = []
    page = kit_page("/roller/systemer/")
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("link", name="Beskrivelse af API'et").click()
    expect(page.get_by_text("/api/v1/beskedfordeler", exact=True)).to_be_visible()
    assert {url.split("/")[2] for url in asked if not url.startswith("data:")} == {page.url.split("/")[2]}
    assert page.complaints == []
