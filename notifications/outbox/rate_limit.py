"""How fast mails may leave: at most so many a minute, from all workers together."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection

from letters.models import Incident
from notifications.models import Attempt, Delivery, Sending

MINUTE = timedelta(minutes=1)
#: the name of the lock, for PostgreSQL
RATE_LOCK_KEY = 0x5350_4545


def mails_per_minute() -> int:
    """What the mail servers are said to take (``MAIL_PER_MINUTE``), or less where KIT has said so; 0: no limit."""
    with connection.cursor() as cursor:
        cursor.execute(*limits_statement())
        return min(filter(None, (settings.MAIL["per_minute"], *(most for (most,) in cursor))), default=0)


@cache
def limits_statement() -> tuple[str, tuple[Any, ...]]:
    """The statement, and its values; put together once, because every claim asks."""
    open_ones = Sending.objects.exclude(incident__status=Incident.Status.CLOSED)
    return open_ones.values_list("per_minute").query.sql_with_params()


def is_rate_limited() -> bool:
    return bool(mails_per_minute())


def remaining_quota(now: datetime) -> int:
    """How many may be begun now: the limit, less what a server was asked to take within the last minute, and what
    workers have in hand. Whatever minute one looks at afterwards, no more than the limit went out in it."""
    most = mails_per_minute()
    gone = Attempt.objects.filter(ended_at__gt=now - MINUTE).exclude(server="")[:most].count()
    in_hand = Delivery.objects.filter(state=Delivery.State.SENDING, next_attempt_at__gt=now)[:most].count()
    return max(0, most - gone - in_hand)


def lock_rate_limit() -> None:
    """Until the transaction ends no other worker gets past here: two would both see room for the last mail."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [RATE_LOCK_KEY])
