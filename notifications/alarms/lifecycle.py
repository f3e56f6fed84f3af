"""From a finding to an alarm: one row, a mail to the watch, and the sending on pause where spam is the trouble."""

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
    """Every watch once; whoever looks at the same time finds the alarm raised."""
    now = timezone.now()
    for kind in MONITORS:
        check_monitor(kind, now)
    for alarm in Alarm.objects.due_for_repeat(now):
        mail_alarm(alarm, now)


def check_monitor(kind: Alarm.Kind, now: datetime) -> bool:
    """Is something found?"""
    finding = MONITORS[kind](now)
    raise_or_end(kind, finding, now)
    return finding is not None


def check_balance() -> None:
    now = timezone.now()
    raise_or_end(Alarm.Kind.BALANCE, find_wrong_sums(now), now)
    raise_or_end(Alarm.Kind.HISTORY, find_unchecked_history(now), now)


def check_history(whole: bool = False) -> None:
    now = timezone.now()
    raise_or_end(Alarm.Kind.HISTORY, find_altered_history(now, whole), now)


@transaction.atomic
def raise_or_end(kind: Alarm.Kind, finding: Finding | None, now: datetime) -> None:
    """Raise or end the alarm of this kind."""
    if finding is not None:
        raise_alarm(kind, finding, now)
    elif runbook.RUNBOOK[kind].ends_by_itself:
        Alarm.objects.open().filter(kind=kind).update(ended_at=now)


@transaction.atomic
def raise_alarm(kind: Alarm.Kind, finding: Finding, now: datetime) -> Alarm:
    """Raise it, or refresh the one that is open, and do what the system does about it by itself."""
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
    """Of every incident; of one that is on pause already somebody knows."""
    for incident in Incident.objects.exclude(status=Incident.Status.CLOSED):
        with suppress(Conflict):
            pausing.pause_all_mails(incident, f"{runbook.alarm_title(alarm)}.")


#: what the system does each time it finds the same
AUTOMATIC_ACTIONS: dict[Alarm.Kind, Callable[[Alarm], None]] = {Alarm.Kind.SPAM: pause_all_sending}


@transaction.atomic
def mail_alarm(alarm: Alarm, now: datetime) -> None:
    """Mail the alarm to the watch, unless another has just done so."""
    if Alarm.objects.filter(pk=alarm.pk, mailed_at=alarm.mailed_at).update(mailed_at=now):
        enqueue_standalone_mail(
            MailKind.ALARM,
            settings.MAIL["watch_address"],
            runbook.alarm_mail_subject(alarm),
            runbook.alarm_mail_text(alarm, now),
        )


def take_alarm(alarm: Alarm, by: User) -> None:
    """Raises ``Overtaken`` when somebody else was first, or it has ended."""
    taken = Alarm.objects.open().filter(pk=alarm.pk, taken_by=None)
    if not taken.update(taken_by=by, taken_at=timezone.now()):
        raise Conflict


def end_alarm(alarm: Alarm, by: User, reason: str) -> None:
    """Raises ``Overtaken`` when it has ended."""
    if not Alarm.objects.open().filter(pk=alarm.pk).update(ended_by=by, ended_at=timezone.now(), reason=reason):
        raise Conflict
