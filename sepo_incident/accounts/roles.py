"""Who may do what: ``requires_role`` on a view, and nothing else, decides verbs.

What somebody *sees* is decided by ``LetterQuerySet.visible_to`` alone.

What a view behind the sign-in gets.

What is asked of many people, read for all of them at once.

Lists, assignments and staff files give and take roles one at a time.

Two may be at work at once, and what one of them gives must be seen before the other takes a role back. The turn is
taken after people are written, by everybody, so that nobody waits in a ring.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from sepo_incident.accounts.models import Absence, Membership, User
from sepo_incident.audit.triggers import set_actor
from sepo_incident.core import danish

Role = Membership.Role
ViewFunction = Callable[..., HttpResponse]


def requires_role(*roles: str) -> Callable[[ViewFunction], ViewFunction]:
    """Only a signed-in user with one of the roles gets through; others get 403."""

    def decorate(view: ViewFunction) -> ViewFunction:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_anonymous or request.user.roles.isdisjoint(roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.required_roles = roles  # type: ignore[attr-defined]
        return guarded

    return decorate


kit_admin_required = requires_role(Membership.Role.KIT_ADMIN)


def refuse_while_impersonating[V: Callable[..., HttpResponseBase]](view: V) -> V:
    """What leaves as a file is for whoever signed in, never for who views the site as they do (``viewing_only.py``)."""
    view.is_only_for_oneself = True  # type: ignore[attr-defined]
    return view


class SignedInRequest(HttpRequest):
    """``LoginRequiredMiddleware`` has let it through, so there is a person behind it. For type annotations."""

    user: User


def prefetch_roles(people: Sequence[User]) -> None:
    """The roles of each, and whom they stand in for today: two queries instead of one for each of them."""
    roles: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for holder, role, unit in Membership.objects.filter(user__in=people).values_list("user", "role", "unit"):
        roles[holder].append((role, unit))
    stands_in: dict[int, dict[int, int | None]] = defaultdict(dict)
    for person, one in Absence.objects.stand_ins(danish.local_date(timezone.now())).items():
        if one.user:
            stands_in[one.user][person] = one.opener
    for user in people:
        user.held = roles[user.pk], stands_in[user.pk]


_LOCK_MEMBERSHIPS_SQL = "LOCK TABLE accounts_membership IN SHARE ROW EXCLUSIVE MODE"


def lock_roles(by_id: int | None) -> None:
    """Until the end of the transaction, for the person who gives and takes."""
    set_actor(by_id)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_MEMBERSHIPS_SQL)
