"""The life of a dispatch: request and stop; pause and resume all mail of an incident.

A large dispatch to everybody who is owed a notice needs a tick that names the number, and a test mail or a reason. The
clock has no finger on a button, and «Send påmindelse nu» has a tick for each person.

A pause does not touch the mails: workers skip mails on hold (`DeliveryQuerySet.not_on_hold`). A mail that a worker
already has is finished. On a concurrent change the services raise Conflict and change nothing.
"""

from typing import Any

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q

from letters.models import Incident
from notifications.dispatching.first_notices import list_recipients
from notifications.kinds.notice_kinds import owed_followups
from notifications.kinds.receivers import OwedFollowUps, count_receivers
from notifications.models import Delivery, Dispatch, Notice, SendingChange, SendingSettings
from notifications.outbox import delivery_queue, enqueue
from notifications.texts.notice_texts import current_text, find_test_mail
from sepo_incident.accounts.models import User
from sepo_incident.core import danish, database
from sepo_incident.core.database import Conflict

Kind, Status = SendingChange.Kind, Dispatch.Status
#: A dispatch of more mails than this, copies included, is large.
MAX_MAILS_AT_ONCE = 100


class NotAssured(Exception):
    """Raised when a large dispatch lacks the tick or the test mail. `lacks`: the field of the form. In Danish."""

    def __init__(self, lacks: str, message: str):
        super().__init__(message)
        self.lacks = lacks


class RecipientCountChanged(Exception):
    """Raised when the number of receivers differs from the number on the button. The text is Danish."""

    def __init__(self, promised: int, current: int):
        super().__init__(
            f"Der er ikke sendt noget, for tallet er ændret fra {danish.number(promised)} til "
            f"{danish.count(current, 'besked', 'beskeder')}. Gennemgå listen, og tryk igen."
        )


class DispatchAlreadyRequested(Exception):
    """Raised when a dispatch of the kind is being written. Carries the `dispatch`."""

    def __init__(self, dispatch: Dispatch):
        super().__init__("En udsendelse er allerede i gang.")
        self.dispatch = dispatch


def request_dispatch(
    kind: str,
    incident: Incident,
    promised: int,
    by: User | None = None,
    *,
    ticked: int | None = None,
    reason: str = "",
) -> Dispatch:
    """Create the dispatch, and wake a worker.

    promised: the number of receivers on the button. ticked: the number of mails ticked in a large dispatch. reason: why
    there is no test mail of it.

    Raises RecipientCountChanged, DispatchAlreadyRequested or NotAssured.
    """
    with transaction.atomic():
        Incident.objects.select_for_update().get(pk=incident.pk)  # serialises two clicks on the button
        under_way = incident.dispatches.filter(kind=kind).unfinished().first()
        if under_way:
            raise DispatchAlreadyRequested(under_way)
        due = owed_followups(kind, incident)
        number = count_receivers(due)
        if number != promised or not promised:
            raise RecipientCountChanged(promised, number)
        mails = list_recipients(kind, incident).mails
        if mails <= MAX_MAILS_AT_ONCE:
            return create_dispatch(kind, incident, due, promised, requested_by=by)
        if ticked != mails:
            message = f"Der er ikke sendt noget. Sæt kryds ved, at du vil sende {danish.number(mails)} mails."
            raise NotAssured("kryds", message)
        test_mail = find_test_mail(kind, incident, current_text(kind, incident), by)
        if test_mail is None and not reason:
            message = "Der er ikke sendt noget. Send en prøvemail til dig selv, eller skriv, hvorfor du ikke gør det."
            raise NotAssured("grund", message)
        dispatch = create_dispatch(kind, incident, due, promised, requested_by=by)
        record_change(dispatch, Kind.ASSURED, by, "" if test_mail else reason, mails, test_mail)
        return dispatch


def create_dispatch(kind: str, incident: Incident, due: OwedFollowUps, promised: int, **fields: Any) -> Dispatch:
    """Create a dispatch of the follow-ups in `due`, and wake a worker. The caller holds a lock on the incident.

    Every dispatch begins here: by button, by clock and to selected receivers.
    """
    newest = due.aggregate(newest=Max("pk"))["newest"]
    about = {"incident": incident, "kind": kind, "newest_followup": newest, "promised": promised}
    dispatch = Dispatch.objects.create(**about, requested_at=database.now(), **fields)
    enqueue.wake_dispatch_writer(dispatch.pk)
    return dispatch


@transaction.atomic
def stop_dispatch(dispatch: Dispatch, reason: str, by: User) -> int:
    """Stop the dispatch for good: withdraw unsent mails, so that the senders are owed a notice again.

    Return the number of mails withdrawn. Raises Conflict.
    """
    stopped = Dispatch.objects.select_for_update().filter(pk=dispatch.pk, status=Status.RUNNING).first()
    if stopped is None:
        raise Conflict
    stopped.status = Status.STOPPING
    if not stopped.is_written:  # no further notices are written
        stopped.written_at, stopped.written = database.now(), stopped.notices.count()
    stopped.save(update_fields=["status", "written_at", "written"])
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
    """Resume mail about the incident. Raises Conflict if mail is not on pause, or if the incident is closed."""
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
