"""The sending desk and the dispatch page in a real Chromium: the real mail in its frame, live numbers, a phone, axe."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from notifications import draining, outbox
from notifications.models import Delivery, Dispatch, Notice
from tests.notifications.conftest import request, write

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(autouse=True)
def _no_bells(monkeypatch):
    """Each test does the worker's part itself, when it wants to."""
    monkeypatch.setattr("sepo_incident.bells.ring_now", lambda task, **options: None)


@pytest.fixture
def visit(page, client, live_server, cast, sink):
    """Sign in and open an address; whatever the browser complains about is kept in ``page.said``."""
    page.said = []
    page.on("console", lambda message: page.said.append(message.text))

    def open_page(path, person=cast.mette, width=1280):
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        cookie = client.cookies["sepo_session"].value
        page.context.add_cookies([{"name": "sepo_session", "value": cookie, "url": live_server.url}])
        page.set_default_timeout(15_000)
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(live_server.url + path)
        return page

    return open_page


def test_see_a_mail_and_send(visit, cast, page):
    visit("/varsler/")
    page.get_by_role("link", name="Karen Bülow Møller").click()
    mail = page.frame_locator("iframe")
    expect(mail.get_by_role("heading", level=1)).to_have_text("Fem af dine breve kom aldrig frem")
    expect(mail.locator("a", has_text="Se dine 5 breve")).to_have_css("color", "rgb(255, 255, 255)")
    page.get_by_role("button", name="Send 3 varsler").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Følg varslerne")
    expect(page.get_by_role("heading", name="Varslerne bliver skrevet")).to_be_visible()
    write(Dispatch.objects.get())
    expect(page.get_by_role("heading", name="Mailene bliver sendt")).to_be_visible()
    draining.drain()
    expect(page.get_by_text("Alle fem mails er taget imod af mailserveren.")).to_be_visible()
    assert page.said == []


def test_send_a_chosen_mail_again(visit, cast, page, sink):
    sink.refuse("RCPT", "550 5.1.1 User unknown", address=cast.jens.email, times=1)
    dispatch = write(request(cast.incident))
    draining.drain()
    visit(f"/varsler/udsendelse/{dispatch.pk}/")
    page.get_by_label("Vælg Jens Ågård").check(force=True)
    page.get_by_role("button", name="Send mailen igen").click()
    expect(page.get_by_role("status").first).to_contain_text("1 mail er lagt i køen igen.")
    assert Delivery.objects.get(recipient=cast.jens).state == Delivery.State.READY


def test_on_a_phone_the_mail_stands_between_who_gets_it_and_the_button(visit, cast, page):
    visit(f"/varsler/forhaandsvisning/{cast.karen.pk}/", width=390)
    who, mail, button = (page.get_by_role("heading", name=name) for name in ("3 afsendere", "Sådan ser", "Før du"))
    assert who.bounding_box()["y"] < mail.bounding_box()["y"] < button.bounding_box()["y"]


@pytest.mark.parametrize("width", [1280, 390])
def test_accessible_and_never_sideways(visit, cast, page, sink, width):
    visit("/varsler/", width=width)
    check(page, "desk")
    if width == 390:
        expect(page.locator("iframe")).to_be_hidden()
        page.get_by_role("link", name="Se mailen til").click()
        check(page, "desk with a mail")
    page.get_by_role("link", name="Kun tekst").click()
    check(page, "desk as text")
    sink.refuse("RCPT", "550 5.1.1 User unknown", address=cast.jens.email)
    sink.refuse("RCPT", "452 4.2.2 Mailbox full", address=cast.torben.email)
    dispatch = write(request(cast.incident))
    outbox.release(outbox.claim(1))
    draining.drain()
    visit("/varsler/", width=width)
    check(page, "all told")
    visit(f"/varsler/udsendelse/{dispatch.pk}/", width=width)
    check(page, "dispatch")
    visit(f"/varsel/{Notice.objects.get(sender=cast.karen).pk}/", cast.karen, width=width)
    check(page, "notice")
    visit(f"/brev/{cast.plain.pk}/varsler/", cast.karen, width=width)
    check(page, "letter notices")


def check(page, name):
    """No word from the browser, nothing sideways, and nothing that axe finds (last, for it makes the browser talk)."""
    page.wait_for_load_state("networkidle")
    assert page.said == [], name
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, f"{name}: {found.generate_report()}"
    page.said.clear()


def test_it_works_without_javascript(browser, client, live_server, cast, sink):
    client.force_login(cast.mette, backend="django.contrib.auth.backends.ModelBackend")
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(
        [{"name": "sepo_session", "value": client.cookies["sepo_session"].value, "url": live_server.url}]
    )
    page = context.new_page()
    page.goto(f"{live_server.url}/varsler/")
    page.get_by_role("button", name="Send 3 varsler").click()
    write(Dispatch.objects.get())
    page.reload()
    expect(page.get_by_role("heading", name="Mailene bliver sendt")).to_be_visible()
    context.close()
