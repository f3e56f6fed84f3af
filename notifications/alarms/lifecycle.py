"""The life of an alarm: raise, mail, take, end. Two alarms also pause the sending: on spam and on another database.

After a restore, mails sent after the backup was taken are still due in the copy of the database. Before a worker
sends, it therefore compares the database with the database that was last sent from.
"""

import logging
from contextlib import suppress
from datetime import datetime

from django.conf import settings
from django.db import transaction

from letters.models import Incident
from notifications.alarms.alarm_list import ALARMS, show_alarm
from notifications.alarms.monitors import Finding, find_altered_history
from notifications.dispatching import dispatch_lifecycle
from notifications.models import Alarm, SendingDatabase
from notifications.models import Kind as MailKind
from notifications.models.alarm import AlarmKind
from notifications.models.sending_settings import DatabaseIdentity
from notifications.outbox import delivery_queue
from notifications.outbox.enqueue import enqueue_standalone_mail
from sepo_incident.accounts.models import User
from sepo_incident.core import database
from sepo_incident.core.database import Conflict

logger = logging.getLogger(__name__)


def check_all_monitors() -> None:
    """Check the conditions that are checked every minute, and mail the alarms due for a repeat.

    Safe to run in parallel: at most one alarm per kind is open.
    """
    now = database.now()
    check_monitors(now, is_hourly=False)
    for alarm in Alarm.objects.due_for_repeat(now):
        mail_alarm(alarm, now)


def check_balance() -> None:
    """Raise or end the alarm on wrong sums, and raise the alarm on unchecked history."""
    check_monitors(database.now(), is_hourly=True)


def check_monitors(now: datetime, *, is_hourly: bool) -> None:
    for kind, rule in ALARMS.items():
        if rule.find and rule.is_hourly == is_hourly:
            check_monitor(kind, now)


def check_monitor(kind: AlarmKind, now: datetime) -> bool:
    """Check the condition of `kind`, raise or end the alarm, and return whether the condition holds."""
    find = ALARMS[kind].find
    finding = find(now) if find else None
    raise_or_end(kind, finding, now)
    return finding is not None


def check_history(whole: bool = False) -> None:
    """Raise the alarm on altered history if new rows, or with `whole` all rows, do not agree with the hash chain."""
    now = database.now()
    raise_or_end(AlarmKind.HISTORY, find_altered_history(now, whole), now)


@transaction.atomic
def raise_or_end(kind: AlarmKind, finding: Finding | None, now: datetime) -> None:
    """Raise or refresh the alarm of `kind` if there is a finding.

    Without a finding an open alarm is ended, unless a person must end alarms of this kind.
    """
    if finding is not None:
        raise_alarm(kind, finding, now)
    elif ALARMS[kind].ends_by_itself:
        Alarm.objects.open().filter(kind=kind).update(ended_at=now)


@transaction.atomic
def raise_alarm(kind: AlarmKind, finding: Finding, now: datetime) -> Alarm:
    """Raise and mail the alarm, or refresh the open alarm of the same kind. An alarm on spam pauses the sending."""
    facts = finding._asdict()
    alarm, is_new = Alarm.objects.get_or_create(
        kind=kind, ended_at=None, defaults={**facts, "raised_at": now, "mailed_at": now}
    )
    if is_new:
        mail_alarm(alarm, now)
    else:
        Alarm.objects.filter(pk=alarm.pk).update(**facts)
    if kind == AlarmKind.SPAM:
        for incident in Incident.objects.not_closed():
            with suppress(Conflict):  # paused already
                dispatch_lifecycle.pause_all_mails(incident, f"{ALARMS[kind].title}.")
    return alarm


@transaction.atomic
def mail_alarm(alarm: Alarm, now: datetime) -> None:
    """Mail the alarm to the watch address, unless a parallel worker has just mailed the alarm."""
    if Alarm.objects.filter(pk=alarm.pk, mailed_at=alarm.mailed_at).update(mailed_at=now):
        shown = show_alarm(alarm)
        enqueue_standalone_mail(
            MailKind.ALARM, settings.MAIL["watch_address"], f"Alarm: {shown.title}", shown.mail_text(now)
        )


def take_alarm(alarm: Alarm, by: User) -> None:
    """Mark the alarm as taken. Raise `Conflict` if somebody else has taken the alarm or the alarm has ended."""
    taken = Alarm.objects.open().filter(pk=alarm.pk, taken_by=None)
    if not taken.update(taken_by=by, taken_at=database.now()):
        raise Conflict


def end_alarm(alarm: Alarm, by: User, reason: str) -> None:
    """End the alarm. Raise `Conflict` if the alarm has ended already."""
    if not Alarm.objects.open().filter(pk=alarm.pk).update(ended_by=by, ended_at=database.now(), reason=reason):
        raise Conflict


def check_sending_database() -> None:
    """Pause all incidents if the present database is not the sending database. A person must resume."""
    if not SendingDatabase.objects.current().exists():
        adopt_database()


@transaction.atomic
def adopt_database() -> None:
    """Make the present database the sending database, pause all open incidents and raise an alarm.

    On a first database nothing is paused. When several workers notice at once, the rest wait for the first and find
    nothing left to do.
    """
    home, is_first = SendingDatabase.objects.select_for_update().get_or_create(
        pk=1, defaults={"identity": DatabaseIdentity(), "since": database.now()}
    )
    if is_first or SendingDatabase.objects.current().exists():
        return
    logger.error("the database is another than the one that mails were sent from since %s", home.since)
    finding = Finding(delivery_queue.count_due_mails(), since=home.since)
    shown = show_alarm(raise_alarm(AlarmKind.RESTORED, finding, database.now()))
    for incident in Incident.objects.not_closed():
        dispatch_lifecycle.pause_all_mails_by_system(incident, f"{shown.title}. {shown.description}")
    SendingDatabase.objects.update(identity=DatabaseIdentity(), since=database.now())
