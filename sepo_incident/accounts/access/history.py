"""The history of a person's access, as lines of the pages *Adgang* and *Roller*."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sepo_incident.accounts.models import RoleRequest, User
from sepo_incident.core.danish import Badge

Outcome = RoleRequest.Outcome
HISTORY_LENGTH = 50


class HistoryLine(NamedTuple):
    """An event: what happened, when, by whom and why. `reason` may be ""."""

    at: datetime
    what: str
    who: str
    reason: str = ""
    badge: Badge | None = None


def list_history(person: User) -> list[HistoryLine]:
    """Return the newest lines about the person's roles, access and address."""
    answered = person.role_requests.exclude(outcome="").order_by("-answered_at")
    answered = answered.select_related("person", "unit", "by", "answered_by")
    changes = person.access_changes.select_related("by")[:HISTORY_LENGTH]
    addresses = person.email_changes.select_related("by")[:HISTORY_LENGTH]
    lines = [
        *lines_of_requests(answered[:HISTORY_LENGTH]),
        *(HistoryLine(one.at, one.get_kind_display(), one.by.name, one.reason) for one in changes),
        *(HistoryLine(one.at, f"Adressen var {one.old}", f"Rettet af {one.by.name}") for one in addresses),
    ]
    return sorted(lines, key=lambda line: line.at, reverse=True)[:HISTORY_LENGTH]


def lines_of_requests(answered: Iterable[RoleRequest]) -> list[HistoryLine]:
    return [HistoryLine(one.answered_at, one.sentence, _who_answered(one), one.reason, one.badge) for one in answered]  # type: ignore[arg-type]


def _who_answered(asked: RoleRequest) -> str:
    """Return «Mette Dahl. Godkendt af Ole Krag.», or the one person who both asked and answered."""
    if asked.by is None or asked.answered_by is None:
        return "Fra kommandolinjen"
    if asked.by != asked.answered_by:
        return f"{asked.by.name}. {asked.get_outcome_display()} af {asked.answered_by.name}."
    return f"{asked.by.name}. Gjaldt straks." if asked.outcome == Outcome.APPROVED else asked.by.name
