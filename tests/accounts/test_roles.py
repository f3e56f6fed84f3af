"""Giving and removing roles: at once, with a reason, told to the other administrators; and who gives which role."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.urls import reverse

from notifications.models import Notice
from sepo_incident.accounts.access import access_changes
from sepo_incident.accounts.models import AccessChange, GroupRole, Membership, User
from sepo_incident.audit.models import RowChange
from tests.factories import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db
Kind, Role = AccessChange.Kind, Membership.Role
WHY = "Afløser på kontoret"


@pytest.fixture
def ole(cast):
    """The second administrator."""
    return MembershipFactory(user=UserFactory(name="Ole Krag"), unit=cast.root, role=Role.KIT_ADMIN).user


def give(person, unit, role, by, kind=Kind.ROLE_GIVEN, reason=WHY, **fields):
    change = AccessChange(person=person, unit=unit, role=role, by=by, kind=kind, **fields)
    access_changes.change_role(change, reason)


def take(*args, **fields):
    give(*args, kind=Kind.ROLE_TAKEN, **fields)


def holds(person, role):
    return Membership.objects.filter(user=person, role=role).exists()


@pytest.mark.parametrize("role", [Role.KIT_ADMIN, Role.READER])
def test_role_takes_effect_at_once_and_every_other_administrator_gets_a_mail(cast, ole, role):
    unit = cast.root if role == Role.KIT_ADMIN else cast.buf
    give(cast.karen, unit, role, cast.mette)
    assert Membership.objects.get(user=cast.karen).sources == ["givet af en person"]
    told = {one.deliveries.get().recipient: one.text for one in Notice.objects.filter(kind="ACCESS_CHANGED")}
    assert set(told) == {ole, *([cast.karen] if role == Role.KIT_ADMIN else [])}
    for part in (cast.mette.name, cast.karen.name, role.label, WHY):
        assert part in told[ole]
    take(cast.karen, unit, role, cast.mette)
    assert not holds(cast.karen, role)
    changes = AccessChange.objects.filter(person=cast.karen, by=cast.mette, role=role)
    assert [one.kind for one in changes] == [Kind.ROLE_TAKEN, Kind.ROLE_GIVEN]
    rows = RowChange.objects.filter(table_name="accounts_membership", by_id=cast.mette.pk)
    assert rows.count() == 2, "the history of the row names who did it"


def test_personalejura_alone_gives_its_role(cast, ole):
    """One person of Koncern IT could otherwise read every personnel case."""
    for person in (cast.mette, cast.karen):
        with pytest.raises(ValidationError, match="Kun Personalejura giver den rolle"):
            give(person, cast.root, Role.HR, cast.mette)
    with pytest.raises(ValidationError, match="Kun Personalejura giver den rolle"):
        give(None, cast.root, Role.HR, cast.mette, group="Alle i Koncern IT")
    assert not holds(cast.mette, Role.HR)
    give(cast.karen, cast.buf, Role.HR, cast.hanne)
    give(None, cast.buf, Role.HR, cast.hanne, group="Jurister")
    assert (holds(cast.karen, Role.HR), GroupRole.objects.get().role) == (True, Role.HR)
    take(cast.karen, cast.buf, Role.HR, cast.mette)
    assert not holds(cast.karen, Role.HR), "Koncern IT takes the role, for example before it changes an address"
    with pytest.raises(ValidationError, match="Kun Koncern IT ændrer"):
        give(cast.karen, cast.buf, Role.READER, cast.hanne)


def test_personalejura_of_a_unit_gives_the_role_there_alone(cast):
    local = User.objects.get(pk=MembershipFactory(unit=cast.buf, role=Role.HR).user.pk)
    give(cast.karen, cast.svalevej, Role.HR, local)
    with pytest.raises(ValidationError, match="Kun Personalejura"):
        give(cast.karen, cast.root, Role.HR, local)


def test_leader_has_a_unit_and_koncern_it_has_none(cast):
    with pytest.raises(ValidationError, match="En leder skal have en enhed"):
        give(cast.karen, cast.root, Role.LEADER, cast.mette)
    with pytest.raises(ValidationError, match="Rollen gælder hele kommunen"):
        give(cast.karen, cast.buf, Role.KIT_ADMIN, cast.mette)


def test_last_administrator_who_can_sign_in_stays(cast, ole):
    User.objects.filter(pk=ole.pk).update(is_active=False)
    with pytest.raises(ValidationError, match="sidste administrator"), transaction.atomic():
        take(cast.mette, cast.root, Role.KIT_ADMIN, cast.mette)
    assert holds(cast.mette, Role.KIT_ADMIN)
    GroupRole.objects.create(group="KIT", unit=cast.root, role=Role.KIT_ADMIN)
    Membership.objects.filter(role=Role.KIT_ADMIN).update(made_by_provider=True, made_by_hand=False)
    with pytest.raises(ValidationError, match="sidste administrator"), transaction.atomic():
        take(None, cast.root, Role.KIT_ADMIN, cast.mette, group="KIT")
    assert (GroupRole.objects.count(), holds(cast.mette, Role.KIT_ADMIN)) == (1, True)


def test_only_the_mark_of_a_person_is_removed(cast):
    Membership.objects.filter(user=cast.jens).update(made_by_import=True)
    take(cast.jens, cast.svalevej, Role.LEADER, cast.mette)
    assert Membership.objects.get(user=cast.jens).sources == ["givet af en liste over breve"]
    with pytest.raises(ValidationError, match="Ret den der, hvor den kommer fra"):
        take(cast.jens, cast.svalevej, Role.LEADER, cast.mette)
    give(cast.jens, cast.svalevej, Role.LEADER, cast.mette)
    assert len(Membership.objects.get(user=cast.jens).sources) == 2, "one row with both marks"
    with pytest.raises(ValidationError, match="allerede givet"):
        give(cast.jens, cast.svalevej, Role.LEADER, cast.mette)


def test_role_needs_a_reason_and_a_person_who_can_sign_in(cast):
    with pytest.raises(ValidationError, match="begrundelse"), transaction.atomic():
        give(cast.anne, cast.buf, Role.READER, cast.mette, reason=" ")
    User.objects.filter(pk=cast.anne.pk).update(is_active=False)
    cast.anne.refresh_from_db()
    with pytest.raises(ValidationError, match="kan ikke logge ind"):
        give(cast.anne, cast.buf, Role.READER, cast.mette)
    assert not holds(cast.anne, Role.READER)


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("access_change_kind_known", {"kind": "FORGOTTEN"}),
        ("access_change_has_a_reason", {"reason": " "}),
        ("access_change_not_own_second_factor", {"kind": "SECOND_FACTOR_REMOVED", "by": "karen"}),
        ("access_change_for_somebody", {"kind": "ROLE_GIVEN", "role": "READER", "unit": "buf", "group": "SEPO"}),
        ("access_change_of_a_role", {"kind": "ROLE_GIVEN", "role": "READER"}),
    ],
)
def test_database_refuses_what_must_not_be(cast, constraint, fields):
    change = {"kind": "SIGNED_OUT", "reason": WHY, "person": "karen", "by": "mette"} | fields
    change |= {name: getattr(cast, change[name]) for name in ("person", "by", "unit") if name in change}
    with pytest.raises(DatabaseError, match=constraint), transaction.atomic():
        AccessChange.objects.create(**change)


def test_role_without_a_source_is_refused(cast):
    with pytest.raises(DatabaseError, match="membership_has_a_source"), transaction.atomic():
        Membership.objects.filter(user=cast.jens).update(made_by_hand=False)


def test_removed_group_takes_the_roles_that_no_group_gives(cast):
    give(None, cast.buf, Role.READER, cast.mette, group="SEPO")
    only, both = cast.karen, cast.anne
    Membership.objects.create(user=only, unit=cast.buf, role=Role.READER, made_by_provider=True, made_by_hand=False)
    Membership.objects.create(user=both, unit=cast.buf, role=Role.READER, made_by_provider=True)
    take(None, cast.buf, Role.READER, cast.mette, group="SEPO")
    assert not GroupRole.objects.exists()
    assert (holds(only, Role.READER), Membership.objects.get(user=both).sources) == (False, ["givet af en person"])


@pytest.mark.parametrize(
    ("role", "unit", "is_active", "said"),
    [
        ("KIT_ADMIN", "buf", True, "Rollen gælder hele kommunen"),
        ("LEADER", "root", True, "En leder skal have en enhed"),
        ("READER", "buf", False, "kan ikke logge ind"),
    ],
)
def test_command_line_refuses_in_words(cast, role, unit, is_active, said):
    User.objects.filter(pk=cast.karen.pk).update(is_active=is_active)
    with pytest.raises(CommandError, match=said):
        call_command("grant_role", cast.karen.email, role, unit=getattr(cast, unit).pk)
    assert not AccessChange.objects.exists()


@pytest.mark.parametrize("role", ["KIT_ADMIN", "HR"])
def test_command_line_gives_the_first_role_and_is_told(cast, role):
    for _ in range(2):
        call_command("grant_role", cast.karen.email, role)
    change = AccessChange.objects.get()
    assert (change.person, change.by, change.kind) == (cast.karen, None, Kind.ROLE_GIVEN)
    assert "grant_role" in change.reason
    assert holds(cast.karen, role)
    assert [one.deliveries.get().recipient for one in Notice.objects.all()] == [cast.mette]


def test_personalejura_comes_back_from_the_access_of_somebody_whose_page_is_closed(cast, as_user):
    client = as_user(cast.hanne)
    page = client.get(reverse("person_access", args=[cast.ulla.pk])).text
    [back] = re.findall(r'<a class="back" href="([^"]+)"', page)
    assert client.get(back).status_code == 200
