"""Who may do what: ``requires_role`` on a view, and nothing else, decides verbs.

What somebody *sees* is decided by ``LetterQuerySet.visible_to`` alone.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from sepo_incident.accounts.models import Membership

Role = Membership.Role
View = Callable[..., HttpResponse]


def requires_role(*roles: str) -> Callable[[View], View]:
    """Only a signed-in user with one of the roles gets through; others get 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_anonymous or request.user.roles.isdisjoint(roles):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.required_roles = roles  # type: ignore[attr-defined]
        return guarded

    return decorate


def only_for_oneself[V: Callable[..., HttpResponseBase]](view: V) -> V:
    """What leaves as a file is for whoever signed in, never for who views the site as they do (``viewing_only.py``)."""
    view.is_only_for_oneself = True  # type: ignore[attr-defined]
    return view
