"""Pause, resume and stop a dispatch; pause and resume all mail of an incident.

A pause does not touch the mails: workers skip mails on hold (``DeliveryQuerySet.not_on_hold``). A mail that a worker
already has is finished. On a concurrent change the services raise Conflict and change nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from letters.models import Incident
from notifications.models import Delivery, Dispatch, Notice, SendingChange, SendingSettings
from notifications.outbox import delivery_queue, enqueue
from sepo_incident.accounts.models import User
from sepo_incident.core.database import Conflict

Kind, Status = SendingChange.Kind, Dispatch.Status


@transaction.atomic
def pause_dispatch(dispatch: Dispatch, reason: str, by: User | None = None) -> None:
    """Pause the dispatch. ``by`` is None when the system pauses. Raises Conflict."""
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

    ``by`` is None when the system pauses. Raises Conflict if mail is already on pause.
    """
    SendingSettings.objects.get_or_create(incident=incident)
    if not SendingSettings.objects.filter(incident=incident, paused_at=None).update(paused_at=timezone.now()):
        raise Conflict
    SendingChange.objects.create(incident=incident, kind=Kind.PAUSED, reason=reason, by=by)


@transaction.atomic
def pause_all_mails_by_system(incident: Incident, reason: str) -> None:
    """Pause all mail about the incident, and record the reason even if mail is already on pause.

    The person who resumes then reads this reason.
    """
    SendingSettings.objects.update_or_create(incident=incident, defaults={"paused_at": timezone.now()})
    SendingChange.objects.create(incident=incident, kind=Kind.PAUSED, reason=reason)


@transaction.atomic
def resume_all_mails(incident: Incident, by: User) -> None:
    """Resume mail about the incident. A dispatch with a pause stays on pause. Raises Conflict."""
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
    """Change the status from any in ``before`` to ``after``. Raises Conflict.

    A dispatch being stopped is also marked as written, so that no further notices are written.
    """
    moved = Dispatch.objects.select_for_update().filter(pk=dispatch.pk, status__in=before).first()
    if moved is None:
        raise Conflict
    moved.status = after
    if after == Status.STOPPING and not moved.is_written:
        moved.written_at, moved.written = timezone.now(), moved.notices.count()
    moved.save(update_fields=["status", "written_at", "written"])


def record_change(dispatch: Dispatch, kind: str, by: User | None, reason: str = "", number: int | None = None) -> None:
    SendingChange.objects.create(
        incident_id=dispatch.incident_id, dispatch=dispatch, kind=kind, reason=reason, by=by, number=number
    )


def pause_context(incident: Incident) -> dict[str, Any]:
    """Return ``{sending, paused_why}``: the sending settings, and the latest pause while all mail is on pause."""
    sending = SendingSettings.objects.for_incident(incident)
    paused = incident.sending_changes.filter(dispatch=None, kind=SendingChange.Kind.PAUSED).select_related("by")
    return {"sending": sending, "paused_why": paused.first() if sending.paused_at else None}
