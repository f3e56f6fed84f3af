"""How fast mails may leave: at most so many a minute, from all workers together."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Min

from letters.models import Incident
from notifications.models import Attempt, Delivery, Sending

MINUTE = timedelta(minutes=1)
#: the name of the lock, for PostgreSQL
LOCK = 0x5350_4545


def limit() -> int:
    """What the mail servers are said to take (``MAIL_PER_MINUTE``), or less where KIT has said so; 0: no limit."""
    open_ones = Sending.objects.exclude(incident__status=Incident.Status.CLOSED)
    by_kit = open_ones.aggregate(lowest=Min("per_minute"))["lowest"]
    return min(filter(None, (settings.MAIL["per_minute"], by_kit)), default=0)


def is_limited() -> bool:
    return bool(limit())


def room(now: datetime) -> int:
    """How many may be begun now: the limit, less what a server was asked to take within the last minute, and what
    workers have in hand. Whatever minute one looks at afterwards, no more than the limit went out in it."""
    most = limit()
    gone = Attempt.objects.filter(ended_at__gt=now - MINUTE).exclude(server="")[:most].count()
    in_hand = Delivery.objects.filter(state=Delivery.State.SENDING, next_attempt_at__gt=now)[:most].count()
    return max(0, most - gone - in_hand)


def one_at_a_time() -> None:
    """Until the transaction ends no other worker gets past here: two would both see room for the last mail."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
