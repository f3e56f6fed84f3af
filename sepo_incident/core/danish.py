"""Format dates, numbers, phone numbers and words in Danish: pure functions without settings or database.

A moment in any time zone is shown in Copenhagen time; a naive moment is taken as Copenhagen time.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
MONTHS = (
    "januar", "februar", "marts", "april", "maj", "juni",
    "juli", "august", "september", "oktober", "november", "december",
)  # fmt: skip
WEEKDAYS = ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag")
NUMBER_WORDS = ("nul", "én", "to", "tre", "fire", "fem", "seks", "syv", "otte", "ni", "ti", "elleve", "tolv")

#: Code points after z that sort as æ < ø < å, with aa as å, also in a database that compares code points.
SORT_LETTERS = str.maketrans({"æ": "{", "ä": "{", "ø": "|", "ö": "|", "å": "}", "ü": "y", "ð": "d", "þ": "th"})
#: ASCII spellings of the Danish letters.
_ASCII_SPELLING = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa", "Æ": "Ae", "Ø": "Oe", "Å": "Aa"})
#: Seam at which a long compound may break: «uddannelses|paratheds|vurdering», but not before sk or st.
COMPOUND_SEAM = re.compile(r"(?<=\w{4}s)(?=[bdfghlmnprsv]\w{4})")
#: «7080 1234», or a foreign number in the international form of E.164: «+46812345678».
PHONE_FORM = r"^([0-9]{4} [0-9]{4}|\+[0-9]{8,15})$"
PHONE_MAX_LENGTH = 16
_BETWEEN_DIGITS = re.compile(r"[\s().\-‐‑–]")
_DANISH_PHONE = re.compile(r"(?:(?:\+|00)45)?([2-9][0-9]{3})([0-9]{4})")
_FOREIGN_PHONE = re.compile(r"(?:\+|00)([1-9][0-9]{7,14})")


class Badge(NamedTuple):
    """Label, tone and icon of a status.

    Tones: "", "is-late", "is-soon", "is-ok", "is-info". `icon` is the name of a DKFDS icon.
    """

    label: str
    tone: str = ""
    icon: str = ""


def local_time(moment: dt.datetime) -> dt.datetime:
    """Return the moment in Copenhagen time."""
    return moment if moment.tzinfo is None else moment.astimezone(COPENHAGEN)


def local_date(value: dt.date) -> dt.date:
    """Return the Copenhagen calendar day of a date or a moment."""
    return local_time(value).date() if isinstance(value, dt.datetime) else value


def midnight(value: dt.date) -> dt.datetime:
    """Return the moment at which the day begins in Copenhagen."""
    return dt.datetime.combine(value, dt.time(), COPENHAGEN)


def date(value: dt.date) -> str:
    """Return «15. januar 2020»."""
    return f"{day_month(value)} {local_date(value).year}"


def day_month(value: dt.date) -> str:
    """Return «15. januar»."""
    the_day = local_date(value)
    return f"{the_day.day}. {MONTHS[the_day.month - 1]}"


def weekday(value: dt.date) -> str:
    """Return «onsdag»."""
    return WEEKDAYS[local_date(value).weekday()]


def weekday_date(value: dt.date) -> str:
    """Return «onsdag den 15. januar 2020»."""
    return f"{weekday(value)} den {date(value)}"


def weekday_date_short(value: dt.date) -> str:
    """Return «onsdag den 15. januar»."""
    return f"{weekday(value)} den {day_month(value)}"


def clock(moment: dt.datetime) -> str:
    """Return «kl. 14.05»."""
    return f"kl. {local_time(moment):%H.%M}"


def weekday_time(moment: dt.datetime) -> str:
    """Return «torsdag 12. dec. kl. 13.42»: the name of a letter without a subject."""
    the_day = local_date(moment)
    month = MONTHS[the_day.month - 1]
    short = month if len(month) <= 4 else f"{month[:3]}."
    return f"{weekday(moment)} {the_day.day}. {short} {clock(moment)}"


def moment(moment: dt.datetime) -> str:
    """Return «onsdag den 18. december 2019 kl. 14.05»."""
    return f"{weekday_date(moment)} {clock(moment)}"


def moment_relative(moment: dt.datetime, now: dt.datetime) -> str:
    """Return «I dag kl. 09.43», «I går kl. 10.12» or «Fredag den 10. januar kl. 09.31».

    The year is included when `moment` and `now` are in different years.
    """
    the_day, today = local_date(moment), local_date(now)
    near = {0: "i dag", -1: "i går", 1: "i morgen"}.get((the_day - today).days)
    far = weekday_date_short(moment) if the_day.year == today.year else weekday_date(moment)
    return capitalized(f"{near or far} {clock(moment)}")


def days_left(value: dt.date, today: dt.date) -> str:
    """Return «om 2 dage», «i morgen», «i dag», «i går» or «for 3 dage siden»."""
    days = (local_date(value) - local_date(today)).days
    if days in (-1, 0, 1):
        return ("i går", "i dag", "i morgen")[days + 1]
    return f"om {number(days)} dage" if days > 0 else f"for {number(-days)} dage siden"


def deadline_sentence(deadline: dt.date, today: dt.date, *, with_days: bool = False) -> str:
    """Return «Fristen er onsdag den 15. januar 2020.», the day after «Fristen var …». `with_days`: and how near."""
    verb = "var" if deadline < today else "er"
    return f"Fristen {verb} {f'{days_left(deadline, today)}, ' if with_days else ''}{weekday_date(deadline)}."


def window(first: dt.date, last: dt.date) -> str:
    """Return «9.–19. december 2019», «28. november – 3. december 2019» or «30. december 2019 – 3. januar 2020»."""
    one, two = local_date(first), local_date(last)
    if one == two:
        return date(one)
    if (one.year, one.month) == (two.year, two.month):
        return f"{one.day}.–{date(two)}"
    return f"{day_month(one) if one.year == two.year else date(one)} – {date(two)}"


def number(value: float | Decimal) -> str:
    """Return «1.600», «1.234,5» or «−6» (with a real minus sign)."""
    text = f"{value:,}".translate(str.maketrans(",.", ".,"))
    return text.replace("-", "−")


def count(value: int, singular: str, plural: str) -> str:
    """Return «1 brev» or «14 breve»."""
    return f"{number(value)} {singular if abs(value) == 1 else plural}"


def kroner(amount: Decimal) -> str:
    """Return «1.250 kr.» or «1.250,50 kr.»."""
    is_whole = amount == amount.to_integral_value()
    return f"{number(int(amount) if is_whole else round(amount, 2))} kr."


def number_word(value: int) -> str:
    """Return the number as a word («tre») up to «tolv», and as digits from 13."""
    return NUMBER_WORDS[value] if 0 <= value < len(NUMBER_WORDS) else number(value)


def join_with_and(parts: Sequence[str]) -> str:
    """Return «a», «a og b» or «a, b og c»."""
    return " og ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def duration(length: dt.timedelta) -> str:
    """Return «2 d. 4 t.», «5 t.», «40 min.» or «under 1 min.»."""
    minutes = max(0, int(length.total_seconds() // 60))
    days, hours = minutes // 1440, minutes % 1440 // 60
    if days:
        return f"{number(days)} d. {hours} t." if hours else f"{number(days)} d."
    if hours:
        return f"{hours} t."
    return f"{minutes} min." if minutes else "under 1 min."


def working_time(length: dt.timedelta, workday: dt.timedelta) -> str:
    """Return «3 arbejdsdage 2 t.», «1 arbejdsdag», «3 t. 20 min.», «40 min.» or «under 1 min.».

    `workday`: length of a working day.
    """
    days, rest = divmod(length, workday)
    hours, minutes = rest // dt.timedelta(hours=1), rest // dt.timedelta(minutes=1) % 60
    if days:
        said = count(days, "arbejdsdag", "arbejdsdage")
        return f"{said} {hours} t." if hours else said
    if hours:
        return f"{hours} t. {minutes} min." if minutes else f"{hours} t."
    return f"{minutes} min." if minutes else "under 1 min."


def capitalized(text: str) -> str:
    """Return the text with the first letter in upper case and the rest unchanged."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """Return the text on one line, ended as a sentence; "" for none."""
    line = " ".join(text.split())
    return line if not line or line.endswith((".", "!", "?")) else f"{line}."


def hyphenated(text: str) -> str:
    """Return the text with soft hyphens at the seams of words of 20 letters or more, after an s before a consonant.

    For browsers without Danish hyphenation.
    """
    return re.sub(r"\w{20,}", lambda word: COMPOUND_SEAM.sub("\u00ad", word[0]), text)


def genitive(name: str) -> str:
    """Return «Børne- og Ungdomsforvaltningens», «BIF's»."""
    if name.isupper():
        return f"{name}'s"
    return f"{name}'" if name.endswith(("s", "x", "z")) else f"{name}s"


