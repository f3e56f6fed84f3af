"""All letters against the rules at once, in SQL: how many each rule catches, and what a re-run would change."""

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import Case, Count, F, Q, Value, When

from letters.categories import defaults, words
from letters.models import CategoryRule, Incident, Letter
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import User


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

    What a person has said stands; and what is a personnel case stays one, for only a person makes it public again.
    """
    rules = list(rules)
    said = When(category_by__isnull=False, then=F("category"))
    said_personnel = When(personnel_by__isnull=False, then=F("is_personnel_case"))
    named = [When(fits(rule), then=Value(rule.name)) for rule in rules if rule.name]
    blank = When(subject="", then=Value(defaults.NO_SUBJECT))
    personnel = Q(is_personnel_case=True) | Q(recipient_kind=Letter.RecipientKind.EMPLOYEE)
    return with_folded(letters).annotate(
        ruled_category=Case(said, *named, blank, default=Value(defaults.OTHER)),
        ruled_personnel=Case(
            said_personnel, default=_is(personnel, *(fits(rule) for rule in rules if rule.is_personnel))
        ),
        ruled_deadline=_is(*(fits(rule) for rule in rules if rule.has_deadline)),
    )


def _is(*conditions: Q) -> Case:
    """Any of them; a letter without a unit is in no unit, where SQL alone would not know."""
    return Case(When(reduce(or_, conditions, Q(pk__in=[])), then=Value(True)), default=Value(False))


class Catch(NamedTuple):
    """How many letters a rule catches: those that no rule before it names, and all that it fits."""

    left: int = 0
    alone: int = 0


class Caught(NamedTuple):
    """The same for one rule, whose letters there are: what they are called today, and some of them."""

    catch: Catch
    today: list[tuple[str, int]]
    some: Sequence[Letter]


SOME = 20
NO_SUBJECT, OTHER = 0, -1  # stand for a rule in ``counts``: what no rule names


def counted_for(reader: User, incident: Incident) -> LetterQuerySet:
    """What is counted on the pages about rules: never a subject that the reader may not read, or a count would tell
    whether a word stands in a personnel case."""
    return Letter.objects.visible_to(reader).readable().standing().filter(incident=incident)


def counts(rules: Iterable[CategoryRule], reader: User, incident: Incident) -> dict[int, Catch]:
    """Rule id (or ``NO_SUBJECT``, ``OTHER``) → what it catches. Two queries."""
    rules = list(rules)
    letters = with_folded(counted_for(reader, incident))
    alone = letters.aggregate(**{f"rule_{rule.pk}": Count("pk", filter=fits(rule)) for rule in rules})
    named = [When(fits(rule), then=Value(rule.pk)) for rule in rules if rule.name]
    first = Case(*named, When(subject="", then=Value(NO_SUBJECT)), default=Value(OTHER))
    left = dict(letters.annotate(first=first).values_list("first").annotate(Count("pk")).order_by())
    ends = {end: Catch(left.get(end, 0), left.get(end, 0)) for end in (NO_SUBJECT, OTHER)}
    return ends | {rule.pk: Catch(left.get(rule.pk, 0), alone[f"rule_{rule.pk}"]) for rule in rules}


def unnamed(reader: User, incident: Incident, *, is_blank: bool) -> LetterQuerySet:
    """The letters that ``counts`` has under ``NO_SUBJECT`` (``is_blank``) or ``OTHER``."""
    named = [fits(rule) for rule in incident.category_rules.all() if rule.name]
    letters = with_folded(counted_for(reader, incident)).alias(is_named=_is(*named)).filter(is_named=False)
    return letters.filter(subject="") if is_blank else letters.exclude(subject="")


def caught(rule: CategoryRule, before: Iterable[CategoryRule], reader: User, incident: Incident) -> Caught:
    """What a rule would catch, saved or not, after those ``before`` it. Three queries."""
    fitting = with_folded(counted_for(reader, incident)).filter(fits(rule))
    named_before = [fits(one) for one in before if one.name] if rule.name else []
    left = fitting.alias(is_named=_is(*named_before)).filter(is_named=False)
    today = list(left.values_list("category").annotate(number=Count("pk")).order_by("-number", "category"))
    number = sum(count for _, count in today)
    some = list(left.select_related("unit").order_by("sent_at", "pk")[:SOME])
    return Caught(Catch(number, fitting.count()), [(name or "uden emneområde", count) for name, count in today], some)


def changing(incident: Incident, letters: LetterQuerySet | None = None) -> LetterQuerySet:
    """The letters (of the incident, or among these) that a re-run would change, ``judged``."""
    among = Letter.objects.filter(incident=incident) if letters is None else letters
    letters = judged(among, incident.category_rules.all())
    same: dict[str, Any] = {
        "category": F("ruled_category"),
        "is_personnel_case": F("ruled_personnel"),
        "has_deadline": F("ruled_deadline"),
    }
    return letters.exclude(**same)
