"""A walk over every URL: anonymous → sign-in, unauthorised → 404 or 403, no GET writes, and no page reveals a case."""

from itertools import batched
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import transaction
from django.urls import get_resolver, reverse

from sepo_incident.accounts.sign_in.sessions import NOTHING_SAVED
from sepo_incident.demo import views as demo_views
from tests.access.access_checks import menu_lines, patterns, revealed_words, url_of, written_rows
from tests.access.access_rules import ACCESS, DEMO_ONLY, EVERYBODY, RULES, Access
from tests.access.attacker import IS_WHOLE, some

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
    "report_missing": "a link at the head of each page, marked there",
    "missing_report": "the page after the form of report_missing",
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


#: Who have the menu lines of what leaders, senders and Koncern IT do.
WITH_MENU_LINES = ("jens", "karen", "mette")


def people_to_ask(access: Access, turn: int) -> list[str]:
    """Return whom the walk asks: one who gets through, one who only sees, one who is refused; all with `ATTACK=all`."""
    through = access.does or access.sees
    known = [one for one in WITH_MENU_LINES if one in through]
    groups = (known or sorted(through), sorted(access.sees - through), sorted(EVERYBODY - access.sees - access.does))
    if IS_WHOLE:
        return sorted(EVERYBODY)
    return [person for group in groups for person in some(group, 1, turn)]


@pytest.mark.parametrize("rules", list(enumerate(batched(RULES, 16))), ids=lambda rules: rules[1][0][0])
def test_access_rules_hold_and_get_requests_do_not_write(handed_over_case, client, rules):
    """Changes are undone before the next person. Writes are watched for people with access. The menu marks the line
    of the page to all who have that line, and no other.

    Personalejura alone reads the case that was handed over, besides its sender and leader, and reads no other letter.
    """
    turn, batch = rules
    for at, (name, access) in enumerate(batch):
        before = transaction.savepoint_create()
        path, menus = url_of(name, access, handed_over_case), {}
        for person in people_to_ask(access, turn + at):
            client.cookies["sepo_session"] = handed_over_case.sessions[person]
            menus[person] = assert_access(handed_over_case, client, path, access, person)
        for person in sorted((access.sees & set(WITH_MENU_LINES)) - set(menus)):
            if any(menus.values()) and name not in UNDER_NO_LINE and not marked_lines(menus):  # the line of another
                client.cookies["sepo_session"] = handed_over_case.sessions[person]
                menus[person] = menu_lines(client.get(path))
        lines = marked_lines(menus)
        assert bool(lines) == (any(menus.values()) and name not in UNDER_NO_LINE), path
        for person, menu in menus.items():
            assert sum(menu.values()) == (not lines.isdisjoint(menu)), f"{person} GET {path}: {menu}"
        transaction.savepoint_rollback(before)


def marked_lines(menus: dict[str, dict[str, bool]]) -> set[str]:
    return {line for menu in menus.values() for line, is_marked in menu.items() if is_marked}


def assert_access(stage, client, path: str, access: Access, person: str) -> dict[str, bool]:
    """Assert what GET and POST answer to the person. Return the lines of the menu, {} without a menu.

    Who is refused tries the methods that the page has; everything with `ATTACK=all`.
    """
    is_allowed = person in access.sees | access.does
    menu: dict[str, bool] = {}
    for method, users in (("GET", access.sees), ("POST", access.does)):
        if not (is_allowed or users or IS_WHOLE):
            continue
        before, undone = written_rows() if is_allowed and method == "GET" else None, transaction.savepoint_create()
        response = client.generic(method, path, content_type="application/x-www-form-urlencoded")
        assert before is None or written_rows() == before, f"{person} GET {path}"
        if method == "GET" and not access.is_open:
            assert revealed_words(response, stage.secrets.get(person, set())) == [], f"{person} GET {path}"
        transaction.savepoint_rollback(undone)
        wanted = THROUGH | access.also if access.gets_through(person, method) else access.refusals(person, method)
        assert response.status_code in wanted, f"{person} {method} {path}: {response.status_code}, not {wanted}"
        menu = menu or (menu_lines(response) if method == "GET" else {})
    return menu


def test_form_sent_after_the_session_leads_to_its_page(stage, client):
    """Without a Referer the way leads over the address of the form; a GET of a button's address leads to its page."""
    for name, access in some([rule for rule in RULES if rule[1].does and not rule[1].is_open], 12, 0):
        before = transaction.savepoint_create()
        door = client.post(url_of(name, access, stage)).url
        [way_on] = parse_qs(urlsplit(door).query)["next"]
        client.force_login(getattr(stage, min(access.does)))
        page = client.get(way_on, follow=True)
        assert page.status_code == 200, (name, page.redirect_chain)
        client.logout()
        transaction.savepoint_rollback(before)


def test_person_is_told_after_signing_in_that_the_form_was_not_saved(stage, client):
    stage.karen.set_password(PASSWORD)
    stage.karen.save()
    door = client.post(reverse("letter", args=[stage.passed.pk])).url
    hidden = {key: values[0] for key, values in parse_qs(urlsplit(door).query).items()}
    page = client.post(
        reverse("account_login"), {"login": stage.karen.email, "password": PASSWORD} | hidden, follow=True
    )
    assert page.text.count(NOTHING_SAVED) == 1, page.redirect_chain


def test_written_rows_detects_a_write(stage):
    before = written_rows()
    type(stage.karen).objects.filter(pk=stage.karen.pk).update(name="Karen")
    assert written_rows() != before
