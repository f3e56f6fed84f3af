"""*Min enhed*, *Henvendelser* and *Mine breve* in a real Chromium: axe, a phone, keyboard only."""

import re

import pytest
from playwright.sync_api import expect

from followups import services
from followups.models import Escalation, FollowUp
from followups.models.answers import HELP, DecisionAnswers
from tests.fixtures_browser import PHONE, assert_sound, press_tab_to
from tests.followups.decision_answers import HARM_HANDLED, RESENT
from tests.followups.many_letters import create_many_letters

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.usefixtures("monday")]

#: the states of each template that show most of it
PAGES = [
    ("olga", "/enheder/"),
    ("birgitte", "/enhed/{area}/?status=DONE"),
    ("mette", "/enhed/{root}/tal/"),
    ("birgitte", "/enhed/{area}/personer/"),
    ("birgitte", "/enhed/{area}/emner/"),
    ("birgitte", "/enhed/{area}/alle-tal/"),
    ("birgitte", "/enhed/{area}/enheder/?vis=begun"),
    ("birgitte", "/enhed/{buf}/konsekvenser/?state=handled"),
    ("mette", "/enhed/{root}/mails/"),
    ("birgitte", "/enhed/{area}/bekraeft/?alle=1"),
    ("pia", "/henvendelser/{free}/"),
]


@pytest.fixture
def busy(cast):
    """Letters in every status, one question owned by Pia and one without an owner."""
    create_many_letters(cast.incident, cast.area, units=4, letters=40)
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
    expect(page.locator("summary").filter(has_text="Filtre (2)")).to_be_visible()


def test_numbers_are_fetched_anew_but_not_while_somebody_reads_them(cast, visit, page):
    page.clock.install()
    visit(cast.jens, f"/enhed/{cast.svalevej.pk}/tal/")
    undecided = page.locator(".turns li").filter(has_text="mangler beslutning")
    expect(undecided).to_contain_text("5")
    services.decide(cast.plain, RESENT, cast.karen, 0)
    page.locator(".turns a").first.focus()
    page.clock.fast_forward(61_000)
    expect(undecided).to_contain_text("5")
    page.get_by_role("link", name="Tal", exact=True).focus()
    with page.expect_response(lambda answer: answer.url.endswith("/tal/")):
        page.clock.fast_forward(61_000)
    expect(undecided).to_contain_text("4")
    assert page.evaluate("document.activeElement.textContent") == "Tal", "the focus stays"


def test_desk_shows_the_case_first_and_the_focus_follows(busy, visit, page):
    def at_the_case(words):
        expect(page.locator("#sag")).to_contain_text(words)
        expect(page.locator("#sag:focus, #sag :focus")).to_have_count(1)

    visit(busy.pia, f"/henvendelser/{busy.mine.pk}/", PHONE)
    case, queue = page.locator("#sag"), page.locator("section:has(> #koe)")
    assert case.bounding_box()["y"] < 300
    expect(queue).to_be_hidden()
    expect(page.get_by_role("button", name="Gem noten")).to_be_hidden()
    page.get_by_label("Intern note").check(force=True)
    expect(page.get_by_role("button", name="Send svaret, og luk henvendelsen")).to_be_hidden()
    page.get_by_role("textbox").fill("Spurgt videre.")
    page.get_by_role("button", name="Gem noten").click()
    at_the_case("Noten er gemt.")
    page.get_by_label("Tekst").fill("Send det sidste.")
    page.get_by_role("button", name="Send svaret, og luk henvendelsen").click()
    at_the_case("Svaret er sendt")
    page.get_by_role("link", name="Næste henvendelse (1 uden ejer)").click()
    expect(page.get_by_role("button", name="Tag henvendelsen").first).to_be_visible()
    page.get_by_role("link", name="Til køen").click()
    expect(queue).to_be_visible()
    expect(case).to_be_hidden()


def test_enter_in_the_proof_leads_to_what_is_missing(cast, visit, page):
    for letter in (cast.soon, cast.plain, cast.untitled):
        services.decide(letter, RESENT, cast.karen, version=0)
    visit(cast.karen, "/mine-breve/", PHONE)
    assert_sound(page, "my letters")
    job = page.get_by_role("form", name=re.compile("^Vis, at 3 breve"))
    job.locator("summary").click()
    press_tab_to(page, job.get_by_role("textbox", name="Dag"))
    page.keyboard.press("Enter")
    summary = page.get_by_role("alert", name="Der er to ting at rette")
    expect(summary).to_be_focused()
    press_tab_to(page, summary.get_by_role("link", name="Sæt kryds ved de breve, beviset viser."))
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(job.get_by_role("checkbox").first).to_be_focused()
