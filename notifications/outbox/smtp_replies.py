"""Replies of a mail server and their outcome. A refusal, a deferral and a lost connection are a ``Reply``, not an
exception.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from notifications.mail_classifier.text_patterns import mentions_spam
from notifications.models import Attempt

Stage, Outcome = Attempt.Stage, Attempt.Outcome

#: characters of a reply that are kept
MAX_REPLY_LENGTH = 1000
#: After 554 this code means that the mail was refused, not that the sender lacks permission to write to the recipient.
POLICY_REFUSAL = re.compile(r"\b5\.7\.1\b")
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
    """Raised when no conversation can begin. ``reply`` counts for every waiting mail."""

    def __init__(self, reply: Reply):
        super().__init__(f"{reply.stage}: {reply.code} {reply.text}")
        self.reply = reply


def outcome_of_reply(code: int, text: str) -> Attempt.Outcome:
    """Return the outcome of a reply other than acceptance.

    5xx is refused, or refused as spam if the text says so. All other codes, 421 and 4xx among them, are deferred.
    """
    if not 500 <= code <= 599:
        return Outcome.DEFERRED
    if mentions_spam(text) or (code == 554 and POLICY_REFUSAL.search(text)):
        return Outcome.REFUSED_SPAM
    return Outcome.REFUSED


def decode_reply(words: bytes) -> str:
    """Return the reply as text without NUL, limited to ``MAX_REPLY_LENGTH``. PostgreSQL cannot store NUL."""
    return words.decode("utf-8", "replace").replace("\0", "").strip()[:MAX_REPLY_LENGTH]


def describe_exception(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}".replace("\0", "")[:MAX_REPLY_LENGTH]
