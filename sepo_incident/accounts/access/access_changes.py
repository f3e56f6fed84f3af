"""What an administrator does to a person's access: end the sessions, remove a lost second factor, approve a new login.

Each act ends all sessions of the person and is recorded with a reason.
"""

from __future__ import annotations

from datetime import timedelta

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.utils import timezone

from sepo_incident.accounts.models import AccessChange, EmailChange, RefusedIdentity, User
from sepo_incident.accounts.roles import refuse_for_hr
from sepo_incident.accounts.sign_in.sessions import end_all_sessions
from sepo_incident.core import logs
from sepo_incident.core.database import Conflict

Kind = AccessChange.Kind
#: How long somebody who changed how a person signs in counts as able to sign in as the person.
RECENT_CHANGE = timedelta(days=14)


@transaction.atomic
def sign_out_everywhere(person: User, reason: str, by: User) -> None:
    """End all sessions of the person."""
    _record(person, Kind.SIGNED_OUT, reason, by)


@transaction.atomic
def remove_second_factor(person: User, reason: str, by: User) -> None:
    """Remove the person's keys, app and emergency codes. Raise ValidationError for one's own, and for HR."""
    refuse_for_hr(person)
    _record(person, Kind.SECOND_FACTOR_REMOVED, reason, by)
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
    _record(refused.person, Kind.IDENTITY_REBOUND, reason, by)
    former = SocialAccount.objects.filter(user=refused.person, provider=refused.issuer)
    try:
        with transaction.atomic():
            bound = former.update(uid=refused.subject, date_joined=timezone.now())
    except IntegrityError:
        raise Conflict from None
    if not bound:
        raise Conflict
    refused.person.refused_identities.all().delete()


def ids_able_to_sign_in_as(user: User) -> set[int]:
    """Return the ids of the user and of everybody who corrected the user's address, removed a second factor or approved
    a new login within `RECENT_CHANGE`.
    """
    since = timezone.now() - RECENT_CHANGE
    changes = AccessChange.objects.filter(person=user, at__gt=since).exclude(kind=Kind.SIGNED_OUT)
    addresses = EmailChange.objects.filter(user=user, at__gt=since)
    return {user.pk, *changes.values_list("by", flat=True), *addresses.values_list("by", flat=True)}


def _record(person: User, kind: str, reason: str, by: User) -> None:
    change = AccessChange(person=person, kind=kind, reason=reason, by=by, at=timezone.now())
    change.validate_constraints()
    change.save()
    end_all_sessions(person.pk)
    transaction.on_commit(lambda: logs.log_security_event(kind.lower(), by.pk, access_change_id=change.pk))
