"""Retries of mails: growing delays, a limit of 24 hours, and retries that a person asks for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from notifications.models import Attempt, Delivery, State
from notifications.outbox.enqueue import wake_mail_workers
from notifications.outbox.smtp_replies import Reply

#: delays after the first attempts; then hourly until ``GIVE_UP_AFTER``
RETRY_DELAYS = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60)]
HOURLY = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(hours=24)
#: a mail dropped by this many workers in a row is taken to kill the process, and is given up
DROPPED_TOO_OFTEN = 5
CRASH_REPLY = Reply(
    Attempt.Stage.PREPARE,
    Attempt.Outcome.DEFERRED,
    text=f"Programmet stoppede {DROPPED_TOO_OFTEN} gange i træk, mens det sendte mailen.",
)


def state_after(reply: Reply, attempts: int, now: datetime) -> tuple[State, datetime | None]:
    """Return the state after `reply`, the answer to attempt number `attempts`, and the time of the next attempt."""
    if reply.outcome != Attempt.Outcome.DEFERRED:
        return State(reply.outcome), None
    wait = None if reply is CRASH_REPLY else retry_delay_after(attempts)
    return (State.DEFERRED, now + wait) if wait else (State.GIVEN_UP, None)


def retry_delay_after(attempts: int) -> timedelta | None:
    """Return the delay after deferred attempt number `attempts`, or None once ``GIVE_UP_AFTER`` has passed."""
    if attempts <= len(RETRY_DELAYS):
        return RETRY_DELAYS[attempts - 1]
    waited = sum(RETRY_DELAYS, timedelta()) + (attempts - len(RETRY_DELAYS)) * HOURLY
    return HOURLY if waited <= GIVE_UP_AFTER else None


def retry_deliveries(deliveries: Iterable[int]) -> int:
    """Queue deliveries again because a person asked, wake the workers, and return how many deliveries are queued.

    Only ``retryable`` deliveries are queued. Evidence about earlier attempts does not count for the new sending, so
    the sending begins with the next lease.
    """
    now = timezone.now()
    resting = Delivery.objects.filter(pk__in=deliveries).retryable()
    anew = {"attempts": 0, "first_lease": F("lease") + 1, "heard": "", "away_until": None, "accepted_at": None}
    number = resting.update(state=State.READY, next_attempt_at=now, changed_at=now, **anew)
    if number:
        wake_mail_workers()
    return number
