"""A category's own clock in words, as people write and read it. The date it gives is in ``followups/urgency.py``.

«4 uger» ↔ a length, «1. december, 10. januar» ↔ the days of a year that a clock has. Pure text.
"""

import re
from datetime import date
from typing import NamedTuple

from letters.models import CategoryRule
from sepo_incident import danish

Kind, Unit = CategoryRule.Clock, CategoryRule.LengthUnit

#: how each unit is written, one of it and more
_WRITTEN = {Unit.DAY: ("dag", "dage"), Unit.WORKING_DAY: ("arbejdsdag", "arbejdsdage"), Unit.WEEK: ("uge", "uger")}
_UNITS = {word: unit for unit, words in _WRITTEN.items() for word in words}
_LENGTH = re.compile(rf"(\d{{1,3}}|{'|'.join(danish.WORDS)}) +({'|'.join(_UNITS)})")
_DAY = re.compile(rf"(?:den )?(\d{{1,2}})\. ?({'|'.join(danish.MONTHS)})")
LONGEST, MOST_DAYS = 366, 12
A_COMMON_YEAR = 2019


class UnreadableError(ValueError):
    """That is no length, or no days; the message is what people read."""


class Length(NamedTuple):
    number: int
    unit: str

    def __str__(self) -> str:
        """«4 uger»."""
        return danish.count(self.number, *_WRITTEN[Unit(self.unit)])


def read_length(written: str) -> Length:
    """«4 uger», «ti arbejdsdage» → a length of one day or more. Raises ``UnreadableError``."""
    found = _LENGTH.fullmatch(" ".join(written.lower().split()))
    if found is None:
        raise UnreadableError("Skriv et tal og dage, arbejdsdage eller uger, for eksempel 4 uger.")
    number = int(found[1]) if found[1].isdigit() else danish.WORDS.index(found[1])
    if not 1 <= number <= LONGEST:
        raise UnreadableError(f"Skriv et tal fra 1 til {LONGEST}.")
    return Length(number, _UNITS[found[2]])


def read_days(written: str) -> list[str]:
    """«1. december og 10. januar» → ["01-10", "12-01"], in the order of a year. Raises ``UnreadableError``."""
    parts = [part for part in re.split(r",| og |\n", " ".join(written.lower().split())) if part.strip()]
    if len(parts) > MOST_DAYS:
        raise UnreadableError(f"Skriv højst {MOST_DAYS} datoer.")
    return sorted({_day(part.strip().rstrip(".")) for part in parts})


def _day(written: str) -> str:
    found = _DAY.fullmatch(written)
    if found is None:
        raise UnreadableError(f"»{written}« er ikke en dato. Skriv for eksempel 1. december, uden årstal.")
    try:
        return f"{date(A_COMMON_YEAR, danish.MONTHS.index(found[2]) + 1, int(found[1])):%m-%d}"
    except ValueError:
        raise UnreadableError(f"»{written}« findes ikke hvert år.") from None


def written_days(rule: CategoryRule) -> list[str]:
    """["10. januar", "1. december"]."""
    return [danish.day_month(date(A_COMMON_YEAR, *map(int, day.split("-")))) for day in rule.fixed_days]


def length_of(rule: CategoryRule) -> Length | None:
    return Length(rule.length, rule.length_unit) if rule.length else None


def words(rule: CategoryRule) -> str:
    """When letters about it run out: «4 uger efter, at brevet er sendt»; "" for a rule without a clock."""
    after = f"{length_of(rule)} efter, at brevet blev sendt"
    match rule.clock:
        case Kind.MEETING:
            return "mødets dag, som står i emnet"
        case Kind.HEARING:
            return f"den dag, der står i emnet, ellers {after}" if rule.length else "den dag, der står i emnet"
        case Kind.PERIOD:
            return after
        case Kind.FIXED:
            days = written_days(rule)
            return days[0] if len(days) == 1 else f"den næste af datoerne {danish.listed(days)}"
    return ""
