"""Answers of the decision form as plain data.

The form fills the answers, the services use the answers, and `Decision.answers` keeps the answers as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

from django.core.serializers.json import DjangoJSONEncoder

from followups.models.followup import FollowUp

HELP = "HELP"  # fourth choice on the form; the follow-up stays open


class RecordAnswer(NamedTuple):
    """Record number of a change, or the reason why the change need not be on record. The other field is empty."""

    record_number: str = ""
    no_record_reason: str = ""

    def as_fields(self) -> dict[str, Any]:
        """Return the values for the fields of `FollowUp`."""
        return self._asdict() | {"is_journalised": bool(self.record_number)}

    def as_json(self) -> dict[str, Any]:
        """Return the field that was answered, by name."""
        return {name: value for name, value in self._asdict().items() if value}


class DeletionAnswer(NamedTuple):
    """Whether the wrong recipient has confirmed that the letter is deleted, and the field that belongs to the answer.

    The names are those of the columns of `FollowUp`.
    """

    deletion: str
    deletion_confirmed_on: date | None = None
    deletion_due_on: date | None = None
    no_deletion_reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the fields that were answered, by name; dates as ISO text."""
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in self._asdict().items()
            if value
        }


@dataclass(frozen=True)
class DecisionAnswers:
    """Answers of a filled-in decision form.

    `remedy` is a `FollowUp.Remedy` or `HELP`; fields of questions that were not shown are empty.
    `is_handled`: the harm has been dealt with, and `handled_text` says how.
    """

    remedy: str
    is_sent: bool = False
    paper_reason: str = ""
    no_dispatch_reason: str = ""
    question: str = ""
    deadline_missed: bool | None = None
    missed_on: date | None = None
    new_deadline: date | None = None
    consequence_review: str = ""
    parties: tuple[str, ...] = ()
    severity: str = ""
    consequence_text: str = ""
    is_decision_changed: bool | None = None
    amount: Decimal | None = None
    is_handled: bool = False
    handled_text: str = ""
    is_journalised: bool = False
    record_number: str = ""
    no_record_reason: str = ""
    note: str = ""
    deletion: str = ""
    deletion_confirmed_on: date | None = None
    deletion_due_on: date | None = None
    no_deletion_reason: str = ""

    @property
    def asks_for_help(self) -> bool:
        return self.remedy == HELP

    @property
    def is_done(self) -> bool:
        """Return whether nothing is left to send."""
        return self.is_sent or self.remedy == FollowUp.Remedy.NO_DISPATCH

    @property
    def lacks_record_answer(self) -> bool:
        """Return whether the answers change facts by sending, without an answer on whether the change is on record."""
        changes_facts = self.remedy in FollowUp.WITH_NEW_LETTER or self.new_deadline is not None
        return self.is_done and changes_facts and not (self.record_number or self.no_record_reason)

    def as_json(self) -> dict[str, Any]:
        """Return the answered fields by name; dates as ISO text, amounts as text."""
        answered = {name: value for name, value in asdict(self).items() if value not in (None, "", ())}
        stored: dict[str, Any] = json.loads(DjangoJSONEncoder().encode(answered))
        return stored

    @classmethod
    def from_json(cls, answers: dict[str, Any]) -> DecisionAnswers:
        """Build the answers from JSON that `as_json` wrote."""
        parsed = {name: parse(answers[name]) for name, parse in JSON_PARSERS.items() if name in answers}
        return cls(**answers | parsed)


_PARSERS_BY_TYPE: dict[Any, Callable[[Any], Any]] = {date: date.fromisoformat, Decimal: Decimal, tuple: tuple}
#: {name of a field whose type JSON lacks: parser}
JSON_PARSERS = {
    name: parse
    for name, hint in get_type_hints(DecisionAnswers).items()
    for kind, parse in _PARSERS_BY_TYPE.items()
    if kind in (get_origin(hint), *get_args(hint))
}
