"""The deadline of a category as text. `followups/rules/due_dates.py` computes the date.

«4 uger» ↔ a length, «1. december, 10. januar» ↔ the fixed days of a year. Works on text only.
"""

import re
from datetime import date
from typing import NamedTuple

from letters.models import CategoryRule
from sepo_incident.core import danish

Kind, Unit = CategoryRule.Clock, CategoryRule.LengthUnit

#: The Danish words of every unit, singular and plural.
_UNIT_WORDS = {Unit.DAY: ("dag", "dage"), Unit.WORKING_DAY: ("arbejdsdag", "arbejdsdage"), Unit.WEEK: ("uge", "uger")}
_UNIT_BY_WORD = {word: unit for unit, words in _UNIT_WORDS.items() for word in words}
_LENGTH_PATTERN = re.compile(rf"(\d{{1,3}}|{'|'.join(danish.NUMBER_WORDS)}) +({'|'.join(_UNIT_BY_WORD)})")
_DAY_PATTERN = re.compile(rf"(?:den )?(\d{{1,2}})\. ?({'|'.join(danish.MONTHS)})")
MAX_LENGTH, MAX_DAYS = 366, 12
COMMON_YEAR = 2019


class InvalidDeadlineError(ValueError):
    """Raised for text that is no length or no days. The message is for the user."""


class DeadlineLength(NamedTuple):
    """A length of time: a number and a `CategoryRule.LengthUnit`."""

    number: int
    unit: str

    def __str__(self) -> str:
        """Return for example «4 uger»."""
        return danish.count(self.number, *_UNIT_WORDS[Unit(self.unit)])


def parse_length(written: str) -> DeadlineLength:
    """Parse «4 uger» or «ti arbejdsdage» as a length from 1 to 366. Raise InvalidDeadlineError."""
    found = _LENGTH_PATTERN.fullmatch(" ".join(written.lower().split()))
    if found is None:
        raise InvalidDeadlineError("Skriv et tal og dage, arbejdsdage eller uger, for eksempel 4 uger.")
    number = int(found[1]) if found[1].isdigit() else danish.NUMBER_WORDS.index(found[1])
    if not 1 <= number <= MAX_LENGTH:
        raise InvalidDeadlineError(f"Skriv et tal fra 1 til {MAX_LENGTH}.")
    return DeadlineLength(number, _UNIT_BY_WORD[found[2]])


def parse_days(written: str) -> list[str]:
    """Parse «1. december og 10. januar» as ["01-10", "12-01"], in the order of the year.

    Raise InvalidDeadlineError.
    """
    parts = [part for part in re.split(r",| og |\n", " ".join(written.lower().split())) if part.strip()]
    if len(parts) > MAX_DAYS:
        raise InvalidDeadlineError(f"Skriv højst {MAX_DAYS} datoer.")
    return sorted({_parse_day(part.strip().rstrip(".")) for part in parts})


def _parse_day(written: str) -> str:
    found = _DAY_PATTERN.fullmatch(written)
    if found is None:
        raise InvalidDeadlineError(f"»{written}« er ikke en dato. Skriv for eksempel 1. december, uden årstal.")
    try:
        return f"{date(COMMON_YEAR, danish.MONTHS.index(found[2]) + 1, int(found[1])):%m-%d}"
    except ValueError:
        raise InvalidDeadlineError(f"»{written}« findes ikke hvert år.") from None


def format_days(rule: CategoryRule) -> list[str]:
    """Return for example ["10. januar", "1. december"]."""
    return [danish.day_month(date(COMMON_YEAR, *map(int, day.split("-")))) for day in rule.fixed_days]


def rule_length(rule: CategoryRule) -> DeadlineLength | None:
    return DeadlineLength(rule.length, rule.length_unit) if rule.length else None


def describe_deadline(rule: CategoryRule) -> str:
    """Return for example «4 uger efter, at brevet blev sendt», or "" for a rule without a clock."""
    after = f"{rule_length(rule)} efter, at brevet blev sendt"
    match rule.clock:
        case Kind.MEETING:
            return "mødets dag, som står i emnet"
        case Kind.HEARING:
            return f"den dag, der står i emnet, ellers {after}" if rule.length else "den dag, der står i emnet"
        case Kind.PERIOD:
            return after
        case Kind.FIXED:
            days = format_days(rule)
            return days[0] if len(days) == 1 else f"den næste af datoerne {danish.join_with_and(days)}"
    return ""
