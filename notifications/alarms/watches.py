"""What is watched (promises.md, *Mail* 7). Each watch reads the database as it is ``now`` and says what it found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Min, Q

from notifications import balance
from notifications.models import Alarm, Attempt, Delivery

Kind = Alarm.Kind


class Finding(NamedTuple):
    """The facts of an alarm: how many (of how many), since when, and what there is to say in words."""

    number: int
    total: int | None = None
    since: datetime | None = None
    words: str = ""


#: the sending looks for spam refusals so far back, and so many of them, or one in a hundred, are too many
SPAM_WINDOW = timedelta(hours=1)
SPAM_REFUSALS = 3
SPAM_SHARE = 100
#: a mail that may be sent and is not taken for so long: no worker is listening
QUEUE_WAIT = timedelta(minutes=15)


def spam(now: datetime) -> Finding | None:
    """Three refusals as spam within an hour, or one in a hundred of all mails that were tried."""
    tried = Attempt.objects.filter(ended_at__gt=now - SPAM_WINDOW).aggregate(
        total=Count("delivery", distinct=True),
        number=Count("delivery", distinct=True, filter=Q(outcome=Attempt.Outcome.REFUSED_SPAM)),
        since=Min("ended_at", filter=Q(outcome=Attempt.Outcome.REFUSED_SPAM)),
    )
    refused, total = tried["number"], tried["total"]
    is_too_many = refused >= SPAM_REFUSALS or refused * SPAM_SHARE >= max(total, 1)
    return Finding(refused, total, tried["since"]) if is_too_many else None


def queue(now: datetime) -> Finding | None:
    """Mails that a worker should have taken a while ago."""
    stuck = Delivery.objects.due(now - QUEUE_WAIT).aggregate(number=Count("pk"), since=Min("next_attempt_at"))
    return Finding(stuck["number"], since=stuck["since"]) if stuck["number"] else None


def unbalanced(now: datetime) -> Finding | None:
    """Sums that do not agree. Counts everything, so it is looked at less often."""
    wrong = [str(one) for one in balance.check() if not one.agrees]
    return Finding(len(wrong), words="\n".join(wrong)) if wrong else None


WATCHES: dict[Kind, Callable[[datetime], Finding | None]] = {
    Kind.SPAM: spam,
    Kind.QUEUE: queue,
}
