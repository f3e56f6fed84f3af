"""Services that change the reminder schedule: on, off, reminder days, pauses. Every change records time and user."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.utils import timezone

from letters.models import Incident
from notifications.kinds.reminder_calendar import ReminderSteps
from notifications.models import ReminderPause, ReminderSchedule, ReminderScheduleChange
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core import danish


@transaction.atomic
def switch_reminders_on(incident: Incident, by: User) -> bool:
    """Switch the reminders on. Return False if the reminders were on already."""
    ladder = lock_schedule(incident)
    if ladder.is_on:
        return False
    ladder.switched_on_at, ladder.switched_on_by = timezone.now(), by
    ladder.save()
    ReminderScheduleChange.objects.create(incident=incident, kind=ReminderScheduleChange.Kind.ON, by=by)
    return True


@transaction.atomic
def switch_reminders_off(incident: Incident, by: User) -> bool:
    """Switch the reminders off. Mails already written still go out. Return False if the reminders were off already."""
    ladder = lock_schedule(incident)
    if not ladder.is_on:
        return False
    ladder.switched_on_at = ladder.switched_on_by = None
    ladder.save()
    ReminderScheduleChange.objects.create(incident=incident, kind=ReminderScheduleChange.Kind.OFF, by=by)
    return True


@transaction.atomic
def change_steps(incident: Incident, before: Sequence[int], every: int, digest_days: Sequence[int], by: User) -> bool:
    """Change the reminder days. Return False if nothing changes."""
    ladder = lock_schedule(incident)
    new = [sorted(set(before), reverse=True), every, sorted(set(digest_days))]
    if [ladder.before, ladder.every, ladder.digest_days] == new:
        return False
    ladder.before, ladder.every, ladder.digest_days = new  # type: ignore[assignment]
    ladder.save()
    words = describe_steps(ReminderSteps(tuple(ladder.before), ladder.every, tuple(ladder.digest_days)))
    ReminderScheduleChange.objects.create(incident=incident, kind=ReminderScheduleChange.Kind.STEPS, steps=words, by=by)
    return True


def describe_steps(steps: ReminderSteps) -> str:
    """«5, 2 og 1 arbejdsdag før fristen, på dagen og hver anden arbejdsdag efter; oversigt mandag og torsdag»"""
    before = danish.join_with_and([str(number) for number in steps.before])
    days = "arbejdsdag" if steps.before[-1:] == (1,) else "arbejdsdage"
    ahead = f"{before} {days} før fristen, " if before else ""
    after = {1: "hver arbejdsdag", 2: "hver anden arbejdsdag"}.get(steps.every, f"hver {steps.every}. arbejdsdag")
    digest = danish.join_with_and([danish.WEEKDAYS[number] for number in steps.digest_days])
    return f"{ahead}på dagen og {after} efter; {f'lederoversigt {digest}' if digest else 'ingen faste oversigter'}"


def lock_schedule(incident: Incident) -> ReminderSchedule:
    """Lock the incident for the transaction, and return the saved reminder schedule or an unsaved default."""
    Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    return ReminderSchedule.objects.for_incident(incident)


@transaction.atomic
def pause_unit(incident: Incident, unit: Unit, reason: str, until: date, by: User) -> ReminderPause:
    """Pause reminders to the unit, and end the unit's earlier pause."""
    lock_schedule(incident)
    ReminderPause.objects.filter(incident=incident, unit=unit, ended_at=None).update(
        ended_at=timezone.now(), ended_by=by
    )
    return ReminderPause.objects.create(incident=incident, unit=unit, reason=reason, until=until, by=by)


def end_pause(pause: ReminderPause, by: User) -> bool:
    """End the pause. Return False if the pause had ended already."""
    unended = ReminderPause.objects.filter(pk=pause.pk, ended_at=None)
    return bool(unended.update(ended_at=timezone.now(), ended_by=by))
