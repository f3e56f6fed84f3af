"""*Sporing* in a real Chromium."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from letters.models import LetterDispatch
from letters.tracking.silence.detection import detect
from tests.fixtures_browser import PHONE, assert_sound, press_tab_to
from tests.letters.tracking_pages.conftest import NOW

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_an_alarm_is_found_read_and_closed_with_the_keyboard(kit_page, silence):
    page = kit_page("/sporing/", PHONE)
    assert_sound(page, "the channels")
    press_tab_to(page, page.get_by_role("link", name="Se alarmen"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Næste skridt: Koncern IT")).to_be_visible()
    assert_sound(page, "an open alarm")
    press_tab_to(page, page.locator("summary").get_by_text("Luk alarmen"))
    page.keyboard.press("Enter")
    press_tab_to(page, page.get_by_label("Hvad var der galt, og hvordan er det løst?"))
    page.keyboard.type("Leverandøren genstartede en server")
    press_tab_to(page, page.get_by_role("button", name="Luk alarmen"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Alarmen er lukket")).to_be_visible()
    assert_sound(page, "a closed alarm")
    page.get_by_role("link", name="SEPO", exact=True).click()
    expect(page.get_by_role("heading", name="De seneste syv dage")).to_be_visible()
    assert_sound(page, "a channel")
    assert page.complaints == []


def test_the_way_of_a_letter_and_an_empty_page(kit_page, silence):
    letter = LetterDispatch.objects.get(outcome__is_delivered=False)
    page = kit_page(reverse("dispatched_letter", args=[letter.pk]), PHONE)
    assert_sound(page, "a letter")
    assert page.complaints == []


def test_an_empty_page(kit_page):
    page = kit_page("/sporing/", PHONE)
    expect(page.get_by_role("heading", name="Ingen kanaler endnu")).to_be_visible()
    assert_sound(page, "no channels")
    assert page.complaints == []


def test_three_reports_become_an_alarm(cast, visit, monday_noon):
    for person in (cast.jens, cast.anne):
        page = visit(person, "/mine-breve/", PHONE)
        page.get_by_role("link", name="Efterlys brev").click()
        page.get_by_role("button", name="Efterlys brevet").click()
        expect(page.get_by_role("heading", name="Tak. Brevet er efterlyst")).to_be_visible()
    page = visit(cast.karen, "/mine-breve/", PHONE)
    page.get_by_role("link", name="Efterlys brev").click()
    assert_sound(page, "the form of a report")
    page.get_by_label("Hvad handler brevet om?").fill("indkaldelse til tandlægen")
    page.get_by_role("button", name="Efterlys brevet").dblclick()
    expect(page.get_by_text("2 andre har også efterlyst breve det seneste døgn.")).to_be_visible()
    assert_sound(page, "the thanks for a report")
    detect(NOW)
    page = visit(cast.mette, "/sporing/", PHONE)
    page.get_by_role("link", name="Se alarmen").click()
    expect(page.get_by_text("3 breve er efterlyst på et døgn.")).to_be_visible()
    expect(page.get_by_role("cell", name="indkaldelse til tandlægen")).to_have_count(1)
    assert_sound(page, "an alarm of reports")
    assert page.complaints == []
