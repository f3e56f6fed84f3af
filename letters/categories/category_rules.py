"""The rules of an incident: default rules, services that add, change, delete and move rules, and deadlines as text.

«4 uger» ↔ a length, «1. december, 10. januar» ↔ the fixed days of a year; `followups/rules/due_dates.py` computes the
date.

An incident has a copy of the default rules, and only the copy is edited. Concurrent edits take turns, and the later
edit raises Conflict.
"""

import re
from datetime import date
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.utils import timezone

from letters.models import CategoryRule, Incident
from sepo_incident.accounts.models import User
from sepo_incident.audit.triggers import set_actor
from sepo_incident.core import danish
from sepo_incident.core.database import Conflict

Clock, LengthUnit = CategoryRule.Clock, CategoryRule.LengthUnit

NO_SUBJECT_CATEGORY = "Uden emne"
OTHER_CATEGORY = "Alt andet"
#: Shown instead of the category to readers who may not read personnel cases. No rule may have the name.
PERSONNEL_CATEGORY = "Personalesager"

#: Fields of `CategoryRule`, in order. A rule without a name only sets marks and leaves the name to other rules. The
#: clocks are from the case. A legal source stands here only if the act was looked up; Koncern IT adds the others.
DEFAULT_RULES: list[dict[str, Any]] = [
    {
        "name": "Sygefraværssamtaler",
        "words": "*sygefravær*, *sygesamtale*, *mulighedserklæring*",
        "is_personnel": True,
        "has_deadline": True,
        "clock": Clock.PERIOD,
        "length": 4,
        "length_unit": LengthUnit.WEEK,
        # The letter does not tell when the absence began. The absence began earlier, so the true date is not later
        # than this date.
        "source": "Sygedagpengelovens § 7 a: Samtalen skal holdes senest fire uger efter første sygedag. Fraværet "
        "begyndte før brevet, så ret datoen.",
    },
    {
        "name": "Uddannelsesparathed",
        "words": "*uddannelsesparat*, UPV",
        "has_deadline": True,
        "clock": Clock.FIXED,
        "fixed_days": ["01-10", "03-01", "12-01"],
        # The days are from the case, which says about 10 to 15 January. The act covers the assessment; no source for
        # the days was found.
        "source": "Vurderingen sker efter § 2 g i lov om kommunal indsats for unge under 25 år.",
    },
    {"name": "Dagpleje og privat pasning", "words": "*dagpleje*, *privat pasning*, *privat børnepasser*"},
    {"name": "Tandpleje", "words": "tand*, *tænder*"},
    {"name": "Pjecer", "words": "pjece*"},
    {"name": "Kvitteringer", "words": "*kvittering*, *vi har modtaget*, *bekræftelse på*"},
    {"name": "Møder", "words": "møde*, *møde, *samtale*, *indkaldelse*", "clock": Clock.MEETING},
    {"name": "Høringer", "words": "*høring*", "clock": Clock.HEARING},
    {"name": "Afgørelser", "words": "*afgørelse*, *bevilling*, *afslag*, *svar på*"},
    {
        "words": "*tjenstlig*, *personalesag*, *om afsked*, *påtænkt afsked*, *påtænkt opsigelse*, *afskedig*, "
        "*din ansættelse*, *fratrædelse*",
        "is_personnel": True,
    },
    {"words": "*frist, *fristen, *svar inden*, *svar senest*, *partshøring*", "has_deadline": True},
]

#: The fields that a person edits.
RULE_FIELDS = (
    "name", "words", "unit_id", "recipient_kind", "is_personnel", "has_deadline",
    "clock", "length", "length_unit", "fixed_days", "source", "new_days",
)  # fmt: skip


def list_category_names(incident: Incident) -> list[str]:
    """Return the possible categories of the incident's letters, in the order of the rules. One query."""
    named = incident.category_rules.exclude(name="").order_by("position").values_list("name", flat=True)
    return list(dict.fromkeys([*named, NO_SUBJECT_CATEGORY, OTHER_CATEGORY]))


def create_default_rules(incident: Incident) -> None:
    """Give a new incident a copy of the default rules."""
    CategoryRule.objects.bulk_create(
        CategoryRule(incident=incident, position=position, **rule) for position, rule in enumerate(DEFAULT_RULES, 1)
    )


@transaction.atomic
def add_rule(rule: CategoryRule, by: User) -> None:
    """Save a new rule, last in order."""
    last = _lock_rules(rule.incident, by).aggregate(last=Max("position"))["last"]
    rule.position, rule.changed_by = (last or 0) + 1, by
    rule.save()


