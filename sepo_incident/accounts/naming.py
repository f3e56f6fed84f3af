"""Names of units as people write them: which two are the same, and which two may be. Pure.

*The same* is a matter of writing («Børne- og Unge», «boerne & unge»). *Alike* is a guess that a person is asked about:
an ending more, a little word less, another order, one letter off («Tandplejen» / «Tandpleje», «Skolen på Nyelandsvej» /
«Nyelandsvejens Skole»). A figure is never off: «Team 1» is not «Team 2».
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable
from functools import lru_cache

_LETTERS = str.maketrans({"æ": "ae", "ä": "ae", "ø": "oe", "ö": "oe", "å": "aa", "ü": "y", "ß": "ss"})
_LITTLE = {
    "af",
    "bag",
    "de",
    "den",
    "det",
    "en",
    "et",
    "for",
    "fra",
    "hos",
    "i",
    "med",
    "mod",
    "og",
    "paa",
    "til",
    "ved",
}
_WRITTEN_OUT = {
    "adm": "administration", "afd": "afdeling", "bh": "boernehave", "bib": "bibliotek", "bibl": "bibliotek",
    "inst": "institution", "jobc": "jobcenter", "kbh": "koebenhavn", "omr": "omraade", "plc": "plejecenter",
    "sk": "skole", "vg": "vuggestue", "vug": "vuggestue",
}  # fmt: skip
#: Of the bare words: «skole», «skolen», «skolens» and «skoler» are one.
_ENDING = re.compile(r"(?<=\w{3})(?:ernes|erne|ens|ets|ers|es|en|et|er|s|e)$")
_SHORTEST_OFF = 5  # letters; in a shorter word one letter more is another word
_SHORTEST_CUT = 3

Key = tuple[str, ...]


@lru_cache(maxsize=20_000)
def plain(name: str) -> str:
    """What the name is without its writing: «Børne- og Unge» and «boerne & unge» → «boerneogunge»."""
    words = re.sub(r"[\W_]+", " ", _folded(name)).strip()
    return re.sub(r"(?<!\d) | (?!\d)", "", words)  # between figures it stays: «Hus 1, 12» is not «Hus 11, 2»


def _folded(name: str) -> str:
    text = unicodedata.normalize("NFC", name).casefold().replace("&", " og ").translate(_LETTERS)
    return re.sub(r"[\u0300-\u036f]", "", unicodedata.normalize("NFKD", text))


@lru_cache(maxsize=20_000)
def key(name: str) -> Key:
    """The words that tell units apart, bare and in order. A word cut short keeps its full stop: «bibl.»."""
    words = re.findall(r"[^\W_]+\.?", _folded(name))
    bare = [_bare(word) for word in words if word.rstrip(".") not in _LITTLE]
    return tuple(sorted(bare or words))


def _bare(word: str) -> str:
    if full := _WRITTEN_OUT.get(word.rstrip(".")):
        word = full
    return word if word.endswith(".") else _ENDING.sub("", word)


def are_alike(one: str, other: str) -> bool:
    return bool(Lookalikes([(one, True)]).of(other))


class Lookalikes[T: Hashable]:
    """Named things, and which of them have a name like another: found by all words but one, so it is no search."""

    def __init__(self, named: Iterable[tuple[str, T]] = ()):
        self._things: dict[Key, list[tuple[str, T]]] = defaultdict(list)
        self._plain: dict[str, list[T]] = defaultdict(list)
        for name, thing in named:
            self.add(name, thing)

    def add(self, name: str, thing: T) -> None:
        self._plain[plain(name)].append(thing)
        for word, others in _each(key(name)):
            self._things[others].append((word, thing))

    def of(self, name: str) -> list[T]:
        """Each once; those that are the same but for the writing first."""
        found = dict.fromkeys(self._plain.get(plain(name), ()))
        for word, others in _each(key(name)):
            found |= {thing: None for its_word, thing in self._things.get(others, ()) if _is_one_word(word, its_word)}
        return list(found)


def _each(words: Key) -> Iterable[tuple[str, Key]]:
    return ((word, words[:at] + words[at + 1 :]) for at, word in enumerate(words))


def _is_one_word(one: str, other: str) -> bool:
    """The same, one cut short, or one letter off, but not the first: Østerbro is not Vesterbro."""
    if one == other:
        return True
    if one.endswith(".") or other.endswith("."):
        short, long = sorted((_ENDING.sub("", one.rstrip(".")), _ENDING.sub("", other.rstrip("."))), key=len)
        return len(short) >= _SHORTEST_CUT and long.startswith(short)
    short, long = sorted((one, other), key=len)
    if len(short) < _SHORTEST_OFF or len(long) - len(short) > 1 or not (one + other).isalpha() or one[0] != other[0]:
        return False
    at = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    is_swapped = short[at : at + 2] == long[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :]
    return is_swapped or short[at + 1 :] == long[at + 1 :]
