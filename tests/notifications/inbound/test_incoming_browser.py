"""*Indgående post* in a real Chromium, wide and on a phone: the list, an absence, and an answer to a person."""

import pytest
from playwright.sync_api import expect

from notifications.models import Kind, Notice
from tests.fixtures_browser import PHONE, assert_fits, assert_sound
from tests.notifications.inbound.mails import auto_reply, bounce, mail, receive_mail, reply, report

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.usefixtures("no_workers")]


def test_incoming_mail_is_read_and_answered(visit, cast, page, karens, jenses):
    for raw in (bounce(karens), report(jenses), auto_reply(jenses)):
        receive_mail(raw, (karens if b"failed" in raw else jenses).return_path)
    receive_mail(mail({"From": "nyt@firma.example", "Subject": "Tilbud", "List-Id": "<nyt>"}, "Køb nu"))
    receive_mail(
        reply(karens, "Hej\n\nHvor finder jeg de gamle breve? Mit nummer er 010190-1234."), sender=karens.address
    )
    visit(cast.mette, "/indgaaende-post/", PHONE)
    expect(page.get_by_role("heading", level=1)).to_have_text("Indgående post")
    assert_sound(page, "the list")
    page.get_by_role("link", name="Alle").click()
    expect(page.get_by_role("row")).to_have_count(6)
    assert_fits(page, "all mails")
    page.get_by_label("Vis mails efter slags").get_by_role("link", name="Svar").first.click()
    page.get_by_role("table").get_by_role("link", name=karens.address).click()
    expect(page.get_by_label("Mailen").get_by_text("Mit nummer er ●●●●●●-●●●●.")).to_be_visible()
    assert_sound(page, "a person's mail")
    page.get_by_label("Dit svar").fill("Se i Sendt post.")
    page.get_by_role("button", name="Send svar til karen@kk.example").click()
    expect(page.get_by_text("Svaret er på vej.")).to_be_visible()
    assert_fits(page, "an answered mail")
    assert Notice.objects.get(kind=Kind.ANSWER).text == "Se i Sendt post."
    assert page.complaints == []
