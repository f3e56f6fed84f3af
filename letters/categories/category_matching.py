"""Match letters against the category rules: a row at a time for the import, and the letters of an incident.

`tand*, tænder, *møde, privat pasning`: commas or line breaks separate words, a word is matched whole, `*` stands for
anything, and neither case nor «ae» for «æ» matters.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import F, JSONField, Value

from letters.categories import category_rules
from letters.models import CategoryRule, Incident, Letter
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import User

MAX_WORDS_LENGTH, MAX_WORDS = 1000, 100
_WORD_START, _WORD_END = r"(?<!\w)", r"(?!\w)"
_SPELLINGS = {spelling: ways for ways in (("æ", "ae"), ("ø", "oe"), ("å", "aa")) for spelling in ways}
_SPELLING = re.compile("|".join(_SPELLINGS))


class InvalidWordsError(ValueError):
    """Raised for words that cannot be used. The message is for the user."""


def split_words(written: str) -> list[str]:
    """Split «Tand*,  TÆNDER» into ["tand*", "tænder"]. Raise InvalidWordsError."""
    parts = re.split(r"[,;\n]", unicodedata.normalize("NFC", written))
    found = list(dict.fromkeys(word for part in parts if (word := " ".join(part.lower().split()))))
    if len(found) > MAX_WORDS:
        raise InvalidWordsError(f"Skriv højst {MAX_WORDS} ord i en regel. Del dem i to regler med samme navn.")
    for word in found:
        if not word.strip("* "):
            raise InvalidWordsError("En stjerne alene fanger alle breve. Skriv også bogstaver.")
        if "*" in re.sub(r"\*+", "*", word.strip("* ")).replace("*", "", 1):
            raise InvalidWordsError(f"Brug højst én stjerne midt i »{word}«. Først og sidst må der også stå en.")
    return found


def build_pattern(written: str) -> str:
    """Return the pattern for text in lower case, or "" for no words. Raise InvalidWordsError."""
    return "|".join(map(_word_pattern, split_words(written)))


def _word_pattern(word: str) -> str:
    fixed = ".*".join(re.escape(part) for part in re.split(r"\*+", word.strip("* ")))
    fixed = _SPELLING.sub(lambda found: f"(?:{'|'.join(_SPELLINGS[found[0]])})", fixed)
    return ("" if word.startswith("*") else _WORD_START) + fixed + ("" if word.endswith("*") else _WORD_END)


#: (forvaltning, område, enhed, underenhed, enhedsnummer) of a row
UnitLevels = tuple[str, str, str, str, str]


class Classification(NamedTuple):
    """The result of the rules for a letter."""

    category: str
    is_personnel_case: bool
    has_deadline: bool


class SubjectMatch(NamedTuple):
    """The rules whose words are in a subject.

    `default_category`: the category if no rule gives a name. `verdict`: the result, if the subject alone decides.
    """

    rules: list[CategoryRule]
    default_category: str
    verdict: Classification | None


class CategoryMatcher:
    """The rules of an incident, in order. Unit and recipient are looked up only if a matching rule asks for either.

    `units_of` returns the ids of the units on the path that a row's levels name.
    """

    def __init__(self, rules: Iterable[CategoryRule], units_of: Callable[[UnitLevels], Collection[int]] = lambda _: ()):
        self._rules = [(rule, re.compile(build_pattern(rule.words)).search) for rule in rules]
        self._units_of = units_of

    def match_subject(self, subject: str) -> SubjectMatch:
        """Match the subject against the words of the rules."""
        text = subject.lower()
        rules = [rule for rule, has_words in self._rules if has_words(text)]
        otherwise = category_rules.OTHER_CATEGORY if subject.strip() else category_rules.NO_SUBJECT_CATEGORY
        asks_more = any(rule.unit_id or rule.recipient_kind for rule in rules)
        return SubjectMatch(rules, otherwise, None if asks_more else _classify(rules, otherwise))

    def matches_personnel_rule(self, text: str) -> bool:
        """Tell whether the words of any personnel rule are in `text`, whatever the recipient."""
        return any(rule.is_personnel for rule in self.match_subject(text).rules)

    def classify(self, reading: SubjectMatch, recipient_kind: str, levels: UnitLevels) -> Classification:
        """Return the result where the subject alone does not decide."""
        return _classify(_filter_rules(reading.rules, recipient_kind, self._units_of(levels)), reading.default_category)


@cache
def _default_matcher() -> CategoryMatcher:
    return CategoryMatcher([CategoryRule(**rule) for rule in category_rules.DEFAULT_RULES])


def is_personnel_by_default(subject: str) -> bool:
    """Tell whether the default rules take the subject of a letter of no incident for a personnel case."""
    return _default_matcher().matches_personnel_rule(subject)


def _filter_rules(rules: Iterable[CategoryRule], recipient_kind: str, units: Collection[int]) -> list[CategoryRule]:
    """Return the rules that ask for no other kind of recipient and no unit outside `units`."""
    return [
        rule
        for rule in rules
        if rule.recipient_kind in ("", recipient_kind) and (rule.unit_id is None or rule.unit_id in units)
    ]


def _classify(rules: list[CategoryRule], otherwise: str) -> Classification:
    """Return the first rule's name. One rule is enough for a personnel case, and one for a deadline."""
    return Classification(
        next((rule.name for rule in rules if rule.name), otherwise),
        any(rule.is_personnel for rule in rules),
        any(rule.has_deadline for rule in rules),
    )


