"""Pause, stop and failed mail in a real Chromium, wide and on a phone, with axe."""

import pytest
from playwright.sync_api import expect

from notifications import mail_worker
from notifications.delivery_problems import failed_mail
from notifications.models import Delivery, State
from tests.fixtures_browser import assert_fits, assert_sound
from tests.notices import request_first_notices, write_notices

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.usefixtures("no_workers")]


def test_a_dispatch_is_paused_and_stopped(visit, cast, page, sink):
    dispatch = request_first_notices(cast.incident, by=cast.mette)
    write_notices(dispatch)
    visit(cast.mette, f"/beskeder/udsendelse/{dispatch.pk}/")
    assert_sound(page, "a dispatch")
    page.get_by_role("link", name="Sæt på pause").click()
    assert_fits(page, "the reason for a pause")
    page.get_by_label("Hvorfor?").fill("Der mangler et ord i teksten")
    page.get_by_role("button", name="Sæt udsendelsen på pause").click()
    expect(page.get_by_role("heading", name="Udsendelsen er på pause")).to_be_visible()
    page.get_by_role("link", name="Stands udsendelsen").click()
    page.get_by_label("Hvorfor?").fill("Teksten skal skrives om")
    page.get_by_role("button", name="Stands udsendelsen").click()
    expect(page.get_by_role("heading", name="Udsendelsen er standset")).to_be_visible()
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.STOPPED}
    assert page.complaints == []


def test_unreached_people_are_resolved(visit, cast, page, sink):
    for person in (cast.karen, cast.torben, cast.ulla):
        sink.refuse("RCPT", "550 5.1.1 User unknown", address=person.email)
    write_notices(request_first_notices(cast.incident))
    mail_worker.drain_outbox()
    failed_mail.update_unreachable_people()
    visit(cast.mette, "/levering/")
    expect(page.get_by_text("om 3 personer har fået vores mails.")).to_be_visible()
    assert_sound(page, "who was not reached")
    page.get_by_role("link", name="Karen Bülow Møller").click()
    assert_sound(page, "one who was not reached")
    page.get_by_label("Rigtig adresse").fill("karen.moeller@kk.example")
    page.get_by_role("button", name="Ret adressen, og send").click()
    expect(page.get_by_role("status").first).to_contain_text("Adressen er rettet, og 1 mail er på vej.")
    page.get_by_role("link", name="Torben Kjær").click()
    page.get_by_text("Gem en telefonsamtale").click()
    expect(page.get_by_label("Rigtig adresse")).to_be_hidden()
    page.get_by_role("button", name="Gem samtalen").click()
    expect(page.get_by_role("status").first).to_contain_text("Telefonsamtalen er gemt.")
    page.get_by_role("link", name="Ulla Aaen").click()
    page.get_by_text("Mailen er ikke nødvendig længere").click()
    page.get_by_label("Hvorfor er mailen ikke nødvendig?").fill("Brevet er taget af listen")
    page.get_by_role("button", name="Tag mailen af listen").click()
    expect(page.get_by_role("heading", name="Ingen mails venter på dig")).to_be_visible()
    mail_worker.drain_outbox()
    assert len(sink.mails_to("karen.moeller@kk.example")) == 1
    assert page.complaints == []
