"""First notices and the dispatch page in a real Chromium: the mail in its frame, live numbers, a phone, axe."""

import pytest
from playwright.sync_api import expect

from followups import services
from notifications import mail_worker
from notifications.models import Delivery, Dispatch, Notice
from notifications.outbox import delivery_queue
from tests.fixtures_browser import PHONE, assert_sound
from tests.followups.decision_answers import RESENT
from tests.notices import request_first_notices, write_notices

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.usefixtures("no_workers")]


@pytest.fixture
def visit(visit, cast, sink):
    """Open a page as Mette of KIT by default."""
    return lambda path, person=cast.mette, width=1280: visit(person, path, width)


def test_see_a_mail_and_send(visit, cast, page):
    visit("/beskeder/")
    page.get_by_role("link", name="Karen Bülow Møller").click()
    mail = page.frame_locator("iframe")
    expect(mail.get_by_role("heading", level=1)).to_have_text("Fem af dine breve kom aldrig frem")
    expect(mail.locator("a", has_text="Se dine 5 breve")).to_have_css("color", "rgb(255, 255, 255)")
    page.get_by_role("button", name="Send 3 beskeder").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Udsendelsen")
    expect(page.get_by_role("heading", name="Mailene bliver skrevet")).to_be_visible()
    write_notices(Dispatch.objects.get())
    expect(page.get_by_role("heading", name="Mailene bliver sendt")).to_be_visible()
    mail_worker.drain_outbox()
    expect(page.get_by_role("status", name="Alle fem mails er taget imod af mailserveren.")).to_be_focused()
    expect(page.get_by_role("table").get_by_role("link", name="Karen Bülow Møller")).to_be_visible()
    assert page.complaints == []


def test_letter_history_includes_mails_on_screen_and_paper(visit, cast, page, monday):
    write_notices(request_first_notices(cast.incident))
    monday.shift(600)
    services.decide(cast.plain, RESENT, cast.karen, version=0)
    visit(f"/brev/{cast.plain.pk}/", cast.karen)
    history = page.locator(".past")
    fold = history.locator("summary").filter(has_text="Brevets historik")
    fold.click()
    rows = history.locator("ol").get_by_role("listitem")
    expect(rows).to_contain_text(["Du besluttede", "første besked til dig", "indlæste brevet", "Du sendte brevet"])
    expect(history.locator("ol")).to_have_count(1)
    [mail] = history.get_by_role("link").filter(has_text="mail").all()
    expect(mail).to_have_accessible_name("Se mailen fra mandag den 13. januar 2020 kl. 10.00")
    fold.click()
    expect(history.locator("li").nth(1)).to_be_hidden()
    page.emulate_media(media="print")
    expect(history.locator("li").nth(1)).to_be_visible()
    assert page.complaints == []


def test_pages_are_accessible_and_fit_the_screen(visit, cast, page, sink):
    visit("/beskeder/", width=PHONE)
    expect(page.locator("iframe")).to_be_hidden()
    page.get_by_role("link", name="Se mailen til").click()
    check(page, "desk with a mail")
    sink.refuse("RCPT", "550 5.1.1 User unknown", address=cast.jens.email)
    sink.refuse("RCPT", "452 4.2.2 Mailbox full", address=cast.torben.email)
    dispatch = write_notices(request_first_notices(cast.incident))
    delivery_queue.release_claims(delivery_queue.claim_deliveries(1))
    mail_worker.drain_outbox()
    visit(f"/beskeder/udsendelse/{dispatch.pk}/", width=PHONE)
    check(page, "dispatch")
    page.get_by_role("checkbox", name="Jens Ågård").check(force=True)
    page.get_by_role("button", name="Send mailen igen").click()
    expect(page.get_by_role("status").first).to_contain_text("1 mail er på vej igen.")
    assert Delivery.objects.get(recipient=cast.jens).state == Delivery.State.READY
    visit(f"/besked/{Notice.objects.get(receiver=cast.karen).pk}/", cast.karen, width=PHONE)
    check(page, "notice")
    visit(f"/brev/{cast.plain.pk}/beskeder/", cast.karen, width=PHONE)
    check(page, "letter notices")


def check(page, name):
    page.wait_for_load_state("networkidle")
    assert page.complaints == [], name
    assert_sound(page, name)


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_sending_works_without_javascript(visit, cast, page):
    visit("/beskeder/")
    page.get_by_role("button", name="Send 3 beskeder").click()
    write_notices(Dispatch.objects.get())
    page.reload()
    expect(page.get_by_role("heading", name="Mailene bliver sendt")).to_be_visible()
    visit(f"/brev/{cast.plain.pk}/", cast.karen)
    page.locator("summary").filter(has_text="Brevets historik").click()
    page.get_by_role("link", name="Se mails om brevet").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Beskeder om brevet")
