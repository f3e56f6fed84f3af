"""Parsing of dates and times as written in Danish lists and in subjects. Pure functions."""

import re
from calendar import monthrange
from collections.abc import Set
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum, auto
from functools import lru_cache

from sepo_incident.core import cpr, danish
from sepo_incident.core.danish import COPENHAGEN, MONTHS

_EXCEL_EPOCH = datetime(1899, 12, 30)
# 43810,385, and 43.810,385 with a Danish thousands separator
_EXCEL_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?|\d\d\.\d{3},\d+")

_FETCH_LIST_AGAIN = "hent listen igen med danske datoer, eller formatér kolonnen som dato i Excel."
SOME_MONTH_FIRST_REMARK = (
    "Nogle datoer har måneden først, som på engelsk. Det gælder måske alle: Vi læser »2/1« som 2. januar. "
    f"{_FETCH_LIST_AGAIN.capitalize()}"
)
MAYBE_MONTH_FIRST_REMARK = (
    "Datoernes overskrift er på engelsk. Måske er datoerne det også: Vi læser »2/1« som 2. januar. "
    f"Er det 1. februar, så {_FETCH_LIST_AGAIN}"
)

#: Named zones; CET and CEST tell summer time apart
_NAMED_ZONES = {"Z": "+00:00", "UTC": "+00:00", "GMT": "+00:00", "CET": "+01:00", "CEST": "+02:00"}
_OFFSET = re.compile(r"(?:UTC|GMT)?([+-])(\d\d?):?(\d\d)?")  # +01:00, +0100, UTC+1
_ZONE = (
    rf"(?:\s*\(?(?P<zone>(?:UTC|GMT)[+-]\d\d?(?::?\d\d)?|[+-]\d\d:?\d\d|\+\d\d|{'|'.join(_NAMED_ZONES)})\)?)?"
    r"(?:\s*\([^()\d]*\))?"  # «GMT+0100 (CET)»
)
#: «9:14», «09.14.05,123», «9:14 PM»; an hour without minutes only as «kl. 9» and «9 AM»
_TIME = (
    r"(?P<at>kl\.?\s*)?(?P<hour>\d{1,2})"
    r"(?:[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d)(?:[.,]\d+)?)?|(?(at)|(?=\s?[AP]M)))(?:\s?(?P<half>[AP]M))?"
)
_CLOCK = rf"(?:(?:[\sT,]+(?:- )?|(?=kl)){_TIME}{_ZONE})?"
_WEEKDAYS = (
    "(?:man|tirs|ons|tors|fre|lør|søn)dag|(?:mon|tues|wednes|thurs|fri|satur|sun)day|"
    "man|tirs?|ons?|tors?|fre|lør|søn|ma|ti|to|fr|lø|sø|mon|tue|wed|thu|fri|sat|sun"
)
_WEEKDAY_PREFIX = rf"(?:(?:{_WEEKDAYS})\.?,? )?(?:(?:den|d\.?) ?)?"
_ENGLISH = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
    *("november", "december"),
)
#: Danish and English month names, in full and abbreviated: «dec», «okt», «oct»
_MONTH_OF = {
    spelling: number
    for names in (MONTHS, _ENGLISH)
    for number, name in enumerate(names, start=1)
    for spelling in (name, name[:3])
} | {"sept": 9}
_MONTH_NAMES = "|".join(sorted(_MONTH_OF, key=len, reverse=True))
#: Dashes as Word and web pages write dashes, mapped to a hyphen
DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"))
_DAY, _MONTH, _YEAR = r"(?P<day>\d\d?)", r"(?P<month>\d\d?)", r"(?P<year>\d{4}|\d\d)"
_NAME = rf"(?P<name>{_MONTH_NAMES})\.?"
_FORMS = [
    re.compile(form, re.IGNORECASE)
    for form in (
        # Only Americans write AM or PM with slashes, and put the month first.
        rf"{_WEEKDAY_PREFIX}{_MONTH}/{_DAY}/{_YEAR}(?=.*[AP]M){_CLOCK}",
        rf"{_WEEKDAY_PREFIX}(?P<year>\d{{4}})(?P<between>[-/.]){_MONTH}(?P=between){_DAY}{_CLOCK}",
        rf"{_WEEKDAY_PREFIX}{_DAY}[-./] ?{_MONTH}(?P<sign>[-./] ?| ){_YEAR}{_CLOCK}",
        rf"{_WEEKDAY_PREFIX}{_DAY}(?:\. ?|[- ]){_NAME}[- ]{_YEAR}{_CLOCK}",
        rf"{_WEEKDAY_PREFIX}{_NAME} {_DAY},? {_YEAR}{_CLOCK}",
        rf"(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d){_CLOCK}",
        r"(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)[\sT]?(?P<hour>\d\d)(?P<minute>\d\d)"
        rf"(?:(?P<second>\d\d)(?:[.,]\d+)?)?{_ZONE}",
        # DB2 writes 2019-12-11-09.14.05.123456
        r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)-(?P<hour>\d\d)\.(?P<minute>\d\d)\.(?P<second>\d\d)(?:\.\d+)?"
        r"(?P<zone>)",
    )
]
_SLASHES = re.compile(r"(?:[^\W\d]+\.?,? )?(?P<first>\d\d?)/(?P<second>\d\d?)/\d", re.IGNORECASE)

