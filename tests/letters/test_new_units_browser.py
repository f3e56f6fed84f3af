"""The page *Nye enheder* in a real Chromium, wide and on a phone."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from letters.samples import COLUMNS
from sepo_incident.accounts.models import UnitAlias
from tests.fixtures_browser import PHONE, assert_fits, assert_sound
from tests.letters.list_files import row, xlsx

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
LONG = "Udviklings- og Specialpædagogisk Kompetencecenter for Børnehaver og Vuggestuer på Indre Nørrebro"


def test_unit_questions_are_answered(cast, visit, import_file):
    names = ["Skolen på Svalevej", "Lærkepark Skole", "Jobcentret", LONG, "Tandplejen", "Tandplejen", "Tandpleje"]
    rows = [row(n, Enhed=name) | {"Enhedskode": "1100" if n < 4 else ""} for n, name in enumerate(names)]
    batch = import_file(xlsx(*rows, columns=(*COLUMNS, "Enhedskode")), commit=False)
    page = visit(cast.mette, reverse("import_batch", args=[batch.pk]), PHONE)
    assert_fits(page, "check")
    page.get_by_role("link", name="Se og svar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nye enheder på listen")
    assert_sound(page, "new units")
    for name, meaning in (
        ("Skolen på Svalevej", "Svalevejens Skole"),
        ("Lærkepark Skole", "Lærkeparkens Skole"),
        ("Tandpleje", "Tandplejen"),
    ):
        page.get_by_role("group", name=f"»{name}«").get_by_label(f"Samme som »{meaning}«").check()
    page.get_by_role("button", name="Gem svar").click()
    expect(page.get_by_role("status").filter(has_text="3 svar gemt.")).to_be_visible()
    expect(page.get_by_text("3 nye enheder oprettes.")).to_be_visible()
    page.get_by_role("link", name="Se enhederne").click()
    expect(page.get_by_role("heading", name="Du har svaret på alle")).to_be_visible()
    assert_fits(page, "answered")
    assert page.complaints == []
    assert UnitAlias.objects.count() == 2
