"""*Min enhed*, *Henvendelser* and *Hændelsen* in a real Chromium: axe, a phone, keyboard only, no script, print."""

import re

import pytest
from playwright.sync_api import expect

from followups import services
from followups.models import Escalation, FollowUp
from followups.models.answers import HELP, DecisionAnswers
from tests.factories import FollowUpFactory, LetterFactory
from tests.fixtures_browser import assert_sound, press_tab_to
from tests.followups.decision_answers import HARM_HANDLED, RESENT
from tests.followups.many_letters import create_many_letters

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.usefixtures("monday")]

#: the states of each template that show most of it
PAGES = [
    ("olga", "/enheder/"),
    ("mette", "/enhed/{root}/"),
    ("mette", "/enhed/{root}/tal/"),
    ("birgitte", "/enhed/{area}/personer/"),
    ("birgitte", "/enhed/{area}/emner/"),
    ("birgitte", "/enhed/{area}/alle-tal/"),
    ("birgitte", "/enhed/{area}/enheder/?vis=begun"),
    ("birgitte", "/enhed/{buf}/konsekvenser/?state=handled"),
    ("mette", "/enhed/{root}/mails/"),
    ("jens", "/enhed/{svalevej}/?status=DONE"),
    ("jens", "/enhed/{svalevej}/?words=findes+ikke&status=OPEN"),
    ("birgitte", "/enhed/{area}/bekraeft/?alle=1"),
    ("pia", "/henvendelser/{mine}/"),
    ("pia", "/henvendelser/{free}/"),
]


@pytest.fixture
def busy(cast):
    """Letters in every status, one question owned by Pia and one without an owner."""
    create_many_letters(cast.incident, cast.area, units=8, letters=120)
    services.decide(cast.plain, RESENT, cast.karen, 0)
    services.decide(cast.annes, HARM_HANDLED, cast.anne, 0)
    for letter in (cast.untitled, cast.soon):
        services.decide(letter, DecisionAnswers(remedy=HELP, question="Jeg kan ikke finde mailen."), cast.karen, 0)
    cast.mine, cast.free = Escalation.objects.order_by("pk")
    services.take_escalation(cast.mine, by=cast.pia)
    services.add_note(cast.mine, "De to breve har samme kode.", by=cast.pia)
    return cast


def page_path(stage, path):
    return path.format(**{name: thing.pk for name, thing in vars(stage).items() if hasattr(thing, "pk")})


def test_pages_are_accessible_and_fit_the_screen(busy, visit):
    for person, path in PAGES:
        assert_sound(visit(getattr(busy, person), page_path(busy, path)), path)


