"""A form that is sent after the session has expired: sign in, back to its page, and nothing is saved yet."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from letters.models import Letter
from sepo_incident.accounts.sign_in.sessions import NOTHING_SAVED
from tests.fixtures_browser import PHONE, assert_fits, expire_session, fill_in_sign_in

PASSWORD = "en-lang-og-god-adgangskode"
ORIGIN = "http://testserver"


@pytest.fixture
def with_password(cast):
    def give(user):
        user.set_password(PASSWORD)
        user.save()
        return user

    return give


def sign_in_at(client, url, user):
    """Sign in with a password, with what the address of the sign-in page says, and return the page that follows."""
    hidden = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    return client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD, **hidden}, follow=True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("person", "name", "page"),
    [
        ("jens", "confirm_letter", "/brev/{passed}/?fra=/enhed/{svalevej}/"),
        ("karen", "mark_done", "/mine-breve/?p=2"),
        ("karen", "letter", "/brev/{passed}/"),
    ],
)
def test_an_expired_form_leads_back_to_its_page(cast, client, with_password, person, name, page):
    user = with_password(getattr(cast, person))
    path = page.format(passed=cast.passed.pk, svalevej=cast.svalevej.pk)
    address = reverse(name, args=[cast.passed.pk])
    refused = client.post(address, {"version": 0}, headers={"Referer": ORIGIN + path})
    assert "Du var logget ud, så intet er gemt endnu." in client.get(refused.url).content.decode()
    shown = sign_in_at(client, refused.url, user)
    assert (shown.redirect_chain, shown.status_code) == ([(path, 302)], 200)
    assert shown.content.decode().count(NOTHING_SAVED) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "came_from", ["", "https://example.org/brev/1/", f"{ORIGIN}//example.org/brev/1/", "http://[::1"]
)
def test_a_foreign_page_leads_to_the_page_of_the_address(cast, client, with_password, came_from):
    refused = client.post(f"/brev/{cast.passed.pk}/sendt/", headers={"Referer": came_from})
    shown = sign_in_at(client, refused.url, with_password(cast.karen))
    assert shown.request["PATH_INFO"] == f"/brev/{cast.passed.pk}/" or shown.status_code == 404
    assert all(urlsplit(url).netloc in ("", "testserver") for url, _ in shown.redirect_chain)


@pytest.mark.django_db
def test_a_part_of_a_page_gets_no_sign_in_page_and_no_new_token(client, cast):
    path, htmx = f"/brev/{cast.passed.pk}/", {"HX-Request": "true"}
    fetched, sent = client.get(path, headers=htmx), client.post(path, headers=htmx)
    assert [answer.status_code for answer in (fetched, sent)] == [401, 401]
    assert (fetched.content, "Log ind igen</a>" in sent.text, "<form" in sent.text) == (b"", True, False)
    assert (fetched["HX-Refresh"], "HX-Refresh" in sent, dict(client.cookies)) == ("true", False, {})


def test_signing_out_after_the_session_expired_says_so(client, db):
    assert client.post(reverse("sign_out")).url == f"{reverse('sign_in')}?af"


@pytest.fixture
def typed_date(cast, visit, with_password):
    """Karen's page after she sent a date for the letter too late: the sign-in page."""
    with_password(cast.karen)
    page = visit(cast.karen, f"/brev/{cast.passed.pk}/", PHONE)
    page.get_by_text("Ret brevets dato").click()
    page.get_by_label("Dag").last.fill("27")
    page.get_by_label("Måned").last.fill("1")
    page.get_by_label("År").last.fill("2020")
    expire_session(page)
    page.get_by_role("button", name="Gem datoen").click()
    expect(page.get_by_text("Du var logget ud, så intet er gemt endnu.")).to_be_visible()
    return page


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("monday")
def test_what_was_typed_is_there_after_the_sign_in_and_once(cast, typed_date):
    page = typed_date
    assert_fits(page, "sign-in after an expired form")
    fill_in_sign_in(page, cast.karen.email, PASSWORD)
    expect(page.get_by_text(NOTHING_SAVED)).to_be_visible()
    day = page.get_by_label("Dag").last
    expect(day).to_be_visible()  # the fold is open
    expect(day).to_have_value("27")
    page.goto(page.url)
    expect(page.get_by_text(NOTHING_SAVED)).to_be_hidden()
    expect(page.get_by_label("Dag").last).not_to_have_value("27")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("monday")
def test_somebody_else_at_the_same_screen_gets_nothing(cast, typed_date, with_password):
    page = typed_date
    fill_in_sign_in(page, with_password(cast.jens).email, PASSWORD)
    expect(page.get_by_text(NOTHING_SAVED)).to_be_visible()
    page.wait_for_load_state()  # the script has run
    assert page.evaluate("Object.keys(sessionStorage).filter(key => key.startsWith('sepo:form:'))") == []
    expect(page.get_by_label("Dag").last).not_to_have_value("27")
    assert Letter.objects.get(pk=cast.passed.pk).followup.version == 0
