"""Letter, board and *Mine breve* on paper, in a real Chromium: head, page numbers, the whole list."""

import pytest
from playwright.sync_api import expect

from followups import services
from tests.factories import FollowUpFactory, LetterFactory
from tests.followups.decision_answers import HARM_HANDLED, RESENT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.usefixtures("monday")]

HEAD = "Svalevejens Skole · {} · Hentet mandag den 13. januar 2020 kl. 10.00"


def add_letters(cast, count: int) -> None:
    for _ in range(count):
        FollowUpFactory(letter=LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens))


def printed_head(page) -> str:
    return page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--print-head')")


def test_the_board_prints_all_letters_of_the_filter(visit, cast, page):
    page.add_init_script("window.printed = 0; window.print = () => { window.printed += 1; };")
    add_letters(cast, 28)
    visit(cast.jens, f"/enhed/{cast.svalevej.pk}/?status=ALL&page=2")
    page.get_by_role("link", name="Udskriv").click()
    page.wait_for_url("**udskriv=1")
    table = page.get_by_role("table", name="Enhedens breve")
    expect(table.get_by_role("row")).to_have_count(1 + 33)
    page.wait_for_load_state()
    assert page.evaluate("window.printed") == 1
    assert HEAD.format(cast.incident.title) in printed_head(page)
    assert "udskriv" not in table.locator("tbody").get_by_role("link").first.get_attribute("href")
    page.emulate_media(media="print")
    to_press = page.locator("main :is(a, button) >> visible=true")
    outside = "all => all.map(one => !!one.closest('table, .pills, h2, .when, .followed-up'))"
    assert set(to_press.evaluate_all(outside)) == {True}
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Tilbage til siden").click()
    page.wait_for_url(lambda url: "udskriv" not in url)
    page.go_back()
    page.wait_for_load_state()
    assert page.evaluate("window.printed") == 0


def test_printed_letter_has_its_history_and_nothing_to_press(visit, cast, page):
    services.decide(cast.passed, HARM_HANDLED, cast.karen, version=0)
    visit(cast.jens, f"/brev/{cast.passed.pk}/")
    advice = page.get_by_text("Den kan rettes bagefter, men kun med en begrundelse.")
    expect(advice).to_be_visible()
    page.emulate_media(media="print")
    expect(advice).to_be_hidden()
    to_press = page.locator("main :is(a, button) >> visible=true")
    assert set(to_press.all_inner_texts()) <= {cast.passed.subject}
    expect(page.locator("#forloeb li").last).to_be_visible()
    visit(cast.karen, f"/brev/{cast.plain.pk}/")
    page.wait_for_load_state("networkidle")
    assert HEAD.format(cast.incident.title) in printed_head(page)
    expect(page.locator("main :is(form, input, textarea, .lead) >> visible=true")).to_have_count(0)
    assert page.pdf(format="A4").count(b"/Type /Page\n") == 1
    rules = page.evaluate(
        "[...document.styleSheets].flatMap(sheet => [...sheet.cssRules])"
        ".filter(rule => rule instanceof CSSPageRule).map(rule => rule.cssText).join()"
    )
    assert '"Side " counter(page) " af " counter(pages)' in rules


def test_my_letters_prints_each_letter_once(visit, cast, page):
    services.decide(cast.plain, RESENT, cast.karen, version=0)
    visit(cast.karen, "/mine-breve/?udskriv=1")
    table = page.get_by_role("table", name="Alle dine breve")
    expect(table.locator("tr:not(.group) th.main")).to_have_count(5)
    page.wait_for_load_state("networkidle")  # the next reminder loads later
    page.emulate_media(media="print")
    expect(page.locator("main :is(p, aside) a >> visible=true")).to_have_count(0)