def test_the_leader_confirms_by_keyboard_alone(busy, visit, page):
    visit(busy.jens, f"/enhed/{busy.svalevej.pk}/")
    turn = page.get_by_role("region", name="Din tur")
    press_tab_to(page, turn.get_by_role("checkbox", name=re.compile("^Vælg Pjece")))
    page.keyboard.press("Space")
    expect(turn.get_by_text("1 af 1 er valgt.")).to_be_visible()
    press_tab_to(page, turn.get_by_role("button", name="Bekræft den valgte"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Du har bekræftet 1 brev.")).to_be_in_viewport()
    expect(page.get_by_role("status").filter(has_text="Du har bekræftet 1 brev.")).to_be_focused()
    assert FollowUp.objects.get(letter=busy.plain).status == "CONFIRMED"


def test_phone_shows_the_turn_first_and_folds_the_filters(busy, visit, page):
    visit(busy.jens, f"/enhed/{busy.svalevej.pk}/", 390)
    expect(page.get_by_role("heading", name="Bekræft 1 beslutning")).to_be_in_viewport()
    filters = page.get_by_role("search", name="Find breve")
    expect(filters).to_be_hidden()
    page.locator("summary").filter(has_text="Filtre").press("Enter")
    expect(filters).to_be_visible()
    filters.get_by_label("Emne, navn, enhed eller sagsnummer").fill("Pjece")
    filters.get_by_role("button", name="Vis").press("Enter")
    expect(page.locator("summary").filter(has_text="Filtre (1)")).to_be_visible()


def test_board_of_a_school_takes_three_phone_screens(cast, visit, page):
    """29 letters: nine wait for the leader, and twenty for their senders."""
    for number in range(24):
        letter = LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens, unit=cast.svalevej)
        FollowUpFactory(letter=letter)
        if number < 9:
            services.decide(letter, RESENT, cast.karen, 0)
    visit(cast.jens, f"/enhed/{cast.svalevej.pk}/", 390)
    assert page.evaluate("document.documentElement.scrollHeight") <= 3 * 844
    rows = page.get_by_role("table", name="Enhedens breve").locator("tbody tr")
    expect(rows.nth(5)).to_be_hidden()
    page.get_by_text("Vis 20 breve").click()
    expect(rows.last).to_be_visible()


def test_bulk_bar_sticks_when_a_letter_is_selected_and_covers_none(busy, visit, page):
    """The keyboard selects a row at the bottom of the window."""
    for width, position in ((1280, "sticky"), (390, "static")):
        visit(busy.birgitte, f"/enhed/{busy.area.pk}/?status=MINE", width)
        bar = page.get_by_role("group", name="Valgte breve")
        expect(bar).to_have_css("position", "static")
        if width < 767:
            page.locator("summary").filter(has_text=re.compile(r"^Vis \d+ breve")).click()
        box = page.get_by_role("table", name="Enhedens breve").get_by_role("checkbox").nth(12)
        box.focus()
        box.evaluate("box => { scrollTo(0, 0); box.closest('tr').scrollIntoView({ block: 'end' }); }")
        page.keyboard.press("Space")
        expect(bar).to_have_css("position", position)
        bottom = box.evaluate("box => box.closest('td').getBoundingClientRect().bottom")
        assert bottom <= bar.bounding_box()["y"] + 1
        assert bottom <= page.viewport_size["height"]


def test_an_internal_note_has_its_own_button(busy, visit, page):
    visit(busy.pia, f"/henvendelser/{busy.mine.pk}/")
    expect(page.get_by_role("button", name="Gem noten")).to_be_hidden()
    page.get_by_label("Intern note").check(force=True)
    expect(page.get_by_role("button", name="Send svaret, og luk henvendelsen")).to_be_hidden()
    page.get_by_role("textbox").fill("Spurgt videre.")
    page.get_by_role("button", name="Gem noten").click()
    expect(page.get_by_text("Noten er gemt.")).to_be_in_viewport()
    assert busy.mine.entries.filter(kind="NOTE", text="Spurgt videre.").exists()


def test_printed_board_has_numbers_and_no_controls(busy, visit, page):
    board = f"/enhed/{busy.svalevej.pk}/"
    for path, shown in (
        (f"{board}tal/", page.get_by_role("heading", name="Fremdrift")),
        (board, page.get_by_role("table", name="Enhedens breve")),
    ):
        visit(busy.jens, path, 718)
        page.emulate_media(media="print")
        expect(shown).to_be_visible()
        for hidden in (".filters", ".bulk", ".site-nav", "button[data-print]"):
            for part in page.locator(hidden).all():
                expect(part).to_be_hidden()
        assert page.evaluate("document.documentElement.scrollWidth") <= 718
        wide = "words => [...words].filter(word => word.scrollWidth > word.parentElement.clientWidth).length"
        assert page.locator(".tile-link span").evaluate_all(wide) == 0


def test_numbers_are_fetched_anew_but_not_while_somebody_reads_them(cast, visit, page):
    page.clock.install()
    visit(cast.jens, f"/enhed/{cast.svalevej.pk}/tal/")
    undecided = page.locator(".tiles li").first
    expect(undecided).to_contain_text("5")
    services.decide(cast.plain, RESENT, cast.karen, 0)
    page.locator(".tiles a").first.focus()
    page.clock.fast_forward(61_000)
    expect(undecided).to_contain_text("5")
    page.get_by_role("link", name="Tal", exact=True).focus()
    with page.expect_response(lambda answer: answer.url.endswith("/tal/")):
        page.clock.fast_forward(61_000)
    expect(undecided).to_contain_text("4")
    assert page.evaluate("document.activeElement.textContent") == "Tal", "the focus stays"
