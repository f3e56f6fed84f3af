"""The ladder is climbed: on a working day from 8 to 16 the clock asks for what is owed, one kind after the other.

Nothing doubles, whoever climbs and whatever the clock does: a step is a row that is unique by its day, and each mail
takes its receiver's day. A day that nobody climbed on is not made good later; who still owes something has the next.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from letters.models import Incident
from notifications.dispatching import dispatch_writer
from notifications.kinds import reminder_calendar
from notifications.kinds.notice_kinds import KINDS, SendTrigger, owed_followups
from notifications.models import Dispatch, Kind, Ladder, Sending
from sepo_incident.core import danish

KINDS_SENT_BY_CLOCK = [kind for kind, recipe in KINDS.items() if recipe.trigger != SendTrigger.BUTTON]


def run_all_incidents() -> None:
    """Take the next step in every incident where there is one."""
    now = timezone.now()
    if reminder_calendar.is_sending_hour(now):
        for pk in Incident.objects.exclude(status=Incident.Status.CLOSED).values_list("pk", flat=True):
            run_incident(pk, now)


@transaction.atomic
def run_incident(incident_id: int, now: datetime) -> Dispatch | None:
    """Ask for the first kind that is owed, unless one is being written: who has a mail of it waits with the next.

    None when there is nothing to do, or another worker is at it.
    """
    incident = Incident.objects.select_for_update(skip_locked=True).filter(pk=incident_id).first()
    if incident is None or is_writing_or_paused(incident):
        return None
    asked = (request_dispatch_by_clock(kind, incident, now) for kind in list_kinds_to_send(incident, now))
    return next(filter(None, asked), None)


def is_writing_or_paused(incident: Incident) -> bool:
    """Something is being written, or nothing goes out: what is written meanwhile would go out in a heap."""
    return Dispatch.objects.of(incident).unfinished().exists() or Sending.objects.of(incident).paused_at is not None


def list_kinds_to_send(incident: Incident, now: datetime) -> list[Kind]:
    """What has happened is told always; the ladder only where it is on, and each kind once a day."""
    is_on = Ladder.objects.of(incident).is_on
    taken = set(Dispatch.objects.of(incident).filter(step_on=danish.local_date(now)).values_list("kind", flat=True))
    return [
        kind for kind in KINDS_SENT_BY_CLOCK if kind not in taken and (is_on or KINDS[kind].trigger == SendTrigger.NEWS)
    ]


def request_dispatch_by_clock(kind: Kind, incident: Incident, now: datetime) -> Dispatch | None:
    """A dispatch of what is owed; of news only what can go out today, for it comes again until it is told."""
    day = danish.local_date(now)
    is_step = KINDS[kind].trigger == SendTrigger.STEP
    due = (
        owed_followups(kind, incident, day)
        if is_step
        else dispatch_writer.exclude_mailed_on_day(owed_followups(kind, incident, day), day)
    )
    number = due.values("receiver").distinct().count()
    if not number:
        return None
    step_on = day if is_step else None
    return dispatch_writer.create_dispatch(
        kind, incident, due, number, step_on=step_on, closes_at=reminder_calendar.closing_time(day)
    )