class LetterFacts(NamedTuple):
    """What the rules read or set of some letters that are alike in it (`FACT_COLUMNS`). `pks`: their ids.

    `lineage`: that of the unit; None if no rule asks for a unit.
    """

    subject: str
    recipient_kind: str
    category: str
    category_by: int | None
    is_personnel_case: bool
    personnel_by: int | None
    has_deadline: bool
    lineage: Collection[int] | None
    pks: list[int]


FACT_COLUMNS = (
    "subject", "recipient_kind", "category", "category_by", "is_personnel_case", "personnel_by", "has_deadline",
)  # fmt: skip


class MatchedLetters(NamedTuple):
    """Letters that are alike, and the rules that catch them. `default_category`: their category without a name of a
    rule.
    """

    letter: LetterFacts
    rules: list[CategoryRule]
    default_category: str

    @property
    def ruled(self) -> Classification:
        """Return what a re-run of the rules gives each letter.

        A person's choice stands. A personnel case stays a personnel case, because only a person makes a letter public
        again.
        """
        letter, ruled = self.letter, _classify(self.rules, self.default_category)
        to_employee = letter.recipient_kind == Letter.RecipientKind.EMPLOYEE
        is_personnel = ruled.is_personnel_case or letter.is_personnel_case or to_employee
        return Classification(
            letter.category if letter.category_by else ruled.category,
            letter.is_personnel_case if letter.personnel_by else is_personnel,
            ruled.has_deadline,
        )

    @property
    def is_changed(self) -> bool:
        """Tell whether a re-run of the rules changes the letters."""
        return self.ruled != (self.letter.category, self.letter.is_personnel_case, self.letter.has_deadline)


def match_letters(letters: LetterQuerySet, rules: Iterable[CategoryRule]) -> Iterator[MatchedLetters]:
    """Yield the letters with the rules that catch them. One query; an equal subject is matched once."""
    asked = list(rules)
    match_subject = cache(CategoryMatcher(asked).match_subject)
    lineage = F("unit__lineage") if any(rule.unit_id for rule in asked) else Value(None, JSONField())
    for row in letters.order_by().values_list(*FACT_COLUMNS, lineage).annotate(pks=ArrayAgg("pk")):
        letter = LetterFacts(*row)
        reading = match_subject(letter.subject)
        caught = _filter_rules(reading.rules, letter.recipient_kind, letter.lineage or ())
        yield MatchedLetters(letter, caught, reading.default_category)


class RuleCount(NamedTuple):
    """The number of letters that a rule catches.

    `assigned`: letters that no earlier rule names. `matching`: all letters that fit the rule.
    """

    assigned: int = 0
    matching: int = 0


