"""From the mail to the letter for somebody whom a list named: a code by mail, on a phone, by keyboard alone."""

import pytest
from playwright.sync_api import expect

from notifications import sign_in_codes
from tests.fixtures_browser import PHONE, assert_sound

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.usefixtures("monday")]


def test_code_leads_to_the_letter(visitor, live_server, cast, sink):
    visitor.set_viewport_size({"width": PHONE, "height": 844})
    visitor.goto(f"{live_server.url}/brev/{cast.passed.pk}/")
    address = visitor.get_by_role("textbox", name="Din arbejdsmail")
    address.focus()
    visitor.keyboard.type(cast.karen.email)
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("heading", level=1)).to_have_text("Skriv koden")
    assert_sound(visitor, "the page for the code")
    assert sign_in_codes.send_due_codes() == 1
    visitor.get_by_role("textbox", name="Kode").focus()
    visitor.keyboard.type(sink.mails[-1].text[:8])
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_role("heading", level=1)).to_have_text(cast.passed.subject)
