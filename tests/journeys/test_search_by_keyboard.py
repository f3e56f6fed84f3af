"""Jens finds Karen by the search in the header, on a phone by keyboard, and reads her page. No text is stored."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from sepo_incident.accounts.models import User
from tests.fixtures_browser import PHONE, assert_fits, assert_sound

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_jens_finds_karen_by_keyboard(visitor, sign_in, tab_to, cast, monday):
    User.objects.filter(pk=cast.karen.pk).update(phone="7080 1234")
    visitor.set_viewport_size({"width": PHONE, "height": 844})
    sign_in(cast.jens, reverse("board", args=[cast.svalevej.pk]))

    tab_to(visitor.get_by_role("link", name="Søg efter person, brev eller enhed")).press("Enter")
    field = visitor.get_by_role("searchbox", name="Søg efter person, brev eller enhed")
    expect(field).to_be_focused()
    field.press_sequentially("skole")
    expect(visitor.locator("#fundet")).to_contain_text("1 fund. Vi gemmer ikke, hvad du søger efter.")
    field.fill("møl kar")
    person = visitor.locator("#fundet").get_by_role("link", name=re.compile("Karen Bülow Møller"))
    expect(person).to_contain_text("5 breve")
    expect(person.locator("mark")).to_have_text(["Kar", "Møl"])
    expect(visitor.locator("#sagt")).to_contain_text("1 fund.")
    assert_sound(visitor, "what is found")

    visitor.keyboard.press("ArrowDown")
    expect(person).to_be_focused()
    visitor.keyboard.press("ArrowUp")
    expect(field).to_be_focused()
    visitor.keyboard.press("Escape")
    expect(person).to_have_count(0)
    expect(field).to_be_focused()
    field.press("Enter")
    expect(visitor.get_by_role("heading", name="Søgning")).to_be_visible()
    expect(visitor).to_have_url(re.compile(r"/soeg/$"))
    assert_fits(visitor, "the page of hits")
    assert visitor.evaluate("JSON.stringify(sessionStorage) + JSON.stringify(localStorage)").count("møl") == 0

    tab_to(visitor.locator("main").get_by_role("link", name=re.compile("Karen Bülow Møller"))).press("Enter")
    expect(visitor.get_by_role("heading", name="Karen Bülow Møller")).to_be_visible()
    expect(visitor.get_by_role("link", name="Skriv til Karen")).to_have_attribute("href", f"mailto:{cast.karen.email}")
    assert_sound(visitor, "a person")
    visitor.go_back(wait_until="commit")  # the page searches again, without the browser asking first
    expect(visitor.locator("main").get_by_role("link", name=re.compile("Karen Bülow Møller"))).to_be_visible()
    expect(field).to_have_value("møl kar")
    expect(visitor).to_have_url(re.compile(r"/soeg/$"))
    # the search that runs again takes the place of the way forward, or not, as the browser likes
    tab_to(visitor.locator("main").get_by_role("link", name=re.compile("Karen Bülow Møller"))).press("Enter")
    tab_to(visitor.get_by_role("link", name="Mangler beslutning 5")).press("Enter")
    expect(visitor).to_have_url(re.compile(r"vis=LACKS_DECISION"))
    tab_to(visitor.get_by_role("link", name="Svalevejens Skole").first).press("Enter")
    tab_to(visitor.get_by_role("link", name="Om enheden")).press("Enter")
    expect(visitor.get_by_role("heading", name="Personer i enheden")).to_be_visible()


def test_words_are_there_after_a_hit_and_an_ended_session_is_told(visitor, sign_in, cast, monday):
    sign_in(cast.birgitte, reverse("boards"))
    expect(visitor.get_by_role("heading", name=cast.buf.name)).to_be_visible()
    visitor.wait_for_load_state()
    field, found = visitor.get_by_role("searchbox"), visitor.locator("#fundet")
    field.press_sequentially("øster")
    found.get_by_role("link", name=re.compile("Anne Østergaard")).click()
    expect(visitor.get_by_role("heading", name="Anne Østergaard")).to_be_visible()
    visitor.go_back()
    expect(field).to_have_value("øster")
    expect(found.get_by_role("link")).to_have_text([re.compile("Anne Østergaard")])
    visitor.context.clear_cookies(name="sepo_session")
    field.press_sequentially("g")
    expect(found).to_contain_text("Du er logget ud.")
    found.get_by_role("link", name="Log ind igen").click()
    expect(visitor).to_have_url(re.compile(r"/log-ind/\?next="))
    assert [one for one in visitor.complaints if "401" not in one] == []
    visitor.complaints.clear()


def test_search_works_without_scripts(visit_without_scripts, cast):
    page = visit_without_scripts(cast.birgitte, reverse("guide"))
    page.get_by_role("searchbox", name="Søg efter person, brev eller enhed").fill("anne")
    page.get_by_role("button", name="Søg", exact=True).click()
    page.locator("main").get_by_role("link", name=re.compile("Anne Østergaard")).click()
    expect(page.get_by_role("heading", name="Anne Østergaard")).to_be_visible()
