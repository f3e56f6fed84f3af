"""The incident on a phone, by keyboard: a coordinator's plan; closing with a letter open, and reopening."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from followups import services
from letters.incidents import address_under
from letters.models import AdministrationPlan, Incident, Letter, StatusChange
from tests.fixtures_browser import assert_fits, assert_sound
from tests.followups.decision_answers import NO_DISPATCH

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
PHONE = {"width": 390, "height": 844}


def type_into(visitor, tab_to, label, text):
    tab_to(visitor.get_by_label(label, exact=True))
    visitor.keyboard.press("Control+a")
    visitor.keyboard.type(text)


def type_date(visitor, tab_to, name, *parts):
    for part, value in zip(("day", "month", "year"), parts, strict=True):
        tab_to(visitor.locator(f"[name={name}_{part}]"))
        visitor.keyboard.press("Control+a")
        visitor.keyboard.type(value)


def test_coordinator_sends_plan_and_statement(visitor, sign_in, tab_to, cast, monday):
    visitor.set_viewport_size(PHONE)
    sign_in(cast.birgitte, reverse("boards"))
    tab_to(visitor.get_by_role("link", name="Jeres plan")).press("Enter")
    expect(visitor.get_by_role("heading", name="Plan for Børne- og Ungdomsforvaltningen")).to_be_visible()
    type_into(visitor, tab_to, "Telefon", "30 00 02 10")
    type_date(visitor, tab_to, "deadline", "16", "1", "2020")
    type_into(visitor, tab_to, "Plan", "Ring til Birgitte, hvis en frist er passeret.")
    tab_to(visitor.locator("summary", has_text="Mails, direktør og statusnotat")).press("Enter")
    type_into(visitor, tab_to, "Til notatet", "Vi følger op på alle breve.")
    type_into(visitor, tab_to, "Udvalg", "Børne- og Ungdomsudvalget")
    tab_to(visitor.get_by_role("button", name="Gem")).press("Enter")
    # later than the incident's deadline
    expect(visitor.get_by_role("heading", name="Der er én ting at rette")).to_be_visible()
    expect(visitor.get_by_label("Til notatet")).to_have_value("Vi følger op på alle breve.")
    assert_fits(visitor, "a plan, refused")
    visitor.complaints.clear()  # the browser reports the refused form
    type_date(visitor, tab_to, "deadline", "14", "1", "2020")
    tab_to(visitor.get_by_role("button", name="Gem")).press("Enter")
    expect(visitor.get_by_text("Gemt. Koncern IT kan se det nu.")).to_be_visible()
    expect(visitor.get_by_text("Modtaget 13. januar")).to_be_visible()
    assert AdministrationPlan.objects.get().statement == "Vi følger op på alle breve."
    sign_in(cast.karen, reverse("my_letters"))
    expect(visitor.get_by_text("Ring til Birgitte, hvis en frist er passeret.")).to_be_visible()


def test_kit_closes_with_a_letter_open_and_reopens(visitor, sign_in, tab_to, live_server, cast, monday):
    for letter in Letter.objects.exclude(pk=cast.annes.pk):
        services.decide(letter, NO_DISPATCH, letter.sender, version=0)
    Letter.objects.filter(pk=cast.ullas.pk).update(leader=cast.ulla)
    visitor.set_viewport_size(PHONE)
    sign_in(cast.mette, reverse("incident"))
    tab_to(visitor.get_by_role("link", name="Luk hændelsen")).press("Enter")
    expect(visitor.get_by_role("link", name="1 brev mangler beslutning")).to_be_visible()
    assert_sound(visitor, "closing with a letter open")
    tab_to(visitor.get_by_role("button", name="Luk hændelsen alligevel")).press("Enter")
    expect(visitor.get_by_role("heading", name="Der er én ting at rette")).to_be_visible()
    visitor.complaints.clear()  # the browser reports the refused form
    type_into(visitor, tab_to, "Begrundelse", "Anne ringer til modtageren.")
    tab_to(visitor.get_by_role("button", name="Luk hændelsen alligevel")).press("Enter")
    expect(visitor.get_by_text("Hændelsen er lukket. Der sendes ikke flere mails.")).to_be_visible()
    change = StatusChange.objects.get()
    assert "1 brev mangler beslutning" in change.still_open
    visitor.goto(f"{live_server.url}{address_under(cast.incident, reverse('reminders'))}")
    expect(visitor.get_by_text("Du kan læse, men ikke ændre noget.")).to_be_visible()
    forms = visitor.locator("main form[method=post]")
    assert (forms.count() > 0, forms.and_(visitor.locator(":visible")).count()) == (True, 0)
    visitor.go_back()
    type_into(visitor, tab_to, "Begrundelse", "Brevet kom retur.")
    tab_to(visitor.get_by_role("button", name="Åbn hændelsen igen")).press("Enter")
    expect(visitor.get_by_text("Hændelsen er åben igen.")).to_be_visible()
    assert Incident.objects.get().status == Incident.Status.OPEN
