"""What somebody does to a person's access: roles, sessions, a lost second factor, a new login.

Each act takes effect at once, is recorded with a reason, and is mailed to every other administrator. Nothing here
touches the roles of lists, staff files and the municipality's sign-in: only the mark of a person.
"""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from sepo_incident.accounts.models import AccessChange, GroupRole, Membership, RefusedIdentity, User
from sepo_incident.accounts.roles import check_giver, lock_roles, refuse_for_hr, take_roles_sql
from sepo_incident.accounts.sign_in.sessions import end_all_sessions
from sepo_incident.core import database, logs
from sepo_incident.core.database import Conflict

Kind, Role = AccessChange.Kind, Membership.Role
WHOLE_ONLY = "Rollen gælder hele kommunen. Vælg hele kommunen som enhed."
#: A data protection officer assesses no breach that the officer advises on (GDPR art. 38(6)).
ADVISES_OR_ASSESSES = "Den, der vurderer databrud i Koncern IT, kan ikke også være databeskyttelsesrådgiver."


@transaction.atomic
def change_role(change: AccessChange, reason: str) -> None:
    """Give or take the role of the unsaved change. Raise ValidationError with a Danish message."""
    change.reason = reason
    lock_roles(change.by_id)
    check_giver(change)
    held = matching_roles(change)
    if change.kind == Kind.ROLE_GIVEN:
        _check_possible(change)
        if held.exists():
            raise ValidationError("Rollen er allerede givet.")
        where: dict[str, Any] = {"unit": change.unit, "role": change.role}
        if change.person:
            Membership.objects.update_or_create({"made_by_hand": True}, user=change.person, **where)
        else:
            GroupRole.objects.create(group=change.group, **where)
    elif not held.exists():
        raise ValidationError("Rollen er ikke givet af en person. Ret den der, hvor den kommer fra.")
    elif change.person:
        _take("made_by_hand", held)  # type: ignore[arg-type]
    else:
        held.delete()
        if not GroupRole.objects.filter(unit=change.unit, role=change.role).exists():  # no other group gives the role
            _take("made_by_provider", Membership.objects.filter(unit=change.unit, role=change.role))
    administrators = Membership.objects.filter(role=Role.KIT_ADMIN, user__is_active=True)
    if change.kind == Kind.ROLE_TAKEN and not administrators.exists():
        raise ValidationError("Det er den sidste administrator fra Koncern IT. Giv først en anden rollen.")
    _record(change)


def matching_roles(change: AccessChange) -> QuerySet[Membership] | QuerySet[GroupRole]:
    """Return the role that the change is about, if somebody has given the role to the person or the group."""
    if change.person:
        return Membership.objects.filter(user=change.person, unit=change.unit, role=change.role, made_by_hand=True)
    return GroupRole.objects.filter(group=change.group, unit=change.unit, role=change.role)


def _check_possible(change: AccessChange) -> None:
    """Raise ValidationError with a Danish message if nobody may have the role."""
    if change.role == Role.LEADER and change.unit and change.unit.is_root:
        raise ValidationError({"unit": "En leder skal have en enhed. Vælg en anden enhed end hele kommunen."})
    pair = {Role.KIT_ADMIN, Role.ADVISER}
    if change.role in pair and change.unit and not change.unit.is_root:
        raise ValidationError({"unit": WHOLE_ONLY})  # their pages know no units
    others = Membership.objects.filter(user=change.person, role__in=pair - {change.role})
    if change.role in pair and others.exists():
        raise ValidationError(ADVISES_OR_ASSESSES)
    if change.person and not change.person.is_active:
        raise ValidationError(f"{change.person.name} kan ikke logge ind og kan derfor ikke få en rolle.")


def _take(source: str, roles: QuerySet[Membership]) -> None:
    query, params = roles.values("id").query.sql_with_params()
    database.execute(take_roles_sql(source, query), params)


@transaction.atomic
def sign_out_everywhere(person: User, reason: str, by: User) -> None:
    _record(AccessChange(person=person, kind=Kind.SIGNED_OUT, reason=reason, by=by))
    end_all_sessions(person.pk)


@transaction.atomic
def remove_second_factor(person: User, reason: str, by: User) -> None:
    """Remove the person's keys, app and emergency codes. Raise ValidationError for one's own, and for HR."""
    refuse_for_hr(person)
    _record(AccessChange(person=person, kind=Kind.SECOND_FACTOR_REMOVED, reason=reason, by=by))
    end_all_sessions(person.pk)
    Authenticator.objects.filter(user=person).delete()


@transaction.atomic
def rebind_identity(refused: RefusedIdentity, reason: str, by: User) -> None:
    """Bind the person to the identity that was refused, in place of the former one, as of now.

    Raise Conflict if another administrator has just approved an identity of the person, if somebody else has the
    identity, or if the person has none to replace. Raise ValidationError for HR.
    """
    refuse_for_hr(refused.person)
    if not RefusedIdentity.objects.select_for_update().filter(pk=refused.pk).exists():
        raise Conflict
    _record(AccessChange(person=refused.person, kind=Kind.IDENTITY_REBOUND, reason=reason, by=by))
    end_all_sessions(refused.person_id)
    former = SocialAccount.objects.filter(user=refused.person, provider=refused.issuer)
    try:
        with transaction.atomic():
            bound = former.update(uid=refused.subject, date_joined=timezone.now())
    except IntegrityError:
        raise Conflict from None
    if not bound:
        raise Conflict
    refused.person.refused_identities.all().delete()


def _record(change: AccessChange) -> None:
    """Save the change, and mail it to every administrator but the one who made it."""
    change.validate_constraints()
    change.save()
    administrators = User.objects.filter(memberships__role=Role.KIT_ADMIN, is_active=True)
    for administrator in administrators.exclude(pk__in=[change.by_id or change.person_id]).distinct():
        get_adapter().send_mail("access_changed", administrator.email, {"change": change, "to": administrator})
    event = change.kind.lower()
    transaction.on_commit(lambda: logs.log_security_event(event, change.by_id, access_change_id=change.pk))
