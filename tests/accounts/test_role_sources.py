"""A role exists as long as a source gives it: a list of letters, a staff file, the provider, or a person."""

import pytest
from django.db import IntegrityError, connection, transaction

from sepo_incident.accounts.models import Membership
from sepo_incident.accounts.roles import give_roles_sql, take_roles_sql

pytestmark = pytest.mark.django_db
SOURCES = Membership.SOURCES


@pytest.fixture
def role(cast):
    """The role of Jens, given by a person."""
    return Membership.objects.get(user=cast.jens)


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def give(role: Membership, source: str) -> None:
    run(give_roles_sql(source, f"SELECT {role.user_id} AS user_id, {role.unit_id} AS unit_id, '{role.role}' AS role"))


def take(role: Membership, source: str) -> None:
    run(take_roles_sql(source, f"SELECT {role.pk} AS id"))


def marks(role: Membership) -> set[str]:
    """Return the sources that give the role; none if the role is gone."""
    found = Membership.objects.filter(user=role.user_id, unit=role.unit_id, role=role.role).first()
    return {source for source in SOURCES if getattr(found, source, False)}


def test_each_source_gives_and_takes_its_own_mark(role):
    for source in SOURCES[:3]:
        give(role, source)
    assert marks(role) == set(SOURCES)
    for at, source in enumerate(SOURCES):
        assert marks(role) == set(SOURCES[at:]), "one row, with the marks that are left"
        take(role, source)
        take(role, source)
    assert marks(role) == set()


def test_role_without_a_source_is_refused(role):
    role.made_by_hand = False
    assert role.sources == []
    with pytest.raises(IntegrityError, match="membership_has_a_source"), transaction.atomic():
        role.save()
