"""Find, mask and extract CPR numbers in text.

A number is plausible when day, month and year are a date in any century. Modulus 11 is not checked: numbers without a
valid check digit have been issued since 2007. Days from 61 mark replacement numbers (erstatnings-CPR), which count
too.

Some false positives are accepted («11-12-2019 1405», «20191211-0001»): a masked date is a nuisance, while a number
once shown cannot be taken back. Telephone numbers, periods, record numbers, and a date before a clock time or a
postcode are not matched.
"""

import re
from calendar import monthrange
from collections.abc import Iterator

MASK = "●●●●●●-●●●●"

_BLANKS = " \t\u00a0\u00ad\u2000-\u200d\u202f\u2060\u3000"
_POINTS = ".,:;_•·)"
_DASHES = "\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d/-"  # the slash counts as a dash
_SEPARATOR = f"[{_BLANKS}{_POINTS}{_DASHES}]"  # up to three separators may stand between the pairs of digits
# The digit stands before the lookbehind because the search is faster so.
_DAY_OR_YEAR = rf"\d(?<!\d\d)\d(?:(?<=18|19|20)\d\d(?={_SEPARATOR}{{0,3}}(?:0[1-9]|1[0-2])))?"
_YEAR_OR_DAY = r"(?:18|19|20)\d\d|\d\d"
#: After a date with separators, «19 14» is the end of a year and a clock time: «11.12.2019 14:05».
_NO_CLOCK = rf"(?(2)(?!\d\d[{_BLANKS}]\d))"
#: Day or year, separator, month, separator, year or day; then separator and serial, or a dash and a serial whose halves
#: a second dash parts: «-12-34».
_NUMBER = re.compile(
    rf"({_DAY_OR_YEAR})({_SEPARATOR}{{1,3}})?(\d\d)({_SEPARATOR}{{0,3}})({_YEAR_OR_DAY}){_NO_CLOCK}"
    rf"(?:({_SEPARATOR}{{0,3}})(\d\d[{_BLANKS}]?\d\d)|([{_DASHES}])(\d\d\8\d\d(?![.{_DASHES}]\d)))(?!\d)"
)
#: «0 1 0 2 7 0 1 2 3 4»: each digit in a box of a form.
_BOXED_DIGITS = re.compile(
    rf"(?<!\d)(?<!\d[{_BLANKS}])\d(?:[{_BLANKS}]\d){{5}}[{_BLANKS}]?[{_DASHES}]?[{_BLANKS}]?\d(?:[{_BLANKS}]\d){{3}}(?![{_BLANKS}]?\d)"
)
_HAS_BLANK, _HAS_POINT, _HAS_DASH = (re.compile(f"[{some}]").search for some in (_BLANKS, _POINTS, _DASHES))
_IS_RECORD_NUMBER = re.compile(r"-\d{5}").match  # «2019-0004711»
_LEAP_YEAR = 2000  # 29 February is plausible in any year that may be a leap year


def _find_cpr_numbers(text: str) -> Iterator[re.Match[str]]:
    """Yield a match for every plausible CPR number.

    After a rejected match the search continues one character on, because a number may begin inside the rejected
    digits (for example after a house number).
    """
    at = 0
    while match := _NUMBER.search(text, at):
        if _is_date(*_day_month_year(match)) and _has_consistent_separators(match) and _serial_belongs_to_date(match):
            yield match
            at = match.end()
        else:
            at = match.start() + 1


def _day_month_year(match: re.Match[str]) -> tuple[str, str, str]:
    """Return day, month and year as two digits each. The matched text may begin with a four-digit year."""
    day, year = (match[5], match[1]) if len(match[1]) == 4 else (match[1], match[5])
    return day, match[3], year[-2:]


def _is_date(day: str, month: str, year: str) -> bool:
    if not 1 <= int(month) <= 12:
        return False
    number = int(day) - 60 if int(day) > 60 else int(day)
    return 1 <= number <= monthrange(_LEAP_YEAR + int(year), int(month))[1]


def _has_consistent_separators(match: re.Match[str]) -> bool:
    """Return whether the separators around the month are equal, or a mix in common use.

    «02-12 - 06-12-19» is a period and is rejected.
    """
    first, second = (re.sub(f"[{_BLANKS}]", "", sign or "") for sign in match.group(2, 4))
    return first == second or {first, second} == {"", "."} or (first, second) == ("/", "-")


def _join_boxed_digits(text: str) -> str:
    """Return the text with boxed digits of a number joined; all other text is unchanged."""

    def join_if_date(boxes: re.Match[str]) -> str:
        digits = re.sub(r"\D", "", boxes[0])
        return digits if _is_date(digits[:2], digits[2:4], digits[4:6]) else boxes[0]

    return _BOXED_DIGITS.sub(join_if_date, text)


def _serial_belongs_to_date(match: re.Match[str]) -> bool:
    """Return whether the last four digits belong to the date: always after a dash, or after six unseparated digits.

    Otherwise a clock time, a postcode or a record number may follow a date: «11.12.19, 2200 København».
    """
    sign = match[6] or match[8] or ""
    is_one_piece = not (match[2] or match[4] or len(match[5]) == 4)
    if _HAS_DASH(sign) or (is_one_piece and len(match[1]) == 2):
        return True
    if len(match[1]) == 4 or (_HAS_BLANK(sign) and _HAS_POINT(sign)):
        return False
    return not _IS_RECORD_NUMBER(match.string, match.end())


def mask(text: str) -> str:
    """Return the text with every plausible CPR number replaced by ●●●●●●-●●●●."""
    text = _join_boxed_digits(text)
    if not _NUMBER.search(text):  # true for most texts
        return text
    parts, at = [], 0
    for match in _find_cpr_numbers(text):
        parts += [text[at : match.start()], MASK]
        at = match.end()
    return "".join(parts) + text[at:] if parts else text


def contains_cpr(text: str) -> bool:
    """Return whether the text contains a plausible CPR number."""
    text = _join_boxed_digits(text)
    return bool(_NUMBER.search(text)) and any(True for _ in _find_cpr_numbers(text))


def extract_cpr_digits(text: str) -> str:
    """Return ddmmyyssss of the first plausible CPR number in the text, or "". Only for hashing, never for display."""
    text = _join_boxed_digits(text)
    match = next(_find_cpr_numbers(text), None) if _NUMBER.search(text) else None
    return "".join(_day_month_year(match)) + re.sub(r"\D", "", match[7] or match[9]) if match else ""
