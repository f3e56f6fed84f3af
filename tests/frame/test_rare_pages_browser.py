"""Rare pages in a real Chromium: axe, both widths."""

import pytest
from playwright.sync_api import expect

from sepo_incident.accounts.file_limits import take_place
from sepo_incident.accounts.models import Membership
from sepo_incident.demo import mailbox
from tests.engines import demo_urls
from tests.fixtures_browser import PHONE, assert_fits, assert_sound

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def expect_heading(page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text(words)


def test_new_incident_page_is_accessible(visit, with_role):
    page = visit(with_role(Membership.Role.KIT_ADMIN), "/haendelse/", PHONE)
    assert_sound(page, "a new incident")
    assert page.complaints == []
    page.get_by_role("button", name="Opret").click()
    expect(page.get_by_role("alert")).to_contain_text("Skriv en titel.")
    assert_fits(page, "a new incident with errors")


def test_expired_form_page_is_accessible(visit, karen):
    page = visit(None, "/log-ind/", PHONE)
    page.context.clear_cookies()
    page.get_by_role("button", name="Send mig en kode").click()
    expect_heading(page, "Siden har stået åben for længe")
    assert_sound(page, "403_csrf")


@pytest.fixture
def workbook(tmp_path):
    """A file of 120 kB that is no workbook of ours."""
    path = tmp_path / "svar.csv"
    path.write_bytes(b"navn;enhed\r\n" * 100_000)
    return path


def test_reloading_a_busy_page_sends_the_file_again(visit, karen, workbook):
    page = visit(karen, "/regneark/", PHONE)
    page.locator("input[type=file]").set_input_files(workbook)
    with take_place(karen.pk):
        page.get_by_role("button", name="Se ændringerne").click()
        expect_heading(page, "Prøv igen om et øjeblik")
        assert_sound(page, "503")
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("Filen er ikke hentet her")


def test_a_file_sent_after_the_session_expired_leads_to_the_sign_in(visit, karen, workbook):
    page = visit(karen, "/regneark/", PHONE)
    page.locator("input[type=file]").set_input_files(workbook)
    page.context.clear_cookies()
    page.get_by_role("button", name="Se ændringerne").click()
    expect_heading(page, "Log ind først")
    assert_sound(page, "413")
    page.get_by_role("main").get_by_role("link", name="Log ind").click()
    expect(page.get_by_label("Din arbejdsmail").first).to_be_visible()


class Envelope:
    mail_from, rcpt_tos, mail_options, rcpt_options = "bounce@kit.example", ["karen@buf.example"], [], []
    original_content = (
        b"From: besked@kit.example\r\nTo: karen@buf.example\r\nSubject: Et af dine breve kom aldrig frem\r\n\r\n"
        b"Se brevet: http://127.0.0.1:8000/brev/1/\r\n"
    )


def test_demo_mailbox_is_accessible(visit, settings, tmp_path, monkeypatch):
    settings.DEMO, settings.ROOT_URLCONF = True, demo_urls.__name__
    monkeypatch.setattr(mailbox, "folder", lambda: tmp_path)
    page = visit(None, "/demo/postkasse/", PHONE)
    assert_sound(page, "an empty mailbox")
    mailbox.store_mail(Envelope())
    page = visit(None, "/demo/postkasse/", PHONE)
    assert_sound(page, "the mailbox")
    page.get_by_role("link", name="Et af dine breve kom aldrig frem").click()
    expect_heading(page, "Et af dine breve kom aldrig frem")
    assert_sound(page, "a mail")
