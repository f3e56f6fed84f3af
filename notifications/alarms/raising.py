"""From a finding to an alarm: one row, a mail to the watch, and the sending on pause where spam is the trouble."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from letters.models import Incident
from notifications.alarms import wording
from notifications.alarms.watches import WATCHES, Finding, altered, unbalanced, unlooked
from notifications.dispatches import holding
from notifications.models import Alarm
from notifications.models import Kind as MailKind
from notifications.sending.posting import post
from sepo_incident.accounts.models import User
from sepo_incident.overtaken import Overtaken


def look() -> None:
    """Every watch once; whoever looks at the same time finds the alarm raised."""
    now = timezone.now()
    for kind in WATCHES:
        watch(kind, now)
    for alarm in Alarm.objects.unheard(now):
        say(alarm, now)


def watch(kind: Alarm.Kind, now: datetime) -> bool:
    """Is something found?"""
    finding = WATCHES[kind](now)
    settle(kind, finding, now)
    return finding is not None


def look_at_the_sums() -> None:
    now = timezone.now()
    settle(Alarm.Kind.BALANCE, unbalanced(now), now)
    settle(Alarm.Kind.HISTORY, unlooked(now), now)


def look_at_the_history(whole: bool = False) -> None:
    now = timezone.now()
    settle(Alarm.Kind.HISTORY, altered(now, whole), now)


@transaction.atomic
def settle(kind: Alarm.Kind, finding: Finding | None, now: datetime) -> None:
    """Raise or end the alarm of this kind."""
    if finding is not None:
        raise_alarm(kind, finding, now)
    elif wording.RECIPES[kind].ends_by_itself:
        Alarm.objects.open().filter(kind=kind).update(ended_at=now)


@transaction.atomic
def raise_alarm(kind: Alarm.Kind, finding: Finding, now: datetime) -> Alarm:
    """Raise it, or refresh the one that is open, and do what the system does about it by itself."""
    facts = finding._asdict()
    alarm, is_new = Alarm.objects.get_or_create(
        kind=kind, ended_at=None, defaults={**facts, "raised_at": now, "mailed_at": now}
    )
    if is_new:
        say(alarm, now)
    else:
        Alarm.objects.filter(pk=alarm.pk).update(**facts)
    if kind in ACTS:
        ACTS[kind](alarm)
    return alarm


def pause_the_sending(alarm: Alarm) -> None:
    """Of every incident; of one that is on pause already somebody knows."""
    for incident in Incident.objects.exclude(status=Incident.Status.CLOSED):
        with suppress(Overtaken):
            holding.pause_all(incident, f"{wording.title(alarm)}.")


#: what the system does each time it finds the same
ACTS: dict[Alarm.Kind, Callable[[Alarm], None]] = {Alarm.Kind.SPAM: pause_the_sending}


@transaction.atomic
def say(alarm: Alarm, now: datetime) -> None:
    """Mail the alarm to the watch, unless another has just done so."""
    if Alarm.objects.filter(pk=alarm.pk, mailed_at=alarm.mailed_at).update(mailed_at=now):
        post(MailKind.ALARM, settings.MAIL["watch_address"], wording.subject(alarm), wording.mail(alarm, now))


def take(alarm: Alarm, by: User) -> None:
    """Raises ``Overtaken`` when somebody else was first, or it has ended."""
    taken = Alarm.objects.open().filter(pk=alarm.pk, taken_by=None)
    if not taken.update(taken_by=by, taken_at=timezone.now()):
        raise Overtaken


def end(alarm: Alarm, by: User, reason: str) -> None:
    """Raises ``Overtaken`` when it has ended."""
    if not Alarm.objects.open().filter(pk=alarm.pk).update(ended_by=by, ended_at=timezone.now(), reason=reason):
        raise Overtaken
