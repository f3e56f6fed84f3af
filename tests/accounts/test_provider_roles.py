"""Roles by groups at the provider, and how soon a role or an account that is gone there is gone here."""

import time
from datetime import timedelta

import pytest
import requests
import time_machine
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.db.models import F
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sepo_incident.accounts.models import GroupRole, Membership, ProviderAnswer, ProviderSession
from sepo_incident.accounts.sign_in import provider_check
from sepo_incident.accounts.sign_in.provider_roles import groups_in
from tests.accounts.lying_provider import Answer
from tests.accounts.provider_browser import is_signed_in, sign_in

pytestmark = pytest.mark.django_db
READERS, LEADERS = "SEPO-læsere", "SEPO-ledere"


@pytest.fixture
def karen(cast):
    """Karen, with two groups in the table: readers of BUF, and leaders of Svalevejens Skole."""
    GroupRole.objects.create(group=READERS, unit=cast.buf, role="READER")
    GroupRole.objects.create(group=LEADERS, unit=cast.svalevej, role="LEADER")
    yield cast.karen
    cache.clear()


def roles(user):
    """Return {role: its sources}."""
    return {one.role: tuple(one.sources) for one in Membership.objects.filter(user=user)}


BY_GROUP, BY_PERSON = "givet af en gruppe i kommunens login", "givet af en person"


def let_time_pass(seconds=provider_check.CHECK_SECONDS + 1):
    ProviderSession.objects.update(checked_at=F("checked_at") - timedelta(seconds=seconds))


def open_page(client):
    return client.get(reverse("my_letters"))


def test_groups_of_the_table_give_roles_at_the_sign_in(client, provider, karen):
    provider.sign_in("a1", email=karen.email, groups=[READERS, "En anden gruppe"])
    sign_in(client)
    assert roles(karen) == {"READER": (BY_GROUP,)}
    provider.sign_in("a1", email=karen.email, groups=[LEADERS])
    sign_in(Client())
    assert roles(karen) == {"LEADER": (BY_GROUP,)}
    provider.sign_in("a1", email=karen.email, groups=[])
    sign_in(Client())
    assert roles(karen) == {}


def test_role_given_by_a_person_stays_beside_the_groups(client, provider, karen, cast):
    Membership.objects.create(user=karen, unit=cast.buf, role="READER")
    provider.sign_in("a1", email=karen.email, groups=[READERS])
    sign_in(client)
    assert roles(karen) == {"READER": (BY_GROUP, BY_PERSON)}
    provider.sign_in("a1", email=karen.email, groups=[])
    sign_in(Client())
    assert roles(karen) == {"READER": (BY_PERSON,)}


def test_absent_claim_removes_nothing_and_is_shown(client, provider, karen, cast):
    provider.sign_in("a1", email=karen.email, groups=[READERS])
    sign_in(client)
    provider.sign_in("a1", email=karen.email)
    sign_in(Client())
    assert roles(karen) == {"READER": (BY_GROUP,)}
    client.force_login(cast.mette)
    assert "fortalte ikke, hvilke grupper" in client.get(reverse("person_access", args=[karen.pk])).text


