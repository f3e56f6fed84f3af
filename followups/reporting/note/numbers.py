"""Numbers in the text of a note: found in words, and compared as values however they are written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from sepo_incident.core import danish

#: Words before a figure that is not final.
AT_MOST = "op mod"
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
_TOKEN = re.compile(rf"{_GROUPED}|\d+|[^\W\d_]+|[%‰{''.join(_MARKS)}]")
_AFTER_DAY = re.compile(r"(?<!\d)\d{1,2}\.\s*$")
MONTHS = frozenset(danish.MONTHS)
#: Number words that count as figures. «en» and «et» are articles, «én» and «ét» are numbers.
NUMBER_WORDS = {word: value for value, word in enumerate(danish.NUMBER_WORDS)} | {"ét": 1, "éen": 1}
_ONES = "nul|én|ét|é?en|et|tolv|to|tre|fire|fem|seks|syv|otte|ni|ti|elleve"
_LARGE = (
    "tretten|fjorten|femten|seksten|sytten|atten|nitten|tyve|tredive?|fyrre|halvtreds|tres|halvfjerds|firs|halvfems|snes|dusin"
    "|hundrede?r?|tusinde?r?|millione?r?|milliarde?r?"
)
#: «halvtreds», «femogtyve», «totusindfem», «syvogtyvende», «hundredvis», «adskilligetusinde»: its parts are numbers, or
#: its end is a large one.
_LARGE_WORD = re.compile(
    rf"(?=.*(?:{_LARGE}))(?:{_LARGE}|{_ONES}|og|indstyve)++(?:nde|te|de|e?vis)?"
    r"|.*(?:hundrede?r?|tusinde?r?|million(?:er)?|milliard(?:er)?)"
)
#: Words that change the size of a number beside them.
SIZES = frozenset(("mio", "mia", "mill", "pct", "procent", "promille"))
_PARTS = frozenset(("halvanden", "halvandet", "halvdel", "halvdelen", "dobbelt", "dobbelte"))
#: The same after a control, where a single letter is enough: «3.400 t.».
_SIZE_AFTER = re.compile(r"(?:t|k|tkr|%|‰)", re.IGNORECASE)
#: Letters that look like digits beside a figure, Greek and Cyrillic ones too.
_LIKE_DIGITS = re.compile("[OoQDlISsBZz\u039f\u03bf\u041e\u043e\u0417\u0437]+")
#: Signs that turn the number after them.
_SIGN_BEFORE = re.compile(r"[+\-−–]$")
#: Characters that nobody sees, inside a word or beside it.
_UNSEEN = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")


class Token(NamedTuple):
    """A word or a number. `norm`: for comparison; a number has no separators. `text`: as written.

    The month of a date counts as a number: another month is another date.
    """

    norm: str
    text: str
    is_number: bool


def tokens(text: str, *, after_control: bool = False, before_control: bool = False) -> Iterator[Token]:
    """Yield the words and numbers of a text. Full-width digits, fractions and the like count as digits.

    A letter like a digit, a sign or a unit of size beside a control counts as a number: it makes another number of it.
    """
    plain = _UNSEEN.sub("", unicodedata.normalize("NFKC", text))
    start, end = len(plain) - len(plain.lstrip()), len(plain)
    for found in _TOKEN.finditer(plain):
        word = found[0]
        if word in _MARKS:
            yield Token(word, _MARKS[word], True)
        elif word[0].isdigit():
            yield Token(re.sub(rf"[.{_SPACES}]", "", _ascii_digits(word)), word, True)
        elif word[0].isalpha():
            is_glued = (after_control and found.start() == 0) or (before_control and found.end() == end)
            is_size = after_control and found.start() == start and bool(_SIZE_AFTER.fullmatch(word))
            looks_glued = is_glued and bool(_LIKE_DIGITS.fullmatch(word))
            yield Token(word.lower(), word, looks_glued or is_size or _is_number_word(plain, found))
        elif after_control and found.start() == start:
            yield Token(word, word, True)
    if before_control and (sign := _SIGN_BEFORE.search(plain)):
        yield Token(sign[0], sign[0], True)


def _is_number_word(text: str, found: re.Match[str]) -> bool:
    lower = found[0].lower()
    if lower in MONTHS:
        return bool(_AFTER_DAY.search(text, max(0, found.start() - 6), found.start()))
    return lower in NUMBER_WORDS or lower in SIZES or lower in _PARTS or bool(_LARGE_WORD.fullmatch(lower))


def is_joint(text: str) -> bool:
    """Return whether two figures with the text between them read as one: «12» and «972» as «12.972»."""
    return not _UNSEEN.sub("", unicodedata.normalize("NFKC", text)).strip(".,'’ ")


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
