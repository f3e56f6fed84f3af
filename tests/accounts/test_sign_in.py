"""Who gets in, for how long, and what happens to those who guess."""

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from sepo_incident.accounts.models import Membership, User

pytestmark = pytest.mark.django_db
PASSWORD = "en-lang-og-god-adgangskode"


@pytest.fixture
def karen():
    return User.objects.create_user("karen@buf.example", "Karen Bülow Møller", PASSWORD)


def sign_in(client, password=PASSWORD, email="Karen@buf.example"):
    return client.post(reverse("sign_in"), {"username": email, "password": password})


def test_the_first_sign_in_claims_the_account(client, karen):
    assert sign_in(client).status_code == 302
    karen.refresh_from_db()
    first = karen.claimed_at
    assert first is not None
    client.post(reverse("sign_out"))
    sign_in(client)
    karen.refresh_from_db()
    assert karen.claimed_at == first


def test_a_wrong_password_is_answered_in_danish(client, karen):
    page = sign_in(client, password="forkert").content.decode()
    assert "passer ikke sammen" in page


def test_five_wrong_guesses_close_the_door_even_for_the_right_password(client, karen):
    for _ in range(5):
        sign_in(client, password="forkert")
    refused = sign_in(client)
    assert refused.status_code == 429
    assert "_auth_user_id" not in client.session


def test_somebody_who_left_does_not_get_in(client, karen):
    User.objects.filter(pk=karen.pk).update(is_active=False)
    assert "_auth_user_id" not in (sign_in(client) and client.session)


def test_a_session_ends_after_30_idle_minutes(client, karen, time_machine):
    time_machine.move_to("2020-01-07T09:00:00+01:00")
    sign_in(client)
    time_machine.move_to("2020-01-07T09:29:00+01:00")
    assert client.get(reverse("my_letters")).status_code == 200
    time_machine.move_to("2020-01-07T10:00:00+01:00")
    assert client.get(reverse("my_letters")).status_code == 302


def test_a_session_ends_after_8_hours_however_busy(client, karen, time_machine):
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
def test_everybody_lands_where_their_work_is(client, karen, role, front_page):
    if role:
        call_command("grant_role", karen.email, role)
    client.force_login(karen)
    assert client.get("/").url == reverse(front_page)


def test_grant_role_makes_the_person_once(capsys):
    with pytest.raises(CommandError, match="--name"):
        call_command("grant_role", "mette@kit.example", "KIT_ADMIN")
    for _ in range(2):
        call_command("grant_role", "mette@kit.example", "KIT_ADMIN", name="Mette Dahl")
    assert "havde rollen i forvejen" in capsys.readouterr().out
    assert Membership.objects.filter(user__email="mette@kit.example", role="KIT_ADMIN").count() == 1