class RulePreview(NamedTuple):
    """The letters of a single rule.

    `by_category`: (present category, number). `examples`: at most `PREVIEW_SIZE` of the letters.
    """

    counts: RuleCount
    by_category: list[tuple[str, int]]
    examples: Sequence[Letter]


PREVIEW_SIZE = 20
NO_SUBJECT_KEY, OTHER_KEY = 0, -1  # stand for a rule in `count_by_rule`: letters that no rule names
_KEY_BY_DEFAULT = {category_rules.NO_SUBJECT_CATEGORY: NO_SUBJECT_KEY, category_rules.OTHER_CATEGORY: OTHER_KEY}


def countable_letters(reader: User, incident: Incident) -> LetterQuerySet:
    """Return the letters counted on the pages about rules: active letters that the reader may read.

    A count of letters that the reader may not read would tell whether a word is in a personnel case.
    """
    return Letter.objects.visible_to(reader).readable().active().filter(incident=incident)


def count_by_rule(rules: Sequence[CategoryRule], reader: User, incident: Incident) -> tuple[dict[int, RuleCount], int]:
    """Return ({rule id, NO_SUBJECT_KEY or OTHER_KEY: RuleCount}, the number of letters that a re-run changes).

    Rules whose letters are personnel cases are left out. One query.
    """
    assigned: Counter[int] = Counter()
    matching: Counter[int] = Counter()
    changing = 0
    for found in match_letters(countable_letters(reader, incident), rules):
        number = len(found.letter.pks)
        named = (rule.pk for rule in found.rules if rule.name)
        assigned[next(named, _KEY_BY_DEFAULT[found.default_category])] += number
        for rule in found.rules:
            matching[rule.pk] += number
        changing += number if found.is_changed else 0
    counted = [NO_SUBJECT_KEY, OTHER_KEY, *(rule.pk for rule in rules if not rule.catches_personnel_cases)]
    return {key: RuleCount(assigned[key], matching[key]) for key in counted}, changing


def letters_without_rule(reader: User, incident: Incident, *, is_blank: bool) -> LetterQuerySet:
    """Return the letters counted under NO_SUBJECT_KEY (`is_blank`) or OTHER_KEY. One query before the letters' own."""
    letters = countable_letters(reader, incident)
    default = category_rules.NO_SUBJECT_CATEGORY if is_blank else category_rules.OTHER_CATEGORY
    letter_ids = (
        pk
        for found in match_letters(letters, incident.category_rules.all())
        if found.default_category == default and not any(rule.name for rule in found.rules)
        for pk in found.letter.pks
    )
    return letters.filter(pk__in=list(letter_ids))


def preview_rule(rule: CategoryRule, before: Iterable[CategoryRule], reader: User, incident: Incident) -> RulePreview:
    """Return the letters that a rule, saved or not, catches after the rules in `before`. Two queries."""
    letters = countable_letters(reader, incident)
    matching = [found for found in match_letters(letters, [*before, rule]) if found.rules and found.rules[-1] is rule]
    left = [found.letter for found in matching if not (rule.name and any(earlier.name for earlier in found.rules[:-1]))]
    today: Counter[str] = Counter()
    for letter in left:
        today[letter.category or "uden emneområde"] += len(letter.pks)
    caught = [pk for letter in left for pk in letter.pks]
    some = letters.filter(pk__in=caught).select_related("unit").order_by("sent_at", "pk")
    return RulePreview(
        RuleCount(len(caught), sum(len(found.letter.pks) for found in matching)),
        sorted(today.items(), key=lambda pair: (-pair[1], pair[0])),
        list(some[:PREVIEW_SIZE]),
    )


def find_changes(incident: Incident, letters: LetterQuerySet | None = None) -> dict[int, Classification]:
    """Return {letter id: result of a re-run} of the incident's letters, or of `letters`, that a re-run changes."""
    among = Letter.objects.filter(incident=incident) if letters is None else letters
    found = match_letters(among, incident.category_rules.all())
    return {pk: one.ruled for one in found if one.is_changed for pk in one.letter.pks}
