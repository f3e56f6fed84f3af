"""The life of an alarm: raise, mail, take, end. A spam alarm also pauses all sending."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from letters.models import Incident
from notifications.alarms import runbook
from notifications.alarms.monitors import (
    MONITORS,
    Finding,
    find_altered_history,
    find_unchecked_history,
    find_wrong_sums,
)
from notifications.dispatching import pausing
from notifications.models import Alarm
from notifications.models import Kind as MailKind
from notifications.outbox.enqueue import enqueue_standalone_mail
from sepo_incident.accounts.models import User
from sepo_incident.core.conflict import Conflict


def check_all_monitors() -> None:
    """Run all monitors once and mail the alarms due for a repeat.

    Safe to run in parallel: at most one alarm per kind is open.
    """
    now = timezone.now()
    for kind in MONITORS:
        check_monitor(kind, now)
    for alarm in Alarm.objects.due_for_repeat(now):
        mail_alarm(alarm, now)


def check_monitor(kind: Alarm.Kind, now: datetime) -> bool:
    """Run the monitor of `kind`, raise or end the alarm, and return whether the monitor found a fault."""
    finding = MONITORS[kind](now)
    raise_or_end(kind, finding, now)
    return finding is not None


def check_balance() -> None:
    """Raise or end the alarm on wrong sums, and raise the alarm on unchecked history."""
    now = timezone.now()
    raise_or_end(Alarm.Kind.BALANCE, find_wrong_sums(now), now)
    raise_or_end(Alarm.Kind.HISTORY, find_unchecked_history(now), now)


def check_history(whole: bool = False) -> None:
    """Raise the alarm on altered history if new rows, or with `whole` all rows, do not agree with the hash chain."""
    now = timezone.now()
    raise_or_end(Alarm.Kind.HISTORY, find_altered_history(now, whole), now)


@transaction.atomic
def raise_or_end(kind: Alarm.Kind, finding: Finding | None, now: datetime) -> None:
    """Raise or refresh the alarm of `kind` if there is a finding.

    Without a finding an open alarm is ended, unless a person must end alarms of this kind.
    """
    if finding is not None:
        raise_alarm(kind, finding, now)
    elif runbook.RUNBOOK[kind].ends_by_itself:
        Alarm.objects.open().filter(kind=kind).update(ended_at=now)


@transaction.atomic
def raise_alarm(kind: Alarm.Kind, finding: Finding, now: datetime) -> Alarm:
    """Raise the alarm, or refresh the open alarm of the same kind, and run the automatic action.

    A new alarm is mailed.
    """
    facts = finding._asdict()
    alarm, is_new = Alarm.objects.get_or_create(
        kind=kind, ended_at=None, defaults={**facts, "raised_at": now, "mailed_at": now}
    )
    if is_new:
        mail_alarm(alarm, now)
    else:
        Alarm.objects.filter(pk=alarm.pk).update(**facts)
    if kind in AUTOMATIC_ACTIONS:
        AUTOMATIC_ACTIONS[kind](alarm)
    return alarm


def pause_all_sending(alarm: Alarm) -> None:
    """Pause every open incident. An incident that is already paused stays as it is."""
    for incident in Incident.objects.exclude(status=Incident.Status.CLOSED):
        with suppress(Conflict):
            pausing.pause_all_mails(incident, f"{runbook.alarm_title(alarm)}.")


#: actions that the system takes on every finding, also for an alarm that is open already
AUTOMATIC_ACTIONS: dict[Alarm.Kind, Callable[[Alarm], None]] = {Alarm.Kind.SPAM: pause_all_sending}


@transaction.atomic
def mail_alarm(alarm: Alarm, now: datetime) -> None:
    """Mail the alarm to the watch address, unless a parallel worker has just mailed the alarm."""
    if Alarm.objects.filter(pk=alarm.pk, mailed_at=alarm.mailed_at).update(mailed_at=now):
        enqueue_standalone_mail(
            MailKind.ALARM,
            settings.MAIL["watch_address"],
            runbook.alarm_mail_subject(alarm),
            runbook.alarm_mail_text(alarm, now),
        )


def take_alarm(alarm: Alarm, by: User) -> None:
    """Mark the alarm as taken. Raise ``Conflict`` if somebody else has taken the alarm or the alarm has ended."""
    taken = Alarm.objects.open().filter(pk=alarm.pk, taken_by=None)
    if not taken.update(taken_by=by, taken_at=timezone.now()):
        raise Conflict


def end_alarm(alarm: Alarm, by: User, reason: str) -> None:
    """End the alarm. Raise ``Conflict`` if the alarm has ended already."""
    if not Alarm.objects.open().filter(pk=alarm.pk).update(ended_by=by, ended_at=timezone.now(), reason=reason):
        raise Conflict
