"""Request a dispatch, and approve or refuse a large dispatch (``SendingSettings.approval_above``)."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from letters.models import Incident
from notifications.dispatching import outbox_writer
from notifications.dispatching.pausing import record_change
from notifications.kinds.notice_kinds import owed_followups
from notifications.kinds.receivers import OwedFollowUps, count_receivers, exclude_mailed_on_day
from notifications.models import Dispatch, SendingChange, SendingSettings
from notifications.outbox import enqueue
from sepo_incident.accounts.models import User
from sepo_incident.core import danish
from sepo_incident.core.database import Conflict


class RecipientCountChanged(Exception):
    """Raised when the number of receivers differs from the number on the button. The text is Danish."""

    def __init__(self, promised: int, current: int):
        super().__init__(
            f"Der er ikke sendt noget, for tallet har ændret sig: knappen sagde {danish.number(promised)}, "
            f"og nu er det {danish.count(current, 'varsel', 'varsler')}. Se listen igennem, og tryk igen."
        )


class DispatchAlreadyRequested(Exception):
    """Raised when a dispatch of the kind is being written or awaits approval. Carries the ``dispatch``."""

    def __init__(self, dispatch: Dispatch):
        super().__init__("En udsendelse er allerede i gang.")
        self.dispatch = dispatch


def request_dispatch(kind: str, incident: Incident, promised: int, by: User | None = None) -> Dispatch:
    """Create the dispatch, and wake a worker unless a second person must approve first.

    promised: the number of receivers on the button.

    Raises RecipientCountChanged or DispatchAlreadyRequested.
    """
    with transaction.atomic():
        Incident.objects.select_for_update().get(pk=incident.pk)  # serialises two clicks on the button
        under_way = incident.dispatches.filter(kind=kind).under_way().first()
        if under_way:
            raise DispatchAlreadyRequested(under_way)
        due = owed_followups(kind, incident)
        number = count_receivers(due)
        if number != promised or not promised:
            raise RecipientCountChanged(promised, number)
        return create_dispatch(kind, incident, due, promised, requested_by=by)


def create_dispatch(kind: str, incident: Incident, due: OwedFollowUps, promised: int, **fields: Any) -> Dispatch:
    """Create a dispatch of the follow-ups in ``due``, and wake a worker unless a second person must approve first.

    Every dispatch begins here: by button, by clock and to selected receivers. The clock needs no approval. The caller
    holds a lock on the incident.
    """
    newest = due.aggregate(newest=Max("pk"))["newest"]
    dispatch = Dispatch(incident=incident, kind=kind, newest_followup=newest, promised=promised, **fields)
    sending = SendingSettings.objects.for_incident(incident)
    if not dispatch.is_by_clock and sending.exceeded_approval_limit(promised, dispatch.requested_by) is not None:
        dispatch.status = Dispatch.Status.ASKED
    dispatch.save()
    if dispatch.status != Dispatch.Status.ASKED:
        enqueue.wake_dispatch_writer(dispatch.pk)
    return dispatch


class CannotApproveOwnRequest(Exception):
    """Raised when a person tries to approve a dispatch that the person requested."""


def count_notices_to_approve(dispatch: Dispatch) -> int:
    """Return the number of receivers that the dispatch would write to now.

    Counts the receivers the dispatch was requested for who are still owed a notice; 0 after the dispatch has closed.
    """
    now = timezone.now()
    if not dispatch.is_open(now):
        return 0
    due = outbox_writer.followups_in_dispatch(dispatch, now)
    if dispatch.is_to_selected_receivers:
        due = exclude_mailed_on_day(due, danish.local_date(now))
    return count_receivers(due)


@transaction.atomic
def approve_dispatch(dispatch: Dispatch, promised: int, by: User) -> None:
    """Approve the dispatch for the number of notices that the approver saw on the button.

    Raises Conflict if the dispatch no longer waits for approval, CannotApproveOwnRequest or RecipientCountChanged;
    then nothing is changed.
    """
    locked = lock_dispatch_awaiting_approval(dispatch)
    if locked.requested_by_id == by.pk:
        raise CannotApproveOwnRequest
    current_count = count_notices_to_approve(locked)
    if current_count != promised or not current_count:
        raise RecipientCountChanged(promised, current_count)
    locked.status, locked.approved_by, locked.promised = Dispatch.Status.RUNNING, by, promised
    locked.save(update_fields=["status", "approved_by", "promised"])
    record_change(locked, SendingChange.Kind.APPROVED, by, number=promised)
    enqueue.wake_dispatch_writer(locked.pk)


@transaction.atomic
def refuse_dispatch(dispatch: Dispatch, reason: str, by: User) -> None:
    """Refuse the dispatch. Nothing is sent, and the receivers are still owed a notice.

    The person who requested the dispatch may refuse too. Raises Conflict if the dispatch no longer waits for
    approval.
    """
    locked = lock_dispatch_awaiting_approval(dispatch)
    locked.status, locked.written_at, locked.written = Dispatch.Status.REFUSED, timezone.now(), 0
    locked.save(update_fields=["status", "written_at", "written"])
    record_change(locked, SendingChange.Kind.REFUSED, by, reason)


def lock_dispatch_awaiting_approval(dispatch: Dispatch) -> Dispatch:
    """Return the dispatch, locked until the transaction ends. Raises Conflict if no approval is awaited."""
    waiting = Dispatch.objects.asked().select_for_update(of=("self",)).select_related("incident")
    asked = waiting.filter(pk=dispatch.pk).first()
    if asked is None:
        raise Conflict
    return asked
