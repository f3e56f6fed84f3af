"""What a mail proves about a delivery. Pure."""

from __future__ import annotations

from notifications.inbound.classifying import Outcome, Verdict
from notifications.models.states import State

#: what a mail server says of one recipient
BY_FATE = {
    "failed": State.RETURNED,
    "delayed": State.DELAYED,
    "relayed": State.RELAYED,
    "delivered": State.DELIVERED,
}
#: what the whole mail says, when it does not name the recipient
BY_KIND = {
    "bounce": State.RETURNED,
    "delay": State.DELAYED,
    "relayed": State.RELAYED,
    "delivered": State.DELIVERED,
    "auto_reply": State.AUTO_REPLY,
    "challenge": State.CHALLENGED,
    "complaint": State.COMPLAINT,
    "human": State.DELIVERED,  # whoever answers has got it
}
REPORTS = {"bounce", "delay", "relayed", "delivered"}


def proof(verdict: Verdict, outcome: Outcome | None) -> State | None:
    """None for a mail that says nothing of any mail, such as a newsletter."""
    if verdict.kind not in REPORTS:
        return BY_KIND.get(verdict.kind)
    if outcome is None:
        outcome = gravest(verdict)
    if outcome and outcome.outcome == "failed" and outcome.is_spam:
        return State.REFUSED_SPAM
    return BY_FATE[outcome.outcome] if outcome else BY_KIND[verdict.kind]


def gravest(verdict: Verdict) -> Outcome | None:
    """Of those it names, the one that gave the mail its kind: our mail was passed on to them."""
    return next((one for one in verdict.recipients if BY_FATE[one.outcome] == BY_KIND[verdict.kind]), None)
