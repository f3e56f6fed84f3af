"""Compare unit names as people write names, and find units by code, name or alias.

Two names are the same if only the spelling differs («Børne- og Unge», «boerne & unge»). Two names are similar if an
ending, a small word, the order or a letter differs («Tandplejen» / «Tandpleje», «Skolen på Nyelandsvej» /
«Nyelandsvejens Skole»); similarity is a guess that a person confirms. A figure never differs: «Team 1» is not similar
to «Team 2».
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property, lru_cache
from operator import itemgetter

from sepo_incident.accounts.models import Unit, UnitAlias

_ASCII_LETTERS = str.maketrans({"æ": "ae", "ä": "ae", "ø": "oe", "ö": "oe", "å": "aa", "ü": "y", "ß": "ss"})
_STOP_WORDS = set("af bag de den det en et for fra hos i med mod og paa til ved".split())  # noqa: SIM905
_ABBREVIATIONS = {
    "adm": "administration", "afd": "afdeling", "bh": "boernehave", "bib": "bibliotek", "bibl": "bibliotek",
    "inst": "institution", "jobc": "jobcenter", "kbh": "koebenhavn", "omr": "omraade", "plc": "plejecenter",
    "sk": "skole", "vg": "vuggestue", "vug": "vuggestue",
}  # fmt: skip
#: Endings removed from words, so that «skole», «skolen», «skolens» and «skoler» are equal.
_INFLECTION = re.compile(r"(?<=\w{3})(?:ernes|erne|ens|ets|ers|es|en|et|er|s|e)$")
_MIN_LETTERS_FOR_TYPO = 5  # in a shorter word an extra letter makes a different word
_MIN_ABBREVIATION = 3

UnitNameKey = tuple[str, ...]


@lru_cache(maxsize=20_000)
def normalize_unit_name(name: str) -> str:
    """Return the name without differences in spelling: «Børne- og Unge» and «boerne & unge» → «boerneogunge»."""
    words = re.sub(r"[\W_]+", " ", _fold(name)).strip()
    return re.sub(r"(?<!\d) | (?!\d)", "", words)  # a space between figures stays: «Hus 1, 12» is not «Hus 11, 2»


def _fold(name: str) -> str:
    text = unicodedata.normalize("NFC", name).casefold().replace("&", " og ").translate(_ASCII_LETTERS)
    return re.sub(r"[\u0300-\u036f]", "", unicodedata.normalize("NFKD", text))


@lru_cache(maxsize=20_000)
def unit_name_key(name: str) -> UnitNameKey:
    """Return the distinguishing words without endings, sorted. An abbreviated word keeps the full stop: «bibl.»."""
    words = re.findall(r"[^\W_]+\.?", _fold(name))
    full = [_ABBREVIATIONS.get(word.rstrip("."), word) for word in words if word.rstrip(".") not in _STOP_WORDS]
    stems = [word if word.endswith(".") else _INFLECTION.sub("", word) for word in full]
    return tuple(sorted(stems or words))


def are_similar_names(one: str, other: str) -> bool:
    if normalize_unit_name(one) == normalize_unit_name(other):
        return True
    words, other_words = unit_name_key(one), unit_name_key(other)
    differing = set(words) ^ set(other_words)
    return len(words) == len(other_words) and (not differing or (len(differing) == 2 and _is_same_word(*differing)))


def find_similar_names[T](name: str, named: Iterable[tuple[str, T]]) -> list[T]:
    """Return the things with a similar name. Names that differ only in spelling come first."""
    normalized = normalize_unit_name(name)
    found = [
        (normalize_unit_name(other) != normalized, thing) for other, thing in named if are_similar_names(name, other)
    ]
    return [thing for _, thing in sorted(found, key=itemgetter(0))]


def _is_same_word(one: str, other: str) -> bool:
    """Tell whether the words are equal, differ by an abbreviation, or differ in a letter.

    The first letter never differs: Østerbro is not Vesterbro.
    """
    if one == other:
        return True
    if one.endswith(".") or other.endswith("."):
        short, long = sorted((_INFLECTION.sub("", one.rstrip(".")), _INFLECTION.sub("", other.rstrip("."))), key=len)
        return len(short) >= _MIN_ABBREVIATION and long.startswith(short)
    short, long = sorted((one, other), key=len)
    if (
        len(short) < _MIN_LETTERS_FOR_TYPO
        or len(long) - len(short) > 1
        or not (one + other).isalpha()
        or one[0] != other[0]
    ):
        return False
    at = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    is_swapped = short[at : at + 2] == long[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :]
    return is_swapped or short[at + 1 :] == long[at + 1 :]


Kind = Unit.Kind


class UnitTree:
    """The whole tree of units as of now, some thousand units, read with two queries."""

    def __init__(self) -> None:
        self.nodes = Unit.objects.order_by("pk").in_bulk()
        self.root = next((node.pk for node in self.nodes.values() if node.parent_id is None), None)
        self._by_exact_name = {(node.parent_id, node.name.lower()): node.pk for node in self.nodes.values()}
        self._aliases = {
            (parent, name.lower()): unit
            for parent, name, unit in UnitAlias.objects.values_list("parent", "name", "unit")
        }
        self._by_code = {node.code.lower(): node.pk for node in self.nodes.values() if node.code}

    def find_child(self, parent: int, name: str) -> int | None:
        """Return the unit that `name` means under `parent`, or None.

        An exact name wins over an alias, and an alias wins over a name that differs only in spelling.
        """
        written = (parent, name.lower())
        return self._by_exact_name.get(written) or self._aliases.get(written) or self.find_by_name(parent, name)

    def find_by_alias(self, parent: int, name: str) -> int | None:
        """Return the unit that `name` means under `parent` only because of an alias, or None."""
        return None if self.find_by_name(parent, name) else self._aliases.get((parent, name.lower()))

    def find_by_name(self, parent: int, name: str) -> int | None:
        """Return the unit named `name` under `parent` without regard to aliases, or None."""
        return self._by_exact_name.get((parent, name.lower())) or self._by_normalized_name.get(
            (parent, normalize_unit_name(name))
        )

    def find_by_code(self, code: str) -> int | None:
        """Return the unit with the code, or None.

        Codes of the municipality and the administrations do not count: letters are written further down.
        """
        unit = self._by_code.get(code.lower())
        is_place = unit and self.nodes[unit].kind not in (Kind.MUNICIPALITY, Kind.ADMINISTRATION)
        return unit if is_place else None

    def has_code(self, code: str) -> bool:
        return code.lower() in self._by_code

    def find_similar(self, parent: int, name: str) -> list[int]:
        return find_similar_names(name, self._children.get(parent, ()))

    def find_same_name_other_path(self, parent: int, name: str) -> list[int]:
        """Return the units of the same name elsewhere in the administration of `parent`.

        Only units where either of the two paths leaves out the area.
        """
        here = self.nodes[parent].lineage
        return [
            unit
            for unit in self._by_name_anywhere.get(normalize_unit_name(name), ())
            if (node := self.nodes[unit]).kind == Kind.UNIT
            and node.parent_id != parent
            and len(here) > 1
            and node.lineage[:2] == here[:2]
            and (len(node.lineage) == 3 or len(here) == 2)
        ]

    def find_anywhere(self, name: str) -> list[int]:
        """Return the units with the name anywhere in the tree, and the units that have the name as an alias."""
        said = [unit for (_, other), unit in self._aliases.items() if other == name.lower()]
        return list(dict.fromkeys(self._by_name_anywhere.get(normalize_unit_name(name), []) + said))

    @cached_property
    def _by_name_anywhere(self) -> dict[str, list[int]]:
        found = defaultdict(list)
        for node in self.nodes.values():
            found[normalize_unit_name(node.name)].append(node.pk)
        return dict(found)

    @cached_property
    def _by_normalized_name(self) -> dict[tuple[int | None, str], int]:
        """If the names of two units differ only in spelling, the older unit wins."""
        return {(node.parent_id, normalize_unit_name(node.name)): node.pk for node in reversed(self.nodes.values())}

    @cached_property
    def _children(self) -> dict[int | None, list[tuple[str, int]]]:
        found = defaultdict(list)
        for node in self.nodes.values():
            found[node.parent_id].append((node.name, node.pk))
        return dict(found)