@transaction.atomic
def change_rule(rule: CategoryRule, seen_version: int, by: User) -> None:
    """Save the edited fields of a rule. `seen_version`: the version that the user edited.

    Raise Conflict if the rule is deleted or has a newer version, unless the saved fields are the same.
    """
    values = {name: getattr(rule, name) for name in RULE_FIELDS}
    current = _lock_rules(rule.incident, by).filter(pk=rule.pk).first()
    if current is None or current.version != seen_version:
        if current is None or {name: getattr(current, name) for name in RULE_FIELDS} != values:
            raise Conflict
        return
    same = CategoryRule.objects.filter(pk=rule.pk)
    same.update(**values, version=F("version") + 1, changed_by=by, changed_at=timezone.now())


@transaction.atomic
def delete_rule(rule: CategoryRule, seen_version: int, by: User) -> None:
    """Delete a rule. Raise Conflict if the rule is deleted already or `seen_version` is not the present version."""
    current = _lock_rules(rule.incident, by).filter(pk=rule.pk).first()
    if current is None or current.version != seen_version:
        raise Conflict
    current.delete()


@transaction.atomic
def move_rule(rule: CategoryRule, by: User, *, up: bool) -> None:
    """Swap the rule with the rule before (`up`) or after.

    The first rule stays first when moved up, and the last rule last when moved down.
    """
    order = list(_lock_rules(rule.incident, by))
    position = next((number for number, rule_here in enumerate(order) if rule_here.pk == rule.pk), None)
    target = None if position is None else position - 1 if up else position + 1
    if position is None or target is None or not 0 <= target < len(order):
        return
    rule_here, rule_there = order[position], order[target]
    CategoryRule.objects.filter(pk=rule_here.pk).update(position=rule_there.position)
    CategoryRule.objects.filter(pk=rule_there.pk).update(position=rule_here.position)


def _lock_rules(incident: Incident, by: User) -> QuerySet[CategoryRule]:
    """Return the rules, locked against other edits until the end of the transaction. Raise IncidentClosed."""
    set_actor(by.pk)
    Incident.objects.lock_open(incident.pk)
    return CategoryRule.objects.filter(incident=incident)


#: The Danish words of every unit, singular and plural.
_UNIT_WORDS = {
    LengthUnit.DAY: ("dag", "dage"),
    LengthUnit.WORKING_DAY: ("arbejdsdag", "arbejdsdage"),
    LengthUnit.WEEK: ("uge", "uger"),
}
_UNIT_BY_WORD = {word: unit for unit, words in _UNIT_WORDS.items() for word in words}
_LENGTH_PATTERN = re.compile(rf"(\d{{1,3}}|{'|'.join(danish.NUMBER_WORDS)}) +({'|'.join(_UNIT_BY_WORD)})")
_DAY_PATTERN = re.compile(rf"(?:den )?(\d{{1,2}})\. ?({'|'.join(danish.MONTHS)})")
MAX_DEADLINE_LENGTH, MAX_DAYS = 366, 12
COMMON_YEAR = 2019


class InvalidDeadlineError(ValueError):
    """Raised for text that is no length or no days. The message is for the user."""


class DeadlineLength(NamedTuple):
    """A length of time: a number and a `CategoryRule.LengthUnit`."""

    number: int
    unit: str

    def __str__(self) -> str:
        """Return for example «4 uger»."""
        return danish.count(self.number, *_UNIT_WORDS[LengthUnit(self.unit)])


def parse_length(written: str) -> DeadlineLength:
    """Parse «4 uger» or «ti arbejdsdage» as a length from 1 to 366. Raise InvalidDeadlineError."""
    found = _LENGTH_PATTERN.fullmatch(" ".join(written.lower().split()))
    if found is None:
        raise InvalidDeadlineError("Skriv for eksempel 14 dage, 10 arbejdsdage eller 4 uger.")
    number = int(found[1]) if found[1].isdigit() else danish.NUMBER_WORDS.index(found[1])
    if not 1 <= number <= MAX_DEADLINE_LENGTH:
        raise InvalidDeadlineError(f"Skriv et tal fra 1 til {MAX_DEADLINE_LENGTH}.")
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
        raise InvalidDeadlineError(f"»{written}« er ikke en dato. Skriv for eksempel 1. december uden årstal.")
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
    """Return for example «4 uger efter afsendelsen», or "" for a rule without a clock."""
    after = f"{rule_length(rule)} efter afsendelsen"
    match rule.clock:
        case Clock.MEETING:
            return "mødedatoen i emnet"
        case Clock.HEARING:
            return f"datoen i emnet, ellers {after}" if rule.length else "datoen i emnet"
        case Clock.PERIOD:
            return after
        case Clock.FIXED:
            days = format_days(rule)
            return days[0] if len(days) == 1 else f"den næste af datoerne {danish.join_with_and(days)}"
    return ""
