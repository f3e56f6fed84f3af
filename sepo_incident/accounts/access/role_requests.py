"""Give and remove roles with a reason. A role above LEADER, or of a group, waits until another administrator approves.

Nothing here touches the roles of lists, staff files and the municipality's sign-in: only the mark of a person.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, models, transaction
from django.utils import timezone

from sepo_incident.accounts.access.access_changes import ids_able_to_sign_in_as
from sepo_incident.accounts.models import GroupRole, Membership, RoleRequest, Unit, User
from sepo_incident.accounts.roles import lock_roles, take_roles_sql
from sepo_incident.core import logs
from sepo_incident.core.database import Conflict

Act, Outcome, Role = RoleRequest.Act, RoleRequest.Outcome, Membership.Role
LAST_ADMINISTRATOR = "Det er den sidste administrator fra Koncern IT. Giv først en anden rollen."
PERHAPS_THE_SAME = (
    "Dit eller {name}s login er ændret for nylig, så I kan være den samme. En anden administrator skal godkende, eller "
    "driften kan give rollen på serveren."
)
LEADER_OF_EVERYTHING = "En leder skal have en enhed. Vælg en anden enhed end hele kommunen."
ADMINISTRATOR_OF_A_UNIT = "Koncern IT arbejder for hele kommunen. Vælg hele kommunen som enhed."


@transaction.atomic
def request_role(asked: RoleRequest) -> RoleRequest:
    """Save the request, and carry it out if nobody else must approve. Raise ValidationError with a Danish message."""
    lock_roles(asked.by_id)
    check_possible(asked)
    asked.validate_constraints()
    asked.save()
    transaction.on_commit(lambda: logs.log_security_event("role_requested", asked.by_id, role_request_id=asked.pk))
    if not asked.needs_second_person:
        _close(asked, Outcome.APPROVED, asked.by)
    return asked


@transaction.atomic
def answer_role_request(asked: RoleRequest, outcome: str, by: User) -> None:
    """Approve, refuse or withdraw a waiting request.

    Raise Conflict if the request is answered already, ValidationError if `by` may not answer or the request is no
    longer possible, PermissionDenied if `by` is no longer an administrator. Then nothing changes.
    """
    lock_roles(by.pk)
    if not Membership.objects.filter(user=by, role=Role.KIT_ADMIN).exists():
        raise PermissionDenied  # somebody removed the role a moment ago
    current = RoleRequest.objects.select_for_update().get(pk=asked.pk)
    if current.outcome:
        raise Conflict
    if outcome == Outcome.APPROVED and current.by and _may_be_the_same(current.by, by):
        raise ValidationError(PERHAPS_THE_SAME.format(name=current.by.name))
    _close(current, outcome, by)


def _may_be_the_same(asker: User, by: User) -> bool:
    """Return whether one person may be able to sign in as both of two administrators."""
    return asker != by and bool(ids_able_to_sign_in_as(asker) & ids_able_to_sign_in_as(by))


def approve_from_command_line(person: User, unit: Unit, role: str, reason: str) -> bool:
    """Give the role without a second person, and record an approved request. Return False if a person gave it before.

    A waiting request for the role stays, to be withdrawn or refused. Call in a transaction. Raise ValidationError with
    a Danish message.
    """
    lock_roles(None)
    asked = RoleRequest(person=person, unit=unit, role=role, act=Act.GIVE, reason=reason)
    if _matching_roles(asked).exists():
        return False
    _close(asked, Outcome.APPROVED, None)
    return True


def _close(asked: RoleRequest, outcome: str, by: User | None) -> None:
    """Save the answer, and carry out an approved request."""
    asked.outcome, asked.answered_by, asked.answered_at = outcome, by, timezone.now()
    asked.validate_constraints()
    asked.save()
    if outcome == Outcome.APPROVED:
        check_possible(asked)
        if asked.person:
            _change_membership(asked)
        else:
            _change_group(asked)
        if asked.act == Act.TAKE and not Membership.objects.filter(role=Role.KIT_ADMIN, user__is_active=True).exists():
            raise ValidationError(LAST_ADMINISTRATOR)
    event, by_id = f"role_request_{outcome.lower()}", by.pk if by else None
    transaction.on_commit(lambda: logs.log_security_event(event, by_id, role_request_id=asked.pk))


def check_possible(asked: RoleRequest) -> None:
    """Raise ValidationError with a Danish message if the request would change nothing, or must not be carried out."""
    if asked.act == Act.GIVE and asked.role == Role.LEADER and asked.unit.is_root:
        raise ValidationError({"unit": LEADER_OF_EVERYTHING})
    if asked.act == Act.GIVE and asked.role == Role.KIT_ADMIN and not asked.unit.is_root:
        raise ValidationError({"unit": ADMINISTRATOR_OF_A_UNIT})  # the pages of Koncern IT know no units
    given = _matching_roles(asked).exists()
    if asked.act == Act.GIVE and given:
        raise ValidationError("Rollen er allerede givet.")
    if asked.act == Act.TAKE and not given:
        raise ValidationError("Rollen er ikke givet af en person. Ret den der, hvor den kommer fra.")
    if asked.act == Act.GIVE and asked.person and not asked.person.is_active:
        raise ValidationError(f"{asked.person.name} kan ikke logge ind og kan derfor ikke få en rolle.")


def _matching_roles(asked: RoleRequest) -> models.QuerySet[Membership] | models.QuerySet[GroupRole]:
    """Return the role that the request is about, if a person has given the role to the person or the group."""
    if asked.person:
        return Membership.objects.filter(user=asked.person, unit=asked.unit, role=asked.role, made_by_hand=True)
    return GroupRole.objects.filter(group=asked.group, unit=asked.unit, role=asked.role)


def _change_membership(asked: RoleRequest) -> None:
    if asked.act == Act.GIVE:
        by_hand = {"made_by_hand": True}
        Membership.objects.update_or_create(by_hand, user=asked.person, unit=asked.unit, role=asked.role)
        return
    with connection.cursor() as cursor:
        cursor.execute(
            take_roles_sql("made_by_hand", "SELECT %s::bigint AS id"), [_matching_roles(asked).values_list("pk")[0]]
        )


def _change_group(asked: RoleRequest) -> None:
    """Give the group the role, or take it. Nobody keeps a role of the sign-in that no group gives any more."""
    if asked.act == Act.GIVE:
        GroupRole.objects.create(group=asked.group, unit=asked.unit, role=asked.role)
        return
    _matching_roles(asked).delete()
    if GroupRole.objects.filter(unit=asked.unit, role=asked.role).exists():
        return  # the sign-in tells who is in another group that gives the role
    with connection.cursor() as cursor:
        unsupported = Membership.objects.filter(unit=asked.unit, role=asked.role, made_by_provider=True)
        query, params = unsupported.values("id").query.sql_with_params()
        cursor.execute(take_roles_sql("made_by_provider", query), params)
