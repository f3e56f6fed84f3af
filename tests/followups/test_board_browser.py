"""*Min enhed*, *Eskaleringer* and *Hændelsen* in a real Chromium: axe, a phone, keyboard alone, no script, print."""

import re

import pytest
from playwright.sync_api import expect

from followups import services
from followups.models import Escalation, FollowUp
from followups.models.answers import HELP, DecisionAnswers
from tests.fixtures_browser import assert_sound
from tests.followups.crowd import gather
from tests.followups.test_pages_browser import press_until
from tests.followups.test_services import SENT_AGAIN

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.usefixtures("monday")]

PAGES = [
    ("birgitte", "/enheder/"),
    ("jens", "/enheder/?status=DONE"),
    ("jens", "/enhed/{svalevej}/?status=DONE"),
    ("birgitte", "/enhed/{area}/bekraeft/?alle=1"),
    ("jens", "/enhed/{svalevej}/bekraeft/"),
    ("jens", "/enhed/{svalevej}/?words=findes+ikke&status=OPEN"),
    ("mette", "/enhed/{root}/"),
    ("olga", "/enheder/"),
    ("pia", "/eskaleringer/"),
    ("pia", "/eskaleringer/{mine}/"),
    ("pia", "/eskaleringer/{free}/"),
    ("mette", "/haendelse/"),
]


@pytest.fixture
def busy(cast):
    """Letters in every status, one question that is pia's and one that nobody has taken."""
    gather(cast.incident, cast.area, units=8, letters=120)
    services.decide(cast.plain, SENT_AGAIN, cast.karen, 0)
    for letter in (cast.untitled, cast.soon):
        services.decide(letter, DecisionAnswers(remedy=HELP, question="Jeg kan ikke finde mailen."), cast.karen, 0)
    cast.mine, cast.free = Escalation.objects.order_by("pk")
    services.take_escalation(cast.mine, by=cast.pia)
    services.add_note(cast.mine, "De to breve har samme kode.", by=cast.pia)
    return cast


def address(stage, path):
    return path.format(**{name: thing.pk for name, thing in vars(stage).items() if hasattr(thing, "pk")})


@pytest.mark.parametrize(("person", "path"), PAGES)
def test_accessible_and_no_wider_than_the_screen(busy, visit, person, path):
    assert_sound(visit(getattr(busy, person), address(busy, path)), path)


def test_the_leader_confirms_by_keyboard_alone(busy, visit, page):
    visit(busy.jens, f"/enhed/{busy.svalevej.pk}/?status=DONE")
    press_until(page, page.get_by_role("checkbox", name=re.compile("^Vælg Pjece")))
    page.keyboard.press("Space")
    expect(page.get_by_text("1 brev er valgt.")).to_be_visible()
    press_until(page, page.get_by_role("button", name="Bekræft det valgte brev"))
    page.keyboard.press("Enter")
    press_until(page, page.get_by_role("button", name="Bekræft 1 brev"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Du har bekræftet 1 brev.")).to_be_in_viewport()
    expect(page.get_by_role("status").filter(has_text="Du har bekræftet 1 brev.")).to_be_focused()
    assert FollowUp.objects.get(letter=busy.plain).status == "CONFIRMED"


def test_from_the_banner_one_comes_to_where_it_is_confirmed_and_from_a_number_to_letters(busy, visit, page):
    visit(busy.jens, f"/enhed/{busy.svalevej.pk}/", 390)
    filters = page.get_by_role("search", name="Find breve")
    expect(filters).to_be_visible()
    page.get_by_role("link", name="1 beslutning venter på din bekræftelse").press("Enter")
    expect(page.get_by_role("heading", name="Bekræft 1 brev")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Bekræft 1 brev")).to_be_visible()
    page.get_by_role("link", name="Tilbage uden at bekræfte").press("Enter")
    expect(filters).to_be_hidden()
    page.locator("summary").filter(has_text="Filtre (1)").press("Enter")
    expect(filters).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 844})
    expect(page.locator("summary").filter(has_text="Filtre (1)")).to_be_hidden()
    expect(filters).to_be_visible()


def test_on_a_phone_the_tables_fold_after_five_rows(busy, visit, page):
    visit(busy.birgitte, f"/enhed/{busy.area.pk}/", 390)
    rows = page.get_by_role("table", name=re.compile("^Underenheder med antal")).locator("tbody tr")
    assert [rows.nth(n).is_visible() for n in range(rows.count())] == [n < 5 for n in range(rows.count())]
    assert rows.count() > 5
    page.get_by_text(f"Vis {rows.count()} enheder").click()
    expect(rows.last).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 844})
    expect(rows.last).to_be_visible()


