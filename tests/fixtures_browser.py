"""A real headless Chromium: $CHROMIUM (set by `make test`), else Debian's. `visit` signs in, `assert_sound` looks.

What is clicked through at one width is clicked through on a phone; `assert_sound` looks at both.
"""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

DESKTOP, PHONE = 1280, 390
#: What we hold a page to. Of the rest axe need not tell, and no rule of these needs the style sheets fetched once more:
#: that is a third of its work.
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
    "preload": False,
}
#: It is fingers that want large targets, and to measure them is a third of axe's work.
WIDE_RULES = {**RULES, "rules": {"target-size": {"enabled": False}}}


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    path = os.environ.get("CHROMIUM") or "/usr/bin/chromium-headless-shell"
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses its sandbox to root
    return {**browser_type_launch_args, "executable_path": path, "args": [*sandbox, "--disable-dev-shm-usage"]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {
        **browser_context_args,
        "locale": "da-DK",
        "timezone_id": "Europe/Copenhagen",
        "viewport": {"width": DESKTOP, "height": 900},
    }


@pytest.fixture
def visit(page, client, live_server):
    """``visit(person, path, width)``: the page, signed in as the person (None: as nobody).

    ``page.complaints`` is what the console has said (a CSP violation is an error there).
    """
    page.complaints = []
    page.on("console", lambda said: page.complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.set_default_timeout(15_000)

    def go(person, path: str, width: int = DESKTOP) -> Page:
        if person:
            client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
            cookie = client.cookies["sepo_session"].value
            page.context.add_cookies([{"name": "sepo_session", "value": cookie, "url": live_server.url}])
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(live_server.url + path)
        return page

    return go


def assert_sound(page: Page, what: str) -> None:
    """Wide and on a phone it fits the screen and axe finds nothing. What axe makes the console say is forgotten."""
    page.wait_for_load_state()  # after a click the new document may have no root yet
    said, was = list(page.complaints), page.viewport_size
    for width in (DESKTOP, PHONE):
        page.set_viewport_size({**was, "width": width})
        is_wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not is_wide, f"{what} at {width} scrolls sideways"
        report = Axe().run(page, options=RULES if width == PHONE else WIDE_RULES).generate_report()
        assert report.startswith("Found 0"), f"{what} at {width}: {report}"
    page.set_viewport_size(was)
    page.complaints[:] = said  # axe tries an inline style
