"""The life of a dispatch: request, approve, refuse, pause, resume and stop; pause and resume all mail of an incident.

A large dispatch waits for a second person to approve (`SendingSettings.approval_above`). A pause does not touch the
mails: workers skip mails on hold (`DeliveryQuerySet.not_on_hold`). A mail that a worker already has is finished. On a
concurrent change the services raise Conflict and change nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q

from letters.models import Incident
from notifications.dispatching import outbox_writer
from notifications.dispatching.first_notices import list_recipients
from notifications.dispatching.large_dispatch import NO_ASSURANCE, Assurance, is_large, require_assurance
from notifications.kinds.notice_kinds import owed_followups
from notifications.kinds.receivers import OwedFollowUps, count_receivers, exclude_mailed_on_day
from notifications.models import Delivery, Dispatch, Notice, SendingChange, SendingSettings
from notifications.outbox import delivery_queue, enqueue
from sepo_incident.accounts.models import User
from sepo_incident.core import danish, database
from sepo_incident.core.database import Conflict

Kind, Status = SendingChange.Kind, Dispatch.Status


class RecipientCountChanged(Exception):
    """Raised when the number of receivers differs from the number on the button. The text is Danish."""

    def __init__(self, promised: int, current: int):
        super().__init__(
            f"Intet er sendt, for tallet er ændret fra {danish.number(promised)} til "
            f"{danish.count(current, 'besked', 'beskeder')}. Gennemgå listen, og tryk igen."
        )


class DispatchAlreadyRequested(Exception):
    """Raised when a dispatch of the kind is being written or awaits approval. Carries the `dispatch`."""

    def __init__(self, dispatch: Dispatch):
        super().__init__("En udsendelse er allerede i gang.")
        self.dispatch = dispatch


def request_dispatch(
    kind: str, incident: Incident, promised: int, by: User | None = None, given: Assurance = NO_ASSURANCE
) -> Dispatch:
    """Create the dispatch, and wake a worker unless a second person must approve first.

    promised: the number of receivers on the button. given: what a large dispatch asks for.

    Raises RecipientCountChanged, DispatchAlreadyRequested or NotAssured.
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
        mails = list_recipients(kind, incident).mails
        if not is_large(mails):
            return create_dispatch(kind, incident, due, promised, requested_by=by)
        test_mail = require_assurance(kind, incident, mails, by, given)
        dispatch = create_dispatch(kind, incident, due, promised, requested_by=by)
        reason = "" if test_mail else given.reason
        record_change(dispatch, Kind.ASSURED, by, reason, mails, test_mail)
        return dispatch


def create_dispatch(kind: str, incident: Incident, due: OwedFollowUps, promised: int, **fields: Any) -> Dispatch:
    """Create a dispatch of the follow-ups in `due`, and wake a worker unless a second person must approve first.

    Every dispatch begins here: by button, by clock and to selected receivers. The clock needs no approval. The caller
    holds a lock on the incident.
    """
    newest = due.aggregate(newest=Max("pk"))["newest"]
    about = {"incident": incident, "kind": kind, "newest_followup": newest, "promised": promised}
    dispatch = Dispatch(**about, requested_at=database.now(), **fields)
    sending = SendingSettings.objects.for_incident(incident)
    if not dispatch.is_by_clock and sending.exceeded_approval_limit(promised, dispatch.requested_by) is not None:
        dispatch.status = Status.ASKED
    dispatch.save()
    if dispatch.status != Status.ASKED:
        enqueue.wake_dispatch_writer(dispatch.pk)
    return dispatch


class CannotApproveOwnRequest(Exception):
    """Raised when a person tries to approve a dispatch that the person requested."""


def count_notices_to_approve(dispatch: Dispatch) -> int:
    """Return the number of receivers that the dispatch would write to now.

    Counts the receivers the dispatch was requested for who are still owed a notice; 0 after the dispatch has closed.
    """
    now = database.now()
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
    locked.status, locked.approved_by, locked.promised = Status.RUNNING, by, promised
    locked.save(update_fields=["status", "approved_by", "promised"])
    record_change(locked, Kind.APPROVED, by, number=promised)
    enqueue.wake_dispatch_writer(locked.pk)


@transaction.atomic
def refuse_dispatch(dispatch: Dispatch, reason: str, by: User) -> None:
    """Refuse the dispatch. Nothing is sent, and the receivers are still owed a notice.

    The person who requested the dispatch may refuse too. Raises Conflict if the dispatch no longer waits for
    approval.
    """
    locked = lock_dispatch_awaiting_approval(dispatch)
    locked.status, locked.written_at, locked.written = Status.REFUSED, database.now(), 0
    locked.save(update_fields=["status", "written_at", "written"])
    record_change(locked, Kind.REFUSED, by, reason)


def lock_dispatch_awaiting_approval(dispatch: Dispatch) -> Dispatch:
    """Return the dispatch, locked until the transaction ends. Raises Conflict if no approval is awaited."""
    waiting = Dispatch.objects.awaiting_approval().select_for_update(of=("self",)).select_related("incident")
    locked = waiting.filter(pk=dispatch.pk).first()
    if locked is None:
        raise Conflict
    return locked


