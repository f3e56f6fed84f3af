"""*Adgang* and *Roller*: what KIT sees and does, clicks that come twice, and the wrong person."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse

from sepo_incident.accounts import users
from sepo_incident.accounts.models import AccessChange, GroupRole, Membership
from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "en-lang-og-god-adgangskode"
WHY = "Har mistet sin telefon"


@pytest.fixture
def ole(cast):
    return MembershipFactory(user=UserFactory(name="Ole Krag"), unit=cast.root, role="KIT_ADMIN").user


@pytest.fixture
def mette(cast, ole):
    """The client of an administrator who is not alone."""
    return signed_in(cast.mette)


def signed_in(user):
    """Return a client signed in with a password, as a session of the list of sessions."""
    user.set_password(PASSWORD)
    user.save()
    client = Client(headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"})
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    return client


def page_of(person):
    return reverse("person_access", args=[person.pk])


def give(client, person, unit, role, reason=WHY):
    return client.post(
        reverse("give_role", args=[person.pk]), {"role": role, "unit": unit.pk, "reason": reason}, follow=True
    )


def is_signed_in(client):
    return "_auth_user_id" in client.session


def test_page_says_where_each_role_comes_from(cast, mette):
    Membership.objects.filter(user=cast.jens).update(made_by_import=True)
    users.correct_email(cast.jens, "jens.aa@kk.example", old="jens@kk.example", by=cast.mette)
    page = mette.get(page_of(cast.jens)).text
    for words in ("Givet af en liste over breve og givet af en person", "Adressen var jens@kk.example"):
        assert words in page
    assert "har ingen roller og ser kun sine egne breve" in mette.get(page_of(cast.karen)).text


def test_role_is_given_at_once_and_the_history_tells_why(cast, mette):
    given = give(mette, cast.karen, cast.buf, "READER").text
    assert "Karen Bülow Møller: Rolle givet: læser i Børne- og Ungdomsforvaltningen." in given
    assert Membership.objects.get(user=cast.karen).role == "READER"
    assert "allerede givet" in give(mette, cast.karen, cast.buf, "READER").text, "the second click"
    for page in (page_of(cast.karen), reverse("roles")):
        told = mette.get(page).text
        assert "Rolle givet: læser i" in told
        assert (WHY in told, cast.mette.name in told) == (True, True)


def test_each_gives_the_roles_that_they_may(cast, mette):
    """Koncern IT gives no role of Personalejura, and Personalejura gives no other."""
    assert give(mette, cast.mette, cast.root, "HR").status_code == 422
    hanne = signed_in(cast.hanne)
    assert reverse("sign_out_person", args=[cast.karen.pk]) not in hanne.get(page_of(cast.karen)).text
    assert hanne.post(reverse("sign_out_person", args=[cast.karen.pk]), {"reason": WHY}).status_code == 403
    assert give(hanne, cast.karen, cast.buf, "READER").status_code == 422
    give(hanne, cast.karen, cast.buf, "HR")
    given = Membership.objects.filter(user__in=[cast.mette, cast.karen]).order_by("role")
    assert [one.role for one in given] == ["HR", "KIT_ADMIN"]
    held = Membership.objects.get(user=cast.jens)
    assert hanne.post(reverse("take_role", args=[cast.jens.pk, held.pk]), {"reason": WHY}).status_code == 422


def test_removing_says_what_stays(cast, mette):
    held = Membership.objects.get(user=cast.jens)
    Membership.objects.filter(pk=held.pk).update(made_by_import=True)
    address = reverse("take_role", args=[cast.jens.pk, held.pk])
    assert "også givet af en liste over breve. Kun det, en person har givet" in mette.get(address).text
    assert mette.post(address, {"reason": " "}).status_code == 422
    assert "Rolle fjernet" in mette.post(address, {"reason": WHY}, follow=True).text
    assert "Der er ikke ændret noget" in mette.post(address, {"reason": WHY}, follow=True).text, "from the other tab"
    assert Membership.objects.get(pk=held.pk).sources == ["givet af en liste over breve"]


def test_refused_unit_is_named_at_its_field(cast, mette):
    for role in ("KIT_ADMIN", "ADVISER"):
        page = give(mette, cast.karen, cast.buf, role)
        assert page.status_code == 422
        assert list(page.context["form"].errors) == ["unit"]


def test_who_assesses_a_breach_does_not_advise_on_it(cast, mette):
    for person, role in ((cast.dina, "KIT_ADMIN"), (cast.mette, "ADVISER")):
        page = give(mette, person, cast.root, role)
        assert page.status_code == 422
        assert "kan ikke også være databeskyttelsesrådgiver" in page.text


def test_key_from_before_the_address_was_corrected_may_be_somebody_elses(cast, mette):
    """Whoever read the mail of the old address could sign in by a code and add a key."""
    users.correct_email(cast.karen, "karen.b@kk.example", old=cast.karen.email, by=cast.mette)
    Authenticator.objects.create(user=cast.karen, type=Authenticator.Type.TOTP, data={"secret": "x"})
    assert "efter at Karen Bülow Møller fik nøgle eller app" not in mette.get(page_of(cast.karen)).text
    users.correct_email(cast.karen, "karen@buf.example", old="karen.b@kk.example", by=cast.mette)
    assert "efter at Karen Bülow Møller fik nøgle eller app" in mette.get(page_of(cast.karen)).text


def test_sessions_of_a_person_end_with_a_reason(cast, mette):
    at_work = signed_in(cast.karen)
    at_home = Client()
    at_home.post(reverse("account_login"), {"login": cast.karen.email, "password": PASSWORD})
    assert [place.browser for place in mette.get(page_of(cast.karen)).context["places"]] == [
        "Ukendt browser",
        "Firefox på Windows",
    ]
    address = reverse("sign_out_person", args=[cast.karen.pk])
    assert mette.post(address).status_code == 422
    assert is_signed_in(at_work)
    assert "er logget ud alle steder" in mette.post(address, {"reason": WHY}, follow=True).text
    assert not is_signed_in(at_work)
    assert not is_signed_in(at_home)
    assert not UserSession.objects.filter(user=cast.karen).exists()
    assert is_signed_in(mette)
    change = AccessChange.objects.get()
    assert (change.person, change.kind, change.reason, change.by) == (cast.karen, "SIGNED_OUT", WHY, cast.mette)
    assert WHY in mette.get(page_of(cast.karen)).text


def test_sessions_end_when_the_address_is_corrected(cast, mette):
    """The old address may be a colleague's, who signed in by a code."""
    at_work = signed_in(cast.karen)
    users.correct_email(cast.karen, "karen.bm@kk.example", old=cast.karen.email, by=cast.mette)
    assert (is_signed_in(at_work), is_signed_in(mette)) == (False, True)


