"""Fixtures of journeys: a browser page that records console errors, and signing in by cookie."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from playwright.sync_api import expect

from letters.models import ImportBatch, Letter
from letters.samples import COLUMNS, make_rows
from sepo_incident.core.spreadsheets import build_xlsx
from sepo_incident.embedded import processes
from tests.fixtures_browser import press_tab_to


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
    """`sign_in(person, path)` opens `path` with a session of the person."""

    def go(person, path="/"):
        client = Client()
        client.force_login(person)
        visitor.goto("about:blank")  # ends the requests of the page before, which would restore its session
        cookie = {"name": "sepo_session", "value": client.cookies["sepo_session"].value, "url": live_server.url}
        visitor.context.add_cookies([cookie])
        visitor.goto(f"{live_server.url}{path}")
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


@pytest.fixture
def upload_and_commit(visitor, wait_for, tmp_path):
    """`upload_and_commit(letters, shift)` imports a sample list, from the page *Indlæs* that the visitor has open."""

    def go(letters: int, shift: timedelta):
        file = tmp_path / "Breve uden kvittering.xlsx"
        file.write_bytes(build_xlsx(COLUMNS, make_rows(letters, shift=shift), "Breve"))
        visitor.locator("input[type=file]").set_input_files(file)
        visitor.get_by_role("button", name="Læs og tjek listen").click()
        expect(visitor.get_by_role("heading", name="Tjek listen")).to_be_visible(timeout=30_000)
        assert Letter.objects.count() == 0, "nothing is saved before KIT says so"
        visitor.get_by_label("Tallene passer med listen").check(force=True)
        visitor.get_by_role("button", name=re.compile(r"^Indlæs [\d.]+ breve$")).click()
        wait_for(lambda: ImportBatch.objects.filter(status="COMMITTED").exists(), "the commit")
        expect(visitor.get_by_role("heading", name=re.compile("indlæst"))).to_be_visible(timeout=30_000)
        rejected = ImportBatch.objects.get().rows.filter(verdict="REJECTED").count()
        assert Letter.objects.count() == letters - rejected

    return go
