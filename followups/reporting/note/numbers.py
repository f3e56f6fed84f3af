"""Numbers in the text of a note: found in words, and compared as values however they are written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from sepo_incident.core import danish

#: Words before a figure that is not final.
AT_MOST, ABOUT = "op mod", "cirka"
#: Words that people put beside a number without changing it.
_HEDGE = re.compile(r"^(?:op mod|op til|cirka|ca\.?|omkring|godt|knap)\s+", re.IGNORECASE)
_UNIT = re.compile(r"\s*(?:kr\.?|kroner)$", re.IGNORECASE)
_SPACES = "  \u2007\u2009\u202f"
#: «3.400», «3 400», «1.234,50» or digits in a row
_GROUPED = rf"\d{{1,3}}(?:[.{_SPACES}]\d{{3}})+(?!\d)(?:,\d+)?"
_AMOUNT = re.compile(rf"(?P<sign>[+\-−–]?)\s*(?P<number>{_GROUPED}|\d+(?:,\d+)?)(?:,-)?")
#: What the reader of a document says for a field whose text is elsewhere.
OTHER_TEXT = "\ue000"
#: What the reader says for digits that Word writes from the right: the sign that does the same.
RIGHT_TO_LEFT = "\u202e"
#: Characters that make a number look like another: each counts as a number. Character → what people read.
_MARKS = {OTHER_TEXT: "felt, der viser en anden tekst"} | dict.fromkeys(
    (RIGHT_TO_LEFT, *"\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u2066\u2067\u2068\u2069"),
    "tegn, der vender teksten",
)
_TOKEN = re.compile(rf"{_GROUPED}|\d+|[^\W\d_]+|[{''.join(_MARKS)}]")
_AFTER_DAY = re.compile(r"(?<!\d)\d{1,2}\.\s*$")
MONTHS = frozenset(danish.MONTHS)
#: Number words that count as figures. «en» and «et» are articles, «én» and «ét» are numbers.
NUMBER_WORDS = {word: value for value, word in enumerate(danish.NUMBER_WORDS)} | {"ét": 1, "éen": 1}
#: Larger number words, alone or at the end of a compound: «halvtreds», «femogtyve», «to tusinde».
_LARGE_WORD = re.compile(
    r"(?:tretten|fjorten|femten|seksten|sytten|atten|nitten|tyve|tredive|fyrre|halvtreds|tres|halvfjerds|firs|halvfems"
    r"|hundrede?r?|tusinde?r?|million(?:er)?|snes|dusin)$"
)


class Token(NamedTuple):
    """A word or a number. `norm`: for comparison; a number has no separators. `text`: as written.

    The month of a date counts as a number: another month is another date.
    """

    norm: str
    text: str
    is_number: bool


def tokens(text: str) -> Iterator[Token]:
    """Yield the words and numbers of a text. Full-width digits, fractions and the like count as digits."""
    plain = unicodedata.normalize("NFKC", text)
    for found in _TOKEN.finditer(plain):
        word = found[0]
        if word in _MARKS:
            yield Token(word, _MARKS[word], True)
        elif word[0].isdigit():
            yield Token(re.sub(rf"[.{_SPACES}]", "", _ascii_digits(word)), word, True)
        else:
            lower = word.lower()
            is_month = lower in MONTHS and bool(_AFTER_DAY.search(plain, max(0, found.start() - 6), found.start()))
            yield Token(lower, word, is_month or lower in NUMBER_WORDS or bool(_LARGE_WORD.search(lower)))


def readable(text: str) -> str:
    """Return the text in one line, with a name for each character that nobody sees."""
    return " ".join("".join(f"[{_MARKS[char]}] " if char in _MARKS else char for char in text).split())


def _ascii_digits(text: str) -> str:
    return "".join(str(unicodedata.digit(char)) if char.isdigit() else char for char in text)


def parse_number(text: str) -> Decimal | None:
    """Return the value of a figure as people write it: «op mod 3.400», «3 400», «−92», «tolv», «1.250,50 kr.».

    Return None if the text is anything but a single number.
    """
    plain = " ".join(_ascii_digits(unicodedata.normalize("NFKC", text)).split())
    plain = _UNIT.sub("", _HEDGE.sub("", plain))
    if plain.lower() in NUMBER_WORDS:
        return Decimal(NUMBER_WORDS[plain.lower()])
    found = _AMOUNT.fullmatch(plain)
    if found is None:
        return None
    number = re.sub(rf"[.{_SPACES}]", "", found["number"]).replace(",", ".")
    return Decimal(("-" if found["sign"] in ("-", "−", "–") else "") + number)


def signed(value: int | Decimal) -> str:
    """Return a difference: «+92», «−92» or «0»."""
    return f"+{danish.number(value)}" if value > 0 else danish.number(value)
