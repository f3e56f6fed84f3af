"""The default rules of an incident, and services that add, change, delete and move rules.

An incident has a copy of the default rules, and only the copy is edited. Concurrent edits take turns, and the later
edit raises Conflict.
"""

from typing import Any

from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.utils import timezone

from letters.models import CategoryRule, Incident
from sepo_incident.accounts.models import User
from sepo_incident.audit.triggers import set_actor
from sepo_incident.core.conflict import Conflict

_Clock = CategoryRule.Clock

NO_SUBJECT_CATEGORY = "Uden emne"
OTHER_CATEGORY = "Alt andet"
#: Shown instead of the category to readers who may not read personnel cases. No rule may have the name.
PERSONNEL_CATEGORY = "Personalesager"

#: Fields of `CategoryRule`, in order. A rule without a name only sets marks and leaves the name to other rules. The
#: clocks are from the case; Koncern IT adds the legal sources.
DEFAULT_RULES: list[dict[str, Any]] = [
    {
        "name": "Sygefraværssamtaler",
        "words": "*sygefravær*, *sygesamtale*, *mulighedserklæring*",
        "is_personnel": True,
        "has_deadline": True,
        "clock": _Clock.PERIOD,
        "length": 4,
        "length_unit": CategoryRule.LengthUnit.WEEK,
        # The letter does not tell when the absence began. The absence began earlier, so the true date is not later
        # than this date.
        "source": "Samtalen skal holdes inden for fire uger. Fraværet begyndte, før brevet blev sendt, så den rigtige "
        "dato kan ligge tidligere: ret den på brevet. Hvor i loven det står, er ikke skrevet endnu.",
    },
    {
        "name": "Uddannelsesparathed",
        "words": "*uddannelsesparat*, UPV",
        "has_deadline": True,
        "clock": _Clock.FIXED,
        "fixed_days": ["01-10", "03-01", "12-01"],
        "source": "Vurderingerne skal være klar 1. december, omkring 10.-15. januar og 1. marts; af dagene i januar er "
        "den første valgt. Hvor i loven det står, er ikke skrevet endnu.",
    },
    {"name": "Dagpleje og privat pasning", "words": "*dagpleje*, *privat pasning*, *privat børnepasser*"},
    {"name": "Tandpleje", "words": "tand*, *tænder*"},
    {"name": "Pjecer", "words": "pjece*"},
    {"name": "Kvitteringer", "words": "*kvittering*, *vi har modtaget*, *bekræftelse på*"},
    {"name": "Møder", "words": "møde*, *møde, *samtale*, *indkaldelse*", "clock": _Clock.MEETING},
    {"name": "Høringer", "words": "*høring*", "clock": _Clock.HEARING},
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
    """Save the edited fields of a rule. `seen`: the version that the user edited.

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
    """Delete a rule. Raise Conflict if the rule is deleted already or `seen` is not the present version."""
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
    """Return the rules, locked against other edits until the end of the transaction."""
    set_actor(by.pk)
    Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
    return CategoryRule.objects.filter(incident=incident)
