"""Koncern IT says how the letters were sent that people have reported without a channel."""

from django.db import transaction
from django.db.models import Exists, OuterRef

from letters.models import Channel, MissingReport, SilenceAlarm
from letters.tracking.missing_reports import reports_of
from letters.tracking.silence.alarms import close_alarm
from letters.tracking.silence.detection import LOCK_NAMESPACE
from sepo_incident.accounts.models import User
from sepo_incident.audit.triggers import set_actor
from sepo_incident.core import database


@transaction.atomic
def move_reports(alarm: SilenceAlarm, channel: Channel, by: User) -> SilenceAlarm:
    """Move the reports of the unknown channel's alarm to a channel. Return the channel's alarm, which has them now.

    It is the same alarm, unless the channel has an open one: then this one is closed. What a person has said of the
    channel on the same day stays, because it counts once. Raise Conflict if the alarm is closed or has a channel.
    """
    set_actor(by.pk)
    database.execute("SELECT pg_advisory_xact_lock(%s, 0)", [LOCK_NAMESPACE])  # a search reads reports and alarms
    if not SilenceAlarm.objects.filter(pk=alarm.pk, channel=None, closed_at=None).exists():
        raise database.Conflict
    same = {name: OuterRef(name) for name in ("by", "said_on", "reference", "words")}
    reports_of(alarm).exclude(Exists(MissingReport.objects.filter(channel=channel, **same))).update(channel=channel)
    if other := SilenceAlarm.objects.filter(channel=channel, closed_at=None).first():
        close_alarm(alarm, by, f"Brevene er sendt med {channel.name}.", is_false=False)
        return other
    alarm.channel = channel
    alarm.save(update_fields=["channel"])
    return alarm
