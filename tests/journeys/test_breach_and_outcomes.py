"""By keyboard at a desk and on a phone: a breach, a later deadline, a letter on paper, a fix, access to a case."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from followups import services
from letters.models import BreachAssessment, BreachOpinion, BreachReport, DeadlineExtension, Incident
from tests.fixtures_browser import assert_sound
from tests.followups.decision_answers import HARM_HANDLED, followup_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
#: A desk and a phone.
both = pytest.mark.parametrize("width", [1280, 390])


def press(visitor, tab_to, role, name):
    tab_to(visitor.get_by_role(role, name=name, exact=True).first).press("Enter")


def type_into(visitor, tab_to, label, text):
    tab_to(visitor.get_by_label(label, exact=True))
    visitor.keyboard.type(text)


def type_date(visitor, tab_to, name, *parts):
    for part, value in zip(("day", "month", "year"), parts, strict=True):
        tab_to(visitor.locator(f"[name={name}_{part}]"))
        visitor.keyboard.press("Control+a")
        visitor.keyboard.type(value)


@both
def test_adviser_gives_an_opinion_and_kit_answers_that_it_is_no_breach(visitor, sign_in, tab_to, cast, monday, width):
    visitor.set_viewport_size({"width": width, "height": 844})
    BreachReport.objects.create(
        incident=cast.incident, aware_at=timezone.now() - timedelta(hours=2), text="To borgere.", by=cast.mette
    )
    sign_in(cast.dina, reverse("breach_register"))
    assert_sound(visitor, "the register")
    tab_to(visitor.locator("main table a")).press("Enter")
    type_into(visitor, tab_to, "Din udtalelse", "Tilgængeligheden var ikke tabt.")
    press(visitor, tab_to, "button", "Gem udtalelsen")
    expect(visitor.get_by_text("Udtalelsen er gemt.")).to_be_visible()
    assert_sound(visitor, "the breach, for the adviser")
    sign_in(cast.mette, reverse("breach"))
    expect(visitor.get_by_text("Tilgængeligheden var ikke tabt.")).to_be_visible()
    tab_to(visitor.get_by_label("Brud, anmeldes", exact=True))
    for _ in range(2):
        visitor.keyboard.press("ArrowDown")
    expect(visitor.get_by_label("Ikke et brud", exact=True)).to_be_checked()
    type_into(visitor, tab_to, "Begrundelse", "Databeskyttelsesrådgiveren er enig.")
    press(visitor, tab_to, "button", "Gem vurderingen")
    expect(visitor.get_by_text("Vurderingen er gemt.")).to_be_visible()
    assert_sound(visitor, "the breach, answered")
    assert BreachAssessment.objects.get().answer == "NOT_A_BREACH"
    assert BreachOpinion.objects.get().by == cast.dina


@both
def test_coordinator_extends_the_deadline_of_a_school(visitor, sign_in, tab_to, cast, monday, width):
    visitor.set_viewport_size({"width": width, "height": 844})
    sign_in(cast.birgitte, reverse("extend_unit_deadline", args=[cast.svalevej.pk]))
    type_date(visitor, tab_to, "deadline", "22", "1", "2020")
    type_into(visitor, tab_to, "Begrundelse", "Skolen har lukket i uge 3.")
    assert_sound(visitor, "an extension")
    tab_to(visitor.locator("main form button[type=submit]")).press("Enter")
    expect(visitor.get_by_text("Fristen er nu onsdag den 22. januar 2020.")).to_be_visible()
    assert DeadlineExtension.objects.get().unit == cast.svalevej


@both
def test_sender_sends_a_letter_on_paper(visitor, sign_in, tab_to, cast, monday, width):
    visitor.set_viewport_size({"width": width, "height": 844})
    sign_in(cast.karen, reverse("letter", args=[cast.plain.pk]))
    tab_to(visitor.locator("[name=remedy]").first)
    for _ in range(3):
        visitor.keyboard.press("ArrowDown")
    expect(visitor.locator("[name=remedy][value=PAPER]")).to_be_checked()
    tab_to(visitor.locator("[name=paper_reason]").first).press("Space")
    tab_to(visitor.locator("[name=is_sent_on_paper]").first).press("Space")
    tab_to(visitor.locator("[name=deadline_missed]").first)
    visitor.keyboard.press("ArrowDown")
    tab_to(visitor.locator("[name=consequence_review]").first)
    visitor.keyboard.press("ArrowDown")
    expect(visitor.locator("[name=consequence_review][value=NONE]")).to_be_checked()
    assert_sound(visitor, "a letter on paper")
    tab_to(visitor.locator("main form button.button-primary[type=submit]").first).press("Enter")
    expect(visitor.get_by_role("status").filter(has_text="Sendes på papir.")).to_be_visible()
    followup = followup_of(cast.plain)
    assert (followup.remedy, followup.paper_reason) == ("PAPER", "EXEMPT")


@both
def test_kit_says_that_letters_get_through_again(visitor, sign_in, tab_to, cast, monday, width):
    visitor.set_viewport_size({"width": width, "height": 844})
    sign_in(cast.mette, reverse("incident_fix"))
    tab_to(visitor.locator("[name=is_fixed]").first)
    visitor.keyboard.press("Space")
    type_date(visitor, tab_to, "fixed_from", "20", "12", "2019")
    type_date(visitor, tab_to, "fix_checked_on", "8", "1", "2020")
    tab_to(visitor.locator("[name=fix_checked_by]"))
    visitor.keyboard.type("Mette Dahl")
    tab_to(visitor.locator("[name=fix_evidence]"))
    visitor.keyboard.type("Et prøvebrev fra hver vej har en kvittering")
    tab_to(visitor.locator("main form button[type=submit]").first).press("Enter")
    expect(visitor.get_by_text("Svaret er gemt.")).to_be_visible()
    assert_sound(visitor, "the incident, fixed")
    assert Incident.objects.get().fix_checked_by == "Mette Dahl"


@both
def test_coordinator_finds_a_case_for_access(visitor, sign_in, tab_to, cast, monday, width):
    visitor.set_viewport_size({"width": width, "height": 844})
    services.decide(cast.plain, HARM_HANDLED, cast.karen, 0)
    sign_in(cast.birgitte, reverse("access_request"))
    tab_to(visitor.locator("[name=sag]"))
    visitor.keyboard.type("2020-0000000")
    visitor.keyboard.press("Enter")
    expect(visitor.get_by_text(cast.plain.subject).first).to_be_visible()
    assert_sound(visitor, "access to a case")
    with visitor.expect_download() as fetched:
        tab_to(visitor.locator("main a[href*='aktindsigt.zip']").first).press("Enter")
    assert fetched.value.suggested_filename.endswith(".zip")
