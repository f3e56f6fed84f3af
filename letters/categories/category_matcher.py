"""Match letters against the rules a letter at a time in Python, fast enough for the import.

The words are matched once per subject. Unit and recipient are looked up only if a matching rule asks for either.
"""

import re
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from letters.categories import category_rules, word_patterns
from letters.models import CategoryRule

#: (forvaltning, område, enhed, underenhed, enhedsnummer) of a row
UnitLevels = tuple[str, str, str, str, str]


class Classification(NamedTuple):
    """The result of the rules for a letter."""

    category: str
    is_personnel_case: bool
    has_deadline: bool


class CompiledRule(NamedTuple):
    """A rule with the search function of the rule's words."""

    rule: CategoryRule
    has_words: Callable[[str], object]


class SubjectMatch(NamedTuple):
    """The rules whose words are in a subject.

    `otherwise`: the category if no rule gives a name. `verdict`: the result, if the subject alone decides.
    """

    rules: list[CategoryRule]
    default_category: str
    verdict: Classification | None


class CategoryMatcher:
    """The rules of an incident, in order.

    `units_of` returns the ids of the units on the path that a row's levels name.
    """

    def __init__(self, rules: Iterable[CategoryRule], units_of: Callable[[UnitLevels], Collection[int]] = lambda _: ()):
        self._rules = [CompiledRule(rule, re.compile(word_patterns.build_pattern(rule.words)).search) for rule in rules]
        self._units_of = units_of

    def match_subject(self, subject: str) -> SubjectMatch:
        """Match the subject against the words of the rules."""
        text = word_patterns.fold_case(subject)
        rules = [rule for rule, has_words in self._rules if has_words(text)]
        otherwise = category_rules.OTHER_CATEGORY if subject.strip() else category_rules.NO_SUBJECT_CATEGORY
        asks_more = any(rule.unit_id or rule.recipient_kind for rule in rules)
        return SubjectMatch(rules, otherwise, None if asks_more else _classify(rules, otherwise))

    def matches_personnel_rule(self, text: str) -> bool:
        """Tell whether the words of any personnel rule are in `text`, whatever the recipient."""
        return any(rule.is_personnel for rule in self.match_subject(text).rules)

    def classify(self, reading: SubjectMatch, recipient_kind: str, levels: UnitLevels) -> Classification:
        """Return the result where the subject alone does not decide."""
        units = self._units_of(levels)
        rules = [
            rule
            for rule in reading.rules
            if rule.recipient_kind in ("", recipient_kind) and (rule.unit_id is None or rule.unit_id in units)
        ]
        return _classify(rules, reading.default_category)


def _classify(rules: list[CategoryRule], otherwise: str) -> Classification:
    """Take the first name, and a mark from any rule: in doubt the letter is a personnel case."""
    return Classification(
        next((rule.name for rule in rules if rule.name), otherwise),
        any(rule.is_personnel for rule in rules),
        any(rule.has_deadline for rule in rules),
    )
