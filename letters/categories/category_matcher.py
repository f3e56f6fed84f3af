"""One letter after the other against the rules, in Python: as quick as the import needs it.

The words are read once per subject; the unit and the recipient are looked at only where a rule asks for them.
"""

import re
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from letters.categories import category_rules, word_patterns
from letters.models import CategoryRule

#: (forvaltning, område, enhed, underenhed, enhedsnummer) as a row has them
UnitLevels = tuple[str, str, str, str, str]


class Classification(NamedTuple):
    category: str
    is_personnel_case: bool
    has_deadline: bool


class CompiledRule(NamedTuple):
    """A rule with its words compiled."""

    rule: CategoryRule
    has_words: Callable[[str], object]


class SubjectMatch(NamedTuple):
    """What a subject says. ``verdict`` is there when it needs no more than that."""

    rules: list[CategoryRule]
    otherwise: str
    verdict: Classification | None


class CategoryMatcher:
    """An incident's rules, in order. ``units_of`` the levels of a row are the ids of the units on the way down."""

    def __init__(self, rules: Iterable[CategoryRule], units_of: Callable[[UnitLevels], Collection[int]] = lambda _: ()):
        self._rules = [CompiledRule(rule, re.compile(word_patterns.build_pattern(rule.words)).search) for rule in rules]
        self._units_of = units_of

    def read(self, subject: str) -> SubjectMatch:
        text = word_patterns.fold_case(subject)
        rules = [rule for rule, has_words in self._rules if has_words(text)]
        otherwise = category_rules.OTHER_CATEGORY if subject.strip() else category_rules.NO_SUBJECT_CATEGORY
        asks_more = any(rule.unit_id or rule.recipient_kind for rule in rules)
        return SubjectMatch(rules, otherwise, None if asks_more else _classify(rules, otherwise))

    def matches_personnel_rule(self, text: str) -> bool:
        """Whether some rule takes it for a personnel case, whoever it is to."""
        return any(rule.is_personnel for rule in self.read(text).rules)

    def judge(self, reading: SubjectMatch, recipient_kind: str, levels: UnitLevels) -> Classification:
        """Where the subject alone does not say."""
        units = self._units_of(levels)
        rules = [
            rule
            for rule in reading.rules
            if rule.recipient_kind in ("", recipient_kind) and (rule.unit_id is None or rule.unit_id in units)
        ]
        return _classify(rules, reading.otherwise)


def _classify(rules: list[CategoryRule], otherwise: str) -> Classification:
    """The first name there is; a mark from any, for in doubt it is a personnel case."""
    return Classification(
        next((rule.name for rule in rules if rule.name), otherwise),
        any(rule.is_personnel for rule in rules),
        any(rule.has_deadline for rule in rules),
    )
