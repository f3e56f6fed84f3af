"""Roles: the decorators that check roles in views, reading the roles of many users, and a lock for changing roles.

`requires_role` on a view decides the actions a user may take. `LetterQuerySet.visible_to` alone decides the letters a
user sees.

Imports, assignments and staff files change roles under `lock_roles`, so that a transaction sees the roles given by a
concurrent transaction before removing any. The lock is always taken after writing people, so that transactions do not
deadlock.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django_htmx.middleware import HtmxDetails

from sepo_incident.accounts.models import Absence, AccessChange, Membership, User
from sepo_incident.audit.triggers import set_actor
from sepo_incident.core import danish, database
from sepo_incident.core.sql_files import read_sql

Role = Membership.Role
ViewFunction = Callable[..., HttpResponseBase]


def requires_role(*roles: str) -> Callable[[ViewFunction], ViewFunction]:
    """Return a decorator that answers 403 unless the signed-in user holds any of `roles`."""

    def decorate(view: ViewFunction) -> ViewFunction:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.user.is_anonymous or request.user.roles.isdisjoint(roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.required_roles = roles  # type: ignore[attr-defined]
        return guarded

    return decorate


kit_admin_required = requires_role(Membership.Role.KIT_ADMIN)
#: Whoever gives roles: Koncern IT, and Personalejura its own.
role_giver_required = requires_role(Membership.Role.KIT_ADMIN, Membership.Role.HR)


def refuse_while_impersonating[V: Callable[..., HttpResponseBase]](view: V) -> V:
    """Mark a view that only the user may open, so that `ImpersonationMiddleware` refuses the view before it runs."""
    view.is_only_for_oneself = True  # type: ignore[attr-defined]
    return view


def read_only[V: Callable[..., HttpResponseBase]](view: V) -> V:
    """Mark a view whose POST only reads, so that `ImpersonationMiddleware` lets the POST through."""
    view.is_read_only = True  # type: ignore[attr-defined]
    return view


# --- Nobody of Koncern IT comes to a personnel case alone (docs/decisions/0056-what-one-person-typed-waits.md) --------

#: {role: who gives it}. The first of either gets the role on the server.
GIVERS = dict.fromkeys(Role, Role.KIT_ADMIN) | {Role.HR: Role.HR}
HR_GIVES_HR = "Kun Personalejura giver den rolle. Har ingen den endnu, så bed driften give den på serveren."
KIT_CHANGES_ROLES = "Kun Koncern IT ændrer den rolle. Bed dem om det."
READS_PERSONNEL_CASES = (
    "{name} læser personalesager for Personalejura. Fjern først den rolle. En anden fra Personalejura giver den igen "
    "bagefter."
)


def check_giver(change: AccessChange) -> None:
    """Raise ValidationError if whoever makes the change may not. Personalejura gives its role, and Koncern IT takes it.

    One person of Koncern IT could otherwise read every personnel case by giving the role to themselves or a friend.
    """
    if change.by is None or change.unit is None:
        return
    allowed = {GIVERS[Role(change.role)]} | ({Role.KIT_ADMIN} if change.kind == change.Kind.ROLE_TAKEN else set())
    if change.by.roles_over(change.unit.lineage).isdisjoint(allowed):
        raise ValidationError(HR_GIVES_HR if change.role == Role.HR else KIT_CHANGES_ROLES)


def refuse_for_hr(person: User) -> None:
    """Raise ValidationError if the person has the role HR.

    One person of Koncern IT who changes how such a person signs in could read every personnel case.
    """
    if Membership.objects.filter(user=person, role=Role.HR).exists():
        raise ValidationError(READS_PERSONNEL_CASES.format(name=person.name))


class SignedInRequest(HttpRequest):
    """A request that passed `LoginRequiredMiddleware` and `HtmxMiddleware`. For type annotations."""

    user: User
    htmx: HtmxDetails


def prefetch_roles(people: Sequence[User]) -> None:
    """Fill `User.roles_and_substitutions` of `people` with two queries, instead of a query per user."""
    roles: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for holder, role, unit in Membership.objects.filter(user__in=people).values_list("user", "role", "unit"):
        roles[holder].append((role, unit))
    stands_in: dict[int, dict[int, int | None]] = defaultdict(dict)
    for person, stand_in in Absence.objects.stand_ins(danish.local_date(timezone.now())).items():
        if stand_in.user:
            stands_in[stand_in.user][person] = stand_in.registered_by
    for user in people:
        user.roles_and_substitutions = roles[user.pk], stands_in[user.pk]


def lock_roles(by_id: int | None) -> None:
    """Lock the memberships until the end of the transaction. `by_id`: id of the user who changes roles."""
    set_actor(by_id)
    database.execute("LOCK TABLE accounts_membership IN SHARE ROW EXCLUSIVE MODE")


def give_roles_sql(source: str, roles: str) -> str:
    """Return SQL that gives `roles`, a query of (user_id, unit_id, role). `source`: one of `Membership.SOURCES`."""
    return read_sql(__file__, "give_roles.sql", source=source, roles=roles)


def take_roles_sql(source: str, roles: str) -> str:
    """Return SQL that removes `roles`, a query of membership ids. A role that another source gives too stays.

    `source`: one of `Membership.SOURCES`.
    """
    return read_sql(__file__, "take_roles.sql", source=source, roles=roles)
