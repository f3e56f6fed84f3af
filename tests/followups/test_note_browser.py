"""The pages of the status note in a real Chromium: axe, both widths, the keyboard, without scripts, and on paper."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from followups.models import NoteProse, NoteVersion
from letters.models import BreachReport
from notifications.status_note.document import OWN_TEMPLATE, render_document
from notifications.status_note.versions import publish_version, take_version
from tests.factories import at
from tests.fixtures_browser import PHONE, assert_fits, assert_sound, press_tab_to
from tests.followups.note_edits import edit
from tests.followups.note_helpers import rewrite, two_versions

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
PAPER = {"format": "A4", "prefer_css_page_size": True}


@pytest.fixture
def version(cast, monday):
    return two_versions(cast, monday)


def word_file(content, name="notat.docx"):
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    return {"name": name, "mimeType": kind, "buffer": content}


def test_draft_is_made_and_published_by_keyboard_by_two_people(visit, cast, monday):
    page = visit(cast.mette, reverse("notes"), PHONE)
    expect(page.get_by_role("heading", name="Der er intet notat endnu")).to_be_visible()
    assert_sound(page, "no note")
    press_tab_to(page, page.get_by_label("Notatet handler om"))
    page.keyboard.type("Børne")
    press_tab_to(page, page.get_by_role("button", name="Lav kladden"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Statusnotat, kladde til udgave 1")).to_be_visible()
    expect(page.get_by_role("button", name="Udgiv udgave 1")).to_have_count(0)
    assert_fits(page, "the writer's draft")
    draft = NoteVersion.objects.get()
    page = visit(cast.birgitte, reverse("note", args=[draft.pk]), PHONE)
    assert_sound(page, "the draft of another")
    button = page.get_by_role("button", name="Udgiv udgave 1")
    assert button.bounding_box()["y"] < page.get_by_role("article").bounding_box()["y"]
    press_tab_to(page, button, at_most=15)  # before the figures of the text, as it is seen
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Statusnotat, udgave 1")).to_be_visible()
    expect(page.get_by_text("Sekretariatet kan læse den nu.")).to_be_visible()
    assert draft.publication.by == cast.birgitte
    page = visit(cast.mette, reverse("notes"))
    expect(page.get_by_role("link", name="Udgave 1 om Børne- og Ungdomsforvaltningen")).to_be_visible()
    assert_sound(page, "the list")
    assert page.complaints == []


def test_tick_that_publishing_asks_for_stands_beside_its_words(visit, cast, monday):
    BreachReport.objects.create(incident=cast.incident, aware_at=at(2020, 1, 13), text="Breve mangler.", by=cast.mette)
    draft = take_version(cast.incident, cast.buf, cast.mette)
    page = visit(cast.birgitte, reverse("note", args=[draft.pk]), PHONE)
    tick = page.get_by_label("Jeg udgiver notatet, selv om det ikke er afklaret")
    box, words = tick.bounding_box(), page.get_by_text("selv om det ikke er afklaret").bounding_box()
    assert abs(box["y"] - words["y"]) < 40
    tick.check()
    expect(tick).to_be_checked()
    assert_sound(page, "an open question")


def test_version_shows_its_changes_and_each_number_leads_to_its_letters(visit, cast, version):
    page = visit(cast.birgitte, reverse("note", args=[version.pk]))
    assert_sound(page, "the version")
    annex = page.locator("main .annex table")
    expect(annex).to_be_hidden()
    page.emulate_media(media="print")
    expect(annex).to_be_visible()
    page.emulate_media(media="screen")
    status = page.get_by_role("table", name=re.compile("Hvor langt opfølgningen er"))
    link = status.get_by_role("row", name=re.compile("Mangler beslutning")).get_by_role("link").first
    press_tab_to(page, link, at_most=300)
    number = link.inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=number, level=1)).to_be_visible()
    assert_sound(page, "the letters behind a number")
    assert page.complaints == []


def test_text_is_edited_and_two_writers_lose_nothing(visit, cast, version):
    url = reverse("note_prose", args=[cast.buf.pk, "process"])
    page = visit(cast.mette, url, PHONE)
    field = page.get_by_label("Tekst")
    field.fill("Vi mangler {mangler-alt} breve.")
    page.get_by_role("button", name="Gem teksten").click()
    expect(page.get_by_role("alert")).to_contain_text("{mangler-alt} findes ikke")
    assert_sound(page, "a wrong field")
    page.complaints.clear()  # the browser reports the refused form
    field.fill("Vi mangler 3.500 breve.")
    page.get_by_role("button", name="Vis eksempel").click()
    example = page.get_by_role("status", name="Med tallene fra nu")
    expect(example).to_be_focused()
    expect(example).to_contain_text("3.500 er skrevet i hånden")
    assert_sound(page, "the example")
    field.fill("Udvalget får et nyt notat.")
    NoteProse.objects.create(
        incident=cast.incident, unit=cast.buf, section="process", version=1, text="Fra en anden.", by=cast.birgitte
    )
    page.get_by_role("button", name="Gem teksten").click()
    expect(page.get_by_role("heading", name="Birgitte", exact=False)).to_contain_text("har rettet teksten imens")
    expect(page.get_by_role("textbox", name="Tekst")).to_have_value("Udvalget får et nyt notat.")
    assert_sound(page, "two writers")
    page.get_by_role("button", name="Gem teksten").click()
    expect(page.get_by_text("Teksten er gemt.")).to_be_visible()
    assert [one.text for one in NoteProse.objects.order_by("version")] == [
        "Fra en anden.",
        "Udvalget får et nyt notat.",
    ]


def test_edited_document_is_checked_by_upload(visit, cast, version):
    document = render_document(version)
    page = visit(cast.mette, reverse("verify_note"), PHONE)
    page.get_by_label("Word-fil").set_input_files(word_file(document))
    page.get_by_role("button", name="Kontrollér notatet").click()
    verdict = page.get_by_role("status", name="Ingen tal er rettet.", exact=True)
    expect(verdict).to_be_focused()
    expect(verdict).to_contain_text(re.compile(r"Vi har sammenlignet \d+ steder med tal"))
    assert_fits(page, "all figures right")
    changed, _ = edit(edit(document, "digit_changed", 1)[0], "number_typed", 1)
    page.get_by_label("Word-fil").set_input_files(word_file(changed))
    page.get_by_role("button", name="Kontrollér notatet").click()
    expect(page.get_by_role("status", name="Ét tal er rettet, ét er skrevet i hånden.")).to_be_focused()
    expect(page.get_by_role("table", name="Rettede tal").get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("heading", name="Tal skrevet i hånden")).to_be_visible()
    assert_sound(page, "wrong figures")
    assert page.complaints == []
    page.get_by_label("Word-fil").set_input_files(word_file(b"hej"))
    page.get_by_role("button", name="Kontrollér notatet").click()
    expect(page.get_by_role("alert")).to_contain_text("Filen er ikke et Word-dokument")
    assert_fits(page, "no document")


def test_template_is_replaced_by_upload(visit, cast, monday):
    page = visit(cast.mette, reverse("note_template"), PHONE)
    own = OWN_TEMPLATE.read_bytes()
    faulty = rewrite(own, parts={"word/document.xml": lambda xml: xml.replace("{{p notat }}", "Notatet")})
    page.get_by_label("Word-fil").set_input_files(word_file(faulty))
    page.get_by_role("button", name="Skift skabelon").click()
    expect(page.get_by_role("alert")).to_contain_text("Felter, der mangler: notat")
    assert_sound(page, "a faulty template")
    page.get_by_label("Word-fil").set_input_files(word_file(own, "kontorets.docx"))
    page.get_by_role("button", name="Skift skabelon").click()
    expect(page.get_by_text("kontorets.docx gælder")).to_be_visible()


def test_draft_is_made_and_checked_without_scripts(visit_without_scripts, cast, monday):
    page = visit_without_scripts(cast.mette, reverse("notes"))
    page.get_by_label("Notatet handler om").select_option("Børne- og Ungdomsforvaltningen")
    page.get_by_role("button", name="Lav kladden").click()
    expect(page.get_by_role("heading", name="Statusnotat, kladde til udgave 1")).to_be_visible()
    page.get_by_label("Word-fil").set_input_files(word_file(render_document(NoteVersion.objects.get())))
    page.get_by_role("button", name="Kontrollér notatet").click()
    expect(page.get_by_role("heading", name="Ingen tal er rettet.", exact=True)).to_be_visible()


def test_paper_has_unit_time_page_numbers_and_nothing_to_press(visit, cast, monday):
    version = take_version(cast.incident, cast.buf, cast.mette)
    publish_version(version, cast.birgitte)
    page = visit(cast.birgitte, reverse("note", args=[version.pk]))
    head = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--print-head')")
    assert "Statusnotat, udgave 1 · Børne- og Ungdomsforvaltningen · Tallene er fra mandag den 13. januar 2020" in head
    pdf = page.pdf(**PAPER)
    assert len(re.findall(rb"/Type /Page\n", pdf)) >= 2
    sizes = {tuple(float(n) for n in box.split()) for box in re.findall(rb"/MediaBox \[([\d. ]+)\]", pdf)}
    assert {(round(width), round(height)) for _, _, width, height in sizes} == {(595, 842)}
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 640, "height": 900})  # A4 between its margins
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    for name in ("Kontrollér notatet", "Hent som Word"):
        expect(page.get_by_text(name, exact=True)).to_be_hidden()
