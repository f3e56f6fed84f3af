"""Match letters against the rules a letter at a time in Python, fast enough for the import.

`tand*, tænder, *møde, privat pasning`: commas or line breaks separate words, a word is matched whole, `*` stands for
anything, and neither case nor «ae» for «æ» matters. The words become a regular expression that Python and PostgreSQL
match alike. In PostgreSQL the locale of the database decides the letters and the lower case of a letter. Therefore
this module lists the letters, and both sides fold text with the same table.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from django.db.models import F, Func, Value

from letters.categories import category_rules
from letters.models import CategoryRule

MAX_WORDS_LENGTH, MAX_WORDS = 1000, 100
#: Capital → lower case, in the Latin alphabets of Western and Central Europe.
_CAPITALS = [chr(code) for code in (*range(0x41, 0x5B), *range(0xC0, 0x180)) if len(chr(code).lower()) == 1]
_LOWERCASE = {capital: capital.lower() for capital in _CAPITALS if capital.lower() != capital}
_FOLD_TABLE = str.maketrans(_LOWERCASE)
#: The characters of a folded word: a-z with all accents (but not × and ÷), digits, and the underscore.
_WORD_CHARACTER = "[0-9_a-zß-öø-ſ]"
_WORD_START, _WORD_END = f"(?<!{_WORD_CHARACTER})", f"(?!{_WORD_CHARACTER})"
_SPELLINGS = {spelling: ways for ways in (("æ", "ae"), ("ø", "oe"), ("å", "aa")) for spelling in ways}
_SPELLING = re.compile("|".join(_SPELLINGS))


class InvalidWordsError(ValueError):
    """Raised for words that cannot be used. The message is for the user."""


def fold_case(text: str) -> str:
    """Return the text in the lower case that the patterns expect."""
    return text.translate(_FOLD_TABLE)


def fold_case_sql(field: str) -> Func:
    """Return the SQL for `fold_case` of a field."""
    capitals, small = ("".join(letters) for letters in (_LOWERCASE, _LOWERCASE.values()))
    return Func(F(field), Value(capitals), Value(small), function="translate")


def split_words(written: str) -> list[str]:
    """Split «Tand*,  TÆNDER» into ["tand*", "tænder"]. Raise InvalidWordsError."""
    parts = re.split(r"[,;\n]", unicodedata.normalize("NFC", written))
    found = list(dict.fromkeys(word for part in parts if (word := fold_case(" ".join(part.split())))))
    if len(found) > MAX_WORDS:
        raise InvalidWordsError(f"Skriv højst {MAX_WORDS} ord i en regel. Del dem i to regler med det samme navn.")
    for word in found:
        if not word.strip("* "):
            raise InvalidWordsError("En stjerne alene fanger alle breve. Skriv bogstaver ved siden af den.")
        if "*" in re.sub(r"\*+", "*", word.strip("* ")).replace("*", "", 1):
            raise InvalidWordsError(f"Brug højst én stjerne midt i »{word}«. Først og sidst må der også stå en.")
    return found


def build_pattern(written: str) -> str:
    """Return the pattern for folded text, or "" for no words. Raise InvalidWordsError."""
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


class CompiledRule(NamedTuple):
    """A rule with the search function of the rule's words."""

    rule: CategoryRule
    has_words: Callable[[str], object]


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
        self._rules = [CompiledRule(rule, re.compile(build_pattern(rule.words)).search) for rule in rules]
        self._units_of = units_of

    def match_subject(self, subject: str) -> SubjectMatch:
        """Match the subject against the words of the rules."""
        text = fold_case(subject)
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
