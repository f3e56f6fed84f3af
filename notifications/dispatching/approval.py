"""A second person's yes or no to a dispatch that is large enough to ask for it (``Sending.approval_above``)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from notifications.dispatching import dispatch_writer
from notifications.dispatching.dispatch_writer import RecipientCountChanged
from notifications.models import Dispatch, SendingChange
from notifications.outbox import enqueue
from sepo_incident.accounts.models import User
from sepo_incident.core import danish
from sepo_incident.core.conflict import Conflict

Kind, Status = SendingChange.Kind, Dispatch.Status


class CannotApproveOwnRequest(Exception):
    """Whoever asked for it cannot approve it."""


def count_notices_to_approve(dispatch: Dispatch) -> int:
    """How many people the dispatch would write to now: of those it was asked for, who are still owed a notice."""
    now = timezone.now()
    if not dispatch.is_open(now):
        return 0
    due = dispatch_writer.followups_in_dispatch(dispatch, now)
    if dispatch.is_to_selected_receivers:
        due = dispatch_writer.exclude_mailed_on_day(due, danish.local_date(now))
    return due.values("receiver").distinct().count()


@transaction.atomic
def approve_dispatch(dispatch: Dispatch, promised: int, by: User) -> None:
    """Let it go, for as many notices as the approver saw on the button.

    Raises ``Overtaken`` (somebody has answered), ``OwnRequest`` or ``NumberChanged``; then nothing is changed.
    """
    asked = lock_dispatch_awaiting_approval(dispatch)
    if asked.requested_by_id == by.pk:
        raise CannotApproveOwnRequest
    now = count_notices_to_approve(asked)
    if now != promised or not now:
        raise RecipientCountChanged(promised, now)
    asked.status, asked.approved_by, asked.promised = Status.RUNNING, by, promised
    asked.save(update_fields=["status", "approved_by", "promised"])
    SendingChange.objects.create(incident=asked.incident, dispatch=asked, kind=Kind.APPROVED, number=promised, by=by)
    enqueue.wake_dispatch_writer(asked.pk)


@transaction.atomic
def refuse_dispatch(dispatch: Dispatch, reason: str, by: User) -> None:
    """It is not sent, and whoever it was for is still owed a notice. Also by whoever asked. Raises ``Overtaken``."""
    asked = lock_dispatch_awaiting_approval(dispatch)
    asked.status, asked.written_at, asked.written = Status.REFUSED, timezone.now(), 0
    asked.save(update_fields=["status", "written_at", "written"])
    SendingChange.objects.create(incident=asked.incident, dispatch=asked, kind=Kind.REFUSED, reason=reason, by=by)


def lock_dispatch_awaiting_approval(dispatch: Dispatch) -> Dispatch:
    """The row, held for as long as the transaction lasts. Raises ``Overtaken`` when it waits no more."""
    locked = Dispatch.objects.asked().select_for_update(of=("self",)).select_related("incident")
    asked = locked.filter(pk=dispatch.pk).first()
    if asked is None:
        raise Conflict
    return asked
