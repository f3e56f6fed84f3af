"""Roles by groups at the provider, which are set at each sign-in there."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from sepo_incident.accounts.models import GroupRole, Membership
from sepo_incident.accounts.sign_in.provider_roles import groups_in
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


def test_absent_claim_removes_nothing(client, provider, karen):
    provider.sign_in("a1", email=karen.email, groups=[READERS])
    sign_in(client)
    provider.sign_in("a1", email=karen.email)
    sign_in(Client())
    assert roles(karen) == {"READER": (BY_GROUP,)}


@pytest.mark.parametrize(
    ("claims", "groups"),
    [
        ({"groups": ["a", "b"]}, ["a", "b"]),
        ({"groups": "a"}, ["a"]),
        ({"groups": []}, []),
        ({}, None),
        ({"groups": [1]}, None),
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


def test_sign_in_by_another_way_takes_the_roles_of_the_groups_away(client, provider, karen, cast):
    """An account that is closed at the provider may still have a password or a key here."""
    Membership.objects.create(user=karen, unit=cast.buf, role="READER")
    karen.set_password("en-lang-og-god-adgangskode")
    karen.save()
    provider.sign_in("a1", email=karen.email, groups=[READERS, LEADERS])
    sign_in(client)
    later, typed = Client(), {"login": karen.email, "password": "en-lang-og-god-adgangskode"}
    page = later.post(reverse("account_login"), typed, follow=True)
    assert is_signed_in(later, karen)
    assert roles(karen) == {"READER": (BY_PERSON,)}
    assert "gælder kun, når du logger ind dér" in page.text