def test_on_a_phone_all_people_stand_open_and_links_lead_down(busy, visit, page):
    visit(busy.birgitte, f"/enhed/{busy.area.pk}/?people=alle", 390)
    people = page.get_by_role("table", name=re.compile("^Medarbejdere")).locator("tbody tr")
    assert people.count() > 10
    expect(people.last).to_be_visible()
    page.get_by_role("link", name="Breve", exact=True).click()
    expect(page.get_by_role("heading", name="Breve", exact=True)).to_be_in_viewport()


def test_the_bar_covers_nothing_until_something_is_chosen(busy, visit, page):
    visit(busy.birgitte, f"/enhed/{busy.area.pk}/?status=MINE")
    bar = page.locator(".bulk")
    assert bar.evaluate("bar => getComputedStyle(bar).position") == "static"
    page.get_by_role("checkbox").first.check(force=True)
    assert bar.evaluate("bar => getComputedStyle(bar).position") == "sticky"


@pytest.mark.parametrize("width", [1280, 390])
def test_a_letter_just_chosen_is_not_behind_the_bar(busy, visit, page, width):
    """By keyboard, with the row at the very bottom of the window."""
    visit(busy.birgitte, f"/enhed/{busy.area.pk}/?status=MINE", width)
    box = page.get_by_role("checkbox").nth(12)
    box.focus()
    box.evaluate("box => { scrollTo(0, 0); box.closest('tr').scrollIntoView({ block: 'end' }); }")
    page.keyboard.press("Space")
    bottom = box.evaluate("box => box.closest('td').getBoundingClientRect().bottom")
    bar = page.locator(".bulk").bounding_box()
    assert bottom <= bar["y"] + 1
    assert bottom <= page.viewport_size["height"]


def test_an_internal_note_has_its_own_button(busy, visit, page):
    visit(busy.pia, f"/eskaleringer/{busy.mine.pk}/")
    expect(page.get_by_role("button", name="Gem noten")).to_be_hidden()
    page.get_by_label("Intern note").check(force=True)
    expect(page.get_by_role("button", name="Send svar, og giv brevet tilbage")).to_be_hidden()
    page.get_by_role("textbox").fill("Spurgt videre.")
    page.get_by_role("button", name="Gem noten").click()
    expect(page.get_by_text("Noten er gemt.")).to_be_in_viewport()
    assert busy.mine.entries.filter(kind="NOTE", text="Spurgt videre.").exists()


@pytest.mark.parametrize(("person", "path"), [("birgitte", "/enhed/{area}/"), ("jens", "/enhed/{svalevej}/")])
def test_the_button_of_the_filters_stands_beside_the_last_of_them(busy, visit, page, person, path):
    """Looked at in one moment: the next reminder still comes, and moves what is below it."""
    visit(getattr(busy, person), address(busy, path))
    bottoms = page.locator(".filters").evaluate(
        "filters => [[...filters.querySelectorAll('select')].at(-1), filters.querySelector('button')]"
        ".map(part => Math.round(part.getBoundingClientRect().bottom))"
    )
    assert bottoms[0] == bottoms[1]


def test_paper_has_the_numbers_and_none_of_the_controls(busy, visit, page):
    visit(busy.jens, f"/enhed/{busy.svalevej.pk}/?status=DONE", 718)
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="Når I det?")).to_be_visible()
    expect(page.get_by_role("table", name="Enhedens breve")).to_be_visible()
    for hidden in (".filters", ".bulk", ".site-nav", "button[data-print]"):
        expect(page.locator(hidden).first).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 718
    wide = "words => [...words].filter(word => word.scrollWidth > word.parentElement.clientWidth).length"
    assert page.locator(".tile-link span").evaluate_all(wide) == 0
