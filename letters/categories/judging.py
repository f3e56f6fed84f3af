"""One letter after the other against the rules, in Python: as quick as the import needs it.

The words are read once per subject; the unit and the recipient are looked at only where a rule asks for them.
"""

import re
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from letters.categories import defaults, words
from letters.models import CategoryRule

#: (forvaltning, område, enhed, underenhed, enhedsnummer) as a row has them
Levels = tuple[str, str, str, str, str]


class Verdict(NamedTuple):
    category: str
    is_personnel_case: bool
    has_deadline: bool


class Ready(NamedTuple):
    """A rule with its words compiled."""

    rule: CategoryRule
    has_words: Callable[[str], object]


class Reading(NamedTuple):
    """What a subject says. ``verdict`` is there when it needs no more than that."""

    rules: list[CategoryRule]
    otherwise: str
    verdict: Verdict | None


class Judge:
    """An incident's rules, in order. ``units_of`` the levels of a row are the ids of the units on the way down."""

    def __init__(self, rules: Iterable[CategoryRule], units_of: Callable[[Levels], Collection[int]] = lambda _: ()):
        self._rules = [Ready(rule, re.compile(words.pattern(rule.words)).search) for rule in rules]
        self._units_of = units_of

    def read(self, subject: str) -> Reading:
        text = words.fold(subject)
        rules = [rule for rule, has_words in self._rules if has_words(text)]
        otherwise = defaults.OTHER if subject.strip() else defaults.NO_SUBJECT
        asks_more = any(rule.unit_id or rule.recipient_kind for rule in rules)
        return Reading(rules, otherwise, None if asks_more else _verdict(rules, otherwise))

    def hides(self, text: str) -> bool:
        """Whether some rule takes it for a personnel case, whoever it is to."""
        return any(rule.is_personnel for rule in self.read(text).rules)

    def judge(self, reading: Reading, recipient_kind: str, levels: Levels) -> Verdict:
        """Where the subject alone does not say."""
        units = self._units_of(levels)
        rules = [
            rule
            for rule in reading.rules
            if rule.recipient_kind in ("", recipient_kind) and (rule.unit_id is None or rule.unit_id in units)
        ]
        return _verdict(rules, reading.otherwise)


def _verdict(rules: list[CategoryRule], otherwise: str) -> Verdict:
    """The first name there is; a mark from any, for in doubt it is a personnel case."""
    return Verdict(
        next((rule.name for rule in rules if rule.name), otherwise),
        any(rule.is_personnel for rule in rules),
        any(rule.has_deadline for rule in rules),
    )
