"""Who sees which incident on the front page across incidents and in the switch of every page."""

from collections.abc import Sequence

from django.http import HttpRequest

from letters.incidents import incident_of
from letters.models import Incident, Letter
from sepo_incident.accounts.models import Membership, User

Role = Membership.Role
#: Roles whose work covers every incident.
ROLES_OF_ALL_INCIDENTS = frozenset({Role.KIT_ADMIN, Role.DIT_SUPPORT, Role.HR}) | Membership.COUNTING_ROLES


def visible_incidents(user: User, incidents: Sequence[Incident]) -> list[Incident]:
    """Return those of the incidents that are the user's business, in the given order. At most one query.

    Desks, Koncern IT and those who count see every incident. Everybody else sees the incidents with a letter
    that they may see.
    """
    if user.roles & ROLES_OF_ALL_INCIDENTS:
        return list(incidents)
    seen = set(Letter.objects.visible_to(user).order_by().values_list("incident", flat=True).distinct())
    return [one for one in incidents if one.pk in seen]


def list_incidents(request: HttpRequest) -> list[Incident]:
    """Return all incidents, newest first, and remember the only one that is not closed. One query for each request."""
    if not hasattr(request, "incidents"):
        found = list(Incident.objects.order_by("-pk"))
        request.incidents = found  # type: ignore[attr-defined]
        not_closed = [one for one in found if not one.is_closed]
        if not hasattr(request, "incident"):
            request.incident = not_closed[0] if len(not_closed) == 1 else None  # type: ignore[attr-defined]
    incidents: list[Incident] = request.incidents  # type: ignore[attr-defined]
    return incidents


def has_other_incidents(request: HttpRequest) -> bool:
    """Return whether the reader has something in an incident besides the one of the page. At most two queries."""
    incidents, own = list_incidents(request), incident_of(request)
    if len(incidents) <= 1 or not isinstance(request.user, User):
        return False
    seen = visible_incidents(request.user, incidents)
    return any(one != own for one in seen) if own else len(seen) > 1
