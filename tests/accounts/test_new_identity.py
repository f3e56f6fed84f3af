"""A person whose subject at the provider has changed: refused, shown to KIT, and bound again with a reason."""

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.urls import reverse

from sepo_incident.accounts.models import AccessChange, RefusedIdentity
from tests.accounts.provider_browser import is_signed_in, sign_in
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
OLD, NEW = "gammel-konto-1", "ny-konto-2020-hemmelig"
WHY = "Har fået nyt brugernavn, ringet tilbage på 7080 1234"


@pytest.fixture
def karen(cast, provider):
    """Karen, bound to the old subject, whose new subject was refused. `karen.at_work`: a browser signed in."""
    karen, karen_at_work = cast.karen, Client()
    provider.sign_in(OLD, email=karen.email)
    sign_in(karen_at_work)
    provider.sign_in(NEW, email=karen.email)
    assert sign_in(Client()).status_code == 401
    karen.at_work = karen_at_work
    return karen


@pytest.fixture
def mette(cast):
    client = Client()
    client.force_login(cast.mette)
    return client


def address_of(person):
    return reverse("approve_identity", args=[person.pk, RefusedIdentity.objects.latest("pk").pk])


def approve(client, person, **fields):
    return client.post(address_of(person), {"reason": WHY} | fields, follow=True)


def test_new_subject_is_bound_after_approval_and_the_old_is_refused(provider, karen, mette):
    page = mette.get(reverse("person_access", args=[karen.pk])).text
    assert ("ny-konto…" in page, NEW in page, address_of(karen) in page) == (True, False, True)
    assert "ny-konto…" in mette.get(address_of(karen)).text
    assert "kan nu logge ind med det nye login" in approve(mette, karen).text
    assert not is_signed_in(karen.at_work), "the sessions of the old login end"
    later = Client()
    sign_in(later)
    assert is_signed_in(later, karen)
    assert SocialAccount.objects.get().uid == NEW
    provider.sign_in(OLD, email=karen.email)
    assert sign_in(Client()).status_code == 401
    change = AccessChange.objects.get()
    assert (change.kind, change.person, change.reason) == ("IDENTITY_REBOUND", karen, WHY)


def test_approval_without_a_reason_or_without_an_attempt_changes_nothing(karen, mette, cast):
    assert approve(mette, karen, reason="").status_code == 422
    assert "venter ikke længere" in mette.post(address_of(cast.anne), {"reason": WHY}, follow=True).text
    assert SocialAccount.objects.get().uid == OLD
    assert is_signed_in(karen.at_work)


def test_subject_that_somebody_else_has_meanwhile_is_not_moved(karen, mette, provider):
    SocialAccount.objects.create(user=UserFactory(), provider=provider.issuer, uid=NEW)
    assert "Nogen har lige ændret det samme" in approve(mette, karen).text
    assert (SocialAccount.objects.get(user=karen).uid, AccessChange.objects.count()) == (OLD, 0)
    assert is_signed_in(karen.at_work)
