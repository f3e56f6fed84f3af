"""The outbox: claim, settle, give back, send again, take back. PostgreSQL is the queue; a mail is a row before it is a
mail (``posting``, and ``notifications.dispatching`` for what is owed).

Nothing is lost, and a kill costs at most one duplicate, with the same Message-ID: a claim is committed before SMTP, no
transaction is open during SMTP, and each outcome is committed before the dot of the next mail leaves us (promises.md,
*Mail* 1-2).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import Any
from weakref import WeakSet

from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from notifications.models import Attempt, Delivery, State
from notifications.outbox import rate_limit
from notifications.outbox.smtp_replies import Reply

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=settings.MAIL["lease"])
#: how PostgreSQL, or the line to it, says that it is away
DATABASE_UNAVAILABLE = (OperationalError, InterfaceError)
#: how long we wait for it with something that only we know
RESTART_SECONDS = 15
#: so many at a time: a lease must be enough to send them all
BATCH_SIZE = 50
#: wait after the first attempts; then hourly until a day has gone by
RETRY_DELAYS = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60)]
HOURLY = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(hours=24)
#: so many workers in a row took the mail and were never heard from: it is taken for one that kills its process
DROPPED_TOO_OFTEN = 5
#: from here on such a mail is sent without others beside it, so that they do not pay for it
SUSPECT_AFTER = 2
CRASH_REPLY = Reply(
    Attempt.Stage.PREPARE,
    Attempt.Outcome.DEFERRED,
    text=f"Programmet stoppede {DROPPED_TOO_OFTEN} gange i træk, mens det sendte mailen.",
)

#: stands for now, where a statement is made only once
NOW_PLACEHOLDER = datetime.max.replace(tzinfo=UTC)
#: WITH … MATERIALIZED, because a plan may run a bare sub-select more than once and take more than its LIMIT.
#: {due}: the query of what a worker may take, oldest first.
#: The part of a worker is what is due, as far as it must be counted, divided by the workers.
CLAIM_SQL = """
    WITH due AS MATERIALIZED (
        {due}
        LIMIT (SELECT ceil(count(*) / %s::numeric) FROM (SELECT FROM ({due}) seen LIMIT %s) counted)
        FOR UPDATE OF notifications_delivery SKIP LOCKED
    )
    UPDATE notifications_delivery delivery
    SET state = 'SENDING', lease = delivery.lease + 1, next_attempt_at = %s, changed_at = %s
    FROM due WHERE delivery.id = due.id
    RETURNING delivery.id, delivery.lease, delivery.attempts, delivery.lease - 1 - COALESCE(
        (SELECT max(lease) FROM notifications_attempt said WHERE said.delivery_id = delivery.id), 0)
"""


#: Both in one statement, so that a worker killed here has either said all or nothing, and as soon as can be.
#: Only the holder of the lease may move a mail, but for one thing: accepted is accepted, whoever heard it and when.
SETTLE_SQL = """
    WITH said AS (
        INSERT INTO notifications_attempt
            (delivery_id, lease, started_at, ended_at, stage, code, reply, dsn_offered, outcome, server)
        VALUES (%(delivery_id)s, %(lease)s, %(started_at)s, %(now)s,
                %(stage)s, %(code)s, %(reply)s, %(dsn)s, %(outcome)s, %(server)s)
    )
    UPDATE notifications_delivery
    SET state = %(state)s, next_attempt_at = %(next_attempt_at)s, attempts = attempts + 1, changed_at = %(now)s,
        accepted_at = CASE WHEN %(state)s = 'ACCEPTED' THEN %(now)s END,
        stage = %(stage)s, code = %(code)s, reply = %(reply)s, queue_id = %(queue_id)s,
        first_lease = CASE WHEN %(state)s = 'ACCEPTED' THEN LEAST(first_lease, %(lease)s) ELSE first_lease END
    WHERE id = %(delivery_id)s AND state <> 'ACCEPTED'
        AND (%(state)s = 'ACCEPTED' OR (lease = %(lease)s AND state = 'SENDING'))
    RETURNING lease
