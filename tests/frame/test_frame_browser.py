"""The frame in a real Chromium: axe, both widths, the console, and the additions of site.js."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from notifications.models import Alarm
from sepo_incident.accounts.models import Membership
from sepo_incident.embedded.processes import wait_until
from tests.factories import IncidentFactory
from tests.fixtures_browser import PHONE, assert_fits, assert_sound

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
Role = Membership.Role
PAGES = ["/galleri/", "/vejledning/leder/", "/udkast/", "/ordliste/"]


def test_every_page_is_accessible_fits_and_keeps_the_console_quiet(browse, with_role):
    kit = with_role(Role.KIT_ADMIN)
    for path in PAGES:
        page = browse(kit, path, PHONE)
        assert_sound(page, path)
        assert page.complaints == [], path


def test_sign_in_and_error_pages_are_accessible(browse, karen):
    page = browse(None, "/log-ind/", PHONE)
    page.get_by_role("button", name="Send mig en kode").click()
    expect(page.locator("[data-module=error-summary]")).to_be_focused()
    assert_sound(page, "a refused sign-in")
    browse(karen, "/personer/", PHONE)
    sign_in, figures = (
        page.get_by_role("heading", name="Log ind").bounding_box(),
        page.locator(".figures").bounding_box(),
    )
    assert sign_in["y"] < page.viewport_size["height"] < figures["y"], "sign-in comes first"
    assert_sound(page, "personas")
    for path, heading in (
        ("/findes-ikke/", "Vi kan ikke finde siden"),
        ("/forbudt/", "Det har du ikke adgang til"),
        ("/fejl/", "Der skete en fejl hos os"),
    ):
        browse(karen, path, PHONE)
        expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
        assert_sound(page, path)
    bar = page.locator(".site-top").evaluate("e => getComputedStyle(e).backgroundColor")
    assert bar == "rgb(10, 42, 102)", "the page of a server error is styled"
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "10px", "DKFDS is there too"


def test_menu_folds_on_a_phone_and_opens_without_script(browse, with_role, browser, live_server):
    kit = with_role(Role.KIT_ADMIN)
    page = browse(kit, "/ordliste/")
    expect(page.get_by_role("link", name="Beskeder")).to_be_visible()
    expect(page.get_by_text("Menu", exact=True)).to_be_hidden()
    browse(kit, "/ordliste/", 390)
    menu = page.get_by_role("navigation", name="Hovedmenu")
    assert menu.bounding_box()["height"] < 50
    cookies = page.context.cookies()
    without = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    without.add_cookies(cookies)
    page = without.new_page()
    page.goto(live_server.url + "/ordliste/")
    expect(page.get_by_role("link", name="Beskeder")).to_be_hidden()
    page.get_by_text("Menu", exact=True).click()
    expect(page.get_by_role("link", name="Beskeder")).to_be_visible()
    without.close()


def test_components_react(browse, karen, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = browse(karen, "/galleri/")
    page.get_by_role("button", name="Kopiér søgeteksten").click()
    expect(page.locator("#sagt")).to_have_text("Teksten er kopieret.")
    assert page.evaluate("navigator.clipboard.readText()") == 'emne:"Partshøring" sendt:18-12-2019'

    form = page.locator("#tom")
    expect(form.get_by_text("Er det nye brev sendt?")).to_be_hidden()
    form.get_by_label("Jeg skriver et nyt brev").check(force=True)
    expect(form.get_by_text("Er det nye brev sendt?")).to_be_visible()
    form.get_by_label("Brevet skal ikke sendes igen").check(force=True)
    expect(form.get_by_text("Er det nye brev sendt?")).to_be_hidden()
    expect(form.get_by_label("Hvorfor ikke?")).to_be_visible()

    bar = page.get_by_role("group", name="Valgte breve")
    expect(bar).to_contain_text("Ingen breve er valgt.")
    page.locator("#valgt-1").check(force=True)
    expect(bar).to_contain_text("1 brev er valgt.")
    page.locator("#valgt-2").check(force=True)
    expect(bar.get_by_role("button", name="Giv de 2 breve samme beslutning")).to_be_visible()
    bar.get_by_role("button", name="Vælg ingen").click()
    expect(bar).to_contain_text("Ingen breve er valgt.")


def test_a_focused_row_is_not_hidden_behind_the_bar(browse, karen):
    page = browse(karen, "/galleri/", 390)
    for number in (1, 2, 3, 4):
        page.locator(f"#valgt-{number}").focus()
        top = page.locator(".bulk").bounding_box()["y"]
        box = page.locator(f"label[for=valgt-{number}]").bounding_box()
        assert box["y"] + box["height"] <= top, number


def test_menu_shows_on_a_phone_what_waits(visit, with_role):
    IncidentFactory()
    Alarm.objects.create(kind=Alarm.Kind.QUEUE, raised_at=timezone.now(), mailed_at=timezone.now())
    page = visit(with_role(Role.KIT_ADMIN), "/ordliste/", PHONE)
    menu = page.get_by_role("navigation", name="Hovedmenu")
    assert menu.bounding_box()["height"] < 50
    assert_fits(page, "menu with a count")
    menu.get_by_role("link", name="Levering 1 venter").click()
    page.wait_for_url("**/levering/")
    expect(menu.locator("summary")).to_have_text("MenuLevering 1 venter")
    menu.get_by_text("Menu", exact=True).click()
    expect(menu.get_by_role("link", name="Levering 1 venter")).to_have_count(1)


def text_area(page):
    return page.locator("#tom").get_by_label("Hvad er der sket?")


def test_text_survives_an_expired_session_and_goes_when_it_is_saved(browse, karen, client, live_server):
    page = browse(karen, "/galleri/")
    page.on("dialog", lambda dialog: dialog.accept())
    text_area(page).fill("Familien har ikke kunnet svare.")
    page.context.clear_cookies()
    page.goto(live_server.url + reverse("sign_in"))
    page = browse(karen, "/galleri/")
    expect(text_area(page)).to_have_value("Familien har ikke kunnet svare.")
    text_area(page).fill("Familien har mistet en plads.")
    other_cookies = [cookie for cookie in page.context.cookies() if cookie["name"] != "sepo_session"]
    page.context.clear_cookies()
    page.context.add_cookies(other_cookies)
    page.locator("#tom").get_by_role("button", name="Gem og vis næste brev").click()
    expect(page.get_by_role("heading", name="Log ind", exact=True)).to_be_visible()
    browse(karen, "/galleri/")
    expect(text_area(page)).to_have_value("Familien har mistet en plads.")
    page.locator("#tom").get_by_role("button", name="Gem og vis næste brev").click()
    expect(page.get_by_role("heading", name="Gemt")).to_be_visible()
    page = browse(karen, "/galleri/")
    expect(text_area(page)).to_have_value("")


def test_signing_out_deletes_kept_text(browse, karen):
    page = browse(karen, "/galleri/")
    page.on("dialog", lambda dialog: dialog.accept())
    text_area(page).fill("Ikke til den næste ved skærmen.")
    page.get_by_role("button", name="Log ud").click()
    expect(page.get_by_text("Du er logget ud.")).to_be_visible()
    # The page is read before its script has run. The security policy refuses Playwright's own way to wait for a value.
    assert wait_until(lambda: not page.evaluate("Object.keys(sessionStorage).some(key => key.startsWith('sepo:'))"), 10)


def test_a_changed_form_asks_before_it_is_left(browse, karen):
    page = browse(karen, "/galleri/")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.get_by_role("link", name="Ordliste").first.click()
    page.go_back()
    text_area(page).press_sequentially("a")
    page.get_by_role("link", name="Ordliste").first.click()
    page.wait_for_url("**/ordliste/")
    assert asked == ["beforeunload"]


def test_the_skip_link_comes_first_and_leads_to_the_content(browse, karen):
    page = browse(karen, "/ordliste/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Gå til sidens indhold")).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#indhold$"))


def test_print_shows_only_the_content(browse, karen):
    page = browse(karen, "/galleri/", 718)
    page.emulate_media(media="print")
    for hidden in (".site-nav", ".site-foot", ".bulk", "aside"):
        expect(page.locator(hidden).first).to_be_hidden()
    assert page.locator("table.letters tr").first.evaluate("e => getComputedStyle(e).display") == "table-row"
    assert "IBM Plex Sans" in page.evaluate("getComputedStyle(document.body).fontFamily")
