"""«Mind om det nu»: a leader requests reminders now, and sees the results of earlier requests."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from letters.models import Incident
from letters.models.letter import LetterQuerySet
from notifications.dispatching import dispatch_writer
from notifications.dispatching.dispatch_progress import DispatchProgress, load_progress
from notifications.dispatching.dispatch_writer import DispatchAlreadyRequested
from notifications.kinds import reminder_calendar
from notifications.models import Dispatch, Sending, SendingChange
from notifications.reminders import remind_candidates
from sepo_incident.accounts.models import User
from sepo_incident.core import danish
from sepo_incident.core.conflict import Conflict

ONE_DAY = timedelta(days=1)


@transaction.atomic
def request_reminders(led: LetterQuerySet, incident: Incident, receivers: Collection[int], by: User) -> Dispatch:
    """Request one reminder to each receiver, and return the dispatch.

    led: the letters that ``by`` leads. receivers: the users chosen on the page. Above the approval limit, a second
    person must approve.

    Raises DispatchAlreadyRequested when ``by`` has already requested the same reminders today. Raises Conflict when a
    receiver cannot be reminded now or when all mail is on pause. Then nothing is changed.
    """
    held = Incident.objects.select_for_update().get(pk=incident.pk)  # serialises two clicks on the button
    now, wanted = timezone.now(), sorted(set(receivers))
    sending = Sending.objects.of(held)
    if sending.paused_at or not remind_candidates.find_candidates(led, held, by, now).receivers.issuperset(wanted):
        same = dispatches_requested_today(held, by, now).filter(receivers=wanted).first()
        raise DispatchAlreadyRequested(same) if same else Conflict
    today = danish.local_date(now)
    must_be_approved = sending.exceeded_approval_limit(len(wanted), by) is not None
    dispatch = dispatch_writer.create_dispatch(
        reminder_calendar.reminder_kind_on(today, held.deadline),
        held,
        remind_candidates.reminders_owed_to(held, today, wanted),
        len(wanted),
        requested_by=by,
        receivers=wanted,
        closes_at=danish.midnight(today + ONE_DAY),
        status=Dispatch.Status.ASKED if must_be_approved else Dispatch.Status.RUNNING,
    )
    asked = {"kind": SendingChange.Kind.REMINDED, "number": len(wanted), "by": by}
    SendingChange.objects.create(incident=held, dispatch=dispatch, **asked)
    return dispatch


def dispatches_requested_today(incident: Incident, by: User, now: datetime) -> QuerySet[Dispatch]:
    """Return today's requests by this person, newest first, without stopped and refused dispatches."""
    asked = Dispatch.objects.of(incident).to_selected_receivers().filter(requested_by=by)
    return asked.filter(requested_at__gte=danish.midnight(danish.local_date(now))).exclude(
        status__in=Dispatch.CUT_SHORT
    )


REQUESTS_SHOWN = 5


class RequestedReminders(NamedTuple):
    """A request with the progress of the dispatch.

    ``why``: the reason why the dispatch was paused, stopped or refused, otherwise "".
    """

    progress: DispatchProgress
    why: str


def list_latest_requests(by: User, incident: Incident) -> list[RequestedReminders]:
    """Return the latest ``REQUESTS_SHOWN`` requests by this person, newest first. At most five queries."""
    dispatches = list(Dispatch.objects.of(incident).to_selected_receivers().filter(requested_by=by)[:REQUESTS_SHOWN])
    if not dispatches:
        return []
    cut = [SendingChange.Kind.REFUSED, SendingChange.Kind.PAUSED, SendingChange.Kind.STOPPED]
    said = SendingChange.objects.filter(dispatch__in=dispatches, kind__in=cut).order_by("pk")
    reasons = dict(said.values_list("dispatch", "reason"))
    is_held = {Dispatch.Status.PAUSED, *Dispatch.CUT_SHORT}
    return [
        RequestedReminders(one, reasons.get(one.dispatch.pk, "") if one.status in is_held else "")
        for one in load_progress(dispatches)
    ]
