"""*Mangler ansvarlig* in a real Chromium: assign a leader to 14 letters by keyboard, and undo."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from letters.models import Letter
from tests.fixtures_browser import PHONE, press_tab_to
from tests.letters.list_files import row, xlsx

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def first_letter(import_file):
    """The first of fourteen letters without a leader."""
    lonely = {"Leder": "Mads Holm", "Leders_e_mail": ""}
    ida = {"Afsender": "Ida Lund", "Afsenders_e_mail": "ida@kk.example"}
    import_file(xlsx(*(row(n, **lonely, **(ida if n > 9 else {})) for n in range(1, 15)), row(20, Enhed="", Område="")))
    return Letter.objects.get(source_ref="B-1")


def test_leader_is_assigned_by_keyboard_and_undone(cast, visit, page, first_letter):
    def enter(target):
        press_tab_to(page, target, at_most=60)
        page.keyboard.press("Enter")

    visit(cast.mette, reverse("unassigned"), PHONE)
    enter(page.get_by_role("link", name="Mads Holm, leder i Svalevejens Skole", exact=True))
    search = page.get_by_label("Navn eller e-mail")
    expect(search).to_have_value("Mads Holm")
    search.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("anne øster")
    expect(page.locator("#forslag [role=status]")).to_contain_text("»anne øster«")
    expect(search).to_be_focused()
    enter(page.get_by_role("link", name="Anne Østergaard"))
    assert "anne" not in page.url.lower()
    enter(page.get_by_role("button", name="Giv 14 breve til Anne Østergaard"))
    confirmation = page.get_by_role("status").filter(has_text="14 breve har fået en leder")
    expect(confirmation).to_be_focused()
    assert Letter.objects.filter(leader=cast.anne).count() == 14
    enter(confirmation.get_by_role("button", name="Fortryd"))
    expect(page.get_by_text("Fortrudt. 14 breve er som før.")).to_be_visible()
    assert Letter.objects.filter(leader=cast.anne).count() == 0
    assert page.complaints == []
