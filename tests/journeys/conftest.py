"""Fixtures of journeys: a browser page that records console errors, and signing in through the sign-in page."""

import pytest

from sepo_incident.embedded import processes
from tests.fixtures_browser import fill_in_sign_in, press_tab_to

PASSWORD = "en-lang-og-god-adgangskode"


@pytest.fixture
def visitor(page, live_server):
    """The browser page. `complaints` holds console errors and warnings; a CSP violation is an error there."""
    page.complaints = []
    page.on("console", lambda said: page.complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.set_default_timeout(15_000)
    page.set_default_navigation_timeout(15_000)
    yield page
    assert page.complaints == [], "the console has complained"


@pytest.fixture
def sign_in(visitor, live_server):
    """`sign_in(person, path)` signs in through the sign-in page and continues to `path`."""

    def go(person, path="/"):
        person.set_password(PASSWORD)
        person.save(update_fields=["password"])
        visitor.wait_for_load_state("networkidle")  # a late request without the cookie would load its page again
        visitor.context.clear_cookies()
        visitor.goto(f"{live_server.url}{path}")
        fill_in_sign_in(visitor, person.email, PASSWORD)
        return visitor

    return go


@pytest.fixture
def wait_for():
    """`wait_for(condition, description)` waits until the condition holds, for at most 30 seconds."""

    def wait(is_so, what: str):
        assert processes.wait_until(is_so, seconds=30, pause=0.1), f"waited in vain for {what}"

    return wait


@pytest.fixture
def tab_to(visitor):
    """`tab_to(locator)` presses Tab until the locator has the focus, and returns the locator."""

    def go(target):
        press_tab_to(visitor, target)
        return target

    return go
