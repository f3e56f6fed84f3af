"""What a screen reader and the keyboard meet on the way through the main tasks: names, focus, and the key Enter."""

import re
from datetime import date

import pytest
from playwright.sync_api import expect

from followups import services
from followups.models import FollowUp
from sepo_incident.accounts.models import User
from tests.factories import at
from tests.fixtures_browser import press_tab_to
from tests.followups.decision_answers import RESENT, followup_of
from tests.followups.many_letters import create_many_letters

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.usefixtures("monday")]


@pytest.fixture
def sent(cast):
    letters = [cast.soon, cast.plain, cast.untitled]
    for letter in letters:
        services.decide(letter, RESENT, cast.karen, version=0)
    return letters


def statuses(letters) -> list[str]:
    return [followup_of(letter).status for letter in letters]


def test_enter_in_the_proof_acts_on_the_ticked_letters(visit, cast, page, sent):
    visit(cast.karen, "/mine-breve/")
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


def test_enter_on_a_ticked_decision_confirms_that_one(visit, cast, page, sent):
    visit(cast.jens, f"/enhed/{cast.svalevej.pk}/")
    turn = page.get_by_role("region", name="Din tur")
    press_tab_to(page, turn.get_by_role("checkbox", name="Vælg Pjece: Velkommen i 0. klasse, Karen Bülow Møller"))
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status", name="Du har bekræftet 1 brev.")).to_be_focused()
    assert statuses(sent) == ["DONE", "CONFIRMED", "DONE"]
    page.reload()
    expect(turn.get_by_role("button", name="Fortryd bekræftelsen af 1 brev")).to_be_visible()


def test_links_say_where_they_lead(visit, cast, page, sent):
    visit(cast.karen, "/mine-breve/")
    status = page.get_by_role("complementary", name="Status og hjælp")
    for link in status.get_by_role("listitem").get_by_role("link").all():
        expect(link).to_have_accessible_name(re.compile(r"^\D+: \d+ af \d+$"))


def test_calls_say_whom(visit, cast, page, monday):
    create_many_letters(cast.incident, cast.area, units=8, letters=120)
    User.objects.update(phone="7080 0001")
    monday.move_to(at(2020, 1, 16, 10, 0))
    visit(cast.birgitte, f"/enhed/{cast.area.pk}/")
    call = page.get_by_role("region", name=re.compile("^Ring til")).get_by_role("listitem").first
    who = call.locator("strong").inner_text()
    expect(call.get_by_role("link", name=re.compile(r"^Ring til .+, 7080 0001$"))).to_be_visible()
    expect(call.get_by_role("link", name=re.compile(rf"^Vis .*: {re.escape(who)}$"))).to_be_visible()


def test_saved_letter_is_named_when_it_takes_the_focus(visit, cast, page):
    services.decide(cast.plain, RESENT, cast.karen, version=0)
    visit(cast.karen, f"/brev/{cast.soon.pk}/?gemt={cast.plain.pk}")
    expect(page.get_by_role("status", name=re.compile("^Gemt: Pjece: Velkommen"))).to_be_focused()
    buttons = page.get_by_role("button", name="Kopiér udkastet")
    for button in buttons.all():
        expect(button).to_have_accessible_description(re.compile("^(Samme brev igen|Nyt brev)$"))


def test_letters_of_a_job_stay_in_its_box(visit, cast, page, monday):
    cast.passed.subject = "Indkaldelse til uddannelsesparathedsvurdering"
    cast.passed.save()
    FollowUp.objects.filter(letter=cast.passed).update(due_on=date(2019, 12, 23))
    visit(cast.karen, "/mine-breve/")
    job = page.get_by_role("form", name=re.compile("^Tag stilling"))
    expect(job.get_by_text("Passeret 23. december")).to_be_visible()
    assert job.evaluate("form => form.scrollWidth <= form.clientWidth")
