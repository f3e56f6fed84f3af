"""*Mangler ansvarlig* in a real Chromium: by keyboard from the list to a leader for 14 letters, and back."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from letters.models import Letter
from tests.fixtures_browser import PHONE, assert_sound
from tests.letters.lists import row, xlsx

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def fourteen(take_in):
    """Letters that wait for a leader; the first of them, for the address."""
    lonely = {"Leder": "Mads Holm", "Leders_e_mail": ""}
    ida = {"Afsender": "Ida Lund", "Afsenders_e_mail": "ida@kk.example"}
    take_in(xlsx(*(row(n, **lonely, **(ida if n > 9 else {})) for n in range(1, 15)), row(20, Enhed="", Område="")))
    return Letter.objects.get(source_ref="B-1")


def test_a_leader_is_found_by_keyboard_and_the_choice_taken_back(cast, visit, page, fourteen):
    def enter(target):
        for _ in range(60):
            if target.evaluate("element => element === document.activeElement"):
                return page.keyboard.press("Enter")
            page.keyboard.press("Tab")
        raise AssertionError(f"{target} cannot be reached with Tab")

    visit(cast.mette, reverse("unassigned"), PHONE)
    enter(page.get_by_role("link", name="Mads Holm, leder i Svalevejens Skole"))
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
    said = page.get_by_role("status").filter(has_text="14 breve har fået en leder")
    expect(said).to_be_focused()
    assert Letter.objects.filter(leader=cast.anne).count() == 14
    enter(said.get_by_role("button", name="Fortryd"))
    expect(page.get_by_text("Fortrudt. 14 breve er som før.")).to_be_visible()
    assert Letter.objects.filter(leader=cast.anne).count() == 0
    assert page.complaints == []


def test_every_page_is_accessible_and_fits(cast, visit, page, fourteen):
    group = reverse("unassigned_group", args=["leder", fourteen.pk])
    unit = reverse("unassigned_group", args=["enhed", Letter.objects.get(source_ref="B-20").pk])
    paths = [group, f"{group}?navn=holm", f"{group}?navn=zzz", f"{group}?valg={cast.anne.pk}", unit]
    paths += [reverse("new_person", args=["leder", fourteen.pk])]
    for path in paths:
        visit(cast.mette, path, PHONE)
        assert page.complaints == [], path
        assert_sound(page, path)
    visit(cast.mette, f"{group}?valg={cast.anne.pk}", PHONE)
    page.get_by_label("Vælg Partshøring om udeblivelse").first.check(force=True)
    page.get_by_role("button", name="Giv 1 brev til Anne Østergaard").click()
    expect(page.get_by_text("1 brev har fået en leder")).to_be_visible()
    assert_sound(page, "what was given")


def test_without_scripts_a_search_is_a_page(cast, client, live_server, browser, fourteen):
    client.force_login(cast.mette, backend="django.contrib.auth.backends.ModelBackend")
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(
        [{"name": "sepo_session", "value": client.cookies["sepo_session"].value, "url": live_server.url}]
    )
    page = context.new_page()
    page.goto(live_server.url + reverse("unassigned_group", args=["leder", fourteen.pk]))
    page.get_by_label("Navn eller e-mail").fill("anne")
    page.get_by_role("button", name="Søg").click()
    page.get_by_role("link", name="Anne Østergaard").click()
    page.get_by_role("button", name="Giv 14 breve til Anne Østergaard").click()
    expect(page.get_by_text("14 breve har fået en leder")).to_be_visible()
    context.close()
