"""A leader reminds one person from the board, by keyboard on a phone, and Koncern IT sees the requester."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from notifications import mail_worker
from notifications.models import Dispatch, Kind
from tests.fixtures_browser import PHONE, assert_sound
from tests.notices import request_first_notices, write_notices

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_jens_reminds_karen_from_the_board(visitor, sign_in, tab_to, cast, monday, sink):
    monday.move_to("2020-01-07T09:00+01:00")
    write_notices(request_first_notices(cast.incident))
    monday.move_to("2020-01-10T10:00+01:00")
    visitor.set_viewport_size({"width": PHONE, "height": 844})
    sign_in(cast.jens, reverse("board_people", args=[cast.svalevej.pk]))

    tab_to(visitor.get_by_role("link", name=re.compile("^Send påmindelse nu ?: Karen Bülow Møller$"))).press("Enter")
    expect(visitor.get_by_role("heading", name="Modtagere", exact=True)).to_be_visible()
    expect(visitor.get_by_label("Vælg Karen Bülow Møller")).to_be_checked()
    assert_sound(visitor, "who gets a mail")
    tab_to(visitor.get_by_label("Vælg Karen Bülow Møller")).press("Space")
    expect(visitor.get_by_text("Ingen er valgt.")).to_be_visible()
    visitor.keyboard.press("Space")
    tab_to(visitor.get_by_role("button", name="Send 1 påmindelse")).press("Enter")
    expect(visitor.get_by_text("Påmindelsen til 1 person er på vej.")).to_be_visible()

    [dispatch] = Dispatch.objects.filter(receivers__isnull=False)
    write_notices(dispatch)
    mail_worker.drain_outbox()
    assert [one.rcpt_tos for one in sink.mails if "Følg op på 5 breve" in one.message["Subject"]] == [
        [cast.karen.email]
    ]
    visitor.reload()
    expect(visitor.get_by_text("Mail skrevet i dag kl. 10.0")).to_be_visible()
    expect(visitor.get_by_role("link", name=re.compile("^Send påmindelse nu ?: Karen"))).to_have_count(0)
    tab_to(visitor.get_by_role("link", name="Se hvem")).press("Enter")
    expect(visitor.get_by_role("checkbox")).to_have_count(0)
    tab_to(visitor.get_by_text("Der er skrevet til 1 person i dag")).press("Enter")
    folded = re.compile("Karen Bülow Møller, 5 breve. Mail skrevet i dag kl. 10.0")
    expect(visitor.get_by_text(folded)).to_be_visible()

    sign_in(cast.mette, reverse("reminders"))
    expect(visitor.get_by_text("bestilt af Jens Ågård")).to_be_visible()
    assert dispatch.kind == Kind.REMINDER
