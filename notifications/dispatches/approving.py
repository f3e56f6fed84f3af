"""A second person's yes or no to a dispatch that is large enough to ask for it (``Sending.approval_above``)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from notifications import bells
from notifications.dispatches import dispatching
from notifications.dispatches.dispatching import NumberChanged
from notifications.models import Dispatch, SendingChange
from sepo_incident import danish
from sepo_incident.accounts.models import User
from sepo_incident.overtaken import Overtaken

Kind, Status = SendingChange.Kind, Dispatch.Status


class OwnRequest(Exception):
    """Whoever asked for it cannot approve it."""


def count_asked(dispatch: Dispatch) -> int:
    """How many people the dispatch would write to now: of those it was asked for, who are still owed a notice."""
    now = timezone.now()
    if not dispatch.is_open(now):
        return 0
    due = dispatching.owed_by(dispatch, now)
    if dispatch.is_to_chosen:
        due = dispatching.unmailed(due, danish.day(now))
    return due.values("receiver").distinct().count()


@transaction.atomic
def approve(dispatch: Dispatch, promised: int, by: User) -> None:
    """Let it go, for as many notices as the approver saw on the button.

    Raises ``Overtaken`` (somebody has answered), ``OwnRequest`` or ``NumberChanged``; then nothing is changed.
    """
    asked = waiting(dispatch)
    if asked.requested_by_id == by.pk:
        raise OwnRequest
    now = count_asked(asked)
    if now != promised or not now:
        raise NumberChanged(promised, now)
    asked.status, asked.approved_by, asked.promised = Status.RUNNING, by, promised
    asked.save(update_fields=["status", "approved_by", "promised"])
    SendingChange.objects.create(incident=asked.incident, dispatch=asked, kind=Kind.APPROVED, number=promised, by=by)
    bells.ring_for_dispatch(asked.pk)


@transaction.atomic
def refuse(dispatch: Dispatch, reason: str, by: User) -> None:
    """It is not sent, and whoever it was for is still owed a notice. Also by whoever asked. Raises ``Overtaken``."""
    asked = waiting(dispatch)
    asked.status, asked.written_at, asked.written = Status.REFUSED, timezone.now(), 0
    asked.save(update_fields=["status", "written_at", "written"])
    SendingChange.objects.create(incident=asked.incident, dispatch=asked, kind=Kind.REFUSED, reason=reason, by=by)


def waiting(dispatch: Dispatch) -> Dispatch:
    """The row, held for as long as the transaction lasts. Raises ``Overtaken`` when it waits no more."""
    locked = Dispatch.objects.asked().select_for_update(of=("self",)).select_related("incident")
    asked = locked.filter(pk=dispatch.pk).first()
    if asked is None:
        raise Overtaken
    return asked
