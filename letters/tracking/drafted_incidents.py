"""The incident that is drafted from an alarm of silence: its window and cause, and its letters, as a list to import.

Nobody gets a mail: that is asked for on the incident's own pages.
"""

from datetime import date, datetime
from typing import NamedTuple
from uuid import uuid4

from django.db import transaction
from django.db.models import F, Max, Min

from letters import incidents
from letters.importing.commit.withdraw_letters import arrived_letters
from letters.importing.files import uploads
from letters.importing.rows.dispatch_rows import letters_to_add
from letters.incident_kinds import Fault
from letters.models import Cause, ImportBatch, Incident, Letter, SilenceAlarm
from sepo_incident.accounts.models import User
from sepo_incident.audit.triggers import set_actor
from sepo_incident.core import calendar, danish, task_queue

#: From the day on which an incident is drafted to the deadline that it proposes.
WORKING_DAYS_TO_DEADLINE = 7
WINDOW_GREW = "Alarmen har fundet breve, der er sendt efter fristen."


class Draft(NamedTuple):
    """What an alarm's signs say, in Danish. `since`: when the first of them began."""

    title: str
    fault: Fault
    cause: str
    not_known: str
    since: datetime


class DraftedFrom(NamedTuple):
    """An alarm of an incident, with numbers of its letters: missing and not in the incident, and arrived since.

    `kept`: arrived, and active still, because somebody has decided or has reinstated the letter.
    """

    alarm: SilenceAlarm
    to_add: int
    withdrawn: int
    kept: int


def alarms_of(incident: Incident) -> list[DraftedFrom]:
    """Return the alarms whose letters the incident has. Four queries for an alarm."""
    kept, gone = Letter.objects.active(), Letter.objects.withdrawn()
    return [
        DraftedFrom(
            alarm,
            letters_to_add(alarm).count(),
            *(arrived_letters(letters.filter(batch__alarm=alarm)).count() for letters in (gone, kept)),
        )
        for alarm in incident.silences.select_related("channel").order_by("pk")
    ]


def incident_to_join(alarm: SilenceAlarm) -> Incident | None:
    """Return the newest incident of the channel's other alarms that is not closed."""
    return Incident.objects.not_closed().filter(silences__channel=alarm.channel_id).exclude(silences=alarm).first()


@transaction.atomic
def draft_incident(alarm: SilenceAlarm, draft: Draft, by: User, joined: Incident | None = None) -> ImportBatch | None:
    """Import the alarm's missing letters to its incident, which is `joined` or made of the draft if it has none yet.

    Return the list that is read now. A second press finds the incident and the list of the first: the alarm is locked.
    Return None, and make nothing, if no letter is missing. Raise IncidentClosed.
    """
    alarm = SilenceAlarm.objects.select_related("channel").select_for_update(of=("self",), no_key=True).get(pk=alarm.pk)
    known_from = letters_to_add(alarm).aggregate(first=Min("known_from"), last=Max("known_from"))
    if not known_from["first"]:
        return None
    first_day, last_day = map(danish.local_date, known_from.values())
    set_actor(by.pk)
    if not alarm.incident:
        first_day = min(first_day, danish.local_date(draft.since))
        alarm.incident = joined or _create_incident(alarm, draft, first_day, last_day, by)
        alarm.save(update_fields=["incident"])
    alarm.incident = Incident.objects.lock_open(alarm.incident.pk)
    under_way = alarm.batches.filter(status__in=(*ImportBatch.AT_WORK, ImportBatch.Status.CHECKED)).first()
    if under_way:
        return under_way
    _widen_window(alarm.incident, first_day, last_day, by)
    batch = ImportBatch.objects.create(
        incident=alarm.incident,
        alarm=alarm,
        filename=f"Breve fra alarmen om {alarm.channel_name}",
        sha256=uuid4().hex,  # there is no file to know again
        created_by=by,
    )
    uploads.reset_progress(batch)
    task_queue.enqueue_on_commit("letters.tasks.read_batch", args=[batch.pk])
    return batch


def _create_incident(alarm: SilenceAlarm, draft: Draft, first_day: date, last_day: date, by: User) -> Incident:
    incident = Incident(
        title=draft.title,
        fault_short=draft.fault.short,
        fault_one=draft.fault.one,
        fault_many=draft.fault.many,
        system=alarm.channel_name[: Incident._meta.get_field("system").max_length],
        first_day=first_day,
        last_day=last_day,
        deadline=_proposed_deadline(last_day),
    )
    incident = incidents.create_incident(incident, by)
    if not incident.cause_rows.exists():
        Cause.objects.create(incident=incident, known=draft.cause, unknown=draft.not_known, changed_by=by)
    return incident


def _proposed_deadline(last_day: date) -> date:
    return calendar.add_working_days(max(calendar.today(), last_day), WORKING_DAYS_TO_DEADLINE)


def _widen_window(incident: Incident, first_day: date, last_day: date, by: User) -> None:
    """Let the incident's days include the days of the letters that come to it."""
    first_day, last_day = min(incident.first_day, first_day), max(incident.last_day, last_day)
    if (first_day, last_day) == (incident.first_day, incident.last_day):
        return
    if incident.deadline <= last_day:
        incidents.move_deadline(incident, _proposed_deadline(last_day), WINDOW_GREW, by)
    days = {"first_day": first_day, "last_day": last_day}
    Incident.objects.filter(pk=incident.pk).update(**days, version=F("version") + 1)
