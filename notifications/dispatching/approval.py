"""Approval of a large dispatch by a second person (``Sending.approval_above``)."""

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
    """Raised when a person tries to approve a dispatch that the person requested."""


def count_notices_to_approve(dispatch: Dispatch) -> int:
    """Return the number of receivers that the dispatch would write to now.

    Counts the receivers the dispatch was requested for who are still owed a notice; 0 after the dispatch has closed.
    """
    now = timezone.now()
    if not dispatch.is_open(now):
        return 0
    due = dispatch_writer.followups_in_dispatch(dispatch, now)
    if dispatch.is_to_selected_receivers:
        due = dispatch_writer.exclude_mailed_on_day(due, danish.local_date(now))
    return due.values("receiver").distinct().count()


@transaction.atomic
def approve_dispatch(dispatch: Dispatch, promised: int, by: User) -> None:
    """Approve the dispatch for the number of notices that the approver saw on the button.

    Raises Conflict if the dispatch no longer waits for approval, CannotApproveOwnRequest or RecipientCountChanged;
    then nothing is changed.
    """
    locked_dispatch = lock_dispatch_awaiting_approval(dispatch)
    if locked_dispatch.requested_by_id == by.pk:
        raise CannotApproveOwnRequest
    current_count = count_notices_to_approve(locked_dispatch)
    if current_count != promised or not current_count:
        raise RecipientCountChanged(promised, current_count)
    locked_dispatch.status, locked_dispatch.approved_by, locked_dispatch.promised = Status.RUNNING, by, promised
    locked_dispatch.save(update_fields=["status", "approved_by", "promised"])
    SendingChange.objects.create(
        incident=locked_dispatch.incident, dispatch=locked_dispatch, kind=Kind.APPROVED, number=promised, by=by
    )
    enqueue.wake_dispatch_writer(locked_dispatch.pk)


@transaction.atomic
def refuse_dispatch(dispatch: Dispatch, reason: str, by: User) -> None:
    """Refuse the dispatch. Nothing is sent, and the receivers are still owed a notice.

    The person who requested the dispatch may refuse too. Raises Conflict if the dispatch no longer waits for
    approval.
    """
    locked_dispatch = lock_dispatch_awaiting_approval(dispatch)
    locked_dispatch.status, locked_dispatch.written_at, locked_dispatch.written = Status.REFUSED, timezone.now(), 0
    locked_dispatch.save(update_fields=["status", "written_at", "written"])
    SendingChange.objects.create(
        incident=locked_dispatch.incident, dispatch=locked_dispatch, kind=Kind.REFUSED, reason=reason, by=by
    )


def lock_dispatch_awaiting_approval(dispatch: Dispatch) -> Dispatch:
    """Return the dispatch, locked until the transaction ends. Raises Conflict if no approval is awaited."""
    locked = Dispatch.objects.asked().select_for_update(of=("self",)).select_related("incident")
    asked = locked.filter(pk=dispatch.pk).first()
    if asked is None:
        raise Conflict
    return asked
