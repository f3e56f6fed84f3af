"""Whoever helps sees the site as the one they help does: for a quarter of an hour, without being able to do anything.

What such a request may see is what both may (``User.eyes``); what it may do stands in ``viewing_only.py``. The session
holds whom, in which role, and until when; the ledger (``Viewing``) and the security log hold that it was so.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypedDict

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.middleware.csrf import rotate_token
from django.utils import timezone

from sepo_incident import logs
from sepo_incident.accounts.models import Membership, User, Viewing
from sepo_incident.accounts.requests import SignedInRequest

LASTS = timedelta(minutes=15)
KEY = "viewing"
Role = Membership.Role
#: who may see it as others do
VIEWERS = frozenset({Role.DIT_SUPPORT, Role.KIT_ADMIN})
#: Whom they may see it as holds none but these: nobody gets a sight that is wider than a unit's, or a desk's.
VIEWED = frozenset({Role.LEADER})
NOT_THEM = "Du kan kun se siden, som en medarbejder eller en leder ser den, og kun, når de selv kan logge på."


class Entry(TypedDict):
    """What the session holds. ``held`` is the person's memberships when it began, ``back`` is where it leads to when it
    is stopped."""

    viewer: int
    person: int
    role: str
    held: list[list[str | int]]
    until: str
    back: str


def may_be_viewed(person: User) -> bool:
    return person.is_active and person.left_on is None and person.roles <= VIEWED


def begin(request: SignedInRequest, person: User, role: str, question: int, back: str) -> Viewing:
    """Raises ``ValidationError`` with what stands against it, in Danish."""
    viewer, now = request.user, timezone.now()
    if role not in VIEWERS or role not in viewer.roles or not may_be_viewed(person):
        raise ValidationError(NOT_THEM)
    seen = Viewing(viewer_id=viewer.pk, person=person, role=role, question=question, at=now, until=now + LASTS)
    seen.validate_constraints()
    with transaction.atomic():
        seen.save()
    request.session[KEY] = Entry(
        viewer=seen.viewer_id,
        person=person.pk,
        role=role,
        held=held_by(person),
        until=seen.until.isoformat(),
        back=back,
    )
    logs.note("viewing_began", seen.viewer_id, viewing_id=seen.pk, person_id=person.pk)
    return seen


def held_by(person: User) -> list[list[str | int]]:
    return sorted([role, unit] for role, unit in person.memberships_held)


def is_asked(request: HttpRequest) -> bool:
    """Did it begin in this session, and nobody has ended it? Time may have."""
    return KEY in request.session


def person_seen(request: HttpRequest, viewer: User) -> User | None:
    """The person, with the viewer behind them; None when the time has run out, or what it leaned on is gone."""
    entry: Entry = request.session[KEY]
    until = datetime.fromisoformat(entry["until"])
    if viewer.pk != entry["viewer"] or timezone.now() >= until or entry["role"] not in viewer.roles:
        return None
    person = User.objects.select_related("unit").filter(pk=entry["person"]).first()
    if person is None or not may_be_viewed(person) or held_by(person) != entry["held"]:
        return None
    person.viewer, person.viewed_until = viewer, until
    return person


def end(request: HttpRequest) -> str:
    """Where it leads back to; "" when it has ended already.

    What was shown so far is worth nothing from here: its forms carry a token that is no longer taken, or they would be
    sent as the viewer's own.
    """
    entry: Entry | None = request.session.pop(KEY, None)
    if entry is None:
        return ""
    rotate_token(request)
    logs.note("viewing_ended", entry["viewer"], person_id=entry["person"])
    return entry["back"]
