"""Signing in at the municipality's provider: first sign-in, later ones, and everything that is refused."""

import json
import re
import threading
from urllib.parse import parse_qs, urljoin, urlsplit

import jwt
import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from sepo_incident.accounts.models import User
from sepo_incident.accounts.sign_in.wording import sign_in_sentence
from sepo_incident.embedded import processes
from tests.accounts.conftest import free_port, use_issuer
from tests.accounts.lying_provider import OTHER_KEY, Answer, sign, start_server
from tests.accounts.provider_browser import BEGIN, answer_of_provider, is_signed_in, sign_in
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
EVENT = {"http://schemas.openid.net/event/backchannel-logout": {}}
SIGN_OUT = "/log-ind/kommunen/log-ud/"


@pytest.fixture(autouse=True)
def karen():
    """A person whom a list named an hour ago."""
    return UserFactory(name="Karen Bülow Møller", email="karen@buf.example")


def test_first_sign_in_claims_the_person_and_leads_on(client, provider, karen):
    provider.sign_in("a1", email="KAREN@buf.example")
    assert sign_in(client, "/mine-breve/?p=2").url == "/mine-breve/?p=2"
    assert is_signed_in(client, karen)
    karen.refresh_from_db()
    assert karen.claimed_at
    [identity] = SocialAccount.objects.all()
    assert (identity.provider, identity.uid, identity.user) == (provider.issuer, "a1", karen)
    assert identity.extra_data == {}, "nothing that the provider tells is kept"
    assert (karen.name, EmailAddress.objects.count(), User.objects.count()) == ("Karen Bülow Møller", 0, 1)


def test_identity_stays_with_the_person_whatever_the_address(client, provider, karen):
    provider.sign_in("a1", email=karen.email)
    sign_in(client)
    ulla = UserFactory(email="ulla@sof.example")
    provider.sign_in("a1", email=ulla.email)
    later = Client()
    sign_in(later)
    assert is_signed_in(later, karen)


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        ({"email": "ingen@buf.example"}, "ingen@buf.example står ikke på vores lister"),
        ({"email": "karen@buf.example", "email_verified": False}, "har ikke fortalt os din arbejdsmail"),
        ({"email": "karen@buf.example", "email_verified": "true"}, "har ikke fortalt os din arbejdsmail"),
        ({}, "har ikke fortalt os din arbejdsmail"),
    ],
)
def test_stranger_is_refused_with_the_next_step(client, provider, claims, sentence):
    provider.sign_in("a1", **claims)
    refused = sign_in(client)
    assert (refused.status_code, is_signed_in(client)) == (401, False)
    assert sentence in refused.text
    assert "DIT@buf.kk.dk" in refused.text
    assert (User.objects.count(), SocialAccount.objects.count()) == (1, 0)


def test_closed_account_is_refused_first_and_later(client, provider, karen):
    provider.sign_in("a1", email=karen.email)
    User.objects.update(is_active=False)
    assert sign_in(client).status_code == 401
    User.objects.update(is_active=True)
    sign_in(client)
    User.objects.update(is_active=False)
    later = Client()
    assert sign_in(later).url.endswith("?lukket")
    assert not is_signed_in(later)
    assert client.get(reverse("my_letters")).status_code == 302, "an open session ends at once"


def test_true_token_of_the_other_provider_is_taken(client, liar, karen):
    sign_in(client)
    assert is_signed_in(client, karen)


@pytest.mark.parametrize(
    "claims",
    [{"iss": "http://127.0.0.1:1"}, {"aud": "et-andet-system"}, {"exp": 1_000_000_000}, {"sub": None}],
)
def test_wrong_token_is_refused(client, liar, claims):
    liar.claims = claims
    refused = sign_in(client)
    assert (refused.status_code, is_signed_in(client)) == (401, False)
    assert "svarede ikke, som det skal" in refused.text
    assert not SocialAccount.objects.exists()


def test_answer_works_once_and_only_in_the_same_browser(client, provider, karen):
    provider.sign_in("a1", email=karen.email)
    back = urlsplit(answer_of_provider(client))
    address = f"{back.path}?{back.query}"
    stranger = Client()
    assert stranger.get(address).status_code == 401
    client.get(address)
    assert is_signed_in(client, karen)
    client.post(reverse("sign_out"))
    assert client.get(address).status_code == 401
    assert not is_signed_in(client)


@pytest.mark.parametrize("query", ["", "code=x&state=y", "error=server_error"])
def test_answer_that_nobody_asked_for_is_refused(client, provider, query):
    assert client.get(f"{BEGIN}svar/?{query}").status_code == 401
    assert not is_signed_in(client)


def test_who_cancels_is_back_at_the_sign_in_page(client, provider):
    state = parse_qs(urlsplit(client.get(BEGIN).url).query)["state"][0]
    assert client.get(f"{BEGIN}svar/", {"error": "access_denied", "state": state}).url == reverse("sign_in")


def test_request_carries_state_and_challenge_and_nothing_of_the_visitor(client, provider):
    asked = parse_qs(urlsplit(client.get(BEGIN, {"scope": "admin", "auth_params": "prompt=none"}).url).query)
    assert asked.keys() >= {"state", "code_challenge"}
    assert asked["code_challenge_method"] == ["S256"]
    assert set(asked["scope"][0].split()) == {"openid", "profile", "email"}
    assert "prompt" not in asked


