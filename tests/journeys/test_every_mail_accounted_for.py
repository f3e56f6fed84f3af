"""KIT sends; one leader's address is refused, one sender is away, one server refuses a mail as spam; KIT resolves all
three.
"""

import re

import pytest
from playwright.sync_api import expect

from notifications import mail_worker
from notifications.alarms import reconciliation
from notifications.models import Alarm, Delivery, Dispatch, FailedMailResolution, SendingSettings, State
from tests.fixtures_browser import PHONE, assert_sound
from tests.notices import delivery_to, write_notices
from tests.notifications.inbound.mails import auto_reply, receive_mail

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

SPAM = "554 5.7.1 Message rejected as spam by content filter"


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch):
    """The test runs the worker's part itself."""
    monkeypatch.setattr("sepo_incident.core.task_queue.enqueue_now", lambda task, **options: None)


def test_kit_sees_every_mail_through(visitor, sign_in, cast, monday, sink):
    visitor.set_viewport_size({"width": PHONE, "height": 900})
    sink.refuse("RCPT", "550 5.1.1 User unknown", address=cast.jens.email)
    sink.refuse("DOT", SPAM, address=cast.ulla.email)
    send_first_notices(visitor, sign_in, cast)
    check_paused_sending(visitor, cast)
    sink.clear_rules()
    resume_and_resend(visitor, cast)
    correct_leader_address(visitor, cast, sink)
    check_absent_sender(visitor, cast)
    assert all(one.agrees for one in reconciliation.check_sums())


def open_from_menu(page, name):
    """Open a page from the menu, which is folded on a phone."""
    page.wait_for_load_state()  # a wide page shows the folded menu before the style sheet is loaded
    fold = page.locator(".menu-fold summary")
    if fold.is_visible():
        fold.click()
    link = page.get_by_role("link", name=name).locator("visible=true").first
    address = link.get_attribute("href")
    link.click()
    page.wait_for_url(f"**{address}")  # otherwise the next click may hit a link of the page before


def send_first_notices(page, sign_in, cast):
    sign_in(cast.mette, "/beskeder/")
    page.get_by_role("button", name="Send 3 beskeder").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Udsendelsen")
    write_notices(Dispatch.objects.get())
    mail_worker.drain_outbox()
    receive_mail(auto_reply(delivery_to(cast.anne)), delivery_to(cast.anne).return_path, cast.anne.email)


def check_paused_sending(page, cast):
    """KIT's front page shows the alarm and the steps, and Mette takes the alarm."""
    page.goto(re.sub(r"/beskeder/.*", "/haendelse/", page.url))
    expect(page.get_by_role("heading", name="Vores mails bliver afvist som spam")).to_be_visible()
    page.get_by_role("link", name="Se alarmen").first.click()  # above all, and among the next steps
    assert_sound(page, page.url)
    page.get_by_role("button", name=re.compile("^Tag alarmen")).click()
    expect(page.get_by_text("Mette Dahl tog alarmen")).to_be_visible()
    assert SendingSettings.objects.get().paused_at is not None


def resume_and_resend(page, cast):
    page.get_by_role("link", name="Gå til beskeder").click()
    page.wait_for_url("**/beskeder/")  # with its style sheet, which moves the button
    with page.expect_navigation():
        page.get_by_role("button", name="Sæt dem i gang").first.click()
    open_from_menu(page, "Levering")
    page.get_by_role("link", name=re.compile("^Få os godkendt")).click()
    page.get_by_role("link", name=cast.ulla.name).click()
    expect(page.get_by_text("Afvist som spam").first).to_be_visible()
    page.get_by_role("button", name="Send 1 mail igen til samme adresse").click()
    mail_worker.drain_outbox()
    assert delivery_to(cast.ulla).state == State.ACCEPTED
    page.get_by_role("link", name="Alarmer").click()
    page.get_by_text("Luk alarmen").first.click()
    page.get_by_role("textbox").fill("Mailvagten har godkendt os som afsender.")
    page.get_by_role("button", name="Luk alarmen").click()
    expect(page.get_by_text("Ingen alarmer")).to_be_visible()
    assert Alarm.objects.get().ended_by == cast.mette


def correct_leader_address(page, cast, sink):
    page.get_by_role("link", name="Ikke nået").click()
    page.get_by_role("link", name=re.compile("^Ret adressen")).click()
    page.get_by_role("link", name=cast.jens.name).click()
    expect(page.get_by_text("Adressen findes ikke").first).to_be_visible()
    page.get_by_label("Rigtig adresse").fill("jens.aagaard@buf.example")
    page.get_by_role("button", name="Ret adressen, og send").click()
    expect(page.get_by_text("Adressen er rettet")).to_be_visible()
    mail_worker.drain_outbox()
    assert len(sink.mails_to("jens.aagaard@buf.example")) == 1
    assert FailedMailResolution.objects.get().kind == FailedMailResolution.Kind.ADDRESS
    assert not Delivery.objects.awaiting_resolution().filter(recipient=cast.jens).exists()


def check_absent_sender(page, cast):
    """Anne's mail was delivered, and an auto-reply says that Anne is away until the 20th. KIT calls her leader."""
    page.get_by_role("link", name=cast.anne.name).click()
    expect(page.get_by_text("20. januar").first).to_be_visible()
    page.get_by_label("Hvem har du talt med?").fill(cast.torben.name)
    page.get_by_label("Note (kan udelades)").fill("Torben tager brevet, mens Anne er væk.")
    page.get_by_role("button", name="Gem samtalen").click()
    expect(page.get_by_role("heading", name="Ingen mails venter på dig")).to_be_visible()
    assert FailedMailResolution.objects.get(kind=FailedMailResolution.Kind.TOLD).person_told == cast.torben.name