_MIDNIGHT = re.compile(r"[ T]00:00(?::00)?$")
_NO_DAY = re.compile(r"^(?:3[01]-12-1899|0[01]-01-1900) ")  # the day that Excel gives a time without a date
_BARE_CLOCK = re.compile(r"(\d\d?)(\d\d)")
_PART_OF_A_DAY = re.compile(r"0[.,]\d+")


class DateOrder(StrEnum):
    """The order of day and month that a date with slashes reveals about the list."""

    DAY_FIRST = auto()
    MONTH_FIRST = auto()
    EITHER = auto()


class UnreadableDate(ValueError):
    """Raised when a text is no date. `str()` is a Danish sentence about the date."""


@lru_cache(maxsize=10_000)
def parse_datetime(text: str, default_zone: tzinfo = COPENHAGEN) -> tuple[datetime, bool]:
    """Return (the moment in UTC, whether a time was given). Raises UnreadableDate. `place`: default zone."""
    if _EXCEL_SERIAL.fullmatch(text):
        return _to_utc(_from_excel_serial(text), default_zone), not _serial_days(text).is_integer()
    if match := _match_form(text):
        parts = match.groupdict()
        return _to_utc(_local_datetime(parts), default_zone, parts["zone"] or ""), parts["hour"] is not None
    raise UnreadableDate("Datoen kan ikke læses. Skriv den som 11-12-2019 14:05.")


def join_date_and_time(day: str, clock: str) -> str:
    """Return a day and a time of day from separate cells as a single text; the day alone if the day holds a time."""
    with suppress(UnreadableDate):
        if not clock or (parse_datetime(day)[1] and not _MIDNIGHT.search(day)):
            return day
    if _PART_OF_A_DAY.fullmatch(clock):
        clock = f"{_EXCEL_EPOCH + timedelta(seconds=round(_serial_days(clock) * 86400)):%H:%M:%S}"
    clock = _BARE_CLOCK.sub(r"\1:\2", clock) if clock.isdecimal() else _NO_DAY.sub("", clock)
    return f"{_MIDNIGHT.sub('', day)} {clock}" if day else ""


def detect_date_order(text: str) -> DateOrder | None:
    """Return the date order that the text reveals, or None: «11-12-2019» and «12/12/2019» reveal nothing."""
    match = _SLASHES.match(text) if "/" in text else None
    if not match or match["first"] == match["second"]:
        return None
    if int(match["second"]) > 12 or text.upper().endswith(("AM", "PM")):
        return DateOrder.MONTH_FIRST
    return DateOrder.DAY_FIRST if int(match["first"]) > 12 else DateOrder.EITHER


def date_order_remark(orders: Set[DateOrder | None], is_in_english: bool) -> str:
    """Return a Danish remark on a list with dates in the given orders, or «». `is_in_english`: the header is."""
    if DateOrder.MONTH_FIRST in orders:
        return SOME_MONTH_FIRST_REMARK if orders & {DateOrder.EITHER, DateOrder.DAY_FIRST} else ""
    return (
        MAYBE_MONTH_FIRST_REMARK
        if is_in_english and DateOrder.EITHER in orders and DateOrder.DAY_FIRST not in orders
        else ""
    )


def clock_change_remark(text: str) -> str:
    """Return a Danish remark on a time that Copenhagen had twice or not at all, when the clocks changed, or «»."""
    if (local := _local_time_in(text)) is None:
        return ""
    once, again = (local.replace(tzinfo=COPENHAGEN, fold=fold).astimezone(UTC) for fold in (0, 1))
    if once < again:
        return "Uret blev stillet tilbage, så timen kom to gange. Vi bruger den første."
    if once > again:
        return "Uret blev stillet frem, så timen findes ikke. Vi lægger en time til."
    return ""


