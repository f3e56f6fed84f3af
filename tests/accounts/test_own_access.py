"""*Min adgang*: passkeys, apps and emergency codes, and the places where somebody is signed in."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from django.urls import reverse

from sepo_incident.accounts.sign_in.own_access import browser_name
from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db
PASSWORD = "en-lang-og-god-adgangskode"
WRONG = "Koden er forkert."
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) (KHTML, like Gecko) Chrome/131.0 Safari/537.36 Edg/131.0"


@pytest.fixture
def mette():
    """Koncern IT, with a password."""
    user = UserFactory(name="Mette Dahl", email="mette@kit.example")
    user.set_password(PASSWORD)
    user.save()
    MembershipFactory(user=user, role="KIT_ADMIN")
    return user


def sign_in(client, user, agent="", **follow):
    given = {"login": user.email, "password": PASSWORD}
    return client.post(reverse("account_login"), given, headers={"User-Agent": agent}, **follow)


def code_of(secret, later=0):
    return format_hotp_value(hotp_value(secret, int(time.time() // 30) + later))


def add_app(client):
    """Add an app for the signed-in user and return its secret."""
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    assert client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)}).status_code == 302
    return secret


def is_signed_in(client):
    return "_auth_user_id" in client.session


def test_koncern_it_must_add_a_key_or_an_app_first(client, mette, settings):
    sign_in(client, mette)
    assert client.get(reverse("incident")).status_code == 200, "not in the demo"
    settings.SECOND_FACTOR = True
    led = client.get(reverse("incident"), follow=True)
    assert led.request["PATH_INFO"] == reverse("my_access")
    assert led.context["must_add"]
    assert client.post(reverse("new_incident")).url == reverse("my_access")
    add_app(client)
    assert client.get(reverse("incident")).status_code == 200
    client.post(reverse("sign_out"))
    karen = UserFactory()
    client.force_login(karen)
    assert client.get(reverse("my_letters")).status_code == 200, "no role"


@pytest.mark.parametrize(
    ("role", "place", "must"),
    [
        ("HR", "buf", True),
        ("DIT_SUPPORT", "root", True),
        ("COORDINATOR", "root", True),
        ("COORDINATOR", "buf", False),
    ],
)
def test_roles_over_personnel_cases_or_all_units_need_a_second_factor(cast, client, settings, role, place, must):
    settings.SECOND_FACTOR = True
    person = UserFactory(unit=cast.buf)
    MembershipFactory(user=person, unit=getattr(cast, place), role=role)
    client.force_login(person)
    assert (getattr(client.get(reverse("my_letters")), "url", "") == reverse("my_access")) is must


def test_app_is_asked_for_after_the_password_and_a_code_works_once(client, mette, time_machine):
    time_machine.move_to("2020-01-13T10:00:00+01:00")
    sign_in(client, mette)
    secret = add_app(client)
    client.post(reverse("sign_out"))
    time_machine.move_to("2020-01-13T10:05:00+01:00")
    assert sign_in(client, mette).url == reverse("mfa_authenticate")
    assert client.get(reverse("incident")).url.startswith(reverse("sign_in"))
    code, wrong = code_of(secret), code_of(secret, later=40)
    assert WRONG in client.post(reverse("mfa_authenticate"), {"code": wrong}).text
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert is_signed_in(client)
    second = Client()
    sign_in(second, mette)
    assert WRONG in second.post(reverse("mfa_authenticate"), {"code": code}).text


def test_code_that_adds_the_app_signs_nobody_in(client, mette):
    sign_in(client, mette)
    code = code_of(add_app(client))
    other = Client()
    sign_in(other, mette)
    assert other.post(reverse("mfa_authenticate"), {"code": code}).status_code == 200
    assert not is_signed_in(other)


def test_guesses_of_the_app_are_limited(client, mette):
    sign_in(client, mette)
    secret = add_app(client)
    client.post(reverse("sign_out"))
    sign_in(client, mette)
    for _ in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})
    refused = client.post(reverse("mfa_authenticate"), {"code": code_of(secret, later=1)})
    assert "Der er prøvet for mange gange." in refused.text
    assert not is_signed_in(client)


def test_emergency_code_works_once(client, mette):
    sign_in(client, mette)
    add_app(client)
    code = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"][0]
    for is_first in (True, False):
        client.post(reverse("sign_out"))
        sign_in(client, mette)
        client.post(reverse("mfa_authenticate"), {"code": code})
        assert is_signed_in(client) == is_first


def test_database_does_not_tell_the_secret(client, mette):
    sign_in(client, mette)
    secret = add_app(client)
    stored = Authenticator.objects.get(user=mette, type="totp").data["secret"]
    assert secret not in stored
    assert stored.startswith("gAAAA")


def test_change_asks_for_the_password_again(client, mette):
    sign_in(client, mette)
    asked = client.get(reverse("mfa_activate_totp"), follow=True)
    assert asked.request["PATH_INFO"] == reverse("account_reauthenticate")
    wrong = client.post(reverse("account_reauthenticate"), {"password": "forkert"})
    assert "Adgangskoden er forkert." in wrong.text
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert client.get(reverse("mfa_activate_totp")).status_code == 200


@pytest.mark.parametrize(("minutes", "may_add"), [(14, True), (16, False)])
def test_without_a_password_the_sign_in_must_be_new(client, time_machine, minutes, may_add):
    time_machine.move_to("2020-01-13T10:00:00+01:00")
    client.force_login(UserFactory())
    client.get(reverse("my_access"))
    time_machine.move_to(f"2020-01-13T10:{minutes:02d}:00+01:00")
    page = client.get(reverse("mfa_activate_totp"), follow=True)
    assert (page.request["PATH_INFO"] == reverse("mfa_activate_totp"), is_signed_in(client)) == (may_add, may_add)


@pytest.mark.django_db(transaction=True)
def test_new_app_ends_the_sessions_elsewhere(client, mette):
    """Whoever knows the password may wait in a session until the owner has added an app."""
    waiting = Client()
    sign_in(waiting, mette)
    sign_in(client, mette)
    add_app(client)
    assert waiting.get(reverse("my_letters")).status_code == 302
    assert client.get(reverse("my_access")).status_code == 200


@pytest.mark.parametrize("said", ["", "[]", '{"id":"x"}', "1" * 5000, "[" * 20_000])
def test_nonsense_for_a_key_is_refused(client, mette, said):
    assert client.post(reverse("mfa_login_webauthn"), {"credential": said}).status_code == 302
    sign_in(client, mette)
    add_app(client)
    assert client.post(reverse("mfa_add_webauthn"), {"name": "x", "credential": said}).status_code == 200
    client.post(reverse("sign_out"))
    sign_in(client, mette)
    assert client.post(reverse("mfa_authenticate"), {"credential": said}).status_code == 200
    assert not is_signed_in(client)


def test_app_is_removed_and_its_emergency_codes_with_it(client, mette):
    sign_in(client, mette)
    add_app(client)
    assert client.get(reverse("mfa_deactivate_totp")).status_code == 200
    client.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.filter(user=mette).exists()
    assert "Du har ingen." in client.get(reverse("my_access")).text


@pytest.mark.django_db(transaction=True)  # the library tells of a change when it is committed
def test_security_log_has_each_change_and_each_refused_code(client, mette, caplog):
    sign_in(client, mette)
    add_app(client)
    client.post(reverse("sign_out_elsewhere"))
    client.post(reverse("sign_out"))
    sign_in(client, mette)
    client.post(reverse("mfa_authenticate"), {"code": "12"})
    lines = [record for record in caplog.records if hasattr(record, "event")]
    changes = [record.numbers["change"] for record in lines if record.event == "way_to_sign_in_changed"]
    assert changes == ["totp_activated"]
    assert [record.user_id for record in lines if record.event == "signed_out_elsewhere"] == [mette.pk]
    assert lines[-1].event == "sign_in_refused"


def test_password_is_changed_with_the_old_one_and_ends_the_sessions_elsewhere(client, mette):
    elsewhere, page, new = Client(), reverse("account_change_password"), "en-anden-og-lang-adgangskode"
    sign_in(client, mette)
    sign_in(elsewhere, mette)
    given = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert page in client.get(reverse("my_access")).text
    assert "Adgangskoden er forkert." in client.post(page, given | {"oldpassword": "forkert"}).text
    assert "mindst 12 tegn" in client.post(page, given | {"password1": "kort", "password2": "kort"}).text
    assert "samme adgangskode" in client.post(page, given | {"password2": "en-tredje-adgangskode"}).text
    assert client.post(page, {}).text.count("Skriv din adgangskode.") >= 3
    assert "Din adgangskode er ændret." in client.post(page, given, follow=True).text
    assert is_signed_in(client)
    assert elsewhere.get(reverse("my_access")).status_code == 302
    mette.refresh_from_db()
    assert mette.check_password(new)


def test_old_password_cannot_be_guessed_in_a_session(client, mette):
    sign_in(client, mette)
    given = {"oldpassword": "forkert", "password1": "x", "password2": "x"}
    answers = [client.post(reverse("account_change_password"), given).status_code for _ in range(6)]
    assert answers[-1] == 429


def test_page_lists_the_places_and_signs_out_the_others(client, mette):
    there = Client()
    sign_in(there, mette, agent=EDGE)
    sign_in(client, mette)
    page = client.get(reverse("my_access")).text
    assert "Edge på Windows" in page
    assert page.count("Den, du bruger nu") == 1
    client.post(reverse("sign_out_elsewhere"))
    assert there.get(reverse("my_letters")).status_code == 302
    page = client.get(reverse("my_access")).text
    assert "Edge på Windows" not in page
    assert "Log ud alle andre steder</button>" not in page


def test_nobody_sees_the_places_of_another(client, mette):
    sign_in(Client(), mette, agent=EDGE)
    client.force_login(UserFactory())
    assert "Edge" not in client.get(reverse("my_access")).text
    assert client.post(reverse("mfa_remove_webauthn", args=[1])).status_code == 404


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (EDGE, "Edge på Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 Safari/604.1",
            "Safari på iPhone",
        ),
        ("curl/8.5", "Ukendt browser"),
    ],
)
def test_browser_is_named(agent, name):
    assert browser_name(agent) == name