@pytest.mark.parametrize(
    ("claims", "groups"),
    [
        ({"groups": ["a", "b"]}, ["a", "b"]),
        ({"groups": "a"}, ["a"]),
        ({"groups": []}, []),
        ({"groups": ["a\0"]}, ["a"]),
        ({}, None),
        ({"groups": None}, None),
        ({"groups": [1]}, None),
        ({"groups": {"a": 1}}, None),
        ({"groups": ["a"], "hasgroups": True}, None),
        ({"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {}}}, None),
        ({"_claim_names": {"address": "src1"}, "groups": ["a"]}, ["a"]),
    ],
)
def test_groups_of_claims(claims, groups):
    assert groups_in(claims) == groups


def test_closed_account_gets_no_role(client, provider, karen):
    provider.sign_in("a1", email=karen.email)
    sign_in(client)
    type(karen).objects.filter(pk=karen.pk).update(is_active=False)
    provider.sign_in("a1", email=karen.email, groups=[READERS])
    later = Client()
    sign_in(later)
    assert (is_signed_in(later), roles(karen)) == (False, {})


def test_role_that_is_gone_there_is_gone_here_at_the_next_check(client, provider, karen):
    """The token of each check is a new one: the provider refuses the second use of a token."""
    provider.sign_in("a1", email=karen.email, groups=[LEADERS])
    sign_in(client)
    provider.sign_in("a1", email=karen.email, groups=[])
    open_page(client)
    assert roles(karen) == {"LEADER": (BY_GROUP,)}, "it is not time yet"
    for groups, found in (([], {}), ([LEADERS], {"LEADER": (BY_GROUP,)}), ([READERS], {"READER": (BY_GROUP,)})):
        provider.sign_in("a1", email=karen.email, groups=groups)
        let_time_pass()
        assert open_page(client).status_code == 200
        assert roles(karen) == found
    assert set(ProviderSession.objects.get().refresh_token) > set("gA"), "encrypted"


def test_wrong_clock_of_the_web_server_delays_no_check(client, provider, karen):
    provider.sign_in("a1", email=karen.email, groups=[LEADERS])
    with time_machine.travel(timezone.now() + timedelta(seconds=50)):
        sign_in(client)
    assert ProviderSession.objects.filter(checked_at__lte=Now()).exists()


def test_page_itself_has_the_new_roles(client, provider, karen, cast):
    provider.sign_in("a1", email=karen.email, groups=[LEADERS])
    sign_in(client)
    board = reverse("board", args=[cast.svalevej.pk])
    assert client.get(board).status_code == 200
    provider.sign_in("a1", email=karen.email, groups=[])
    let_time_pass()
    assert client.get(board).status_code == 404


def test_account_that_is_closed_there_is_signed_out_everywhere(client, provider, karen):
    provider.sign_in("a1", email=karen.email, groups=[LEADERS])
    other = Client()
    for browser in (client, other):
        sign_in(browser)
    provider.close_accounts()
    let_time_pass()
    assert open_page(client).url.startswith("/log-ind/?next=")
    assert not is_signed_in(client)
    assert open_page(other).status_code == 302
    assert not ProviderSession.objects.exists()
    assert not UserSession.objects.filter(user=karen).exists()


def test_provider_that_is_down_locks_nobody_out(client, provider, karen, cast, monkeypatch):
    provider.sign_in("a1", email=karen.email, groups=[LEADERS])
    sign_in(client)
    let_time_pass()
    tries = []

    def time_out(*args, **kwargs):
        tries.append(kwargs["timeout"])
        raise requests.ConnectTimeout

    monkeypatch.setattr(requests.Session, "request", time_out)
    for _ in range(3):
        assert open_page(client).status_code == 200
        let_time_pass()
    assert tries == [provider_check.TIMEOUT_SECONDS], "one page waits, the others do not"
    monkeypatch.undo()
    assert roles(karen) == {"LEADER": (BY_GROUP,)}
    assert ProviderAnswer.objects.get().no_answer_at
    kit = Client()
    kit.force_login(cast.mette)
    assert "Kommunens login svarer ikke" in kit.get(reverse("role_requests")).text
    cache.clear()
    provider.sign_in("a1", email=karen.email, groups=[])
    assert open_page(client).status_code == 200
    assert roles(karen) == {}, "the token still works afterwards"
    assert "svarede ikke" in kit.get(reverse("person_access", args=[karen.pk])).text
    assert "svarer ikke" not in kit.get(reverse("role_requests")).text


@pytest.mark.parametrize("said", [b"", b"<html>", b"[]", b"7", b"{}", b'{"access_token": 7}', b'{"error": "x"}'])
@pytest.mark.parametrize("path", ["/token", "/userinfo", "/jwks"])
def test_garbage_of_the_provider_changes_nothing(client, liar, karen, path, said):
    liar.claims = {"groups": [LEADERS], "email": karen.email}
    liar.refresh_token = "et-token"
    sign_in(client)
    liar.instead[path] = Answer(said)
    let_time_pass()
    assert open_page(client).status_code == 200
    assert roles(karen) == {"LEADER": (BY_GROUP,)}


def test_unusable_answer_about_one_person_stops_no_check_of_others(client, provider, karen, cast, monkeypatch):
    other, use_token = Client(), provider_check.use_refresh_token
    provider.sign_in("a1", email=karen.email)
    sign_in(client)
    provider.sign_in("a2", email=cast.anne.email, groups=[LEADERS])
    sign_in(other)
    let_time_pass()
    provider.sign_in("a2", email=cast.anne.email, groups=[])

    def refuse_one(flow, app, session):
        if session.user_id == karen.pk:
            raise requests.HTTPError("403 Forbidden")
        return use_token(flow, app, session)

    monkeypatch.setattr(provider_check, "use_refresh_token", refuse_one)
    assert open_page(client).status_code == 200
    assert ProviderAnswer.objects.get(person=karen).no_answer_at
    assert open_page(other).status_code == 200
    assert roles(cast.anne) == {}


def test_sign_in_by_another_way_has_no_roles_that_nobody_asks_about(client, provider, karen, cast):
    """An account that is closed at the provider may still have a password or a key here."""
    Membership.objects.create(user=karen, unit=cast.buf, role="READER")
    karen.set_password("en-lang-og-god-adgangskode")
    karen.save()
    provider.sign_in("a1", email=karen.email, groups=[READERS, LEADERS])
    sign_in(client)
    provider.close_accounts()
    later, typed = Client(), {"login": karen.email, "password": "en-lang-og-god-adgangskode"}
    page = later.post(reverse("account_login"), typed, follow=True)
    assert is_signed_in(later, karen)
    assert roles(karen) == {"READER": (BY_PERSON,)}
    assert "gælder kun, når du logger ind dér" in page.text


def test_token_about_somebody_else_ends_the_sessions(client, liar, karen):
    liar.claims = {"email": karen.email}
    liar.refresh_token = "et-token"
    sign_in(client)
    liar.claims = {"sub": "a2"}
    let_time_pass()
    assert open_page(client).status_code == 302


def test_token_waits_for_the_second_factor(client, provider, karen):
    secret = generate_totp_secret()
    TOTP.activate(karen, secret)
    provider.sign_in("a1", email=karen.email, groups=[LEADERS])
    assert sign_in(client).url == reverse("mfa_authenticate")
    assert not ProviderSession.objects.exists()
    code = format_hotp_value(hotp_value(secret, int(time.time() // 30)))
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert is_signed_in(client, karen)
    assert ProviderSession.objects.get().session_key == client.session.session_key


def test_changed_password_does_not_end_the_check(client, provider, karen):
    karen.set_password("en-lang-og-god-adgangskode")
    karen.save()
    provider.sign_in("a1", email=karen.email, groups=[LEADERS])
    sign_in(client)
    new = "en-anden-og-lang-adgangskode"
    given = {"oldpassword": "en-lang-og-god-adgangskode", "password1": new, "password2": new}
    client.post(reverse("account_change_password"), given)
    assert is_signed_in(client, karen)
    assert ProviderSession.objects.get().session_key == client.session.session_key


def test_only_one_of_two_requests_asks(client, provider, karen, monkeypatch):
    """The second request comes while the first waits for the provider, with the token that works once."""
    provider.sign_in("a1", email=karen.email, groups=[LEADERS])
    sign_in(client)
    other_tab = Client()
    other_tab.cookies = client.cookies
    let_time_pass()
    use_token, asked = provider_check.use_refresh_token, []

    def use_token_while_other_tab_loads(*args):
        asked.append(open_page(other_tab).status_code)
        return use_token(*args)

    monkeypatch.setattr(provider_check, "use_refresh_token", use_token_while_other_tab_loads)
    assert open_page(client).status_code == 200
    assert asked == [200]
    assert is_signed_in(client)


def test_session_without_a_token_is_not_asked_about(client, liar, karen):
    liar.claims = {"email": karen.email}
    sign_in(client)
    assert not ProviderSession.objects.exists()
    assert open_page(client).status_code == 200


@pytest.mark.parametrize("is_closed", [False, True], ids=["role", "account"])
def test_seconds_until_gone(client, provider, karen, is_closed, monkeypatch, record_property):
    """Measured with a check each two seconds; with 45 seconds it takes that much longer (docs/decisions/0054)."""
    monkeypatch.setattr(provider_check, "CHECK_SECONDS", 2)
    provider.sign_in("a1", email=karen.email, groups=[LEADERS])
    sign_in(client)
    if is_closed:
        provider.close_accounts()
    else:
        provider.sign_in("a1", email=karen.email, groups=[])
    began, longest = time.monotonic(), 0.0
    while roles(karen) and is_signed_in(client):
        asked = time.monotonic()
        open_page(client)
        longest = max(longest, time.monotonic() - asked)
        assert time.monotonic() - began < 10
    record_property("seconds_until_gone", round(time.monotonic() - began, 2))
    record_property("slowest_page", round(longest, 3))
