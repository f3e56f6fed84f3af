"""CPR numbers: find every plausible one, show none.

A number is plausible when its day, month and year are a date, in any century. Modulus 11 is never asked for: numbers
without it exist since 2007. Days from 61 are replacement numbers (erstatnings-CPR), which count as well.

Some false alarms are tolerated («11-12-2019 1405», «20191211-0001»): a masked date is a nuisance, a shown number cannot
be taken back. Telephone numbers, periods, record numbers, and a date before a clock or a postcode are left alone.
"""

import re
from calendar import monthrange
from collections.abc import Iterator

MASK = "●●●●●●-●●●●"

_BLANKS = " \t\u00a0\u00ad\u2000-\u200d\u202f\u2060\u3000"
_POINTS = ".,:;_•·)"
_DASHES = "\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d/-"  # a slash counts
_SIGN = f"[{_BLANKS}{_POINTS}{_DASHES}]"  # people put up to three of them between the pairs
_DAY_OR_YEAR = rf"\d(?<!\d\d)\d(?:(?<=18|19|20)\d\d(?={_SIGN}{{0,3}}(?:0[1-9]|1[0-2])))?"  # \d first: that is fast
_YEAR_OR_DAY = r"(?:18|19|20)\d\d|\d\d"
#: after a date with signs, «19 14» is the end of a year and a clock: «11.12.2019 14:05»
_NO_CLOCK = rf"(?(2)(?!\d\d[{_BLANKS}]\d))"
#: day or year, sign, month, sign, year or day; then sign and serial, or a serial split by the dash before it: «-12-34»
_NUMBER = re.compile(
    rf"({_DAY_OR_YEAR})({_SIGN}{{1,3}})?(\d\d)({_SIGN}{{0,3}})({_YEAR_OR_DAY}){_NO_CLOCK}"
    rf"(?:({_SIGN}{{0,3}})(\d\d[{_BLANKS}]?\d\d)|([{_DASHES}])(\d\d\8\d\d(?![.{_DASHES}]\d)))(?!\d)"
)
#: «0 1 0 2 7 0 1 2 3 4», a box for each digit
_BOXED_DIGITS = re.compile(
    rf"(?<!\d)(?<!\d[{_BLANKS}])\d(?:[{_BLANKS}]\d){{5}}[{_BLANKS}]?[{_DASHES}]?[{_BLANKS}]?\d(?:[{_BLANKS}]\d){{3}}(?![{_BLANKS}]?\d)"
)
_HAS_BLANK, _HAS_POINT, _HAS_DASH = (re.compile(f"[{some}]").search for some in (_BLANKS, _POINTS, _DASHES))
_IS_RECORD_NUMBER = re.compile(r"-\d{5}").match  # «2019-0004711»
_LEAP_YEAR = 2000  # 29 February is plausible in any year that may be a leap year


def _find_cpr_numbers(text: str) -> Iterator[re.Match[str]]:
    """Every plausible number; one may begin inside ten digits that are none (a house number before it)."""
    at = 0
    while match := _NUMBER.search(text, at):
        if _is_date(*_day_month_year(match)) and _has_consistent_separators(match) and _serial_belongs_to_date(match):
            yield match
            at = match.end()
        else:
            at = match.start() + 1


def _day_month_year(match: re.Match[str]) -> tuple[str, str, str]:
    """As two digits each; the year may stand first, or have four."""
    day, year = (match[5], match[1]) if len(match[1]) == 4 else (match[1], match[5])
    return day, match[3], year[-2:]


def _is_date(day: str, month: str, year: str) -> bool:
    if not 1 <= int(month) <= 12:
        return False
    number = int(day) - 60 if int(day) > 60 else int(day)
    return 1 <= number <= monthrange(_LEAP_YEAR + int(year), int(month))[1]


def _has_consistent_separators(match: re.Match[str]) -> bool:
    """The same sign before and after the month, or such a mix as people write: «02-12 - 06-12-19» is a period."""
    first, second = (re.sub(f"[{_BLANKS}]", "", sign or "") for sign in match.group(2, 4))
    return first == second or {first, second} == {"", "."} or (first, second) == ("/", "-")


def _join_boxed_digits(text: str) -> str:
    """The text with the digits of a number together that had a box each; other digits stay as they are."""
    return _BOXED_DIGITS.sub(_join_if_date, text)


def _join_if_date(boxes: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", boxes[0])
    return digits if _is_date(digits[:2], digits[2:4], digits[4:6]) else boxes[0]


def _serial_belongs_to_date(match: re.Match[str]) -> bool:
    """Does the serial belong to the date? After a dash it does, and after six digits in one piece.

    Otherwise a clock, a postcode or a record number may follow a date: «11.12.19, 2200 København».
    """
    sign = match[6] or match[8] or ""
    is_one_piece = not (match[2] or match[4] or len(match[5]) == 4)
    if _HAS_DASH(sign) or (is_one_piece and len(match[1]) == 2):
        return True
    if len(match[1]) == 4 or (_HAS_BLANK(sign) and _HAS_POINT(sign)):
        return False
    return not _IS_RECORD_NUMBER(match.string, match.end())


def mask(text: str) -> str:
    """The text with every plausible CPR number as ●●●●●●-●●●●."""
    text = _join_boxed_digits(text)
    if not _NUMBER.search(text):  # most texts
        return text
    parts, at = [], 0
    for match in _find_cpr_numbers(text):
        parts += [text[at : match.start()], MASK]
        at = match.end()
    return "".join(parts) + text[at:] if parts else text


def contains_cpr(text: str) -> bool:
    text = _join_boxed_digits(text)
    return bool(_NUMBER.search(text)) and any(True for _ in _find_cpr_numbers(text))


def extract_cpr_digits(text: str) -> str:
    """ddmmyyssss of the first plausible CPR number in the text, or "": for hashing, never for showing."""
    text = _join_boxed_digits(text)
    match = next(_find_cpr_numbers(text), None) if _NUMBER.search(text) else None
    return "".join(_day_month_year(match)) + re.sub(r"\D", "", match[7] or match[9]) if match else ""
