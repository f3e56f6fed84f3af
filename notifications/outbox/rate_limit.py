"""Rate limit: mails per minute for all workers together."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection

from letters.models import Incident
from notifications.models import Attempt, Delivery, SendingSettings

MINUTE = timedelta(minutes=1)
#: key of the PostgreSQL advisory lock
RATE_LOCK_KEY = 0x5350_4545


def mails_per_minute() -> int:
    """Return the limit, or 0 for no limit.

    The limit is the lowest of ``MAIL_PER_MINUTE`` and the settings of incidents that are not closed.
    """
    with connection.cursor() as cursor:
        cursor.execute(*limits_statement())
        return min(filter(None, (settings.MAIL["per_minute"], *(most for (most,) in cursor))), default=0)


@cache
def limits_statement() -> tuple[str, tuple[Any, ...]]:
    """Return the SQL of the incidents' limits, and the parameters. Cached, because every claim runs the query."""
    open_ones = SendingSettings.objects.exclude(incident__status=Incident.Status.CLOSED)
    return open_ones.values_list("per_minute").query.sql_with_params()


def is_rate_limited() -> bool:
    return bool(mails_per_minute())


def remaining_quota(now: datetime) -> int:
    """Return how many mails may be begun at `now`.

    That is the limit minus the mails that a server was offered within the last minute and the mails in workers'
    hands. In no period of one minute do more mails than the limit go out.
    """
    limit = mails_per_minute()
    gone = Attempt.objects.filter(ended_at__gt=now - MINUTE).exclude(server="")[:limit].count()
    in_hand = Delivery.objects.filter(state=Delivery.State.SENDING, next_attempt_at__gt=now)[:limit].count()
    return max(0, limit - gone - in_hand)


def lock_rate_limit() -> None:
    """Take an advisory lock until the transaction ends.

    Without the lock two workers could both use the last free place.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [RATE_LOCK_KEY])
