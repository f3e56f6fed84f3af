"""Receipts finish the work, in a real Chromium: from the copy in the journal mailbox to the sender's list."""

import pytest
from playwright.sync_api import expect

from followups import services
from letters.models import LetterDispatch
from notifications.inbound.mail_intake import store_incoming
from tests.factories import at
from tests.fixtures_browser import PHONE, assert_sound
from tests.followups.decision_answers import RESENT
from tests.followups.resent_letters import DELIVERED, FAILED, take_in_receipt
from tests.notifications.inbound.mails import mail

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.usefixtures("monday")]
MORNING = at(2020, 1, 13, 9)


def test_a_resent_letter_leaves_the_list_by_its_receipt_and_comes_back_when_receipts_disagree(visit, cast):
    services.decide(cast.plain, RESENT, cast.karen, 0)
    page = visit(cast.karen, "/mine-breve/", PHONE)
    to_prove = page.get_by_role("heading", name="Vis, at 1 brev er kommet frem")
    expect(to_prove).to_be_visible()
    copy = {
        "Authentication-Results": f"mx.kit.example; dmarc=pass header.from={cast.karen.email.partition('@')[2]}",
        "From": cast.karen.email, "To": "borger@borger.example", "Cc": "journal@kit.example",
        "Subject": f"VS: {cast.plain.subject}", "Message-ID": "<1@kk.example>",
        "Date": "Mon, 13 Jan 2020 08:55:00 +0100",
    }  # fmt: skip
    store_incoming(mail(copy, "Kære Bo"), cast.karen.email, ["journal@kit.example"], MORNING)
    take_in_receipt(DELIVERED, MORNING)
    services.record_receipts()
    page.reload()
    expect(to_prove).to_have_count(0)
    page.goto(page.url.replace("mine-breve", f"brev/{cast.plain.pk}"))
    expect(page.get_by_text("Kommet frem 13. januar").first).to_be_visible()
    take_in_receipt(FAILED, at(2020, 1, 13, 10))
    services.record_receipts()
    page = visit(cast.karen, "/mine-breve/", PHONE)
    expect(to_prove).to_be_visible()
    expect(page.get_by_text("Kvitteringerne modsiger hinanden").first).to_be_visible()
    assert_sound(page, "a list with a letter whose receipts disagree")
    page.get_by_role("link", name=cast.plain.subject).click()
    expect(page.get_by_text("En viser, at brevet er kommet frem, en anden ikke.")).to_be_visible()
    page.get_by_role("link", name="Skriv, om det er kommet frem").click()
    assert_sound(page, "the form about a letter whose receipts disagree")
    assert page.complaints == []
    assert LetterDispatch.objects.count() == 1
