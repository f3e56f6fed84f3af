"""The ladder is climbed: on a working day from 8 to 16 the clock asks for what is owed, one kind after the other.

Nothing doubles, whoever climbs and whatever the clock does: a step is a row that is unique by its day, and each mail
takes its receiver's day. A day that nobody climbed on is not made good later; who still owes something has the next.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from letters.models import Incident
from notifications.dispatches import dispatching
from notifications.kinds import KINDS, Rhythm, owed
from notifications.models import Dispatch, Kind, Ladder, Sending
from notifications.owing import ladder
from sepo_incident import danish

BY_CLOCK = [kind for kind, recipe in KINDS.items() if recipe.rhythm != Rhythm.BUTTON]


def climb() -> None:
    """Take the next step in every incident where there is one."""
    now = timezone.now()
    if ladder.is_open(now):
        for pk in Incident.objects.exclude(status=Incident.Status.CLOSED).values_list("pk", flat=True):
            climb_in(pk, now)


@transaction.atomic
def climb_in(incident_id: int, now: datetime) -> Dispatch | None:
    """Ask for the first kind that is owed, unless one is being written: who has a mail of it waits with the next.

    None when there is nothing to do, or another worker is at it.
    """
    incident = Incident.objects.select_for_update(skip_locked=True).filter(pk=incident_id).first()
    if incident is None or is_busy(incident):
        return None
    asked = (ask_for(kind, incident, now) for kind in kinds_for(incident, now))
    return next(filter(None, asked), None)


def is_busy(incident: Incident) -> bool:
    """Something is being written, or nothing goes out: what is written meanwhile would go out in a heap."""
    return Dispatch.objects.of(incident).unfinished().exists() or Sending.objects.of(incident).paused_at is not None


def kinds_for(incident: Incident, now: datetime) -> list[Kind]:
    """What has happened is told always; the ladder only where it is on, and each kind once a day."""
    is_on = Ladder.objects.of(incident).is_on
    taken = set(Dispatch.objects.of(incident).filter(step_on=danish.day(now)).values_list("kind", flat=True))
    return [kind for kind in BY_CLOCK if kind not in taken and (is_on or KINDS[kind].rhythm == Rhythm.NEWS)]


def ask_for(kind: Kind, incident: Incident, now: datetime) -> Dispatch | None:
    """A dispatch of what is owed; of news only what can go out today, for it comes again until it is told."""
    day = danish.day(now)
    is_step = KINDS[kind].rhythm == Rhythm.STEP
    due = owed(kind, incident, day) if is_step else dispatching.unmailed(owed(kind, incident, day), day)
    number = due.values("receiver").distinct().count()
    if not number:
        return None
    step_on = day if is_step else None
    return dispatching.begin(kind, incident, due, number, step_on=step_on, closes_at=ladder.closing(day))
