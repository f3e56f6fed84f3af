"""Correcting a row in a real Chromium: by keyboard alone, and after the session expired."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from letters.importing import batches
from letters.models import Letter
from tests.fixtures_browser import assert_fits, expire_session, fill_in_sign_in, press_tab_to
from tests.letters.list_files import row, xlsx

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
BAD = {"Sendt": "31-11-2019 10:22", "Afsenders_e_mail": "karen@kk"}


@pytest.fixture
def batch(import_file):
    messy = [row(1, **BAD), row(2), row(2, Emne="Et andet"), row(3, Modtagertype="Firma", Leders_e_mail="")]
    return import_file(xlsx(*messy), commit=False)


def test_row_is_corrected_and_list_committed_by_keyboard_alone(cast, visit, batch):
    page = visit(cast.mette, reverse("import_batch", args=[batch.pk]))
    press_tab_to(page, page.get_by_role("link", name="Ret række 2", exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Sendt i række 2")).to_be_focused()
    assert_fits(page, "an open row")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("30-11-2019 10:22")
    page.keyboard.press("Enter")
    expect(page.locator(f"#raekke-{batch.rows.get(row=2).pk}")).to_contain_text("Uden for perioden 9.–19. december.")
    expect(page.get_by_label("Sendt i række 2")).to_be_focused()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("11-12-2019 10:22")
    press_tab_to(page, page.get_by_label("Afsenders e-mail i række 2"))
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("karen@kk.example")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Ret række 2", exact=True)).to_be_focused()
    expect(page.get_by_text("Rettet af Mette Dahl i dag kl.").first).to_be_visible()
    expect(page.get_by_role("heading", name="Klar til at indlæse 3 breve")).to_be_visible()
    page.reload()
    press_tab_to(page, page.get_by_label("Tallene passer med listen"))
    page.keyboard.press("Space")
    press_tab_to(page, page.get_by_role("button", name="Indlæs 3 breve"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Indlæser 3 breve")).to_be_visible()
    batches.commit_batch(batch.pk)
    assert Letter.objects.filter(source_ref="B-1", sender=cast.karen).exists()
    assert page.complaints == []


def test_a_row_leads_to_the_sign_in_page_after_the_session_expired(cast, visit, batch):
    cast.mette.set_password("en-lang-og-god-adgangskode")
    cast.mette.save()
    page = visit(cast.mette, reverse("import_batch", args=[batch.pk]))
    change, sent_at = page.get_by_role("link", name="Ret række 2", exact=True), page.get_by_label("Sendt i række 2")
    for act in ("save the row", "open the row"):
        page.wait_for_load_state()  # before the script has run, both lead to a page of their own
        if act == "save the row":
            change.click()
            sent_at.fill("11-12-2019 10:22")
        expire_session(page)
        (sent_at.press("Enter") if act == "save the row" else change.click())
        fill_in_sign_in(page, cast.mette.email, "en-lang-og-god-adgangskode")
        expect(change).to_be_visible()
    change.click()
    expect(sent_at).to_have_value("11-12-2019 10:22")  # what was typed; nothing of it was saved
    assert batch.rows.get(row=2).corrections == []
