"""The queue of deliveries in PostgreSQL: claim within the rate limit, settle, release, withdraw.

The worker that sends what it claims here over one connection is `notifications/mail_worker.py`.

No mail is lost, and a killed worker causes at most one duplicate, with the same Message-ID: a claim is committed
before SMTP, no transaction is open during SMTP, and every outcome is committed before the final dot of the next mail
is sent.
"""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F

from notifications.models import Attempt, Delivery, State
from notifications.outbox.replies_and_retries import CRASH_REPLY, DROPPED_TOO_OFTEN, Reply, state_after
from sepo_incident.core import database
from sepo_incident.core.sql_files import read_sql, sql_with_named_parameters

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=settings.MAIL["lease"])
#: errors that PostgreSQL or the connection raises when the database is unavailable
DATABASE_UNAVAILABLE = (OperationalError, InterfaceError)
#: how long a worker waits for a restarted database to save a mail server's answer
RESTART_SECONDS = 15
#: deliveries per claim; all of them must be sent within one lease
BATCH_SIZE = 50
#: a mail dropped by this many workers in a row is claimed as the last of a batch, so that no other mail suffers
SUSPECT_AFTER = 2
#: key of the PostgreSQL advisory lock on the rate limit, which counts mails per minute of all workers together
RATE_LOCK_KEY = 0x5350_4545
MINUTE = timedelta(minutes=1)
NO_TIME = timedelta()

#: The statement is compiled once and cached, so the current time must be a placeholder in it.
NOW_PLACEHOLDER = datetime.max.replace(tzinfo=UTC)
SETTLE_SQL = read_sql(__file__, "settle_claim.sql")
WITHDRAW_SQL = read_sql(__file__, "withdraw_notices.sql")


@dataclass(frozen=True)
class Claim:
    """A delivery claimed by this worker until the lease expires.

    `lease` is the number of the claim, `attempts` the number of earlier conversations, and `dropped` the number
    of leases since the last conversation that ended without a conversation.
    """

    delivery_id: int
    lease: int
    attempts: int
    dropped: int


def claim_deliveries(limit: int = BATCH_SIZE, workers: int = 1) -> list[Claim]:
    """Claim this worker's share of the due deliveries, up to `limit`, and commit at once.

    Two workers never get the same delivery. A queue shorter than `limit` times `workers` is divided among the
    workers, so that every connection is used. At most one suspect is returned, in last place. A delivery that was
    dropped `DROPPED_TOO_OFTEN` times in a row is given up instead.
    """
    claims = take_within_rate_limit(limit, workers)
    for dropped in (claimed for claimed in claims if claimed.dropped >= DROPPED_TOO_OFTEN):
        settle_claim(dropped, CRASH_REPLY)
        logger.error("delivery %s was dropped %s times in a row and is given up", dropped.delivery_id, dropped.dropped)
    calm = [claimed for claimed in claims if claimed.dropped < SUSPECT_AFTER]
    suspects = sorted(
        (claimed for claimed in claims if SUSPECT_AFTER <= claimed.dropped < DROPPED_TOO_OFTEN),
        key=attrgetter("dropped"),
    )
    release_claims(suspects[1:])
    return calm + suspects[:1]


def take_within_rate_limit(limit: int, workers: int) -> list[Claim]:
    """Claim within the rate limit. Workers take turns, because two could both use the last free place."""
    if settings.MAIL["per_minute"]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [RATE_LOCK_KEY])
            return take_due_deliveries(min(limit, remaining_quota()), workers)
    return take_due_deliveries(limit, workers)


def take_due_deliveries(limit: int, workers: int) -> list[Claim]:
    claimed = database.fetch_all(*claim_statement(limit, workers))
    return sorted((Claim(*row) for row in claimed), key=lambda claim: claim.delivery_id)


def claim_statement(limit: int, workers: int = 1) -> tuple[str, dict[str, Any]]:
    """Return the SQL of a claim, and the parameters."""
    text, values = cached_claim_statement()
    now = database.clock_parameter()
    due = {name: now if value == NOW_PLACEHOLDER else value for name, value in values.items()}
    claim = {"workers": workers, "count_limit": limit * workers, "lease_time": LEASE, "now": now}
    return text, due | claim