def _local_time_in(text: str) -> datetime | None:
    """Return the local time that is read in the text, or None if the text has a zone or no date."""
    if _EXCEL_SERIAL.fullmatch(text):
        return _from_excel_serial(text)
    match = _match_form(text)
    return _local_datetime(match.groupdict()) if match and not match["zone"] else None


def _match_form(text: str) -> re.Match[str] | None:
    text = text.translate(DASHES)
    return next(filter(None, (form.fullmatch(text) for form in _FORMS)), None)


def _from_excel_serial(text: str) -> datetime:
    return _EXCEL_EPOCH + timedelta(seconds=round(_serial_days(text) * 86400))


def _serial_days(serial: str) -> float:
    return float((serial.replace(".", "") if "," in serial else serial).replace(",", "."))


def _local_datetime(parts: dict[str, str | None]) -> datetime:
    year, day = int(parts["year"] or 0), int(parts["day"] or 0)
    year += 2000 if year < 100 else 0
    named = parts.get("name")
    month = _MONTH_OF[named.casefold()] if named else int(parts["month"] or 0)
    if month > 12 >= day >= 1 and (parts.get("sign") or "").strip() == "/":
        raise UnreadableDate("Datoen har måneden først. Skriv den som 31-12-2019.")
    if not 1 <= month <= 12:
        raise UnreadableDate(f"Datoen findes ikke. Der er ingen måned {month}.")
    if not 1900 <= year <= 9998:
        raise UnreadableDate("Datoen findes ikke. Året er forkert.")
    days = monthrange(year, month)[1]
    if not 1 <= day <= days:
        raise UnreadableDate(f"Datoen findes ikke. {MONTHS[month - 1].capitalize()} har {days} dage.")
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    if (hour, minute, second) == (24, 0, 0):
        return datetime(year, month, day) + timedelta(days=1)
    if hour > 23 or minute > 59 or second > 59:
        raise UnreadableDate("Klokkeslættet findes ikke. Skriv det som 14:05.")
    if half := parts.get("half"):
        hour = hour % 12 + (12 if half.upper() == "PM" else 0)
    return datetime(year, month, day, hour, minute, second)


def _to_utc(local: datetime, default_zone: tzinfo, zone: str = "") -> datetime:
    if not zone:
        return local.replace(tzinfo=default_zone).astimezone(UTC)
    try:
        return datetime.fromisoformat(local.isoformat() + _iso_offset(zone.upper())).astimezone(UTC)
    except ValueError:
        raise UnreadableDate(f"Tidszonen {zone} findes ikke. Skriv tiden, som den var i Danmark.") from None


def _iso_offset(zone: str) -> str:
    if match := _OFFSET.fullmatch(zone):
        sign, hours, minutes = match.groups("00")
        return f"{sign}{hours:0>2}:{minutes}"
    return _NAMED_ZONES[zone]


_WRITTEN_DATE = re.compile(rf"\b(\d{{1,2}})\. ?({'|'.join(danish.MONTHS)})(?: (\d{{4}}))?\b", re.IGNORECASE)
_NUMERIC_DATE = re.compile(r"\b(\d{1,2})[./-](\d{1,2})(?:[./-](\d{4}))?\b")
MAX_DISTANCE = timedelta(days=366)


def find_date_in_subject(subject: str, sent_on: date) -> date | None:
    """Return the first date in the subject that lies on or after the day of sending, within a year; else None.

    CPR numbers are masked first. A date without a year is the next such day after sending: «Møde 10. januar» sent in
    December means January.
    """
    subject = cpr.mask(subject)
    written = [(d, danish.MONTHS.index(m.lower()) + 1, y) for d, m, y in _WRITTEN_DATE.findall(subject)]
    for day, month, year in written + _NUMERIC_DATE.findall(subject):
        found = _next_such_date(int(day), int(month), int(year) if year else None, sent_on)
        if found:
            return found
    return None


def _next_such_date(day: int, month: int, year: int | None, sent_on: date) -> date | None:
    for candidate_year in [year] if year else [sent_on.year, sent_on.year + 1]:
        try:
            candidate = date(candidate_year, month, day)
        except ValueError:
            return None
        if sent_on <= candidate <= sent_on + MAX_DISTANCE:
            return candidate
    return None
