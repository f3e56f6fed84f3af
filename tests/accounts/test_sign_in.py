"""Signing in with a password: lock-out, session length, roles, and the security log."""

import logging
from contextlib import nullcontext

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from sepo_incident.accounts.models import Membership, Unit, User
from sepo_incident.core.logs import JsonFormatter, PersonalDataFilter
from sepo_incident.settings import secret
from sepo_incident.wsgi import application
from tests.factories import UnitFactory

pytestmark = pytest.mark.django_db
PASSWORD = "en-lang-og-god-adgangskode"
LOCKED_OUT = "Der er prøvet for mange gange. Vent et kvarter, og prøv igen."


@pytest.fixture
def karen():
    return User.objects.create_user("karen@buf.example", "Karen Bülow Møller", PASSWORD)


def sign_in(client, password=PASSWORD, email="Karen@buf.example"):
    return client.post(reverse("account_login"), {"login": email, "password": password})


def test_first_sign_in_claims_the_account(client, karen):
    assert sign_in(client).status_code == 302
    karen.refresh_from_db()
    first = karen.claimed_at
    assert first is not None
    client.post(reverse("sign_out"))
    sign_in(client)
    karen.refresh_from_db()
    assert karen.claimed_at == first


def test_security_log_names_user_id_and_never_the_address(client, karen, caplog):
    sign_in(client)
    client.post(reverse("sign_out"))
    for _ in range(6):
        sign_in(client, password="forkert")
    lines = [record for record in caplog.records if record.name == "sepo.security" and hasattr(record, "event")]
    noted = [(record.event, record.user_id) for record in lines]
    assert noted == [("signed_in", karen.pk), *[("sign_in_refused", None)] * 5, ("locked_out", None)]
    assert lines[0].numbers == {"methods": "password"}
    assert "karen" not in "".join(JsonFormatter().format(record) for record in lines).lower()


def test_logs_hide_the_row_that_the_database_refused(karen, caplog):
    """PostgreSQL adds the row below the error: «Failing row contains (7, karen@buf.example, …)»."""
    with pytest.raises(IntegrityError, match=r"karen@buf\.example") as refused, transaction.atomic():
        User.objects.create_user("karen@buf.example", "Karen Bülow Møller", PASSWORD)
    logging.getLogger("any").error("refused: %r", refused.value, exc_info=refused.value)
    record = caplog.records[-1]
    assert PersonalDataFilter().filter(record)
    line = JsonFormatter().format(record)
    assert "IntegrityError" in line
    assert "DETAIL" not in line
    assert "(karen@buf.example)" not in line


def test_inactive_user_cannot_sign_in(client, karen):
    User.objects.filter(pk=karen.pk).update(is_active=False)
    assert "Din adgang er lukket." in client.get(sign_in(client).url).text
    assert "_auth_user_id" not in client.session


def test_session_ends_after_30_idle_minutes(client, karen, time_machine):
    time_machine.move_to("2020-01-07T09:00:00+01:00")
    sign_in(client)
    time_machine.move_to("2020-01-07T09:29:00+01:00")
    assert client.get(reverse("my_letters")).status_code == 200
    time_machine.move_to("2020-01-07T10:00:00+01:00")
    assert client.get(reverse("my_letters")).status_code == 302


def test_session_ends_after_8_hours_of_activity(client, karen, time_machine):
    time_machine.move_to("2020-01-07T08:00:00+01:00")
    sign_in(client)
    for quarter in range(1, 32):
        time_machine.move_to(f"2020-01-07T{8 + quarter // 4:02d}:{15 * (quarter % 4):02d}:00+01:00")
        assert client.get(reverse("my_letters")).status_code == 200, quarter
    time_machine.move_to("2020-01-07T16:10:00+01:00")
    assert client.get(reverse("my_letters")).status_code == 302


@pytest.mark.parametrize(
    ("role", "front_page"),
    [(None, "my_letters"), ("LEADER", "boards"), ("KIT_ADMIN", "incident"), ("DIT_SUPPORT", "escalations")],
)
def test_front_page_follows_the_role(client, karen, role, front_page):
    if role:
        unit = UnitFactory(parent=Unit.root()) if role == "LEADER" else Unit.root()
        call_command("grant_role", karen.email, role, unit=unit.pk)
    client.force_login(karen)
    assert client.get("/").url == reverse(front_page)


def test_grant_role_creates_the_person_once(capsys):
    with pytest.raises(CommandError, match="--name"):
        call_command("grant_role", "mette@kit.example", "KIT_ADMIN")
    for _ in range(2):
        call_command("grant_role", "mette@kit.example", "KIT_ADMIN", name="Mette Dahl")
    assert "havde allerede rollen" in capsys.readouterr().out
    assert Membership.objects.filter(user__email="mette@kit.example", role="KIT_ADMIN").count() == 1


@pytest.mark.parametrize(("role", "sentence"), [("LEADER", "skal have en enhed"), ("LEDER", "LEADER")])
def test_grant_role_refuses_leader_without_unit_and_unknown_role(karen, role, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("grant_role", karen.email, role)
    assert not karen.memberships.exists()


@pytest.mark.parametrize("email", ["mette@kit", ""])
def test_grant_role_refuses_incomplete_address(email):
    with pytest.raises(CommandError, match="ikke en e-mail"):
        call_command("grant_role", email, "KIT_ADMIN", name="Mette Dahl")
    assert not User.objects.exists()


def test_lock_out_covers_every_spelling_of_the_address(client, karen):
    for guess in range(5):
        sign_in(client, password="forkert", email="karen@buf.example" if guess % 2 else "kaREN@buf.example")
    assert LOCKED_OUT in sign_in(client, email="KAREN@BUF.EXAMPLE ").text


def test_guesses_are_counted_per_address_behind_the_proxy(client, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    def guess(number, via):
        sent = {"login": f"nogen{number}@buf.example", "password": "forkert"}
        return LOCKED_OUT in client.post(reverse("account_login"), sent, headers={"X-Forwarded-For": via}).text

    assert not any(guess(number, via=f"10.0.0.{number}, 10.0.1.1") for number in range(60))
    assert guess(60, via="10.0.0.60, 10.0.1.1"), "what the visitor says about itself does not count"
    assert not guess(60, via="10.0.1.2")


def test_signed_in_pages_are_not_cached(client, karen):
    client.force_login(karen)
    assert client.get(reverse("my_letters")).headers["Cache-Control"] == "private, no-store"


def test_other_charsets_than_utf8_are_refused():
    statuses = []
    application({"CONTENT_TYPE": "text/plain; charset=rot13"}, lambda line, headers: statuses.append(line))
    assert statuses == ["400 Bad Request"]


@pytest.mark.parametrize(("password", "is_taken"), [("elleve tegn", False), ("qwerty123456", False), (PASSWORD, True)])
def test_short_and_common_passwords_are_refused(password, is_taken):
    with nullcontext() if is_taken else pytest.raises(ValidationError):
        validate_password(password)


def test_weak_secret_is_refused(monkeypatch):
    monkeypatch.setenv("RECIPIENT_HASH_KEY", "abc")
    with pytest.raises(ImproperlyConfigured, match="32"):
        secret("RECIPIENT_HASH_KEY")


def test_cpr_number_in_a_url_is_masked_in_the_log():
    record = logging.makeLogRecord({"msg": "request", "path": "/010170-1234/"})
    assert "010170" not in JsonFormatter().format(record)
