"""Match letters against the rules: a letter at a time in Python for the import, and all letters at once in SQL.

`tand*, tænder, *møde, privat pasning`: commas or line breaks separate words, a word is matched whole, `*` stands for
anything, and neither case nor «ae» for «æ» matters. The words become a regular expression that Python and PostgreSQL
match alike. In PostgreSQL the locale of the database decides the letters and the lower case of a letter. Therefore
this module lists the letters, and both sides fold text with the same table.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import Case, Count, F, Func, Q, Value, When

from letters.categories import category_rules
from letters.models import CategoryRule, Incident, Letter
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import User

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
        raise InvalidWordsError(f"Skriv højst {MAX_WORDS} ord i en regel. Del dem i to regler med samme navn.")
    for word in found:
        if not word.strip("* "):
            raise InvalidWordsError("En stjerne alene fanger alle breve. Skriv også bogstaver.")
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
    """Return the first rule's name. One rule is enough for a personnel case, and one for a deadline."""
    return Classification(
        next((rule.name for rule in rules if rule.name), otherwise),
        any(rule.is_personnel for rule in rules),
        any(rule.has_deadline for rule in rules),
    )


def rule_condition(rule: CategoryRule) -> Q:
    """Match the letters that the rule alone would catch. The letters need `with_folded_subject`."""
    condition = Q()
    if rule.words:
        condition &= Q(folded_subject__regex=build_pattern(rule.words))
    if rule.unit_id:
        condition &= Q(unit__lineage__contains=[rule.unit_id])
    if rule.recipient_kind:
        condition &= Q(recipient_kind=rule.recipient_kind)
    return condition


def with_folded_subject(letters: LetterQuerySet) -> LetterQuerySet:
    """Add the alias `folded_subject`, the subject in the spelling that the patterns expect."""
    return letters.alias(folded_subject=fold_case_sql("subject"))


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
    matching = with_folded_subject(countable_letters(reader, incident)).filter(rule_condition(rule))
    named_before = [rule_condition(one) for one in before if one.name] if rule.name else []
    left = matching.alias(is_named=_matches_any(*named_before)).filter(is_named=False)
    today = list(left.values_list("category").annotate(number=Count("pk")).order_by("-number", "category"))
    number = sum(count for _, count in today)
    some = list(left.select_related("unit").order_by("sent_at", "pk")[:PREVIEW_SIZE])
    return RulePreview(
        RuleCount(number, matching.count()), [(name or "uden emneområde", count) for name, count in today], some
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