def ascii_file_name(text: str) -> str:
    """Return the text as a file name that every system accepts: «påmindelse til leder» → "paamindelse-til-leder"."""
    return re.sub(r"[^A-Za-z0-9]+", "-", spell_ascii(text)).strip("-")


def spell_ascii(text: str) -> str:
    """Return the text with æ, ø and å spelled as ae, oe and aa."""
    return text.translate(_ASCII_SPELLING)


@lru_cache(maxsize=65_536)  # the names of a city's employees
def sort_key(text: str) -> str:
    """Return a key that sorts as a Danish index: æ < ø < å, aa as å; case, accents and repeated spaces are ignored."""
    folded = " ".join(unicodedata.normalize("NFC", text).casefold().split()).replace("aa", "å").translate(SORT_LETTERS)
    plain = unicodedata.normalize("NFKD", folded)
    return re.sub(r"[\u0300-\u036f]", "", plain)[:250]


def parse_phone(text: str) -> str | None:
    """Return the number in its stored form, "" for an empty text, or None if the text is no whole phone number."""
    compact = _BETWEEN_DIGITS.sub("", text)
    if not compact:
        return ""
    if found := _DANISH_PHONE.fullmatch(compact):
        return " ".join(found.groups())
    foreign = None if compact.startswith(("+45", "0045")) else _FOREIGN_PHONE.fullmatch(compact)
    return f"+{foreign[1]}" if foreign else None


def phone_url(phone: str) -> str:
    """Return the address that calls the number: «tel:+4570801234»."""
    digits = _BETWEEN_DIGITS.sub("", phone)
    return f"tel:{digits}" if digits.startswith("+") else f"tel:+45{digits}"
