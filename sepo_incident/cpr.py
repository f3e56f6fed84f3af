"""CPR numbers: find every plausible one, show none.

A number is plausible when its first six digits are a date, in any century. Modulus 11 is never asked for: numbers
without it exist since 2007. Days from 61 are replacement numbers (erstatnings-CPR), which count as well.
"""

import re
from calendar import monthrange
from collections.abc import Iterator

MASK = "●●●●●●-●●●●"

#: ddmmyy-ssss, with or without a hyphen (any dash, a slash), with spaces or dots where people put them.
_NUMBER = re.compile(
    r"(?<!\d)(\d\d)[ .\u00a0]?(\d\d)[ .\u00a0]?(\d\d)[ \u00a0]{0,2}[-‐‑‒–—−/]?[ \u00a0]{0,2}\d\d[ \u00a0]?\d\d(?!\d)"
)
_LEAP_YEAR = 2000  # 29 February is plausible in any year that may be a leap year


def _is_date(day: int, month: int, year: int) -> bool:
    if not 1 <= month <= 12:
        return False
    day -= 60 if day > 60 else 0
    return 1 <= day <= monthrange(_LEAP_YEAR + year, month)[1]


def _numbers(text: str) -> Iterator[re.Match[str]]:
    """Every plausible number; one may begin inside ten digits that are none (a house number before it)."""
    at = 0
    while match := _NUMBER.search(text, at):
        if _is_date(int(match[1]), int(match[2]), int(match[3])):
            yield match
            at = match.end()
        else:
            at = match.start() + 1


def mask(text: str) -> str:
    """The text with every plausible CPR number as ●●●●●●-●●●●."""
    parts, at = [], 0
    for match in _numbers(text):
        parts += [text[at : match.start()], MASK]
        at = match.end()
    return "".join(parts) + text[at:] if parts else text


def holds_cpr(text: str) -> bool:
    return any(True for _ in _numbers(text))


def digits(text: str) -> str:
    """The ten digits of the first plausible CPR number in the text, or "": for hashing, never for showing."""
    return next((re.sub(r"\D", "", match[0]) for match in _numbers(text)), "")
