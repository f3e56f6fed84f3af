"""A passkey in a real Chromium with a virtual authenticator: added on *Min adgang*, then it signs in alone."""

import pytest
from playwright.sync_api import expect

from tests.factories import UserFactory
from tests.fixtures_browser import PHONE, assert_fits, assert_sound

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def set_verified(page, session, authenticator, *, is_verified):
    given = {"authenticatorId": authenticator, "isUserVerified": is_verified}
    session.send("WebAuthn.setUserVerified", given)


def test_passkey_is_added_and_signs_in_alone(visit, live_server):
    karen = UserFactory(name="Karen Bülow Møller")
    page = visit(karen, "/min-adgang/", PHONE)
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    authenticator = session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})["authenticatorId"]
    assert_sound(page, "my access")
    page.get_by_role("link", name="Tilføj nøgle").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tilføj nøgle")
    assert_sound(page, "add a key")
    page.get_by_role("button", name="Tilføj nøgle").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nødkoder")
    assert_sound(page, "emergency codes")
    page.get_by_role("link", name="Til Min adgang").click()
    expect(page.get_by_role("listitem").filter(has_text="Nøgle 1")).to_be_visible()
    page.get_by_role("button", name="Log ud", exact=True).click()
    page.get_by_role("button", name="Log ind med nøgle").click()
    expect(page.get_by_role("link", name="Karen Bülow Møller")).to_be_visible()
    page.get_by_role("button", name="Log ud", exact=True).click()
    set_verified(page, session, authenticator, is_verified=False)
    page.get_by_role("button", name="Log ind med nøgle").click()
    expect(page.get_by_role("alert").filter(has_text="Nøglen blev ikke brugt.")).to_be_visible()
    assert_fits(page, "a refused key")
    assert page.complaints == []
