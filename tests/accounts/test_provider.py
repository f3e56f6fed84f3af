"""Signing in at the municipality's provider: first sign-in, later ones, and everything that is refused."""

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urljoin, urlsplit

import jwt
import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.db import connection
from django.test import Client
from django.urls import reverse

from sepo_incident.accounts.models import User
from sepo_incident.accounts.sign_in.methods import sign_in_sentence
from sepo_incident.accounts.sign_in.provider import request_seconds
from sepo_incident.embedded import processes
from tests.accounts.conftest import free_port, use_issuer
from tests.accounts.lying_provider import KEY, OTHER_KEY, PUBLIC_PEM, Answer, sign, start_server
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


def test_other_subject_with_the_same_address_is_refused(client, provider, karen):
    provider.sign_in("a1", email=karen.email)
    sign_in(client)
    provider.sign_in("a2", email=karen.email)
    later = Client()
    refused = sign_in(later)
    assert (refused.status_code, is_signed_in(later)) == (401, False)
    assert "allerede knyttet til et andet login" in refused.text
    assert SocialAccount.objects.count() == 1


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


def signed_by(key, algorithm, kid="1"):
    return lambda claims: jwt.encode(claims, key, algorithm, headers={"kid": kid})


@pytest.mark.parametrize(
    ("claims", "signer"),
    [
        ({"nonce": "en-anden"}, None),
        ({"nonce": "å"}, None),
        ({"nonce": None}, None),
        ({"nonce": ""}, None),
        ({"iss": "http://127.0.0.1:1"}, None),
        ({"iss": None}, None),
        ({"aud": "et-andet-system"}, None),
        ({"aud": None}, None),
        ({"azp": "et-andet-system"}, None),
        ({"aud": ["opfoelgning", "et-andet-system"]}, None),
        ({"exp": 1_000_000_000}, None),
        ({"exp": None}, None),
        ({"sub": None}, None),
        ({"sub": ""}, None),
        ({"sub": "a" * 300}, None),
        ({"sub": "a2"}, None),  # userinfo is about a1
        ({}, signed_by(OTHER_KEY, "RS256")),
        ({}, signed_by(KEY, "RS256", kid="2")),
        ({}, signed_by(None, "none")),
        ({}, lambda claims: "ikke.et.token"),
        ({}, lambda claims: ""),
    ],
)
def test_wrong_token_is_refused(client, liar, claims, signer):
    liar.claims = claims
    liar.sign = signer or sign
    refused = sign_in(client)
    assert (refused.status_code, is_signed_in(client)) == (401, False)
    assert "svarede ikke, som det skal" in refused.text
    assert not SocialAccount.objects.exists()


def test_token_signed_with_the_public_key_as_a_secret_is_refused(client, liar):
    """The library refuses to make such a token, so its signature is written here."""
    header, payload = (jwt.utils.base64url_encode(part).decode() for part in (b'{"alg":"HS256","kid":"1"}', b"{}"))
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    signed = signature.sign(f"{header}.{payload}".encode(), PUBLIC_PEM)
    liar.sign = lambda claims: f"{header}.{payload}.{jwt.utils.base64url_encode(signed).decode()}"
    assert sign_in(client).status_code == 401


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


@pytest.mark.parametrize("query", ["", "code=x", "code=x&state=y", "state=y", "error=server_error", "code=&state="])
def test_answer_that_nobody_asked_for_is_refused(client, provider, query):
    assert client.get(f"{BEGIN}svar/?{query}").status_code == 401
    assert not is_signed_in(client)


def test_who_cancels_is_back_at_the_sign_in_page(client, provider):
    state = parse_qs(urlsplit(client.get(BEGIN).url).query)["state"][0]
    assert client.get(f"{BEGIN}svar/", {"error": "access_denied", "state": state}).url == reverse("sign_in")


def test_request_carries_state_nonce_and_challenge_and_nothing_of_the_visitor(client, provider):
    asked = parse_qs(urlsplit(client.get(BEGIN, {"scope": "admin", "auth_params": "prompt=none"}).url).query)
    assert asked.keys() >= {"state", "nonce", "code_challenge"}
    assert asked["code_challenge_method"] == ["S256"]
    assert set(asked["scope"][0].split()) == {"openid", "profile", "email"}
    assert "prompt" not in asked


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_nobody_is_led_away(client, provider, karen, onward):
    provider.sign_in("a1", email=karen.email)
    assert sign_in(client, onward).url == "/"


def test_provider_that_does_not_answer_is_said_so(client, settings):
    use_issuer(settings, f"http://127.0.0.1:{free_port()}")
    refused = client.get(BEGIN)
    assert refused.status_code == 401
    assert "Prøv igen om lidt" in refused.text


GARBAGE = [b"", b"<html>", b"[]", b"null", b"7", b'"x"', b"{}", b"[" * 100_000, b'{"keys": 7}', b'{"sub": 7}']


