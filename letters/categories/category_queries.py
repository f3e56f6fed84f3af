"""All letters against the rules at once, in SQL: how many each rule catches, and what a re-run would change."""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import Case, Count, F, Q, Value, When

from letters.categories import category_rules, word_patterns
from letters.models import CategoryRule, Incident, Letter
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import User


def rule_condition(rule: CategoryRule) -> Q:
    """The letters it would catch alone, as a condition on ``with_folded`` letters."""
    condition = Q()
    if rule.words:
        condition &= Q(folded_subject__regex=word_patterns.build_pattern(rule.words))
    if rule.unit_id:
        condition &= Q(unit__lineage__contains=[rule.unit_id])
    if rule.recipient_kind:
        condition &= Q(recipient_kind=rule.recipient_kind)
    return condition


def with_folded_subject(letters: LetterQuerySet) -> LetterQuerySet:
    return letters.alias(folded_subject=word_patterns.fold_case_sql("subject"))


def with_rule_results(letters: LetterQuerySet, rules: Iterable[CategoryRule]) -> LetterQuerySet:
    """Each letter with what the rules make of it: ``ruled_category``, ``ruled_personnel``, ``ruled_deadline``.

    What a person has said stands; and what is a personnel case stays one, for only a person makes it public again.
    """
    rules = list(rules)
    said = When(category_by__isnull=False, then=F("category"))
    said_personnel = When(personnel_by__isnull=False, then=F("is_personnel_case"))
    named = [When(rule_condition(rule), then=Value(rule.name)) for rule in rules if rule.name]
    blank = When(subject="", then=Value(category_rules.NO_SUBJECT_CATEGORY))
    personnel = Q(is_personnel_case=True) | Q(recipient_kind=Letter.RecipientKind.EMPLOYEE)
    return with_folded_subject(letters).annotate(
        ruled_category=Case(said, *named, blank, default=Value(category_rules.OTHER_CATEGORY)),
        ruled_personnel=Case(
            said_personnel,
            default=_matches_any(personnel, *(rule_condition(rule) for rule in rules if rule.is_personnel)),
        ),
        ruled_deadline=_matches_any(*(rule_condition(rule) for rule in rules if rule.has_deadline)),
    )


def _matches_any(*conditions: Q) -> Case:
    """Any of them; a letter without a unit is in no unit, where SQL alone would not know."""
    return Case(When(reduce(or_, conditions, Q(pk__in=[])), then=Value(True)), default=Value(False))


class RuleCount(NamedTuple):
    """How many letters a rule catches: those that no rule before it names, and all that it fits."""

    left: int = 0
    alone: int = 0


class RulePreview(NamedTuple):
    """The same for one rule, whose letters there are: what they are called today, and some of them."""

    catch: RuleCount
    today: list[tuple[str, int]]
    some: Sequence[Letter]


PREVIEW_SIZE = 20
NO_SUBJECT_KEY, OTHER_KEY = 0, -1  # stand for a rule in ``counts``: what no rule names


def countable_letters(reader: User, incident: Incident) -> LetterQuerySet:
    """What is counted on the pages about rules: never a subject that the reader may not read, or a count would tell
    whether a word stands in a personnel case."""
    return Letter.objects.visible_to(reader).readable().active().filter(incident=incident)


def count_by_rule(rules: Iterable[CategoryRule], reader: User, incident: Incident) -> dict[int, RuleCount]:
    """Rule id (or ``NO_SUBJECT``, ``OTHER``) → what it catches. Two queries."""
    rules = list(rules)
    letters = with_folded_subject(countable_letters(reader, incident))
    alone = letters.aggregate(**{f"rule_{rule.pk}": Count("pk", filter=rule_condition(rule)) for rule in rules})
    named = [When(rule_condition(rule), then=Value(rule.pk)) for rule in rules if rule.name]
    first = Case(*named, When(subject="", then=Value(NO_SUBJECT_KEY)), default=Value(OTHER_KEY))
    left = dict(letters.annotate(first=first).values_list("first").annotate(Count("pk")).order_by())
    ends = {end: RuleCount(left.get(end, 0), left.get(end, 0)) for end in (NO_SUBJECT_KEY, OTHER_KEY)}
    return ends | {rule.pk: RuleCount(left.get(rule.pk, 0), alone[f"rule_{rule.pk}"]) for rule in rules}


def letters_without_rule(reader: User, incident: Incident, *, is_blank: bool) -> LetterQuerySet:
    """The letters that ``counts`` has under ``NO_SUBJECT`` (``is_blank``) or ``OTHER``."""
    named = [rule_condition(rule) for rule in incident.category_rules.all() if rule.name]
    letters = (
        with_folded_subject(countable_letters(reader, incident))
        .alias(is_named=_matches_any(*named))
        .filter(is_named=False)
    )
    return letters.filter(subject="") if is_blank else letters.exclude(subject="")


def preview_rule(rule: CategoryRule, before: Iterable[CategoryRule], reader: User, incident: Incident) -> RulePreview:
    """What a rule would catch, saved or not, after those ``before`` it. Three queries."""
    fitting = with_folded_subject(countable_letters(reader, incident)).filter(rule_condition(rule))
    named_before = [rule_condition(one) for one in before if one.name] if rule.name else []
    left = fitting.alias(is_named=_matches_any(*named_before)).filter(is_named=False)
    today = list(left.values_list("category").annotate(number=Count("pk")).order_by("-number", "category"))
    number = sum(count for _, count in today)
    some = list(left.select_related("unit").order_by("sent_at", "pk")[:PREVIEW_SIZE])
    return RulePreview(
        RuleCount(number, fitting.count()), [(name or "uden emneområde", count) for name, count in today], some
    )


def letters_to_reclassify(incident: Incident, letters: LetterQuerySet | None = None) -> LetterQuerySet:
    """The letters (of the incident, or among these) that a re-run would change, ``judged``."""
    among = Letter.objects.filter(incident=incident) if letters is None else letters
    letters = with_rule_results(among, incident.category_rules.all())
    same: dict[str, Any] = {
        "category": F("ruled_category"),
        "is_personnel_case": F("ruled_personnel"),
        "has_deadline": F("ruled_deadline"),
    }
    return letters.exclude(**same)
