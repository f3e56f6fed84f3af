"""Match all letters against the rules at once in SQL: the count of every rule, and the changes of a re-run."""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import Case, Count, F, Q, Value, When

from letters.categories import category_matcher, category_rules
from letters.models import CategoryRule, Incident, Letter
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import User


def rule_condition(rule: CategoryRule) -> Q:
    """Match the letters that the rule alone would catch. The letters need `with_folded_subject`."""
    condition = Q()
    if rule.words:
        condition &= Q(folded_subject__regex=category_matcher.build_pattern(rule.words))
    if rule.unit_id:
        condition &= Q(unit__lineage__contains=[rule.unit_id])
    if rule.recipient_kind:
        condition &= Q(recipient_kind=rule.recipient_kind)
    return condition


def with_folded_subject(letters: LetterQuerySet) -> LetterQuerySet:
    """Add the alias `folded_subject`, the subject in the spelling that the patterns expect."""
    return letters.alias(folded_subject=category_matcher.fold_case_sql("subject"))


def with_rule_results(letters: LetterQuerySet, rules: Iterable[CategoryRule]) -> LetterQuerySet:
    """Annotate letters with the result of the rules: `ruled_category`, `ruled_personnel`, `ruled_deadline`.

    A person's choice stands. A personnel case stays a personnel case, because only a person makes a letter public
    again.
    """
    rules = list(rules)
    keep_chosen_category = When(category_by__isnull=False, then=F("category"))
    keep_chosen_personnel = When(personnel_by__isnull=False, then=F("is_personnel_case"))
    named = [When(rule_condition(rule), then=Value(rule.name)) for rule in rules if rule.name]
    blank = When(subject="", then=Value(category_rules.NO_SUBJECT_CATEGORY))
    personnel = Q(is_personnel_case=True) | Q(recipient_kind=Letter.RecipientKind.EMPLOYEE)
    return with_folded_subject(letters).annotate(
        ruled_category=Case(keep_chosen_category, *named, blank, default=Value(category_rules.OTHER_CATEGORY)),
        ruled_personnel=Case(
            keep_chosen_personnel,
            default=_matches_any(personnel, *(rule_condition(rule) for rule in rules if rule.is_personnel)),
        ),
        ruled_deadline=_matches_any(*(rule_condition(rule) for rule in rules if rule.has_deadline)),
    )


def _matches_any(*conditions: Q) -> Case:
    """Match any of the conditions, as true or false.

    A letter without a unit is in no unit, where plain SQL would answer NULL.
    """
    return Case(When(reduce(or_, conditions, Q(pk__in=[])), then=Value(True)), default=Value(False))


class RuleCount(NamedTuple):
    """The number of letters that a rule catches.

    `caught`: letters that no earlier rule names. `fitting`: all letters that fit the rule.
    """

    caught: int = 0
    fitting: int = 0


class RulePreview(NamedTuple):
    """The letters of a single rule.

    `by_category`: (present category, number). `examples`: at most `PREVIEW_SIZE` of the letters.
    """

    counts: RuleCount
    by_category: list[tuple[str, int]]
    examples: Sequence[Letter]


PREVIEW_SIZE = 20
NO_SUBJECT_KEY, OTHER_KEY = 0, -1  # stand for a rule in `count_by_rule`: letters that no rule names


def countable_letters(reader: User, incident: Incident) -> LetterQuerySet:
    """Return the letters counted on the pages about rules: active letters that the reader may read.

    A count of letters that the reader may not read would tell whether a word is in a personnel case.
    """
    return Letter.objects.visible_to(reader).readable().active().filter(incident=incident)


def count_by_rule(rules: Iterable[CategoryRule], reader: User, incident: Incident) -> dict[int, RuleCount]:
    """Return {rule id, NO_SUBJECT_KEY or OTHER_KEY: RuleCount}. Two queries."""
    rules = list(rules)
    letters = with_folded_subject(countable_letters(reader, incident))
    alone = letters.aggregate(**{f"rule_{rule.pk}": Count("pk", filter=rule_condition(rule)) for rule in rules})
    named = [When(rule_condition(rule), then=Value(rule.pk)) for rule in rules if rule.name]
    first = Case(*named, When(subject="", then=Value(NO_SUBJECT_KEY)), default=Value(OTHER_KEY))
    left = dict(letters.annotate(first=first).values_list("first").annotate(Count("pk")).order_by())
    ends = {end: RuleCount(left.get(end, 0), left.get(end, 0)) for end in (NO_SUBJECT_KEY, OTHER_KEY)}
    return ends | {rule.pk: RuleCount(left.get(rule.pk, 0), alone[f"rule_{rule.pk}"]) for rule in rules}


def letters_without_rule(reader: User, incident: Incident, *, is_blank: bool) -> LetterQuerySet:
    """Return the letters counted under NO_SUBJECT_KEY (`is_blank`) or OTHER_KEY."""
    named = [rule_condition(rule) for rule in incident.category_rules.all() if rule.name]
    letters = (
        with_folded_subject(countable_letters(reader, incident))
        .alias(is_named=_matches_any(*named))
        .filter(is_named=False)
    )
    return letters.filter(subject="") if is_blank else letters.exclude(subject="")


def preview_rule(rule: CategoryRule, before: Iterable[CategoryRule], reader: User, incident: Incident) -> RulePreview:
    """Return the letters that a rule, saved or not, catches after the rules in `before`. Three queries."""
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
    """Return the letters of the incident, or among `letters`, that a re-run changes, with the rules' results."""
    among = Letter.objects.filter(incident=incident) if letters is None else letters
    letters = with_rule_results(among, incident.category_rules.all())
    same: dict[str, Any] = {
        "category": F("ruled_category"),
        "is_personnel_case": F("ruled_personnel"),
        "has_deadline": F("ruled_deadline"),
    }
    return letters.exclude(**same)
