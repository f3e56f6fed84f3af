"""Roles that follow from a person's groups at the municipality's sign-in, by the table that Koncern IT edits.

A role that a list, a staff file or a person gives stays, whatever the groups are.
"""

from typing import Any

from django.conf import settings
from django.db import connection, transaction

from sepo_incident.accounts.models import GroupRole, Membership, User
from sepo_incident.accounts.roles import give_roles_sql, lock_roles, take_roles_sql
from sepo_incident.core import logs
from sepo_incident.core.sql_files import read_sql

_GIVE_SQL = give_roles_sql("made_by_provider", read_sql(__file__, "roles_of_groups.sql"))
_TAKE_SQL = take_roles_sql("made_by_provider", read_sql(__file__, "roles_without_group.sql"))


def groups_in(claims: dict[str, Any]) -> list[str] | None:
    """Return the groups that the provider tells, or None if it tells nothing of groups.

    Entra ID tells nothing about somebody with many groups: `_claim_names` and `hasgroups` say where to ask instead
    (learn.microsoft.com, "Groups overage claim").
    """
    name = settings.OIDC["groups_claim"]
    told = claims.get(name)
    elsewhere = claims.get("_claim_names")
    if claims.get("hasgroups") or (isinstance(elsewhere, dict) and name in elsewhere):
        return None
    groups = [told] if isinstance(told, str) else told
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        return None
    return [group.replace("\0", "") for group in groups]


def set_roles(person: User, groups: list[str] | None) -> bool:
    """Give and remove the person's roles by the groups, and return whether some changed. None changes nothing."""
    if groups is None:
        return False
    wanted = GroupRole.objects.filter(group__in=groups) if person.is_active else GroupRole.objects.none()
    held = Membership.objects.filter(user=person, made_by_provider=True)
    if set(wanted.values_list("unit", "role")) == set(held.values_list("unit", "role")):
        return False
    values: dict[str, Any] = {"person": person.pk, "groups": groups}
    with transaction.atomic(), connection.cursor() as cursor:
        lock_roles(None)
        cursor.execute(_GIVE_SQL, values)
        cursor.execute(_TAKE_SQL, values)
    logs.log_security_event("roles_of_groups_changed", person.pk)
    return True
