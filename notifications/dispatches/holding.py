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
from notifications import bells
from notifications.models import Delivery, Dispatch, Notice, Sending, SendingChange
from notifications.sending import outbox
from sepo_incident.accounts.models import User
from sepo_incident.overtaken import Overtaken

Kind, Status = SendingChange.Kind, Dispatch.Status


@transaction.atomic
def pause(dispatch: Dispatch, reason: str, by: User | None = None) -> None:
    """``by`` nobody: the system did. Raises ``Overtaken``."""
    move(dispatch, [Status.RUNNING], Status.PAUSED)
    note(dispatch, Kind.PAUSED, by, reason)


@transaction.atomic
def resume(dispatch: Dispatch, by: User) -> None:
    """Raises ``Overtaken``."""
    move(dispatch, [Status.PAUSED], Status.RUNNING)
    note(dispatch, Kind.RESUMED, by)
    bells.ring_for_dispatch(dispatch.pk)
    bells.ring_for_mail(outbox.count_due())


@transaction.atomic
def stop(dispatch: Dispatch, reason: str, by: User) -> int:
    """For good: what has not gone out is taken out of the queue, and its senders are owed a notice again.

    Returns the number of mails taken out. Raises ``Overtaken``.
    """
    move(dispatch, [Status.RUNNING, Status.PAUSED], Status.STOPPING)
    taken_back = outbox.take_back()
    note(dispatch, Kind.STOPPED, by, reason, taken_back)
    finish_stopping()
    return taken_back


@transaction.atomic
def pause_all(incident: Incident, reason: str, by: User | None = None) -> None:
    """No mail about the incident goes out until somebody resumes; a dispatch may be asked for meanwhile, and waits.

    ``by`` nobody: the system did. Raises ``Overtaken`` when it is on pause already.
    """
    Sending.objects.get_or_create(incident=incident)
    if not Sending.objects.filter(incident=incident, paused_at=None).update(paused_at=timezone.now()):
        raise Overtaken
    SendingChange.objects.create(incident=incident, kind=Kind.PAUSED, reason=reason, by=by)


@transaction.atomic
def pause_anew(incident: Incident, reason: str) -> None:
    """The system pauses it, also where it is on pause already: whoever resumes has read this reason."""
    Sending.objects.update_or_create(incident=incident, defaults={"paused_at": timezone.now()})
    SendingChange.objects.create(incident=incident, kind=Kind.PAUSED, reason=reason)


@transaction.atomic
def resume_all(incident: Incident, by: User) -> None:
    """Raises ``Overtaken``. A dispatch that is on pause by itself stays so."""
    if not Sending.objects.filter(incident=incident, paused_at__isnull=False).update(paused_at=None):
        raise Overtaken
    SendingChange.objects.create(incident=incident, kind=Kind.RESUMED, by=by)
    bells.ring_for_mail(outbox.count_due())


def finish_stopping() -> int:
    """Take back what workers have put back in the queue of stopped dispatches since, until nothing more can come.

    Returns how many dispatches are stopped with that. A mail in a worker's hands ends by itself within its lease.
    """
    if not Dispatch.objects.stopping().exists():
        return 0
    outbox.take_back()
    may_come_back = Q(role=Delivery.Role.TO) | Q(notice__in=Notice.objects.taken_back().values("pk"))
    still_out = Delivery.objects.filter(may_come_back, notice__dispatch=OuterRef("pk"), next_attempt_at__isnull=False)
    return Dispatch.objects.stopping().exclude(Exists(still_out)).update(status=Status.STOPPED)


def move(dispatch: Dispatch, before: Sequence[str], after: str) -> None:
    """From one of ``before`` to ``after``; one that is stopped is written no further. Raises ``Overtaken``."""
    moved = Dispatch.objects.select_for_update().filter(pk=dispatch.pk, status__in=before).first()
    if moved is None:
        raise Overtaken
    moved.status = after
    if after == Status.STOPPING and not moved.is_written:
        moved.written_at, moved.written = timezone.now(), moved.notices.count()
    moved.save(update_fields=["status", "written_at", "written"])


def note(dispatch: Dispatch, kind: str, by: User | None, reason: str = "", number: int | None = None) -> None:
    SendingChange.objects.create(
        incident_id=dispatch.incident_id, dispatch=dispatch, kind=kind, reason=reason, by=by, number=number
    )