def test_nobody_is_led_away(client, provider, karen):
    provider.sign_in("a1", email=karen.email)
    assert sign_in(client, "//evil.example/").url == "/"


def test_provider_that_does_not_answer_is_said_so(client, settings):
    use_issuer(settings, f"http://127.0.0.1:{free_port()}")
    refused = client.get(BEGIN)
    assert refused.status_code == 401
    assert "Prøv igen om lidt" in refused.text


GARBAGE = [b"", b"<html>", b"[]", b"7", b"{}", b'{"keys": 7}']


@pytest.mark.parametrize("said", GARBAGE)
def test_garbage_of_the_provider_is_refused(client, liar, said):
    back, garbage = urlsplit(answer_of_provider(client)), Answer(said)
    sign_out = {"logout_token": sign(liar.about(jti="1", events=EVENT))}
    liar.instead = {"/token": garbage, "/jwks": garbage}
    assert client.get(f"{back.path}?{back.query}").status_code == 401
    assert client.post(SIGN_OUT, sign_out).status_code == 400
    cache.clear()
    liar.instead["/.well-known/openid-configuration"] = garbage
    assert [client.get(page).status_code for page in (BEGIN, f"{BEGIN}ud/")] == [401, 401]
    assert client.post(SIGN_OUT, sign_out).status_code == 400
    assert not is_signed_in(client)


def test_provider_that_did_not_answer_is_asked_again_after_30_seconds(client, liar, settings, time_machine):
    """Strangers would otherwise hold all threads of the site."""
    time_machine.move_to("2020-01-13T10:00:00+01:00")
    asked, settings.SOCIALACCOUNT_REQUESTS_TIMEOUT = [], 0.2
    hanging = start_server(lambda path, posted: asked.append(path) or threading.Event().wait(1) or Answer())
    told = liar.pages()["/.well-known/openid-configuration"] | {"jwks_uri": f"{hanging}/jwks"}
    liar.instead["/.well-known/openid-configuration"] = Answer(json.dumps(told).encode())
    token = sign(liar.about(jti="1", events=EVENT))
    for times in (1, 2):
        assert {client.post(SIGN_OUT, {"logout_token": token}).status_code for _ in range(20)} == {400}
        assert len(asked) == times
        time_machine.shift(31)


@pytest.mark.parametrize("email", ["k\u0131m@buf.example", "\u212aim@buf.example"])  # dotless i, Kelvin sign
def test_lookalike_address_claims_nobody(client, liar, karen, email):
    User.objects.update(email="kim@buf.example")
    liar.claims = {"email": email}
    assert "st\u00e5r ikke p\u00e5 vores lister" in sign_in(client).text


def test_page_and_mails_say_what_is_true_here(client, settings):
    assert client.get(BEGIN).status_code == 404
    assert "kommunens login" not in client.get(reverse("sign_in")).text
    use_issuer(settings, "http://127.0.0.1:1")
    page = client.get(reverse("sign_in"), {"next": "/mine-breve/"}).text
    assert 'href="/log-ind/kommunen/?next=/mine-breve/"' in page
    assert sign_in_sentence() == "Du logger ind med kommunens login."


def leave_provider(browser, address):
    """Sign out at the provider, as with the link on our page, and return where its page leads."""
    page = browser.get(address, timeout=5).text
    xsrf = re.search(r'name="xsrf" value="(\w+)"', page)[1]
    form = urljoin(address, re.search(r'action="([^"]+)"', page)[1])
    return browser.post(form, {"xsrf": xsrf, "logout": "yes"}, allow_redirects=False, timeout=5).headers["Location"]


def test_signing_out_at_the_provider_ends_the_sessions_here(client, provider, karen):
    provider.sign_in("a1", email=karen.email)
    sign_in(client)
    there = Client()
    there.force_login(UserFactory())
    stranger = Client()
    assert 'href="/log-ind/kommunen/ud/"' in stranger.get(stranger.post(reverse("sign_out")).url).text
    back = leave_provider(client.at_provider, stranger.get("/log-ind/kommunen/ud/").url)
    assert back == "http://127.0.0.1:8000/log-ind/?af"
    assert processes.wait_until(lambda: provider.told, 10), "the provider tells nobody"
    assert Client().post(SIGN_OUT, {"logout_token": provider.told.pop()}).status_code == 200
    assert client.get(reverse("my_letters")).status_code == 302
    assert there.get(reverse("my_letters")).status_code == 200, "others stay"


@pytest.mark.parametrize(
    ("claims", "signer"),
    [
        ({"events": {}}, sign),
        ({"nonce": "x"}, sign),
        ({"aud": "et-andet-system"}, sign),
        ({"exp": 1_000_000_000}, sign),
        ({}, lambda claims: jwt.encode(claims, OTHER_KEY, "RS256", headers={"kid": "1"})),
        ({}, lambda claims: jwt.encode(claims, None, "none", headers={"kid": "1"})),
        ({}, lambda claims: "ikke.et.token"),
    ],
)
def test_sign_out_that_the_provider_did_not_send_is_refused(client, liar, karen, claims, signer):
    sign_in(client)
    token = signer(liar.about(**({"jti": "1", "events": EVENT} | claims)))
    assert Client().post(SIGN_OUT, {"logout_token": token}).status_code == 400
    assert client.get(reverse("my_letters")).status_code == 200
    assert Client().post(SIGN_OUT, {"logout_token": sign(liar.about(jti="1", events=EVENT))}).status_code == 200
    assert client.get(reverse("my_letters")).status_code == 302
