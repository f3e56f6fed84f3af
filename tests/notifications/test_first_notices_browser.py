"""First notices and the dispatch page in a real Chromium: the mail in its frame, live numbers, a phone, axe."""

import pytest
from playwright.sync_api import expect

from notifications import mail_worker
from notifications.models import Dispatch
from tests.notices import write_notices

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
