"""A walk over every URL: anonymous → sign-in, unauthorised → 404 or 403, no GET writes, and no page reveals a case."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import transaction
from django.urls import get_resolver, reverse

from sepo_incident.accounts.sign_in.sessions import NOTHING_SAVED
from sepo_incident.demo import views as demo_views
from tests.access.access_checks import menu_lines, patterns, revealed_words, url_of, written_rows
from tests.access.access_rules import ACCESS, DEMO_ONLY, EVERYBODY, RULES

PASSWORD = "en-lang-og-god-adgangskode"
#: page on which nobody has a marked line in the menu -> why
OWN_ACCESS = [
    "my_access",
    "mfa_index",
    "mfa_list_webauthn",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_generate_recovery_codes",
]
UNDER_NO_LINE = {
    "accessibility": "a link at the foot of each page",
    "privacy": "a link at the foot of each page",
    **dict.fromkeys(OWN_ACCESS, "reached from the reader's name at the head of each page"),
    "search": "the field at the head of each page",
    "person": "found by the search and by links on names",
    "my_absence": "a link at the head of each page, marked there",
    "boards": "who has the line follows one unit here, and is redirected to its board",
}
THROUGH = {200, 302, 422}  # 422: access is allowed and the form is empty


def test_every_url_has_an_access_rule_and_every_rule_a_url():
    names = [pattern.name for pattern in patterns(get_resolver())]
    assert set(names) == set(ACCESS), "a URL without a rule, or a rule without a URL"
    assert len(names) == len(set(names)), "two URLs with one name"
    assert {pattern.name for pattern in demo_views.urlpatterns} == DEMO_ONLY


def test_anonymous_request_is_redirected_to_sign_in(stage, client):
    for name, access in RULES:
        before = transaction.savepoint_create()
        path = url_of(name, access, stage)
        for response in (client.get(path), client.post(path)):
            to_the_door = response.status_code == 302 and response.url.startswith("/log-ind/?next=")
            assert to_the_door is not access.is_open, f"{path}: {response.status_code}"
        transaction.savepoint_rollback(before)


@pytest.mark.parametrize(("name", "access"), RULES)
def test_access_rules_hold_and_get_requests_do_not_write(handed_over_case, client, name, access):
    """Changes are undone before the next person. Writes are watched for people with access. The menu marks the line
    of the page to all who have that line, and no other.

    Personalejura alone reads the case that was handed over, besides its sender and leader, and reads no other letter.
    """
    stage = handed_over_case
    path = url_of(name, access, stage)
    allowed = access.sees | access.does
    insider = min(allowed or EVERYBODY)
    menus = {}
    two = {insider, min(EVERYBODY - allowed, default="")}  # ask for what the URL has for nobody, or for everybody
    for person in sorted(EVERYBODY & two if access.is_open else EVERYBODY):
        client.cookies["sepo_session"] = stage.sessions[person]
        answers = {}
        if access.sees or person in two:
            is_watched = person in access.sees or person == insider
            before = is_watched and written_rows()
            answers["GET"] = client.get(path)
            if not access.is_open:
                assert revealed_words(answers["GET"], stage.secrets.get(person, set())) == [], f"{person} GET {path}"
            if person == insider:
                client.head(path)
            menus[person] = menu_lines(answers["GET"])
            assert (is_watched and written_rows()) == before, f"{person} GET {path}"
        if access.does or person in two:
            undone = transaction.savepoint_create()
            answers["POST"] = client.post(path)
            transaction.savepoint_rollback(undone)
        for method, response in answers.items():
            wanted = THROUGH | access.also if access.gets_through(person, method) else access.refusals(person, method)
            assert response.status_code in wanted, f"{person} {method} {path}: {response.status_code}, not {wanted}"
    lines = {line for menu in menus.values() for line, is_marked in menu.items() if is_marked}
    assert bool(lines) == (any(menus.values()) and name not in UNDER_NO_LINE), path
    for person, menu in menus.items():
        assert sum(menu.values()) == (not lines.isdisjoint(menu)), f"{person} GET {path}: {menu}"


@pytest.mark.parametrize(("name", "access"), [rule for rule in RULES if rule[1].does and not rule[1].is_open])
def test_form_sent_after_the_session_leads_to_its_page(stage, client, name, access):
    """Without a Referer the way leads over the address of the form; a GET of a button's address leads to its page."""
    person = getattr(stage, min(access.does))
    person.set_password(PASSWORD)
    person.save()
    door = client.post(url_of(name, access, stage)).url
    hidden = {key: values[0] for key, values in parse_qs(urlsplit(door).query).items()}
    page = client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD} | hidden, follow=True)
    assert page.status_code == 200, page.redirect_chain
    assert page.text.count(NOTHING_SAVED) == 1, page.redirect_chain


#: Pages that share a title, because they are one page, or part of a page, under several addresses.
SHARED_TITLES = [
    {"my_access", "mfa_index", "mfa_list_webauthn"},
    {"notices", "notice_preview"},
    {"notice_html", "notice_preview_mail", "text_preview_mail"},
    {"decide_my_letters", "decide_as_substitute", "decide_many"},
    {"record_arrivals", "record_remedial_actions"},
    {"my_reminder", "letter_reminder", "unit_reminder"},
]


def test_each_page_has_a_title_of_its_own(handed_over_case, client):
    """WCAG 2.4.2: tabs of a browser, and the history, tell the pages of the site apart."""
    stage, pages = handed_over_case, {}
    for name, access in RULES:
        client.cookies["sepo_session"] = stage.sessions[min(access.sees or EVERYBODY)]
        before = transaction.savepoint_create()
        response = client.get(url_of(name, access, stage)) if access.sees or access.is_open else None
        transaction.savepoint_rollback(before)
        if response and response.headers["Content-Type"].startswith("text/html") and response.status_code == 200:
            title = " ".join(response.text.split("<title>")[1].split("</title>")[0].split())
            pages.setdefault(title.removesuffix(" – Opfølgning på sikker post"), set()).add(name)
    assert [
        names for title, names in pages.items() if (len(names) > 1 or not title) and names not in SHARED_TITLES
    ] == []


def test_written_rows_detects_a_write(stage):
    before = written_rows()
    type(stage.karen).objects.filter(pk=stage.karen.pk).update(name="Karen")
    assert written_rows() != before
