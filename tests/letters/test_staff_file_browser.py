"""The page *Personer* in a real Chromium, wide and on a phone."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from sepo_incident.accounts.models import User
from tests.accounts.staff_files import person, xlsx
from tests.fixtures_browser import PHONE, assert_sound

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
LONG = "birgitte.lundmark.kristensen@beskaeftigelsesforvaltningen.kk.example"


def test_staff_file_is_checked_and_saved(cast, visit):
    content = xlsx(
        person("nora@kk.example", "Nora Aaen", Er_leder="ja"),
        person("anne@kk.example", "Anne Holm", "Svalevejens Skole"),
        person("karen@kk.example", "Karen Bülow Møller", Aktiv="nej"),
        person(LONG, "Birgitte Lundmark Kristensen", "Udviklings- og Specialpædagogisk Kompetencecenter"),
        person("x@y", "X" * 90),
    )
    page = visit(cast.mette, reverse("staff_files"), PHONE)
    assert_sound(page, "people")
    file = {"name": "Personale januar.xlsx", "mimeType": "application/octet-stream", "buffer": content}
    page.set_input_files("input[type=file]", file)
    page.get_by_label("Filen har alle ansatte").check(force=True)
    page.get_by_role("button", name="Læs og tjek filen").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tjek personalefilen")
    for look in ("afviste", "bemaerk", "mangler"):
        page.goto(page.url.partition("?")[0] + f"?vis={look}")
        assert_sound(page, look)
    save = page.get_by_role("button", name="Gem, og fjern adgang for ")
    save.click()
    expect(page.get_by_role("alert")).to_contain_text("Sæt kryds, når du har tjekket, at de er fratrådt.")
    assert_sound(page, "without the tick")
    page.get_by_label("er fratrådt").check(force=True)
    save.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("12 personer er gemt")
    assert_sound(page, "saved")
    page.get_by_role("link", name="Gå til Personer").click()
    assert_sound(page, "earlier files")
    assert all("422" in complaint for complaint in page.complaints), (
        "the browser notes a refused form, and nothing else"
    )
    assert User.objects.get(email=LONG).unit is None
