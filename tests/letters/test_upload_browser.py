"""The import pages in a real Chromium: axe, both widths, the console, no scripts, automatic progress."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from letters.importing import batches, staff_file
from letters.importing.commit import withdraw_letters
from letters.importing.files import uploads
from letters.models import Letter
from tests.accounts import staff_files
from tests.fixtures_browser import PHONE, assert_sound
from tests.letters.list_files import row, workbook, xlsx
from tests.letters.uploaded_lists import UNCERTAIN_LIST

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def upload_file(page, content: bytes, name: str = "liste.xlsx"):
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "application/octet-stream", "buffer": content})
    page.get_by_role("button", name="Læs og tjek listen").click()


@pytest.fixture
def every_page(cast, import_file) -> list[str]:
    """The addresses of one page of each kind about lists, categories and missing owners."""
    messy = [row(1), row(2, Emne=""), row(3, Enhed="", Område=""), row(4, Leders_e_mail="x" * 80 + "@y"), row(2)]
    done = import_file(xlsx(*messy), name="Breve uden kvittering " + "7" * 60 + ".xlsx")
    withdraw_letters.mark_as_full_list(done, is_full=True)
    withdraw_letters.withdraw_missing_letters(done, "Kom frem", by=cast.mette, among=[cast.annes.pk])
    checked = import_file(xlsx(row(1, Emne="Andet", Enhed="Skolen på Svalevej"), row(9, Sendt="")), commit=False)
    failed = import_file(xlsx(), commit=False)
    asking = import_file(workbook(UNCERTAIN_LIST), commit=False)
    waiting, _ = uploads.receive_file(cast.incident, "liste.xlsx", xlsx(row(50)), by=cast.mette)
    content = staff_files.xlsx(staff_files.person("nora@kk.example", "Nora Aaen"), staff_files.person("x@y", "X" * 90))
    staff = staff_file.read_staff_file(content, "Personale.xlsx", by=cast.mette, is_everybody=True)
    alone = Letter.objects.get(source_ref="B-4").pk
    named = [("import_batch", [one.pk]) for one in (done, checked, failed, waiting)]
    named += [(name, [checked.pk]) for name in ("changed_letters", "new_units")]
    named += [(name, [done.pk]) for name in ("undo_batch", "missing")]
    named += [("import_columns", [asking.pk]), ("staff_import", [staff.pk])]
    named += [(name, ["leder", alone]) for name in ("unassigned_group", "new_person")]
    named += [(name, []) for name in ("imports", "staff_files", "unassigned", "withdrawn_letters")]
    named += [(name, []) for name in ("categories", "new_category_rule", "category_changes")]
    open_row = checked.rows.get(row=3).pk
    return [*(reverse(name, args=args) for name, args in named), f"/indlaes/{checked.pk}/?vis=alle&ret={open_row}"]


def test_pages_are_accessible(kit_page, every_page):
    for path in every_page:
        page = kit_page(path, PHONE)
        assert page.complaints == [], path
        assert_sound(page, path)


def test_file_chooser_is_danish_well_spaced_and_keyboard_accessible(kit_page):
    page = kit_page(reverse("imports"))
    page.on("filechooser", lambda _: None)  # registered now, before a key opens the chooser
    chooser = page.get_by_label("Listen fra Excel eller som .csv")
    field = page.locator(".file-drop")
    expect(field).to_have_text("Vælg filIngen fil er valgt")
    outline = "e => getComputedStyle(e).outlineStyle"
    assert field.evaluate(outline) == "none"
    page.locator(".menu-line a").last.focus()
    page.keyboard.press("Tab")
    expect(chooser).to_be_focused()
    assert field.evaluate(outline) == "solid"
    with page.expect_file_chooser() as opened:
        page.keyboard.press("Enter")
    opened.value.set_files({"name": "breve æøå.xlsx", "mimeType": "application/octet-stream", "buffer": xlsx(row(1))})
    expect(field).to_have_text("Vælg filbreve æøå.xlsx")
    with page.expect_file_chooser():
        page.locator(".file-drop .button").click(force=True)
    page.set_viewport_size({"width": PHONE, "height": 844})
    box, label, hint, drop = (
        page.locator(where).first.bounding_box()
        for where in ("form.panel", "form.panel label", "form.panel .form-hint", ".file-drop")
    )
    assert label["y"] - box["y"] <= 20
    assert drop["y"] - hint["y"] - hint["height"] >= 8


def test_native_file_chooser_is_shown_without_scripts(cast, visit_without_scripts):
    page = visit_without_scripts(cast.mette, reverse("imports"))
    assert page.locator(".file-drop .button").is_hidden()
    assert page.locator("input[type=file]").evaluate("e => getComputedStyle(e).opacity") == "1"
    upload_file(page, xlsx(row(1)))
    expect(page.get_by_role("heading", name="Læser listen")).to_be_visible()


def test_check_page_fits_a_phone_and_1280_pixels(kit_page, import_file):
    long = "Karen Bülow Møller " * 20
    messy = [row(1, Sendt=""), row(2, Område=long), row(3, Afsender=long), row(4, Leder=long), row(5, Forvaltning=long)]
    address = "birgitte.lundmark.kristensen@beskaeftigelsesforvaltningen.kk.example"
    messy += [row(6, Afsenders_e_mail=address, Leders_e_mail=address), row(7, Emne="")]
    batch = import_file(xlsx(*messy), commit=False)
    page = kit_page(reverse("import_batch", args=[batch.pk]))
    assert page.locator(".sheet-scroll").evaluate("e => e.scrollWidth <= e.clientWidth")
    page.set_viewport_size({"width": PHONE, "height": 844})
    card = page.locator(".sheet tbody tr").filter(has_text="B-7")
    for words in ("B-7", "karen@kk.example", "Intet emne."):
        expect(card.get_by_text(words)).to_be_visible()
    expect(card.get_by_text("Svalevejens Skole")).to_be_hidden()


def test_progress_page_becomes_the_check_page(cast, kit_page):
    batch, _ = uploads.receive_file(cast.incident, "liste.xlsx", xlsx(row(1)), by=cast.mette)
    page = kit_page(reverse("import_batch", args=[batch.pk]))
    expect(page.get_by_role("heading", name="Læser listen")).to_be_visible()
    batches.read_batch(batch.pk)
    expect(page.get_by_role("heading", name="Tjek listen")).to_be_visible(timeout=10_000)
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.get_by_label("Tallene passer med listen").check(force=True)
    page.get_by_role("button", name="Indlæs 1 brev").click()
    expect(page.get_by_role("heading", name="Indlæser 1 brev")).to_be_visible()
    batches.commit_batch(batch.pk)
    expect(page.get_by_role("heading", name="1 brev er indlæst")).to_be_focused(timeout=10_000)
