"""The result of the classifier: the kind of mail and the outcome for each recipient."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

type Kind = Literal["bounce", "delay", "delivered", "relayed", "auto_reply", "challenge", "complaint", "human", "other"]
type Fate = Literal["failed", "delayed", "delivered", "relayed"]

#: Gravest first. A mail about several recipients gets the kind of the gravest outcome.
KIND_BY_FATE: dict[Fate, Kind] = {
    "failed": "bounce",
    "delayed": "delay",
    "relayed": "relayed",
    "delivered": "delivered",
}


@dataclass(frozen=True)
class Outcome:
    """The outcome for one recipient.

    `status` is an RFC 3463 code («5.1.1») or empty, and `reason` is one line without CPR numbers.
    """

    address: str
    outcome: Fate
    status: str = ""
    reason: str = ""
    is_spam: bool = False


@dataclass(frozen=True)
class Verdict:
    """The kind of mail, the recipients' outcomes, and keys to the original mail.

    `message_id`, `token` («1234-<20 hex digits>») and `envelope_id` belong to the original mail, or are empty.
    `away_until` is the day that an auto-reply names: the last day away or the first day back.
    """

    kind: Kind
    recipients: list[Outcome] = field(default_factory=list)
    message_id: str = ""
    token: str = ""
    envelope_id: str = ""
    away_until: dt.date | None = None


def combine_outcomes(outcomes: list[Outcome]) -> Verdict:
    """Return a verdict of the kind of the gravest outcome.

    For an address with several outcomes the gravest is kept, and among equals the first.
    """
    kept: dict[str, Outcome] = {}
    for fate in KIND_BY_FATE:
        for outcome in outcomes:
            if outcome.outcome == fate:
                kept.setdefault(outcome.address.casefold(), outcome)
    ordered = [outcome for outcome in outcomes if kept[outcome.address.casefold()] is outcome]
    gravest = next(fate for fate in KIND_BY_FATE if any(outcome.outcome == fate for outcome in ordered))
    return Verdict(KIND_BY_FATE[gravest], ordered)