"""
#: PostgreSQL plans it once per session: a third of what it costs
SETTLE_PARAMETER_TYPES = {
    "delivery_id": "bigint",
    "lease": "int",
    "started_at": "timestamptz",
    "now": "timestamptz",
    "stage": "text",
    "code": "int",
    "reply": "text",
    "dsn": "boolean",
    "outcome": "text",
    "server": "text",
    "state": "text",
    "next_attempt_at": "timestamptz",
    "queue_id": "text",
}
SETTLE_SQL_NUMBERED = SETTLE_SQL % {name: f"${number}" for number, name in enumerate(SETTLE_PARAMETER_TYPES, start=1)}
PREPARE_SETTLE_SQL = f"PREPARE settle ({', '.join(SETTLE_PARAMETER_TYPES.values())}) AS {SETTLE_SQL_NUMBERED}"
EXECUTE_SETTLE_SQL = f"EXECUTE settle ({', '.join(['%s'] * len(SETTLE_PARAMETER_TYPES))})"
#: the sessions that have it
prepared_connections: WeakSet[Any] = WeakSet()


#: Whole notices: those whose mail to the sender is in nobody's hands, or was taken back before. That mail is locked
#: first, so that a worker takes it or we do. A copy of one that went out still goes. What is stopped is nobody's mail
#: of the day.
WITHDRAW_SQL = """
    WITH untold AS MATERIALIZED (
        SELECT sender.notice_id
        FROM notifications_dispatch dispatch
        JOIN notifications_notice notice ON notice.dispatch_id = dispatch.id
        JOIN notifications_delivery sender ON sender.notice_id = notice.id AND sender.role = 'TO'
        WHERE dispatch.status = 'STOPPING' AND sender.state IN ('READY', 'DEFERRED', 'STOPPED')
        FOR UPDATE OF sender
    )
    UPDATE notifications_delivery delivery
    SET state = 'STOPPED', next_attempt_at = NULL, day = NULL, changed_at = %s
    FROM untold WHERE delivery.notice_id = untold.notice_id AND delivery.state IN ('READY', 'DEFERRED')
