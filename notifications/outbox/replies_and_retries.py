"""Replies of a mail server with their outcome, and retries: growing delays for 24 hours, or when a person asks.

A refusal, a deferral and a lost connection are a `Reply`, not an exception.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F

from notifications.mail_classifier.text_patterns import mentions_spam
from notifications.models import Attempt, Delivery, State, delivery_states
from notifications.outbox.enqueue import wake_mail_workers
from sepo_incident.core import database

Stage, Outcome = Attempt.Stage, Attempt.Outcome
#: characters of a reply that are kept
MAX_REPLY_LENGTH = 1000
QUEUED_AS = re.compile(r"queued (?:mail )?(?:as|for delivery|with id)[: ]*<?([\w.@-]+)|\bid=([\w-]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Reply:
    """The end of one envelope: the stage reached, the server's code and text, and the outcome."""

    stage: Attempt.Stage
    outcome: Attempt.Outcome
    code: int | None = None
    text: str = ""
    dsn_offered: bool | None = None
    #: the mail server as «host:port»
    server: str = ""

    @property
    def queue_id(self) -> str:
        found = QUEUED_AS.search(self.text) if self.outcome == Outcome.ACCEPTED else None
        return (found[1] or found[2])[:100] if found else ""


class NotConnected(Exception):
    """Raised when no conversation can begin. `reply` counts for every waiting mail."""

    def __init__(self, reply: Reply):
        super().__init__(f"{reply.stage}: {reply.code} {reply.text}")
        self.reply = reply


def outcome_of_reply(code: int, text: str) -> Attempt.Outcome:
    """Return the outcome of a reply other than acceptance.

    5xx is refused, or refused as spam if the text says so. All other codes, 421 and 4xx among them, are deferred.
    """
    if not 500 <= code <= 599:
        return Outcome.DEFERRED
    return Outcome.REFUSED_SPAM if mentions_spam(text) else Outcome.REFUSED


def decode_reply(words: bytes) -> str:
    """Return the reply as text without NUL, limited to `MAX_REPLY_LENGTH`. PostgreSQL cannot store NUL."""
    return words.decode("utf-8", "replace").replace("\0", "").strip()[:MAX_REPLY_LENGTH]


def describe_exception(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}".replace("\0", "")[:MAX_REPLY_LENGTH]


#: delays after the first attempts; then hourly until `GIVE_UP_AFTER`
RETRY_DELAYS = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60)]
HOURLY = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(hours=24)
#: a mail dropped by this many workers in a row is taken to kill the process, and is given up
DROPPED_TOO_OFTEN = 5
CRASH_REPLY = Reply(
    Stage.PREPARE,
    Outcome.DEFERRED,
    text=f"Programmet stoppede {DROPPED_TOO_OFTEN} gange i træk, mens det sendte mailen.",
)
#: the address is outside the municipality's domains, and nobody has approved it (`accounts.users`)
UNAPPROVED_REPLY = Reply(Stage.PREPARE, Outcome.UNAPPROVED, text="Adressen er ikke godkendt.")
UNBUILDABLE_REPLY = Reply(Stage.PREPARE, Outcome.DEFERRED, text="Mailen kan ikke dannes.")


def state_after(reply: Reply, attempts: int) -> tuple[State, timedelta | None]:
    """Return the state after `reply`, the answer to attempt number `attempts`, and the delay of the next attempt."""
    if reply.outcome != Outcome.DEFERRED:
        return State(reply.outcome), None
    wait = None if reply is CRASH_REPLY else retry_delay_after(attempts)
    return (State.DEFERRED, wait) if wait else (State.GIVEN_UP, None)


def retry_delay_after(attempts: int) -> timedelta | None:
    """Return the delay after deferred attempt number `attempts`, or None once `GIVE_UP_AFTER` has passed."""
    if attempts <= len(RETRY_DELAYS):
        return RETRY_DELAYS[attempts - 1]
    waited = sum(RETRY_DELAYS, timedelta()) + (attempts - len(RETRY_DELAYS)) * HOURLY
    return HOURLY if waited <= GIVE_UP_AFTER else None


def retry_deliveries(deliveries: Iterable[int], states: Sequence[State] = delivery_states.RETRYABLE) -> int:
    """Queue deliveries again because a person asked, wake the workers, and return how many deliveries are queued.

    Only deliveries in `states` are queued. Evidence about earlier attempts does not count for the new sending, so the
    sending begins with the next lease.
    """
    now = database.PresentTime()
    resting = Delivery.objects.filter(pk__in=deliveries).in_states(states)
    anew = {"attempts": 0, "first_lease": F("lease") + 1, "evidence_state": "", "away_until": None, "accepted_at": None}
    number = resting.update(state=State.READY, next_attempt_at=now, changed_at=now, **anew)
    if number:
        wake_mail_workers()
    return number
