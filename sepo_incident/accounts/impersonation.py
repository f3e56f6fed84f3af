"""Impersonation: DIT or Koncern IT views the site as a user for 15 minutes, read-only.

A request sees only letters that both the viewer and the person may see (`User.effective_viewers`).
`ImpersonationMiddleware` refuses every write and every file for all pages at once, so that no new page can forget the
check. The session holds the person, the role and the end time; the append-only table `Impersonation` and the security
log record the impersonation.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypedDict

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from sepo_incident.accounts.list_export import wants_file
from sepo_incident.accounts.models import Impersonation, Membership, User
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core import logs

DURATION = timedelta(minutes=15)
SESSION_KEY = "viewing"
Role = Membership.Role
#: Roles that may impersonate a person.
IMPERSONATOR_ROLES = frozenset({Role.DIT_SUPPORT, Role.KIT_ADMIN})
#: A person with any other role cannot be impersonated, so that no viewer gains the view of a desk, or a view wider than
#: a unit.
IMPERSONABLE_ROLES = frozenset({Role.LEADER})


class ImpersonationSession(TypedDict):
    """The session's entry about an impersonation.

    `held`: the person's memberships at the start. `until`: the end time in ISO format. `back`: the URL to return to.
    """

    viewer: int
    person: int
    role: str
    held: list[list[str | int]]
    until: str
    back: str


def can_be_impersonated(person: User) -> bool:
    """Tell whether the person is active, has not left and holds no role but LEADER."""
    return person.is_active and person.left_on is None and person.roles <= IMPERSONABLE_ROLES


def start_impersonation(request: SignedInRequest, person: User, role: str, question: int, back: str) -> Impersonation:
    """Start an impersonation of `person` in this session and return the saved `Impersonation`.

    `role`: the viewer's role for the impersonation. `question`: number of the escalation that the viewer works on.
    `back`: URL to return to. Raise ValidationError with a Danish message if the viewer lacks the role or the person
    cannot be impersonated.
    """
    viewer, now = request.user, timezone.now()
    if role not in IMPERSONATOR_ROLES or role not in viewer.roles or not can_be_impersonated(person):
        raise ValidationError("Du kan kun se siden som en medarbejder eller leder, der selv kan logge ind.")
    viewing = Impersonation(
        viewer_id=viewer.pk, person=person, role=role, question=question, at=now, until=now + DURATION
    )
    viewing.validate_constraints()
    with transaction.atomic():
        viewing.save()
    request.session[SESSION_KEY] = ImpersonationSession(
        viewer=viewing.viewer_id,
        person=person.pk,
        role=role,
        held=list_memberships(person),
        until=viewing.until.isoformat(),
        back=back,
    )
    logs.log_security_event("viewing_began", viewing.viewer_id, viewing_id=viewing.pk, person_id=person.pk)
    return viewing


def list_memberships(person: User) -> list[list[str | int]]:
    return sorted([role, unit] for role, unit in person.roles_with_unit_ids)


def impersonated_user(request: HttpRequest, viewer: User) -> User | None:
    """Return the impersonated person with `viewer` and `viewed_until` set, or None if the impersonation is over.

    The impersonation is over when the time has run out, when the viewer lost the role, when the person's memberships
    have changed, or when the person can no longer be impersonated.
    """
    entry: ImpersonationSession = request.session[SESSION_KEY]
    until = datetime.fromisoformat(entry["until"])
    if viewer.pk != entry["viewer"] or timezone.now() >= until or entry["role"] not in viewer.roles:
        return None
    person = User.objects.select_related("unit").filter(pk=entry["person"]).first()
    if person is None or not can_be_impersonated(person) or list_memberships(person) != entry["held"]:
        return None
    person.viewer, person.viewed_until = viewer, until
    return person


def end_impersonation(request: HttpRequest) -> str:
    """End the impersonation and return the URL to go back to; return "" if there was none.

    The CSRF token is rotated: a form shown during the impersonation could otherwise be submitted as the viewer's own.
    """
    entry: ImpersonationSession | None = request.session.pop(SESSION_KEY, None)
    if entry is None:
        return ""
    rotate_token(request)
    logs.log_security_event("viewing_ended", entry["viewer"], person_id=entry["person"])
    return entry["back"]


SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")


class ImpersonationMiddleware:
    """Make the impersonated person the request's user, with the viewer in `User.viewer`.

    Writes and file downloads get 403; a POST that only reads, such as the search, runs. Stopping the impersonation and
    signing out run as the viewer.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        own_pages = (reverse("stop_impersonation"), reverse("sign_out"))
        if SESSION_KEY not in request.session or request.path in own_pages:
            return self.get_response(request)
        viewer = request.user
        person = impersonated_user(request, viewer) if isinstance(viewer, User) else None
        if person is None:
            end_impersonation(request)
            if request.method not in SAFE_METHODS:
                return _refuse(request, "has_ended")
            messages.warning(request, "Visningen er slut. Du ser nu siden som dig selv.")
            return self.get_response(request)
        logs.impersonator_id.set(viewer.pk)
        request.user = person
        response = self.get_response(request)
        return _refuse(request, "is_file") if "Content-Disposition" in response.headers else response

    def process_view(self, request: HttpRequest, view: Callable, *args: Any) -> HttpResponse | None:
        """Refuse a write, and a file before the view records a download in the security log."""
        if getattr(request.user, "viewer", None) is None:
            return None
        if request.method not in SAFE_METHODS and not hasattr(view, "is_read_only"):
            return _refuse(request, "is_sent")
        asks_for_file = wants_file(request) or hasattr(view, "is_only_for_oneself")
        return _refuse(request, "is_file") if asks_for_file else None


def _refuse(request: HttpRequest, reason_flag: str) -> HttpResponse:
    """Answer 403 with a link back to the previous page."""
    came_from = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    context = {reason_flag: True, "back": came_from if is_ours else reverse("home")}
    return render(request, "accounts/impersonation_refused.html", context, status=403)