"""


@dataclass(frozen=True)
class Claim:
    """A delivery that is ours until the lease runs out, under the lease number we got; ``attempts`` came before.

    ``dropped``: how many leases since the last conversation ended without one.
    """

    delivery_id: int
    lease: int
    attempts: int
    dropped: int

    @property
    def is_suspect(self) -> bool:
        return self.dropped >= SUSPECT_AFTER


def claim_deliveries(limit: int = BATCH_SIZE, workers: int = 1) -> list[Claim]:
    """Take a worker's part of the due deliveries, up to ``limit``; committed at once. Two never get the same one.

    Of a short queue each of so many ``workers`` gets a part, so that it uses every connection.
    At most one of them is a suspect, and it comes last. What was dropped too often is given up instead of taken.
    """
    claims = take_within_rate_limit(limit, workers)
    for killer in (claimed for claimed in claims if claimed.dropped >= DROPPED_TOO_OFTEN):
        settle_claim(killer, CRASH_REPLY, timezone.now())
        logger.error("delivery %s was dropped %s times in a row and is given up", killer.delivery_id, killer.dropped)
    calm = [claimed for claimed in claims if not claimed.is_suspect]
    suspects = sorted(
        (claimed for claimed in claims if SUSPECT_AFTER <= claimed.dropped < DROPPED_TOO_OFTEN),
        key=attrgetter("dropped"),
    )
    release_claims(suspects[1:])
    return calm + suspects[:1]


def take_within_rate_limit(limit: int, workers: int) -> list[Claim]:
    if rate_limit.is_rate_limited():
        with transaction.atomic():
            rate_limit.lock_rate_limit()
            return take_due_deliveries(min(limit, rate_limit.remaining_quota(timezone.now())), workers)
    return take_due_deliveries(limit, workers)


def take_due_deliveries(limit: int, workers: int) -> list[Claim]:
    with connection.cursor() as cursor:
        cursor.execute(*claim_statement(limit, timezone.now(), workers))
        return sorted((Claim(*row) for row in cursor.fetchall()), key=lambda claimed: claimed.delivery_id)


def claim_statement(limit: int, now: datetime, workers: int = 1) -> tuple[str, list[Any]]:
    """The statement that takes, and its values."""
    text, values = cached_claim_statement()
    due = [now if value == NOW_PLACEHOLDER else value for value in values]
    return text, [*due, workers, *due, limit * workers, now + LEASE, now]


@cache
def cached_claim_statement() -> tuple[str, tuple[Any, ...]]:
    """The statement, and the values of ``due`` in it. Django takes longer to put it together than to send ten mails."""
    due = Delivery.objects.due(NOW_PLACEHOLDER).order_by("next_attempt_at", "id").values("id")
    text, values = due.query.sql_with_params()
    return CLAIM_SQL.format(due=text), values


def settle_claim(claimed: Claim, reply: Reply, started_at: datetime) -> bool:
    """Write down the conversation, and move the delivery unless another worker has taken it since.

    What was said is always kept. A 250 moves the delivery even when the lease was lost, and nothing moves it after.
    False: the lease was lost, and the delivery is left as it is.
    """
    now = timezone.now()
    state, next_attempt_at = state_after(reply, claimed, now)
    row: dict[str, Any] = {
        "delivery_id": claimed.delivery_id,
        "lease": claimed.lease,
        "started_at": started_at,
        "now": now,
        "stage": reply.stage.value,  # psycopg2 takes twice as long for a member of an enumeration
        "code": reply.code,
        "reply": reply.text,
        "dsn": reply.dsn_offered,
        "outcome": reply.outcome.value,
        "server": reply.server,
        "state": state.value,
        "next_attempt_at": next_attempt_at,
        "queue_id": reply.queue_id,
    }
    with connection.cursor() as cursor:
        if connection.connection not in prepared_connections:
            cursor.execute(PREPARE_SETTLE_SQL)
            prepared_connections.add(connection.connection)
        cursor.execute(EXECUTE_SETTLE_SQL, [row[name] for name in SETTLE_PARAMETER_TYPES])
        moved = cursor.fetchone()
    if moved != (claimed.lease,):
        logger.warning("delivery %s: lease %s was lost; heard %s", claimed.delivery_id, claimed.lease, reply.outcome)
    return moved is not None


def settle_despite_restart(claimed: Claim, reply: Reply, started_at: datetime) -> None:
    """Settle also when PostgreSQL is being restarted: the mail server has answered, and nobody else knows.

    Raises afterwards what PostgreSQL said: our locks are gone with the line to it, and no more should be sent.
    """
    try:
        settle_claim(claimed, reply, started_at)
    except DATABASE_UNAVAILABLE:
        until = time.monotonic() + RESTART_SECONDS
        while not settle_on_new_connection(claimed, reply, started_at) and time.monotonic() < until:
            time.sleep(0.2)
        raise


def settle_on_new_connection(claimed: Claim, reply: Reply, started_at: datetime) -> bool:
    """Over a new line. False: PostgreSQL is still away."""
    try:
        connection.close()
        settle_claim(claimed, reply, started_at)
    except DATABASE_UNAVAILABLE:
        return False
    except IntegrityError:  # it had been written down just before the line was cut
        return True
    return True


def state_after(reply: Reply, claimed: Claim, now: datetime) -> tuple[State, datetime | None]:
    """Where the reply leaves the delivery, and when it may be tried again."""
    if reply.outcome != Attempt.Outcome.DEFERRED:
        return State(reply.outcome), None
    wait = retry_delay_after(claimed.attempts + 1) if claimed.dropped < DROPPED_TOO_OFTEN else None
    return (State.DEFERRED, now + wait) if wait else (State.GIVEN_UP, None)


def retry_delay_after(attempts: int) -> timedelta | None:
    """How long after the n-th attempt that was told to wait; None when a day has gone by."""
    if attempts <= len(RETRY_DELAYS):
        return RETRY_DELAYS[attempts - 1]
    waited = sum(RETRY_DELAYS, timedelta()) + (attempts - len(RETRY_DELAYS)) * HOURLY
    return HOURLY if waited <= GIVE_UP_AFTER else None


def release_claims(claims: Iterable[Claim]) -> int:
    """Give back what we did not come to: ready for anybody at once, no attempt, and the lease was never taken."""
    now = timezone.now()
    released = 0
    for claimed in claims:
        ours = Delivery.objects.filter(pk=claimed.delivery_id, lease=claimed.lease, state=State.SENDING)
        released += ours.update(state=State.READY, lease=F("lease") - 1, next_attempt_at=now, changed_at=now)
    return released


def retry_deliveries(deliveries: Iterable[int]) -> int:
    """Send these once more: a person has asked. Only what rests and is not known to have arrived; returns how many.

    What is still heard of the attempts before says nothing of this one, so it begins with the next lease.
    """
    now = timezone.now()
    resting = Delivery.objects.filter(pk__in=deliveries).retryable()
    anew = {"attempts": 0, "first_lease": F("lease") + 1, "heard": "", "away_until": None, "accepted_at": None}
    return resting.update(state=State.READY, next_attempt_at=now, changed_at=now, **anew)


def withdraw_stopped_mails() -> int:
    """Take what has not gone out of the dispatches that are being stopped; returns how many mails."""
    with connection.cursor() as cursor:
        cursor.execute(WITHDRAW_SQL, [timezone.now()])
        return int(cursor.rowcount)


def has_due_mail() -> bool:
    """Is there a mail that a worker may take now?"""
    now = timezone.now()
    return (
        not (rate_limit.is_rate_limited() and not rate_limit.remaining_quota(now))
        and Delivery.objects.due(now).exists()
    )


def count_due_mails() -> int:
    return Delivery.objects.due(timezone.now()).count()
