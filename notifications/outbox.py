"""The outbox: owe (write what is owed), claim, settle. PostgreSQL is the queue; a mail is a row before it is a mail.

Nothing is lost, and a kill costs at most one duplicate, with the same Message-ID: a claim is committed before SMTP, no
transaction is open during SMTP, and each outcome is committed before the next mail begins (promises.md, *Mail* 1-2).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from notifications.models import Attempt, Delivery
from notifications.smtp import Reply

State = Delivery.State

LEASE = timedelta(seconds=120)
#: wait after the first attempts; then hourly until a day has gone by
WAITS = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60)]
HOURLY = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(hours=24)

#: WITH … MATERIALIZED, because a plan may run a bare sub-select more than once and take more than its LIMIT.
CLAIM = """
    WITH due AS MATERIALIZED (
        SELECT id FROM notifications_delivery
        WHERE next_attempt_at <= %(now)s
        ORDER BY next_attempt_at, id
        LIMIT %(limit)s
        FOR UPDATE SKIP LOCKED
    )
    UPDATE notifications_delivery delivery
    SET state = 'SENDING', lease = delivery.lease + 1, next_attempt_at = %(until)s, changed_at = %(now)s
    FROM due WHERE delivery.id = due.id
    RETURNING delivery.id, delivery.lease
"""


@dataclass(frozen=True)
class Claim:
    """A delivery that is ours until the lease runs out, under the lease number we got."""

    delivery_id: int
    lease: int


def claim(limit: int) -> list[Claim]:
    """Take up to ``limit`` due deliveries; committed at once. Two workers never get the same one."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"now": now, "until": now + LEASE, "limit": limit})
        return sorted((Claim(*row) for row in cursor.fetchall()), key=lambda claimed: claimed.delivery_id)


def settle(claimed: Claim, reply: Reply, started_at: datetime) -> bool:
    """Write down the conversation, and move the delivery unless another worker has taken it since.

    What was said is always kept. False: the lease was lost, and the delivery is left to its new holder.
    """
    now = timezone.now()
    with transaction.atomic():
        delivery = Delivery.objects.select_for_update().get(pk=claimed.delivery_id)
        Attempt.objects.create(
            delivery=delivery,
            lease=claimed.lease,
            started_at=started_at,
            ended_at=now,
            stage=reply.stage,
            code=reply.code,
            reply=reply.text,
            dsn_offered=reply.dsn_offered,
            outcome=reply.outcome,
        )
        if delivery.state != State.SENDING or delivery.lease != claimed.lease:
            return False
        move(delivery, reply, now)
    return True


def move(delivery: Delivery, reply: Reply, now: datetime) -> None:
    """The delivery as the reply leaves it."""
    delivery.attempts += 1
    delivery.state, delivery.next_attempt_at = state_after(reply, delivery.attempts, now)
    delivery.accepted_at = now if delivery.state == State.ACCEPTED else None
    delivery.stage, delivery.code, delivery.reply = reply.stage, reply.code, reply.text
    delivery.queue_id = reply.queue_id
    delivery.changed_at = now
    delivery.save()


def state_after(reply: Reply, attempts: int, now: datetime) -> tuple[State, datetime | None]:
    if reply.outcome != Attempt.Outcome.DEFERRED:
        return State(reply.outcome), None
    wait = wait_after(attempts)
    return (State.DEFERRED, now + wait) if wait else (State.GIVEN_UP, None)


def wait_after(attempts: int) -> timedelta | None:
    """How long after the n-th attempt that was told to wait; None when a day has gone by."""
    if attempts <= len(WAITS):
        return WAITS[attempts - 1]
    waited = sum(WAITS, timedelta()) + (attempts - len(WAITS)) * HOURLY
    return HOURLY if waited <= GIVE_UP_AFTER else None


def release(claims: Iterable[Claim]) -> int:
    """Give back what we did not come to: ready for anybody at once, and no attempt."""
    now = timezone.now()
    released = 0
    for claimed in claims:
        ours = Delivery.objects.filter(pk=claimed.delivery_id, lease=claimed.lease, state=State.SENDING)
        released += ours.update(state=State.READY, next_attempt_at=now, changed_at=now)
    return released


def retry(deliveries: Iterable[int]) -> int:
    """Send these once more: a person has asked. Only what rests without having been accepted; returns how many."""
    now = timezone.now()
    resting = Delivery.objects.filter(pk__in=deliveries).retryable()
    return resting.update(state=State.READY, next_attempt_at=now, changed_at=now, attempts=0)


def is_due() -> bool:
    """Is there a mail that a worker may take now?"""
    return Delivery.objects.due(timezone.now()).exists()


def count_due() -> int:
    return Delivery.objects.due(timezone.now()).count()
