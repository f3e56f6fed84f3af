"""Whoever helps sees the site as the one they help does: for a quarter of an hour, without being able to do anything.

What such a request may see is what both may (``User.eyes``); what it may do stands in ``viewing_only.py``. The session
holds whom, in which role, and until when; the ledger (``Viewing``) and the security log hold that it was so.

Who sees the site as another does nothing: here for every page at once, so that the next one cannot forget it.
"""

from __future__ import annotations

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

from sepo_incident.accounts.models import Membership, User, Viewing
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core import logs

DURATION = timedelta(minutes=15)
SESSION_KEY = "viewing"
Role = Membership.Role
#: who may see it as others do
IMPERSONATOR_ROLES = frozenset({Role.DIT_SUPPORT, Role.KIT_ADMIN})
#: Whom they may see it as holds none but these: nobody gets a sight that is wider than a unit's, or a desk's.
IMPERSONABLE_ROLES = frozenset({Role.LEADER})
CANNOT_IMPERSONATE = "Du kan kun se siden, som en medarbejder eller en leder ser den, og kun, når de selv kan logge på."


class ImpersonationSession(TypedDict):
    """What the session holds. ``held`` is the person's memberships when it began, ``back`` is where it leads to when it
    is stopped."""

    viewer: int
    person: int
    role: str
    held: list[list[str | int]]
    until: str
    back: str


def can_be_impersonated(person: User) -> bool:
    return person.is_active and person.left_on is None and person.roles <= IMPERSONABLE_ROLES


def start_impersonation(request: SignedInRequest, person: User, role: str, question: int, back: str) -> Viewing:
    """Raises ``ValidationError`` with what stands against it, in Danish."""
    viewer, now = request.user, timezone.now()
    if role not in IMPERSONATOR_ROLES or role not in viewer.roles or not can_be_impersonated(person):
        raise ValidationError(CANNOT_IMPERSONATE)
    seen = Viewing(viewer_id=viewer.pk, person=person, role=role, question=question, at=now, until=now + DURATION)
    seen.validate_constraints()
    with transaction.atomic():
        seen.save()
    request.session[SESSION_KEY] = ImpersonationSession(
        viewer=seen.viewer_id,
        person=person.pk,
        role=role,
        held=list_memberships(person),
        until=seen.until.isoformat(),
        back=back,
    )
    logs.log_security_event("viewing_began", seen.viewer_id, viewing_id=seen.pk, person_id=person.pk)
    return seen


def list_memberships(person: User) -> list[list[str | int]]:
    return sorted([role, unit] for role, unit in person.roles_with_unit_ids)


def has_impersonation(request: HttpRequest) -> bool:
    """Did it begin in this session, and nobody has ended it? Time may have."""
    return SESSION_KEY in request.session


def impersonated_user(request: HttpRequest, viewer: User) -> User | None:
    """The person, with the viewer behind them; None when the time has run out, or what it leaned on is gone."""
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
    """Where it leads back to; "" when it has ended already.

    What was shown so far is worth nothing from here: its forms carry a token that is no longer taken, or they would be
    sent as the viewer's own.
    """
    entry: ImpersonationSession | None = request.session.pop(SESSION_KEY, None)
    if entry is None:
        return ""
    rotate_token(request)
    logs.log_security_event("viewing_ended", entry["viewer"], person_id=entry["person"])
    return entry["back"]


SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")
IMPERSONATION_ENDED = "Visningen er slut. Nu ser du siden som dig selv."


class ImpersonationMiddleware:
    """Makes the person the request's user, with the viewer behind them (``User.viewer``). Nothing is sent, and no file
    leaves; the ways out are the viewer's own.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not has_impersonation(request):
            return self.get_response(request)
        if request.path_info in (reverse("stop_impersonation"), reverse("sign_out")):
            return self.get_response(request)
        viewer = request.user
        person = impersonated_user(request, viewer) if isinstance(viewer, User) else None
        if person is None:
            end_impersonation(request)
            if request.method not in SAFE_METHODS:
                return _refuse(request, "has_ended")
            messages.warning(request, IMPERSONATION_ENDED)
            return self.get_response(request)
        logs.impersonator_id.set(viewer.pk)
        request.user = person
        if request.method not in SAFE_METHODS:
            return _refuse(request, "is_sent")
        response = self.get_response(request)
        return _refuse(request, "is_file") if "Content-Disposition" in response.headers else response

    def process_view(self, request: HttpRequest, view: Callable, *args: Any) -> HttpResponse | None:
        """A file is not even made, for whoever fetches one stands in the security log."""
        is_viewed = getattr(request.user, "viewer", None) is not None
        return _refuse(request, "is_file") if is_viewed and hasattr(view, "is_only_for_oneself") else None


def _refuse(request: HttpRequest, why: str) -> HttpResponse:
    """403, with the way back."""
    came_from = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    context = {why: True, "back": came_from if is_ours else reverse("home")}
    return render(request, "accounts/impersonation_refused.html", context, status=403)
