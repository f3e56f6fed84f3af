"""Fixtures for a real headless Chromium: $CHROMIUM (set by `make test`), else Debian's.

`visit` opens a page signed in, `assert_sound` checks the page. A test clicks through at one width,
preferably on a phone.
"""

import contextlib
import os

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Error, Locator, Page, expect

DESKTOP, PHONE = 1280, 390
#: Milliseconds until an expected state or an action fails; a loaded machine needs more than the usual five seconds.
TIMEOUT = 15_000
expect.set_options(timeout=TIMEOUT)
#: The rules that pages must keep. Other results are left out, and no rule of these needs the style sheets fetched
#: again: that saves a third of axe's time.
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
    "preload": False,
}
#: Only the violations leave the browser: reading what passed takes a third of the time.
RUN_AXE = "([context, options]) => axe.run(context, options).then(found => found.violations)"
#: The header and the footer are looked at with the first page that has them: that saves a quarter of axe's time.
FRAME = {"exclude": [["header"], ["footer"]]}
FRAME_TEXT = "Array.from(document.querySelectorAll('header, footer'), one => one.innerText.replace(/\\d+/g, '')).join()"
_frames_seen: set[str] = set()


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
    """`visit(person, path, width)` opens the page, signed in as the person (None: not signed in).

    `page.complaints` holds the errors and warnings of the console, CSP violations included.
    """
    page.complaints = []
    page.on("console", lambda line: page.complaints.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.set_default_timeout(TIMEOUT)

    def go(person, path: str, width: int = DESKTOP) -> Page:
        if person:
            client.force_login(person)
            cookie = client.cookies["sepo_session"].value
            page.context.add_cookies([{"name": "sepo_session", "value": cookie, "url": live_server.url}])
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(live_server.url + path)
        return page

    return go


@pytest.fixture
def visit_without_scripts(client, live_server, browser):
    """`visit_without_scripts(person, path)` opens the page in a browser without JavaScript, signed in."""
    with contextlib.closing(browser.new_context(java_script_enabled=False)) as context:

        def go(person, path: str) -> Page:
            client.force_login(person)
            cookie = client.cookies["sepo_session"].value
            context.add_cookies([{"name": "sepo_session", "value": cookie, "url": live_server.url}])
            page = context.new_page()
            page.goto(live_server.url + path)
            return page

        yield go


def assert_sound(page: Page, what: str) -> None:
    """Assert that the page fits both widths and that axe finds nothing on a phone: once for each page.

    Drop the console messages that axe causes.
    """
    complaints = list(page.complaints)
    assert_fits(page, what)
    size = page.viewport_size
    page.set_viewport_size({**size, "width": PHONE})
    page.evaluate(AXE_SCRIPT)
    frame = page.evaluate(FRAME_TEXT)
    context = FRAME if frame in _frames_seen else {"exclude": []}
    _frames_seen.add(frame)
    report = AxeResults({"violations": page.evaluate(RUN_AXE, [context, RULES])}).generate_report()
    assert report.startswith("Found 0"), f"{what}: {report}"
    page.set_viewport_size(size)
    page.complaints[:] = complaints  # axe tries an inline style


def assert_fits(page: Page, what: str) -> None:
    """Assert that the page, in one more state, does not scroll sideways at either width."""
    page.wait_for_load_state()  # after a click the new document may have no root yet
    size = page.viewport_size
    for width in (DESKTOP, PHONE):
        page.set_viewport_size({**size, "width": width})
        is_wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not is_wide, f"{what} at {width} scrolls sideways"
    page.set_viewport_size(size)


#: None if the page has replaced the element
IS_FOCUSED = "element => element.isConnected ? element === document.activeElement : null"


def expire_session(page):
    """Delete the session's cookie. The CSRF cookie lives on, as in a browser."""
    kept = [cookie for cookie in page.context.cookies() if cookie["name"] != "sepo_session"]
    page.context.clear_cookies()
    page.context.add_cookies(kept)


def fill_in_sign_in(page, email, password):
    """Sign in with a password from the sign-in page."""
    page.get_by_role("link", name="Log ind med adgangskode").click()
    expect(page.get_by_label("Adgangskode", exact=True)).to_be_visible()
    page.wait_for_load_state()  # a script that moves the focus meanwhile would take the button from under the mouse
    page.get_by_role("textbox", name="Din arbejdsmail").fill(email)
    page.get_by_label("Adgangskode", exact=True).fill(password)
    page.get_by_role("button", name="Log ind", exact=True).click()


def press_tab_to(page: Page, target: Locator, key: str = "Tab", at_most: int = 150) -> None:
    """Press Tab, or another key, until `target` has the focus. The target is looked up once, which is most of the
    time.
    """
    expect(target).to_be_visible()
    page.wait_for_load_state()  # of the target's page: its scripts listen, and have moved the focus to a message
    element = None
    for _ in range(at_most):
        try:
            element = element or target.element_handle()
            is_focused = element.evaluate(IS_FOCUSED)
        except Error:  # the page was left
            is_focused = None
        if is_focused is None:
            element = None
        elif is_focused:
            return
        else:
            page.keyboard.press(key)
    raise AssertionError(f"{target} cannot be reached with {key}")


def choose_answer(page: Page, question: str, answer: str) -> None:
    """Press Tab to the radio group, then arrow keys or space to the answer."""
    group = page.get_by_role("group", name=question)
    press_tab_to(page, group.get_by_role("radio").first)
    wanted = group.get_by_role("radio", name=answer, exact=True).first  # a question may be nested under the answer
    if wanted.evaluate("e => e === document.activeElement"):
        page.keyboard.press("Space")
    else:
        press_tab_to(page, wanted, "ArrowDown")
    expect(wanted).to_be_checked()
