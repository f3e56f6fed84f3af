"""Raise, sharpen and close the alarms of silence. A channel has one open alarm, with a sign for each kind."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from letters.models import Channel, Leg, LetterDispatch, SilenceAlarm, SilenceSign
from letters.models.tracking import MISSING
from letters.tracking.silence.legs import OLDEST, bucket_of, leg_sql
from sepo_incident.accounts.models import User
from sepo_incident.audit.triggers import set_actor
from sepo_incident.core import database, logs


@dataclass
class Sign:
    """One kind of silence of a leg, as it is now.

    `slice`: (kind, value). `frontier`: the bucket that the leg has reached. `parts`: (kind, value, share of its letters
    that are lost) of each slice with lost letters. `until`: letters of a still leg that wait since then are missing.
    `channel`: of a sign without a leg, None: unknown.
    """

    leg: int | None
    kind: str
    slice: tuple[str, str]
    since: datetime
    missing: int = 0
    expected: float = 0.0
    surprise: float = 0.0
    alarm_from: int | None = None
    frontier: int = 0
    parts: list[tuple[str, str, float]] = field(default_factory=list)
    until: datetime | None = None
    channel: Channel | None = None


def keep(found: Iterable[Sign], at: datetime) -> None:
    """Write the signs to their channels' open alarms, list the letters that are missing, and close what is over."""
    legs = Leg.objects.select_related("channel").in_bulk()
    for sign in found:
        if sign.kind in WITHOUT_LETTERS and _is_answered(sign):
            continue
        leg = legs[sign.leg] if sign.leg else None
        channel = leg.channel if leg else sign.channel
        alarm, _ = SilenceAlarm.objects.get_or_create(channel=channel, closed_at=None, defaults={"raised_at": at})
        _keep_sign(alarm, leg, sign, at)
        if leg:
            _list_letters(alarm, leg, sign)
    _close_finished(at)


def _is_answered(sign: Sign) -> bool:
    """Return whether a person has closed an alarm about the same silence since it began."""
    same = SilenceSign.objects.filter(leg=sign.leg, kind=sign.kind, slice_kind=sign.slice[0], slice_value=sign.slice[1])
    return same.filter(alarm__closed_by__isnull=False, alarm__closed_at__gte=sign.since).exists()


def _keep_sign(alarm: SilenceAlarm, leg: Leg | None, sign: Sign, at: datetime) -> None:
    """Name the sign anew. Its start is the earliest that was seen while the slice stayed the same."""
    kind, value = sign.slice
    known = alarm.signs.filter(leg=leg, kind=sign.kind).first()
    if known and (known.slice_kind, known.slice_value) == sign.slice:
        sign.since = min(sign.since, known.since)
    told: dict[str, Any] = {
        "slice_kind": kind,
        "slice_value": value,
        "since": sign.since,
        "missing": sign.missing,
        "expected": sign.expected,
        "surprise": sign.surprise,
        "alarm_from": sign.alarm_from,
        "seen_at": at,
    }
    SilenceSign.objects.update_or_create(
        alarm=alarm, leg=leg, kind=sign.kind, defaults=told, create_defaults={**told, "raised_at": at}
    )


def _list_letters(alarm: SilenceAlarm, leg: Leg, sign: Sign) -> None:
    values: dict[str, Any] = {"alarm": alarm.pk, "leg": leg.pk, "oldest": OLDEST, "since": bucket_of(sign.since)}
    for kind, value, share in sign.parts:
        values |= {"slice_kind": kind, "slice_value": value, "share": share, "frontier": sign.frontier}
        database.execute(leg_sql("list_missing.sql", Leg.Kind(leg.kind), kind), values)
    if sign.until:
        values |= {"until": sign.until}
        database.execute(leg_sql("list_waiting.sql", Leg.Kind(leg.kind)), values)
    if sign.kind == SilenceSign.Kind.REFUSED:
        database.execute(
            leg_sql("list_refused.sql", Leg.Kind.RECEIPT), values | {"code": sign.slice[1], "since": sign.since}
        )


#: Kinds of signs that list no letters.
WITHOUT_LETTERS = (SilenceSign.Kind.DEAD_FEED, SilenceSign.Kind.DROP, SilenceSign.Kind.SLOW)
#: Kinds of signs that count letters without a receipt.
COUNTS_WAITING = (SilenceSign.Kind.STOP, SilenceSign.Kind.PARTIAL)


def _close_finished(at: datetime) -> None:
    """Close the alarms whose letters have all arrived since, and that show no sign any more."""
    still_missing = LetterDispatch.objects.filter(MISSING, alarm__isnull=False)
    seen = SilenceSign.objects.filter(seen_at__gte=at)
    SilenceAlarm.objects.filter(closed_at=None, dispatches__isnull=False).exclude(
        pk__in=still_missing.values("alarm")
    ).exclude(pk__in=seen.values("alarm")).update(closed_at=at, reason="Alle brevene har fået kvittering.")


@transaction.atomic
def close_alarm(alarm: SilenceAlarm, by: User, reason: str, *, is_false: bool) -> None:
    """Close the alarm for a person's reason. Raise Conflict if it is closed already.

    The letters that it is about raise no new one, so it lists now also those that may still come.
    """
    set_actor(by.pk)
    told = {"closed_at": database.now(), "closed_by": by, "reason": reason, "is_false": is_false}
    if not SilenceAlarm.objects.filter(pk=alarm.pk, closed_at=None).update(**told):
        raise database.Conflict
    for sign in alarm.signs.filter(kind__in=COUNTS_WAITING).select_related("leg"):
        assert sign.leg  # noqa: S101 - only reports of people have none
        values = {
            "alarm": alarm.pk,
            "leg": sign.leg_id,
            "slice_value": sign.slice_value,
            "since": bucket_of(sign.since),
            "is_still": sign.kind == SilenceSign.Kind.STOP,
        }
        database.execute(leg_sql("list_rest.sql", Leg.Kind(sign.leg.kind), sign.slice_kind), values)
    transaction.on_commit(lambda: logs.log_security_event("silence_closed", by.pk, alarm_id=alarm.pk))
