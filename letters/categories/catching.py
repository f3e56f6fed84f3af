"""All letters against the rules at once, in SQL: how many each rule catches, and what a re-run would change."""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Case, F, Q, Value, When

from letters.categories import defaults, words
from letters.models import CategoryRule, Incident, Letter
from letters.models.letter import LetterQuerySet


def fits(rule: CategoryRule) -> Q:
    """The letters it would catch alone, as a condition on ``with_folded`` letters."""
    condition = Q()
    if rule.words:
        condition &= Q(folded_subject__regex=words.pattern(rule.words))
    if rule.unit_id:
        condition &= Q(unit__lineage__contains=[rule.unit_id])
    if rule.recipient_kind:
        condition &= Q(recipient_kind=rule.recipient_kind)
    return condition


def with_folded(letters: LetterQuerySet) -> LetterQuerySet:
    return letters.alias(folded_subject=words.folded("subject"))


def judged(letters: LetterQuerySet, rules: Iterable[CategoryRule]) -> LetterQuerySet:
    """Each letter with what the rules make of it: ``ruled_category``, ``ruled_personnel``, ``ruled_deadline``.

    What is a personnel case stays one: only a person makes it public again.
    """
    rules = list(rules)
    named = [When(fits(rule), then=Value(rule.name)) for rule in rules if rule.name]
    blank = When(subject="", then=Value(defaults.NO_SUBJECT))
    personnel = Q(is_personnel_case=True) | Q(recipient_kind=Letter.RecipientKind.EMPLOYEE)
    return with_folded(letters).annotate(
        ruled_category=Case(*named, blank, default=Value(defaults.OTHER)),
        ruled_personnel=_is(personnel, *(fits(rule) for rule in rules if rule.is_personnel)),
        ruled_deadline=_is(*(fits(rule) for rule in rules if rule.has_deadline)),
    )


def _is(*conditions: Q) -> Case:
    """Any of them; a letter without a unit is in no unit, where SQL alone would not know."""
    return Case(When(reduce(or_, conditions, Q(pk__in=[])), then=Value(True)), default=Value(False))


def changing(incident: Incident) -> LetterQuerySet:
    """The letters that a re-run would change, ``judged``; never one that a person has classified."""
    letters = judged(Letter.objects.filter(incident=incident, category_by=None), incident.category_rules.all())
    same: dict[str, Any] = {
        "category": F("ruled_category"),
        "is_personnel_case": F("ruled_personnel"),
        "has_deadline": F("ruled_deadline"),
    }
    return letters.exclude(**same)