@pytest.mark.parametrize("said", GARBAGE)
@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/jwks", "/token", "/userinfo"])
def test_garbage_of_the_provider_is_refused(client, liar, path, said):
    if path != "/.well-known/openid-configuration":
        back = urlsplit(answer_of_provider(client))
    liar.instead[path] = Answer(said)
    pages = [client.get(f"{back.path}?{back.query}")] if liar.nonce else [client.get(BEGIN), client.get(f"{BEGIN}ud/")]
    assert {page.status_code for page in pages} == {401}
    token = sign(liar.about(jti="1", events=EVENT))
    assert Client().post(SIGN_OUT, {"logout_token": token}).status_code in (200, 400)
    assert not is_signed_in(client)


def test_redirect_of_the_provider_is_not_followed(client, liar):
    liar.instead["/.well-known/openid-configuration"] = Answer(redirect=f"{liar.issuer}/elsewhere")
    liar.instead["/elsewhere"] = Answer(json.dumps(liar.pages()["/.well-known/openid-configuration"]).encode())
    assert client.get(BEGIN).status_code == 401


def test_discovery_document_about_another_issuer_is_refused(client, liar):
    told = liar.pages()["/.well-known/openid-configuration"] | {"issuer": "https://login.example"}
    liar.instead["/.well-known/openid-configuration"] = Answer(json.dumps(told).encode())
    assert client.get(BEGIN).status_code == 401


def test_strangers_cannot_make_us_ask_the_provider_each_time(client, liar):
    client.get(BEGIN)
    liar.instead["/.well-known/openid-configuration"] = Answer(b"gone")
    assert client.get(BEGIN).status_code == 302
    liar.instead["/jwks"] = Answer(b"gone")
    assert Client().post(SIGN_OUT, {"logout_token": "a.b.c"}).status_code == 400


class HangingProvider:
    """A provider that answers nobody until `may_answer` is set. `asked` counts the requests."""

    def __init__(self):
        self.may_answer, self.asked = threading.Event(), 0
        self.issuer = start_server(self.answer)

    def answer(self, path, posted):
        self.asked += 1
        self.may_answer.wait(10)
        endpoints = {f"{name}_endpoint": f"{self.issuer}/{name}" for name in ("authorization", "token")}
        return Answer(json.dumps({"issuer": self.issuer, **endpoints}).encode())


def begin_sign_in(*args):
    page = Client().get(BEGIN)
    connection.close()
    return page.status_code


@pytest.mark.django_db(transaction=True)
def test_one_request_waits_for_a_provider_that_hangs(settings):
    hanging = HangingProvider()
    use_issuer(settings, hanging.issuer)
    with ThreadPoolExecutor(5) as pool:
        strangers = [pool.submit(begin_sign_in) for _ in range(5)]
        assert processes.wait_until(lambda: sum(one.done() for one in strangers) == 4, 10)
        hanging.may_answer.set()
    assert sorted(one.result() for one in strangers) == [302, 401, 401, 401, 401]
    assert hanging.asked == 1


def test_provider_that_did_not_answer_is_asked_again_after_30_seconds(client, settings, time_machine):
    hanging = HangingProvider()
    use_issuer(settings, hanging.issuer)
    time_machine.move_to("2020-01-13T10:00:00+01:00")
    limit = request_seconds.set(0.2)
    token = sign({"iss": hanging.issuer})
    assert [client.get(BEGIN).status_code for _ in range(20)] == [401] * 20
    assert {client.post(SIGN_OUT, {"logout_token": token}).status_code for _ in range(20)} == {400}
    assert hanging.asked == 1
    hanging.may_answer.set()
    time_machine.shift(31)
    assert client.get(BEGIN).status_code == 302
    request_seconds.reset(limit)


def test_stranger_cannot_make_us_wait_for_the_keys_each_time(client, liar):
    asked = []
    hanging = start_server(lambda path, posted: asked.append(path) or threading.Event().wait(1) or Answer())
    told = liar.pages()["/.well-known/openid-configuration"] | {"jwks_uri": f"{hanging}/jwks"}
    liar.instead["/.well-known/openid-configuration"] = Answer(json.dumps(told).encode())
    limit = request_seconds.set(0.2)
    token = sign(liar.about(jti="1", events=EVENT))
    assert {client.post(SIGN_OUT, {"logout_token": token}).status_code for _ in range(20)} == {400}
    request_seconds.reset(limit)
    assert len(asked) == 1


def test_address_of_one_document_is_not_verified_by_the_other(client, liar):
    liar.claims = {"email_verified": None}
    liar.instead["/userinfo"] = Answer(b'{"sub": "a1", "email": "x@evil.example", "email_verified": true}')
    assert "har ikke fortalt os din arbejdsmail" in sign_in(client).text


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
        ({"events": None}, sign),
        ({"events": 7}, sign),
        ({"nonce": "x"}, sign),
        ({"iss": "http://127.0.0.1:1"}, sign),
        ({"aud": "et-andet-system"}, sign),
        ({"sub": None}, sign),
        ({"jti": None}, sign),
        ({"exp": 1_000_000_000}, sign),
        ({"exp": None}, sign),
        ({}, signed_by(OTHER_KEY, "RS256")),
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
