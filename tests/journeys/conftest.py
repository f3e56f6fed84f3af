"""What a journey needs: a page that keeps what the console complains about, and the way in through the front door."""

import pytest

from sepo_incident.embedded import processes

PASSWORD = "en-lang-og-god-adgangskode"


@pytest.fixture
def visitor(page, live_server):
    """The browser page. ``complaints`` is what the console said (a CSP violation is an error there)."""
    page.complaints = []
    page.on("console", lambda said: page.complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.set_default_timeout(15_000)
    page.set_default_navigation_timeout(15_000)
    yield page
    assert page.complaints == [], "the console has complained"


@pytest.fixture
def sign_in(visitor, live_server):
    """``sign_in(person, path)``: through the sign-in page, on to ``path``."""

    def go(person, path="/"):
        person.set_password(PASSWORD)
        person.save(update_fields=["password"])
        visitor.context.clear_cookies()
        visitor.goto(f"{live_server.url}{path}")
        visitor.get_by_role("textbox", name="E-mail").fill(person.email)
        visitor.get_by_label("Adgangskode", exact=True).fill(PASSWORD)
        visitor.get_by_role("button", name="Log ind").click()
        return visitor

    return go


@pytest.fixture
def wait_for():
    """``wait_for(lambda: …)`` until it is so; 30 seconds at the most."""

    def wait(is_so, what: str):
        assert processes.wait_until(is_so, seconds=30, pause=0.1), f"waited in vain for {what}"

    return wait


@pytest.fixture
def tab_to(visitor):
    """``tab_to(locator)``: press Tab until it has the focus, as somebody without a mouse does."""

    def go(target, at_most=120):
        for _ in range(at_most):
            if target.evaluate("element => element === document.activeElement"):
                return target
            visitor.keyboard.press("Tab")
        raise AssertionError(f"{target} cannot be reached with Tab")

    return go
