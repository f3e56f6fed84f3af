"""Switch the reminders on and off, and request the scheduled mails on working days from 8 to 16, one kind at a time.

No mail is sent twice, even with concurrent workers or a changed clock: a dispatch is unique per incident, kind and
day, and a delivery takes the receiver's only mail of the day. A missed reminder day is not made up for; receivers who
still owe something get the next reminder.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from letters.models import Incident
from notifications.dispatching import dispatch_lifecycle
from notifications.kinds import reminders
from notifications.kinds.notice_kinds import KINDS, SendTrigger, owed_followups
from notifications.kinds.receivers import count_receivers, exclude_mailed_on_day
from notifications.models import Dispatch, Kind, ReminderSchedule, ReminderScheduleChange, SendingSettings
from notifications.reminders import director_mails
from sepo_incident.accounts.models import User
from sepo_incident.core import danish, database

HOURLY_KINDS = [kind for kind, recipe in KINDS.items() if recipe.trigger == SendTrigger.HOURLY]
KINDS_SENT_BY_CLOCK = [kind for kind, recipe in KINDS.items() if recipe.trigger != SendTrigger.BUTTON]


@transaction.atomic
def switch_reminders(incident: Incident, by: User, is_on: bool) -> bool:
    """Switch the reminders on or off. Mails already written still go out. Return False if nothing changes.

    Raise IncidentClosed.
    """
    Incident.objects.lock_open(incident.pk)
    schedule = ReminderSchedule.objects.for_incident(incident)
    if schedule.is_on == is_on:
        return False
    schedule.switched_on_at, schedule.switched_on_by = (timezone.now(), by) if is_on else (None, None)
    schedule.save()
    kind = ReminderScheduleChange.Kind.ON if is_on else ReminderScheduleChange.Kind.OFF
    ReminderScheduleChange.objects.create(incident=incident, kind=kind, by=by)
    return True


def run_all_incidents() -> None:
    """Request the next mails and write those to directors, for incidents that are not closed, in sending hours only."""
    now = database.now()
    if reminders.is_sending_hour(now):
        incidents = list(Incident.objects.not_closed())
        for one in incidents:
            run_incident(one.pk, now)
        for one in incidents:  # last, so that an error about directors holds no reminder back
            director_mails.write_due_mails(one, now)


@transaction.atomic
def run_incident(incident_id: int, now: datetime) -> Dispatch | None:
    """Request a dispatch of the first kind that is owed, unless a dispatch is being written.

    A kind starts after the previous kind is written, so a receiver with a mail today waits with the next kind. Return
    None when nothing is owed or a concurrent worker holds the incident.
    """
    incident = Incident.objects.select_for_update(skip_locked=True).filter(pk=incident_id).first()
    if incident is None or incident.dispatches.unfinished().exists():
        return None
    if SendingSettings.objects.for_incident(incident).paused_at:  # what is written now would go out all at once later
        return None
    requests = (request_dispatch_by_clock(kind, incident, now) for kind in list_kinds_to_send(incident, now))
    return next(filter(None, requests), None)


def list_kinds_to_send(incident: Incident, now: datetime) -> list[Kind]:
    """Return the kinds that may be sent now.

    News always, hourly kinds once between two full hours, scheduled kinds once a day while the schedule is on.
    """
    is_on = ReminderSchedule.objects.for_incident(incident).is_on
    this_hour = Q(kind__in=HOURLY_KINDS, requested_at__gte=now.replace(minute=0, second=0, microsecond=0))
    today = Q(step_on=danish.local_date(now))
    taken = set(incident.dispatches.filter(today | this_hour).values_list("kind", flat=True))
    return [
        kind for kind in KINDS_SENT_BY_CLOCK if kind not in taken and (is_on or KINDS[kind].trigger != SendTrigger.STEP)
    ]


def request_dispatch_by_clock(kind: Kind, incident: Incident, now: datetime) -> Dispatch | None:
    """Request a dispatch of the kind if receivers are owed a notice.

    For news, receivers with a mail today do not count, because news stays owed until sent.
    """
    day = danish.local_date(now)
    is_step = KINDS[kind].trigger == SendTrigger.STEP
    due = owed_followups(kind, incident, day)
    if KINDS[kind].trigger == SendTrigger.NEWS:
        due = exclude_mailed_on_day(due, day)
    number = count_receivers(due)
    if not number:
        return None
    step_on = day if is_step else None
    return dispatch_lifecycle.create_dispatch(
        kind, incident, due, number, step_on=step_on, closes_at=reminders.closing_time(day)
    )
