"""What the decision form asks, as plain data: the form fills it, the services act on it, the ledger keeps it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from followups.models.followup import FollowUp, lacks_record_answer

HELP = "HELP"  # the fourth way out on the form; a follow-up that asks for help stays open


class RecordAnswer(NamedTuple):
    """What was changed is on record under this number, or need not be, and why. One of the two."""

    record_number: str = ""
    no_record_reason: str = ""

    def as_fields(self) -> dict[str, Any]:
        return self._asdict() | {"is_journalised": bool(self.record_number)}

    def as_json(self) -> dict[str, Any]:
        """Only what was answered."""
        return {name: value for name, value in self._asdict().items() if value}


@dataclass(frozen=True)
class DecisionAnswers:
    """One filled-in decision. ``remedy`` is a ``FollowUp.Remedy`` or ``HELP``; questions not shown are empty.

    ``is_handled``: the harm has been seen to, and ``handled_text`` says how.
    """

    remedy: str
    is_sent: bool = False
    no_dispatch_reason: str = ""
    question: str = ""
    deadline_missed: bool | None = None
    missed_on: date | None = None
    new_deadline: date | None = None
    consequence_review: str = ""
    parties: tuple[str, ...] = field(default_factory=tuple)
    severity: str = ""
    consequence_text: str = ""
    amount: Decimal | None = None
    is_handled: bool = False
    handled_text: str = ""
    is_journalised: bool = False
    record_number: str = ""
    no_record_reason: str = ""
    note: str = ""

    @property
    def asks_for_help(self) -> bool:
        return self.remedy == HELP

    @property
    def is_done(self) -> bool:
        """Is there nothing left to send?"""
        return self.is_sent or self.remedy == FollowUp.Remedy.NO_DISPATCH

    @property
    def lacks_record_answer(self) -> bool:
        return lacks_record_answer(self)

    def as_json(self) -> dict[str, Any]:
        """Only what was answered; dates as ISO text, amounts as text."""
        return {name: _json_value(value) for name, value in asdict(self).items() if value not in (None, "", (), [])}

    @classmethod
    def from_json(cls, answers: dict[str, Any]) -> DecisionAnswers:
        """What ``as_json`` wrote, read back from the ledger."""
        return cls(**{name: JSON_PARSERS.get(name, _unchanged)(value) for name, value in answers.items()})


#: how the fields that JSON has no word for are read back
JSON_PARSERS: dict[str, Callable[[Any], Any]] = {
    "missed_on": date.fromisoformat,
    "new_deadline": date.fromisoformat,
    "parties": tuple,
    "amount": Decimal,
}


def _unchanged(value: Any) -> Any:
    return value


def _json_value(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, Decimal) else value
