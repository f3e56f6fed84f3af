"""How fast mails may leave: at most so many a minute, from all workers together (``MAIL_PER_MINUTE``)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from notifications.models import Attempt, Delivery

MINUTE = timedelta(minutes=1)
#: the name of the lock, for PostgreSQL
LOCK = 0x5350_4545


def is_limited() -> bool:
    return bool(settings.MAIL["per_minute"])


def room(now: datetime) -> int:
    """How many may be begun now: the limit, less what a server was asked to take within the last minute, and what
    workers have in hand. Whatever minute one looks at afterwards, no more than the limit went out in it."""
    limit: int = settings.MAIL["per_minute"]
    gone = Attempt.objects.filter(ended_at__gt=now - MINUTE).exclude(server="")[:limit].count()
    in_hand = Delivery.objects.filter(state=Delivery.State.SENDING, next_attempt_at__gt=now)[:limit].count()
    return max(0, limit - gone - in_hand)


def one_at_a_time() -> None:
    """Until the transaction ends no other worker gets past here: two would both see room for the last mail."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