@transaction.atomic
def pause_dispatch(dispatch: Dispatch, reason: str, by: User) -> None:
    """Pause the dispatch. Raises Conflict."""
    change_status(dispatch, [Status.RUNNING], Status.PAUSED)
    record_change(dispatch, Kind.PAUSED, by, reason)


@transaction.atomic
def resume_dispatch(dispatch: Dispatch, by: User) -> None:
    """Resume the dispatch and wake the workers. Raises Conflict."""
    change_status(dispatch, [Status.PAUSED], Status.RUNNING)
    record_change(dispatch, Kind.RESUMED, by)
    enqueue.wake_dispatch_writer(dispatch.pk)
    enqueue.wake_mail_workers(delivery_queue.count_due_mails())


@transaction.atomic
def stop_dispatch(dispatch: Dispatch, reason: str, by: User) -> int:
    """Stop the dispatch for good: withdraw unsent mails, so that the senders are owed a notice again.

    Return the number of mails withdrawn. Raises Conflict.
    """
    change_status(dispatch, [Status.RUNNING, Status.PAUSED], Status.STOPPING)
    taken_back = delivery_queue.withdraw_stopped_mails()
    record_change(dispatch, Kind.STOPPED, by, reason, taken_back)
    finish_stopped_dispatches()
    return taken_back


@transaction.atomic
def pause_all_mails(incident: Incident, reason: str, by: User | None = None) -> None:
    """Pause all mail about the incident until somebody resumes. A dispatch can be requested meanwhile, and waits.

    `by` is None when the system pauses. Raises Conflict if mail is already on pause.
    """
    SendingSettings.objects.get_or_create(incident=incident)
    if not SendingSettings.objects.filter(incident=incident, paused_at=None).update(paused_at=database.now()):
        raise Conflict
    SendingChange.objects.create(incident=incident, kind=Kind.PAUSED, reason=reason, by=by)


@transaction.atomic
def pause_all_mails_by_system(incident: Incident, reason: str) -> None:
    """Pause all mail about the incident, and record the reason even if mail is already on pause.

    The person who resumes then reads this reason.
    """
    SendingSettings.objects.update_or_create(incident=incident, defaults={"paused_at": database.now()})
    SendingChange.objects.create(incident=incident, kind=Kind.PAUSED, reason=reason)


@transaction.atomic
def resume_all_mails(incident: Incident, by: User) -> None:
    """Resume mail about the incident. A dispatch with a pause stays on pause.

    Raises Conflict if mail is not on pause, or if the incident is closed.
    """
    Incident.objects.lock_open(incident.pk)
    if not SendingSettings.objects.filter(incident=incident, paused_at__isnull=False).update(paused_at=None):
        raise Conflict
    SendingChange.objects.create(incident=incident, kind=Kind.RESUMED, by=by)
    enqueue.wake_mail_workers(delivery_queue.count_due_mails())


def finish_stopped_dispatches() -> int:
    """Withdraw mails that workers have put back since the stop, and mark finished dispatches as stopped.

    Return how many dispatches became stopped. A mail held by a worker ends within the worker's lease.
    """
    if not Dispatch.objects.stopping().exists():
        return 0
    delivery_queue.withdraw_stopped_mails()
    may_come_back = Q(role=Delivery.Role.TO) | Q(notice__in=Notice.objects.taken_back().values("pk"))
    still_out = Delivery.objects.filter(may_come_back, notice__dispatch=OuterRef("pk"), next_attempt_at__isnull=False)
    return Dispatch.objects.stopping().exclude(Exists(still_out)).update(status=Status.STOPPED)


def change_status(dispatch: Dispatch, before: Sequence[str], after: str) -> None:
    """Change the status from any in `before` to `after`. Raises Conflict.

    A dispatch being stopped is also marked as written, so that no further notices are written.
    """
    moved = Dispatch.objects.select_for_update().filter(pk=dispatch.pk, status__in=before).first()
    if moved is None:
        raise Conflict
    moved.status = after
    if after == Status.STOPPING and not moved.is_written:
        moved.written_at, moved.written = database.now(), moved.notices.count()
    moved.save(update_fields=["status", "written_at", "written"])


def record_change(
    dispatch: Dispatch,
    kind: str,
    by: User | None,
    reason: str = "",
    number: int | None = None,
    test_mail: Notice | None = None,
) -> None:
    values = {"kind": kind, "reason": reason, "by": by, "number": number, "test_mail": test_mail}
    SendingChange.objects.create(incident_id=dispatch.incident_id, dispatch=dispatch, **values)


def pause_context(incident: Incident) -> dict[str, Any]:
    """Return `{sending, paused_why}`: the sending settings, and the latest pause while all mail is on pause."""
    sending = SendingSettings.objects.for_incident(incident)
    paused = incident.sending_changes.filter(dispatch=None, kind=Kind.PAUSED).select_related("by")
    return {"sending": sending, "paused_why": paused.first() if sending.paused_at else None}
