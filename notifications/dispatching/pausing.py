"""Pause, resume and stop: of one dispatch, or pause and resume of all sending of an incident.

Nothing here touches the mails of a pause: a claim passes over what does not flow (``DeliveryQuerySet.flowing``). What a
worker has in its hands is finished. Who comes second finds the status changed and is told (``Overtaken``).
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from letters.models import Incident
from notifications.models import Delivery, Dispatch, Notice, Sending, SendingChange
from notifications.outbox import delivery_queue, enqueue
from sepo_incident.accounts.models import User
from sepo_incident.core.conflict import Conflict

Kind, Status = SendingChange.Kind, Dispatch.Status


@transaction.atomic
def pause_dispatch(dispatch: Dispatch, reason: str, by: User | None = None) -> None:
    """``by`` nobody: the system did. Raises ``Overtaken``."""
    change_status(dispatch, [Status.RUNNING], Status.PAUSED)
    record_change(dispatch, Kind.PAUSED, by, reason)


@transaction.atomic
def resume_dispatch(dispatch: Dispatch, by: User) -> None:
    """Raises ``Overtaken``."""
    change_status(dispatch, [Status.PAUSED], Status.RUNNING)
    record_change(dispatch, Kind.RESUMED, by)
    enqueue.wake_dispatch_writer(dispatch.pk)
    enqueue.wake_mail_workers(delivery_queue.count_due_mails())


@transaction.atomic
def stop_dispatch(dispatch: Dispatch, reason: str, by: User) -> int:
    """For good: what has not gone out is taken out of the queue, and its senders are owed a notice again.

    Returns the number of mails taken out. Raises ``Overtaken``.
    """
    change_status(dispatch, [Status.RUNNING, Status.PAUSED], Status.STOPPING)
    taken_back = delivery_queue.withdraw_stopped_mails()
    record_change(dispatch, Kind.STOPPED, by, reason, taken_back)
    finish_stopped_dispatches()
    return taken_back


@transaction.atomic
def pause_all_mails(incident: Incident, reason: str, by: User | None = None) -> None:
    """No mail about the incident goes out until somebody resumes; a dispatch may be asked for meanwhile, and waits.

    ``by`` nobody: the system did. Raises ``Overtaken`` when it is on pause already.
    """
    Sending.objects.get_or_create(incident=incident)
    if not Sending.objects.filter(incident=incident, paused_at=None).update(paused_at=timezone.now()):
        raise Conflict
    SendingChange.objects.create(incident=incident, kind=Kind.PAUSED, reason=reason, by=by)


@transaction.atomic
def pause_all_mails_by_system(incident: Incident, reason: str) -> None:
    """The system pauses it, also where it is on pause already: whoever resumes has read this reason."""
    Sending.objects.update_or_create(incident=incident, defaults={"paused_at": timezone.now()})
    SendingChange.objects.create(incident=incident, kind=Kind.PAUSED, reason=reason)


@transaction.atomic
def resume_all_mails(incident: Incident, by: User) -> None:
    """Raises ``Overtaken``. A dispatch that is on pause by itself stays so."""
    if not Sending.objects.filter(incident=incident, paused_at__isnull=False).update(paused_at=None):
        raise Conflict
    SendingChange.objects.create(incident=incident, kind=Kind.RESUMED, by=by)
    enqueue.wake_mail_workers(delivery_queue.count_due_mails())


def finish_stopped_dispatches() -> int:
    """Take back what workers have put back in the queue of stopped dispatches since, until nothing more can come.

    Returns how many dispatches are stopped with that. A mail in a worker's hands ends by itself within its lease.
    """
    if not Dispatch.objects.stopping().exists():
        return 0
    delivery_queue.withdraw_stopped_mails()
    may_come_back = Q(role=Delivery.Role.TO) | Q(notice__in=Notice.objects.taken_back().values("pk"))
    still_out = Delivery.objects.filter(may_come_back, notice__dispatch=OuterRef("pk"), next_attempt_at__isnull=False)
    return Dispatch.objects.stopping().exclude(Exists(still_out)).update(status=Status.STOPPED)


def change_status(dispatch: Dispatch, before: Sequence[str], after: str) -> None:
    """From one of ``before`` to ``after``; one that is stopped is written no further. Raises ``Overtaken``."""
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
