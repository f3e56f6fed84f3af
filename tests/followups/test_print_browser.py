"""Letter, board and *Mine breve* on paper, in a real Chromium: head, page numbers, the whole list, no lone line."""

import re
import zlib

import pytest
from playwright.sync_api import expect

from followups import services
from followups.boards import views
from tests.factories import FollowUpFactory, LetterFactory
from tests.followups.decision_answers import RESENT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.usefixtures("monday")]

HEAD = "Svalevejens Skole · {} · Hentet mandag den 13. januar 2020 kl. 10.00"
#: Page numbers and head in the margins, and the heads of the columns.
TEXTS_OF_A_PAGE = 8
TEXTS_OF_A_ROW = 4


def add_letters(cast, count: int) -> None:
    for _ in range(count):
        FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens))


def texts_on_pages(pdf: bytes) -> list[int]:
    """Return how many pieces of text each page of Chromium's PDF has."""
    contents = re.findall(rb"/Type /Page\n.*?/Contents (\d+) 0 R", pdf, re.DOTALL)
    streams = [re.search(rb"\n%s 0 obj\n.*?stream\n(.*?)\nendstream" % number, pdf, re.DOTALL) for number in contents]
    return [zlib.decompress(stream[1]).count(b"BT\n") for stream in streams if stream]


def printed_head(page) -> str:
    return page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--print-head')")


@pytest.fixture
def watch_print(page):
    """Count the calls of `window.print` in `window.printed`."""
    page.add_init_script("window.printed = 0; window.print = () => { window.printed += 1; };")
    return page


def test_the_board_prints_all_letters_of_the_filter(visit, cast, watch_print):
    add_letters(cast, 28)
    page = visit(cast.jens, f"/enhed/{cast.svalevej.pk}/?status=ALL&page=2")
    page.get_by_role("link", name="Udskriv").click()
    page.wait_for_url("**udskriv=1")
    table = page.get_by_role("table", name="Enhedens breve")
    expect(table.get_by_role("row")).to_have_count(1 + 33)
    page.wait_for_load_state()
    assert page.evaluate("window.printed") == 1
    assert HEAD.format(cast.incident.title) in printed_head(page)
    assert "udskriv" not in table.locator("tbody").get_by_role("link").first.get_attribute("href")
    page.emulate_media(media="print")
    to_press = [shown for shown in page.locator("main :is(a, button)").all() if shown.is_visible()]
    assert {shown.evaluate("e => !!e.closest('table, .pills, h2, .when')") for shown in to_press} == {True}
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Tilbage til siden").click()
    page.wait_for_url(lambda url: "udskriv" not in url)
    page.go_back()
    page.wait_for_load_state()
    assert page.evaluate("window.printed") == 0


def test_a_longer_list_says_what_is_left_out(visit, cast, page, monkeypatch):
    monkeypatch.setattr(views, "PRINTED_ROWS", 30)
    add_letters(cast, 28)
    visit(cast.jens, f"/enhed/{cast.svalevej.pk}/?status=ALL&udskriv=1")
    page.emulate_media(media="print")
    expect(page.get_by_text("Listen har 1–30 af 33 breve med.")).to_be_visible()
    expect(page.get_by_text("Viser 1–30 af 33 breve. Resten er på de andre sider")).to_be_visible()


def test_no_page_of_the_print_has_a_single_line(visit, cast, page):
    counts = []
    for _ in range(8):
        add_letters(cast, 2)
        visit(cast.karen, "/mine-breve/?udskriv=1")
        counts.append(texts_on_pages(page.pdf(prefer_css_page_size=True))[-1])
    assert min(counts) >= TEXTS_OF_A_PAGE + 3 * TEXTS_OF_A_ROW, counts


def test_my_letters_prints_each_letter_once(visit, cast, page):
    for letter in (cast.passed, cast.plain):
        services.decide(letter, RESENT, cast.karen, version=0)
    visit(cast.karen, "/mine-breve/")
    page.get_by_role("link", name="Udskriv alle 5").click()
    table = page.get_by_role("table", name="Alle dine breve")
    for letter in (cast.passed, cast.soon, cast.plain, cast.personnel):
        expect(table.get_by_role("link", name=letter.title, exact=True)).to_have_count(1)
    expect(table.locator("tr:not(.group) th.main")).to_have_count(5)
    page.wait_for_load_state("networkidle")  # the next reminder loads later
    page.emulate_media(media="print")
    assert [shown.inner_text() for shown in page.locator("main :is(p, aside) a").all() if shown.is_visible()] == []


def test_each_page_is_numbered_and_headed(visit, cast, page):
    visit(cast.karen, f"/brev/{cast.plain.pk}/")
    assert HEAD.format(cast.incident.title) in printed_head(page)
    rules = page.evaluate(
        "[...document.styleSheets].flatMap(sheet => [...sheet.cssRules])"
        ".filter(rule => rule instanceof CSSPageRule).map(rule => rule.cssText).join()"
    )
    assert '"Side " counter(page) " af " counter(pages)' in rules
    assert len(texts_on_pages(page.pdf(prefer_css_page_size=True))) == 1


def test_letter_prints_no_advice_about_its_buttons(visit, cast, page):
    services.decide(cast.plain, RESENT, cast.karen, version=0)
    visit(cast.jens, f"/brev/{cast.plain.pk}/")
    advice = page.get_by_text("Bagefter kræver en rettelse en begrundelse.")
    expect(advice).to_be_visible()
    page.emulate_media(media="print")
    expect(advice).to_be_hidden()


def test_without_script_the_first_page_has_the_head(visit_without_scripts, cast):
    page = visit_without_scripts(cast.karen, "/mine-breve/")
    head = page.get_by_text(HEAD.format(cast.incident.title))
    expect(head).to_be_hidden()
    page.emulate_media(media="print")
    expect(head).to_be_visible()
