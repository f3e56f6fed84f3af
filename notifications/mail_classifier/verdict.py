"""What a mail says: its kind, and for each recipient that it names what became of the mail."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

type Kind = Literal["bounce", "delay", "delivered", "relayed", "auto_reply", "challenge", "complaint", "human", "other"]
type Fate = Literal["failed", "delayed", "delivered", "relayed"]

#: the gravest first: a mail about several recipients is of the kind of the first that one of them has
KIND_BY_FATE: dict[Fate, Kind] = {
    "failed": "bounce",
    "delayed": "delay",
    "relayed": "relayed",
    "delivered": "delivered",
}


@dataclass(frozen=True)
class Outcome:
    """``status`` is that of RFC 3463 («5.1.1») or empty; ``reason`` one line without CPR numbers."""

    address: str
    outcome: Fate
    status: str = ""
    reason: str = ""
    is_spam: bool = False


@dataclass(frozen=True)
class Verdict:
    """``message_id``, ``token`` («1234-<20 hex digits>») and ``envelope_id``: of the mail that it is about, or empty.

    ``away_until`` is the day that an auto-reply names: the last one away, or the first one back.
    """

    kind: Kind
    recipients: list[Outcome] = field(default_factory=list)
    message_id: str = ""
    token: str = ""
    envelope_id: str = ""
    away_until: dt.date | None = None


@dataclass(frozen=True)
class Finding:
    """What one of the classifiers recognised. An empty list of recipients is an answer as well."""

    kind: Kind
    recipients: list[Outcome] = field(default_factory=list)


def combine_outcomes(outcomes: list[Outcome]) -> Finding:
    """The kind of the gravest; of several words on one address the gravest stays, else the first."""
    kept: dict[str, Outcome] = {}
    for fate in KIND_BY_FATE:
        for outcome in outcomes:
            if outcome.outcome == fate:
                kept.setdefault(outcome.address.casefold(), outcome)
    ordered = [outcome for outcome in outcomes if kept[outcome.address.casefold()] is outcome]
    gravest = next(fate for fate in KIND_BY_FATE if any(outcome.outcome == fate for outcome in ordered))
    return Finding(KIND_BY_FATE[gravest], ordered)