@cache
def cached_claim_statement() -> tuple[str, dict[str, Any]]:
    """Return the SQL of a claim, and the parameters of `due`.

    Cached, because compiling takes longer than sending ten mails.
    """
    due = Delivery.objects.due(NOW_PLACEHOLDER).order_by("next_attempt_at", "id").values("id")
    text, values = sql_with_named_parameters(due)
    return read_sql(__file__, "claim_deliveries.sql", due=text), values


def settle_claim(claimed: Claim, reply: Reply, duration: timedelta = NO_TIME) -> bool:
    """Save the conversation, and set the delivery's state unless another worker has claimed the delivery since.

    `duration`: how long the conversation took until now. The conversation is always saved. A 250 reply sets the state
    even after the lease was lost, and no later settlement changes an accepted delivery. Return False if the lease was
    lost and the delivery is unchanged.
    """
    state, wait = state_after(reply, claimed.attempts + 1)
    row: dict[str, Any] = {
        "delivery_id": claimed.delivery_id,
        "lease": claimed.lease,
        "duration": duration,
        "now": database.clock_parameter(),
        "stage": reply.stage.value,  # psycopg2 takes twice as long for an enum member
        "code": reply.code,
        "reply": reply.text,
        "dsn": reply.dsn_offered,
        "outcome": reply.outcome.value,
        "server": reply.server,
        "state": state.value,
        "wait": wait,
        "queue_id": reply.queue_id,
    }
    moved = next(iter(database.fetch_planned(SETTLE_SQL, row)), None)
    if moved != (claimed.lease,):
        logger.warning("delivery %s: lease %s was lost; heard %s", claimed.delivery_id, claimed.lease, reply.outcome)
    return moved is not None


def settle_despite_restart(claimed: Claim, reply: Reply, duration: timedelta) -> None:
    """Settle the claim, waiting up to `RESTART_SECONDS` while PostgreSQL restarts.

    The mail server has answered, and only this worker knows the answer. The database error is raised again
    afterwards: the advisory locks are gone with the old connection, and the worker should send no more.
    """
    try:
        settle_claim(claimed, reply, duration)
    except DATABASE_UNAVAILABLE:
        until = time.monotonic() + RESTART_SECONDS
        while not settle_on_new_connection(claimed, reply, duration) and time.monotonic() < until:
            time.sleep(0.2)
        raise


def settle_on_new_connection(claimed: Claim, reply: Reply, duration: timedelta) -> bool:
    """Settle over a new connection. Return False if PostgreSQL is still unavailable."""
    try:
        connection.close()
        settle_claim(claimed, reply, duration)
    except DATABASE_UNAVAILABLE:
        return False
    except IntegrityError:  # saved just before the connection was lost
        return True
    return True


def release_claims(claims: Iterable[Claim]) -> int:
    """Release claims that were not used, and return how many.

    The deliveries are ready for any worker at once, without an attempt, and get their old lease number back.
    """
    now, released = database.PresentTime(), 0
    for claimed in claims:
        ours = Delivery.objects.filter(pk=claimed.delivery_id, lease=claimed.lease, state=State.SENDING)
        released += ours.update(state=State.READY, lease=F("lease") - 1, next_attempt_at=now, changed_at=now)
    return released


def withdraw_stopped_mails() -> int:
    """Withdraw the unsent mails of all dispatches that are being stopped, and return how many mails."""
    return database.execute(WITHDRAW_SQL, {"now": database.clock_parameter()})


def has_due_mail() -> bool:
    """Return whether a worker may claim a mail now, within the rate limit."""
    return (
        not (settings.MAIL["per_minute"] and not remaining_quota())
        and Delivery.objects.due(database.PresentTime()).exists()
    )


def count_due_mails() -> int:
    return Delivery.objects.due(database.PresentTime()).count()


def remaining_quota() -> int:
    """Return how many mails may be begun now.

    That is the limit minus the mails that a server was offered within the last minute and the mails in workers'
    hands. In no period of one minute do more mails than the limit go out.
    """
    limit, now = settings.MAIL["per_minute"], database.PresentTime()
    gone = Attempt.objects.filter(ended_at__gt=now - MINUTE).exclude(server="")[:limit].count()
    in_hand = Delivery.objects.filter(state=Delivery.State.SENDING, next_attempt_at__gt=now)[:limit].count()
    return max(0, limit - gone - in_hand)