def test_lost_second_factor_is_removed_by_another(cast, mette, ole):
    at_work = signed_in(ole)
    for user in (ole, cast.mette):
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    Authenticator.objects.create(user=ole, type=Authenticator.Type.RECOVERY_CODES, data={})
    own = reverse("remove_keys", args=[cast.mette.pk])
    assert own not in mette.get(page_of(cast.mette)).text
    assert "En anden fra Koncern IT skal fjerne" in mette.post(own, {"reason": WHY}).text
    assert is_signed_in(mette)
    mette.post(reverse("remove_keys", args=[ole.pk]), {"reason": WHY})
    assert list(Authenticator.objects.values_list("user", flat=True)) == [cast.mette.pk]
    assert not is_signed_in(at_work)
    assert AccessChange.objects.get().kind == "SECOND_FACTOR_REMOVED"


def test_own_sign_out_everywhere_leads_to_the_sign_in(cast, mette):
    """The act ends the session of the request as well."""
    answer = mette.post(reverse("sign_out_person", args=[cast.mette.pk]), {"reason": WHY}, follow=True)
    assert answer.request["PATH_INFO"] == reverse("sign_in")
    assert not is_signed_in(mette)
    assert AccessChange.objects.get().kind == "SIGNED_OUT"


def test_group_page_gives_and_removes_a_role(cast, mette):
    given = {"group": "SEPO-læsere", "role": "READER", "unit": cast.buf.pk, "reason": "Nyt udvalg"}
    page = mette.post(reverse("group_roles"), given, follow=True)
    assert "SEPO-læsere" in page.text
    [group] = page.context["groups"]
    address = reverse("take_group_role", args=[group.pk])
    assert "mister den" in mette.get(address).text
    mette.post(address, {"reason": "Udvalget er nedlagt"})
    assert not GroupRole.objects.exists()
    assert "Ingen grupper" in mette.get(reverse("group_roles")).text
