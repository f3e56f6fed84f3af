"""Routes with every method: nothing but GET, HEAD and POST, no POST without a token, and all security headers."""

import pytest
from django.db import transaction
from django.urls import reverse

from tests.access.access_checks import url_of
from tests.access.access_rules import EVERYBODY, RULES
from tests.access.attack_checks import describe_crash, insecure_cookies, missing_headers
from tests.access.attacker import Attacker, some

OTHER_METHODS = ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "<SCRIPT>", "X" * 500)
#: the provider's own request, which a token proves
WITHOUT_TOKEN = {"sign_out_by_provider"}


@pytest.mark.parametrize("person", ["", "mette"])
def test_no_page_takes_another_method(handed_over_case, person):
    attacker = Attacker(handed_over_case.sessions.get(person, ""))
    for turn, (name, access) in enumerate(some(RULES, 20, turn=len(person))):
        before = transaction.savepoint_create()
        path = url_of(name, access, handed_over_case)
        for method in some(OTHER_METHODS, 2, turn):
            response = attacker.send(method, path)
            assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, POST"), f"{method} {path}"
            assert missing_headers(response, is_signed_in=False) == [], f"{method} {path}"
        transaction.savepoint_rollback(before)


def test_no_form_is_taken_without_a_token(handed_over_case):
    for name, access in some([rule for rule in RULES if rule[1].does], 15, 0):
        if name in WITHOUT_TOKEN:
            continue
        before = transaction.savepoint_create()
        path = url_of(name, access, handed_over_case)
        attacker = Attacker(handed_over_case.sessions[min(access.does or EVERYBODY)], has_token=False)
        response = attacker.send("POST", path)
        assert response.status_code == 403, path
        assert "Siden har stået åben for længe" in response.content.decode(), path
        assert missing_headers(response, is_signed_in=False) == [], path
        transaction.savepoint_rollback(before)


def test_every_answer_has_the_security_headers(handed_over_case):
    """By somebody who sees the page, and by somebody who does not."""
    for name, access in some(RULES, 30, 0):
        before = transaction.savepoint_create()
        path = url_of(name, access, handed_over_case)
        for person in sorted({min(access.sees or EVERYBODY), min(EVERYBODY - access.sees, default="olga")}):
            attacker = Attacker(handed_over_case.sessions[person])
            response = attacker.send("HEAD", path)
            assert describe_crash(attacker, response) == "", path
            assert missing_headers(response, is_signed_in=True) == [], f"{person} {path}"
            assert insecure_cookies(response) == [], path
        transaction.savepoint_rollback(before)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/static/site.js", "/static/favicon.svg", "/findes-ikke/", "/sundhed/siden/"])
def test_what_is_no_page_has_the_security_headers(path):
    assert missing_headers(Attacker().send("GET", path), is_signed_in=False) == []


def test_a_method_is_not_overridden(handed_over_case):
    attacker = Attacker(handed_over_case.sessions["karen"])
    path = reverse("my_letters")
    for header in ("HTTP_X_HTTP_METHOD_OVERRIDE", "HTTP_X_METHOD_OVERRIDE", "HTTP_X_HTTP_METHOD"):
        assert attacker.send("GET", path, **{header: "DELETE"}).status_code == 200
        assert attacker.send("DELETE", path, **{header: "GET"}).status_code == 405
