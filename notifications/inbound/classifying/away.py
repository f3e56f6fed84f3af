"""Until when somebody is away, in Danish, English and the like: «på ferie til den 20. januar», «until Jan 6»."""

from __future__ import annotations

import datetime as dt
import re
from contextlib import suppress
from email.utils import parsedate_to_datetime

from notifications.inbound.classifying import sender
from notifications.inbound.classifying.reading import Mail
from sepo_incident import danish

MONTHS = {"jan": 1, "feb": 2, "mar": 3, "mär": 3, "apr": 4, "maj": 5, "may": 5, "mai": 5, "jun": 6, "jul": 7, "aug": 8}
MONTHS |= {"sep": 9, "okt": 10, "oct": 10, "nov": 11, "dec": 12, "dez": 12, "des": 12}
_MONTH = (
    r"(?P<month{n}>jan(?:uary?|uari?)?|feb(?:ruary?|ruari)?|mar(?:ch|ts|s)?|märz|apr"
    r"(?:il)?|maj|may|mai|june?|juni|july?|juli"
    r"|aug(?:usti?)?|sept?(?:ember)?|o[kc]t(?:ober)?|nov(?:ember)?|de[czs](?:ember)?)\b\.?"
)
_DAY = r"(?P<day{n}>[0-3]?\d)(?:\.|st|nd|rd|th|:e|\.?)?"
_YEAR = r"(?:,?\s*(?P<year{n}>20\d\d)\b)?"
_WEEKDAY = r"(?:(?:(?:man|tirs|ons|tors|fre|lør|søn)dag|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b,?\s*)?"
_DATE = (
    rf"(?:(?P<iso>20\d\d-[01]\d-[0-3]\d)"
    rf"|(?P<numbers>[0-3]?\d\s?[./-]\s?[01]?\d)(?!\d)(?:\s?[./-]\s?(?P<year0>(?:20)?\d\d)\b)?"
    rf"|{_DAY.format(n=1)}\s*(?:of\s+)?{_MONTH.format(n=1)}{_YEAR.format(n=1)}"
    rf"|{_MONTH.format(n=2)}\s*{_DAY.format(n=2)}(?!\d){_YEAR.format(n=2)})"
)
_BETWEEN = (
    r"(?:\s+(?:og\s+med|and\s+including|på\s+arbejde|på\s+kontoret|på|igen|again|in\s+the\s+office|to\s+the\s+office"
    r"|on|the|den|d\.?|am|zum|from|fra))*\s*[:,]?\s*"
)
_WORD = (
    r"t\.?\s?o\.?\s?m\.?|indtil|til|frem\s+til|tilbage|retur|until|till|through|thru|to|back|return(?:ing)?"
    r"|bis|zurück|till\s+och\s+med|åter|tillbaka"
)
UNTIL = re.compile(rf"\b(?:{_WORD}){_BETWEEN}{_WEEKDAY}{_BETWEEN}{_DATE}", re.IGNORECASE)


def until(mail: Mail) -> dt.date | None:
    """The latest day that the reply names as the end of an absence, seen from the day it was written."""
    written = _written(mail)
    text = " ".join(f"{mail.header('subject')} . {sender.own_words(mail)[:4000]}".split())
    if written is None:
        return None
    named = [day for match in UNTIL.finditer(text) if (day := _day(match, written))]
    return max(named, default=None)


def _written(mail: Mail) -> dt.date | None:
    with suppress(ValueError, TypeError, IndexError, OverflowError):
        return danish.day(parsedate_to_datetime(mail.header("date")))
    return None


def _day(match: re.Match[str], written: dt.date) -> dt.date | None:
    """Without a year it is the next such day. A day that is no date, or more than a year away, is nobody's return."""
    with suppress(ValueError):
        if match["iso"]:
            day = dt.date.fromisoformat(match["iso"])
        else:
            number, month, year = _numbers(match)
            day = dt.date(year or written.year, month, number)
            if not year and day < written:
                day = day.replace(year=day.year + 1)
        return day if written <= day <= written + dt.timedelta(days=366) else None
    return None


def _numbers(match: re.Match[str]) -> tuple[int, int, int]:
    """Day, month, and the year or 0. Numbers alone stand as in Denmark, the day first."""
    if match["numbers"]:
        number, month = map(int, re.split(r"\s?[./-]\s?", match["numbers"]))
        year = int(match["year0"] or 0)
        return number, month, year + 2000 if 0 < year < 100 else year
    which = "1" if match["day1"] else "2"
    return int(match[f"day{which}"]), MONTHS[match[f"month{which}"][:3].lower()], int(match[f"year{which}"] or 0)
