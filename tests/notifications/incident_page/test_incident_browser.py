"""The pages of the story in a real Chromium: both widths, without scripts, and on paper."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from letters.models import BreachReport, Cause, Measure, TimelineEntry
from letters.story import breach
from tests.factories import at
from tests.fixtures_browser import PHONE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def story(cast, monday):
    of = {"incident": cast.incident}
    for day in range(1, 13):
        TimelineEntry.objects.create(**of, kind="OTHER", day=at(2020, 1, day).date(), text=f"Punkt {day}.")
    Cause.objects.create(**of, known="Taget for spam.", unknown="Hvorfor.", changed_by=cast.mette)
    Measure.objects.create(**of, title="Slå alarm", contact_name="Søren", phone="3000 0288", due_on=at(2020, 1, 9))
    report = {"aware_at": at(2020, 1, 13, 8, 15), "text": "To borgere har måske mistet en frist.", "by": cast.mette}
    BreachReport.objects.create(**of, **report)
    return cast


def test_breach_prints_on_one_page_without_forms(visit, story):
    """Before and after the assessment; the draft is longer than its field."""
    report = BreachReport.objects.get()
    Measure.objects.bulk_create(
        Measure(incident=story.incident, title=f"Tiltag {n}", contact_name="Søren", due_on=at(2020, 1, 9))
        for n in range(5)
    )
    for act in (lambda: None, lambda: breach.assess(report, "NOTIFY", "Der er en risiko.", 0, story.mette)):
        act()
        page = visit(story.mette, reverse("breach"))
        page.emulate_media(media="print")
        assert page.pdf(format="A4").count(b"/Type /Page\n") == 1
        expect(page.get_by_role("button")).to_have_count(0)
    expect(page.get_by_text("Tiltag 4 (ikke begyndt").and_(page.locator(":visible"))).to_have_count(1)


def test_phone_folds_plans_measures_contacts_and_claims_and_a_link_opens_each(visit_without_scripts, story):
    """Without scripts: a link to a section opens it, and so does what was saved there."""
    page = visit_without_scripts(story.mette, reverse("incident"))
    page.set_viewport_size({"width": PHONE, "height": 844})
    rows = {"tiltag": "Slå alarm", "kontakter": story.incident.support_email, "planer": story.buf.name}
    rows["udsagn"] = "Ikke vurderet endnu."
    for section, row in rows.items():
        shown = page.locator(f"#{section}").get_by_text(row).first
        expect(shown).to_be_hidden()
        page.locator(f"#{section} > .fold > summary").click()
        expect(shown).to_be_visible()
    page.goto(page.url + "#tiltag")
    expect(page.locator("#tiltag > .fold")).to_be_hidden()
    expect(page.locator("#tiltag").get_by_text("Slå alarm")).to_be_visible()
    page.get_by_role("link", name="Slå alarm").click()
    page.get_by_role("button", name="Gem", exact=True).click()
    expect(page.locator("#tiltag").get_by_role("status")).to_be_visible()
    expect(page.locator("#tiltag").get_by_role("link", name="Slå alarm")).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 900})
    for section, row in rows.items():
        expect(page.locator(f"#{section}").get_by_text(row).first).to_be_visible()
