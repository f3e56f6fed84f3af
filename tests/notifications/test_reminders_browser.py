"""*Påmindelser* in a real Chromium: see the forecast, switch on, pause a unit; wide and phone, with axe."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from notifications.models import ReminderSchedule
from tests.factories import at
from tests.fixtures_browser import PHONE, assert_fits, assert_sound
from tests.notifications.reminder_runs import run_due_reminders

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def first_notices_sent(written_on_7_january):
    written_on_7_january.move_to(at(2020, 1, 8, 10, 0))
    return written_on_7_january


def test_reminders_are_switched_on_and_sent(visit, cast, page, first_notices_sent):
    visit(cast.mette, reverse("reminders"), PHONE)
    expect(page.get_by_role("heading", name="Påmindelserne er slået fra")).to_be_visible()
    expect(page.get_by_text("med 5 mails:")).to_be_visible()
    page.get_by_text("Sæt en enhed på pause").click()
    page.get_by_label("Enhed", exact=True).select_option(label="– Socialforvaltningen")
    for part, value in (("Dag", "20"), ("Måned", "1"), ("År", "2020")):
        page.get_by_role("textbox", name=part, exact=True).fill(value)
    page.get_by_role("button", name="Sæt på pause").click()
    expect(page.get_by_text("Skriv, hvorfor enheden får en pause.").first).to_be_visible()
    assert_fits(page, "refused")
    assert ["422" in said for said in page.complaints] == [True], "the browser notes the status, and nothing else"
    page.complaints.clear()
    page.get_by_label("Hvorfor?").fill("Flytning")
    page.get_by_role("button", name="Sæt på pause").click()
    expect(page.get_by_text("»Flytning«")).to_be_visible()
    page.get_by_role("button", name="Slå påmindelserne til").click()
    expect(page.get_by_role("heading", name="Påmindelserne er slået til", exact=True)).to_be_visible()
    assert ReminderSchedule.objects.get().switched_on_by == cast.mette
    visit(cast.karen, reverse("my_letters"), PHONE)
    expect(page.get_by_text("Næste påmindelse: onsdag den 8. januar om fem breve.")).to_be_visible()
    run_due_reminders()
    visit(cast.mette, reverse("reminders"), PHONE)
    expect(page.get_by_role("table", name="Udsendelser, de nyeste øverst")).to_contain_text("Påmindelse")
    assert_sound(page, "on")
    visit(cast.jens, reverse("letter", args=[cast.plain.pk]), PHONE)
    page.locator("summary").filter(has_text="Brevets historik").click()
    expect(page.get_by_text("Næste påmindelse: mandag den 13. januar til Karen Bülow Møller.")).to_be_visible()
    assert_fits(page, "letter")
    assert page.complaints == []
