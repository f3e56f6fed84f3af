"""What a mail server says, and what that means. A refusal, a wait and a lost line are no exceptions, but ``Reply``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from notifications.mail_classifier.text_patterns import mentions_spam
from notifications.models import Attempt

Stage, Outcome = Attempt.Stage, Attempt.Outcome

#: longest reply that we keep
MAX_REPLY_LENGTH = 1000
#: after 554 it is the mail that is refused, and not a person who may not write
POLICY_REFUSAL = re.compile(r"\b5\.7\.1\b")
QUEUED_AS = re.compile(r"queued (?:mail )?(?:as|for delivery|with id)[: ]*<?([\w.@-]+)|\bid=([\w-]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Reply:
    """How one envelope ended: where in the conversation, the server's code and words, and what that means."""

    stage: Attempt.Stage
    outcome: Attempt.Outcome
    code: int | None = None
    text: str = ""
    dsn_offered: bool | None = None
    #: who said so
    server: str = ""

    @property
    def queue_id(self) -> str:
        found = QUEUED_AS.search(self.text) if self.outcome == Outcome.ACCEPTED else None
        return (found[1] or found[2])[:100] if found else ""


class NotConnected(Exception):
    """No conversation can begin. Carries the reply that every waiting mail gets."""

    def __init__(self, reply: Reply):
        super().__init__(f"{reply.stage}: {reply.code} {reply.text}")
        self.reply = reply


def outcome_of_reply(code: int, text: str) -> Attempt.Outcome:
    """What a reply that is no acceptance means. 421 and every 4xx: wait. 5xx: no; and some of them mean spam."""
    if not 500 <= code <= 599:
        return Outcome.DEFERRED
    if mentions_spam(text) or (code == 554 and POLICY_REFUSAL.search(text)):
        return Outcome.REFUSED_SPAM
    return Outcome.REFUSED


def decode_reply(words: bytes) -> str:
    """A reply as text, without what PostgreSQL cannot hold."""
    return words.decode("utf-8", "replace").replace("\0", "").strip()[:MAX_REPLY_LENGTH]


def describe_exception(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}".replace("\0", "")[:MAX_REPLY_LENGTH]
