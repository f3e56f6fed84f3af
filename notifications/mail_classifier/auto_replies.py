"""Recognise auto-replies (RFC 3834) and challenges, and find the end of an absence.

Absences are read in Danish, English and other languages: «på ferie til den 20. januar», «until Jan 6». A challenge
asks the sender to prove to be a person before the mail is delivered.
"""

import datetime as dt
import re
from contextlib import suppress
from email.utils import parsedate_to_datetime

from notifications.mail_classifier import author
from notifications.mail_classifier.mail_parser import Mail
from notifications.mail_classifier.text_patterns import compile_any_of
from sepo_incident.core import danish

#: Matches the beginning of a subject. An answer by a person has «SV:» or «VS:» there.
AUTO_REPLY_SUBJECT = compile_any_of(
    r"automatis(?:k|ch|kt)\w* (?:svar|be?svar\w*|antwort)|auto-?svar|auto-?antwort|feriesvar",
    r"auto(?:matic)?[ -]?(?:reply|response|answer)|auto(?:matically generated)?:|auto-?respon",
    r"out[- ]of[- ](?:the[- ])?office|ooo\b|(?:i am |i'm )?away from|(?:i am|i'm) (?:away|out|on)\b",
    r"(?:jeg er )?(?:pt\.? |p\.t\. )?ikke (?:til stede|på kontoret)|(?:jeg er )?bortrejst|fraværende|fraværsbesked",
    r"frånvarande|frånvaro|inte på (?:kontoret|plats)|ute av kontoret|utenfor kontoret|borte fra|fråvær",
    r"abwesenheit|ich bin (?:nicht|derzeit|bis)|nicht im (?:büro|haus)",
    r"réponse automatique|respuesta automática|risposta automatica|automatisch antwoord|afwezig|resposta automática",
    r"automatyczn\w+ odpowied|autoodpowied",
    before=r"\W*",
)
AUTO_REPLY_HEADERS = [
    *("x-autoreply", "x-autorespond", "x-autoreply-from"),
    *("x-auto-reply", "x-mail-autoreply", "x-autoresponder"),
]
AUTO_REPLY_PRECEDENCE = ("auto_reply", "auto-reply", "autoreply", "vacation")
#: Words about an absence. People use the same words, so a match counts only together with a header.
AUTO_REPLY_WORDS = compile_any_of(
    r"out of (?:the )?office|on (?:annual )?(?:vacation|leave|holiday)|vacation|absence|away (?:from|until)",
    r"auto(?:matic|mated)? ?-?(?:reply|response)|automatisk (?:svar|besvarelse)|autosvar|fravær|bortrejst|barsel|orlov",
    r"ferie|holder (?:jeg )?fri\b|fridag|ikke (?:til stede|på kontoret)|tilbage (?:på|den|igen|d\.)",
    r"abwesend|nicht im büro|urlaub|frånvar|semester|åter|fråvær",
)


def is_auto_reply(mail: Mail) -> bool:
    """Return whether headers or subject mark an auto-reply.

    Mail servers mark bounces «auto-replied» as well, so headers do not count in a mail server's mail.
    """
    subject = mail.header("subject")
    if author.is_from_daemon(mail):
        return False
    if AUTO_REPLY_SUBJECT.match(subject):
        return True
    if author.SERVER_NOTICE_SUBJECT.match(subject) or mail.header("x-failed-recipients"):
        return False
    is_a_reply = mail.header("auto-submitted").lower().startswith("auto-replied") or mail.header(*AUTO_REPLY_HEADERS)
    return bool(is_a_reply or mail.header("precedence").lower() in AUTO_REPLY_PRECEDENCE or _is_marked_automatic(mail))


def _is_marked_automatic(mail: Mail) -> bool:
    """Return whether headers mark an automatic mail and the words confirm an absence.

    Exchange sets such headers for rules, but also for some mails that people write. `X-Auto-Response-Suppress`
    counts only if the subject confirms.
    """
    subject = mail.header("subject")
    is_generated = mail.header("auto-submitted").lower().startswith("auto-generated")
    if is_generated or mail.header("x-ms-exchange-inbox-rules-loop"):
        return bool(AUTO_REPLY_WORDS.search(f"{subject}\n{author.unquoted_text(mail)[:2000]}"))
    return bool(
        mail.header("x-auto-response-suppress")
        and not author.REPLY_SUBJECT.match(subject)
        and AUTO_REPLY_WORDS.search(subject)
    )


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
_FILLER_WORDS = (
    r"(?:\s+(?:og\s+med|and\s+including|på\s+arbejde|på\s+kontoret|på|igen|again|in\s+the\s+office|to\s+the\s+office"
    r"|on|the|den|d\.?|am|zum|from|fra))*\s*[:,]?\s*"
)
_UNTIL_WORD = (
    r"t\.?\s?o\.?\s?m\.?|indtil|til|frem\s+til|tilbage|retur|until|till|through|thru|to|back|return(?:ing)?"
    r"|bis|zurück|till\s+och\s+med|åter|tillbaka"
)
AWAY_UNTIL = re.compile(rf"\b(?:{_UNTIL_WORD}){_FILLER_WORDS}{_WEEKDAY}{_FILLER_WORDS}{_DATE}", re.IGNORECASE)


def find_away_until(mail: Mail) -> dt.date | None:
    """Return the latest day that the reply names as the end of an absence, or None.

    Days are read relative to the day that the reply was written.
    """
    written = _date_written(mail)
    text = " ".join(f"{mail.header('subject')} . {author.unquoted_text(mail)[:4000]}".split())
    if written is None:
        return None
    named = [day for match in AWAY_UNTIL.finditer(text) if (day := _parse_day(match, written))]
    return max(named, default=None)


def _date_written(mail: Mail) -> dt.date | None:
    with suppress(ValueError, TypeError, IndexError, OverflowError):
        return danish.local_date(parsedate_to_datetime(mail.header("date")))
    return None


def _parse_day(match: re.Match[str], written: dt.date) -> dt.date | None:
    """Return the day, or None for an impossible date or a day before or more than 366 days after `written`.

    A date without a year is the next such day.
    """
    with suppress(ValueError):
        if match["iso"]:
            day = dt.date.fromisoformat(match["iso"])
        else:
            number, month, year = _day_month_year(match)
            day = dt.date(year or written.year, month, number)
            if not year and day < written:
                day = day.replace(year=day.year + 1)
        return day if written <= day <= written + dt.timedelta(days=366) else None
    return None


def _day_month_year(match: re.Match[str]) -> tuple[int, int, int]:
    """Return day, month, and the year or 0. A date in numbers has the day first, as in Denmark."""
    if match["numbers"]:
        number, month = map(int, re.split(r"\s?[./-]\s?", match["numbers"]))
        year = int(match["year0"] or 0)
        return number, month, year + 2000 if 0 < year < 100 else year
    which = "1" if match["day1"] else "2"
    return int(match[f"day{which}"]), MONTHS[match[f"month{which}"][:3].lower()], int(match[f"year{which}"] or 0)


CHALLENGE_HEADERS = [
    *("x-bluebottle-request", "x-tmda-confirm", "x-tmda-fingerprint", "x-spamarrest-noauth"),
    *("x-qconfirm", "x-ask-auth", "x-challenge"),
]
CHALLENGE_SENDERS = compile_any_of(
    "boxbe|spamarrest|mailblocks|bluebottle|mailinblack|choicemail|sendio|spamlion", before=r"@(?:.*\.)?", after=r"\."
)
_MAIL_WORD = r"(?:message|(?:e-?)?mail)"
CHALLENGE_SUBJECT = compile_any_of(
    r"\[?(?:spam ?arrest|boxbe)|challenge[: ]",
    rf"please (?:confirm|verify) your {_MAIL_WORD}",
    rf"verif(?:y|ication of) (?:your )?{_MAIL_WORD}|action required: (?:verify|confirm)",
    rf"your {_MAIL_WORD} requires (?:confirmation|verification|authentication)",
    r"confirm(?:ation)? (?:request|required|needed)|(?:sender|message) (?:verification|authentication|confirmation)",
    r"bekræft (?:din|venligst)|authentification (?:requise|de votre)",
    r".{0,200}\bconf#[0-9a-f]{6}",
)
CHALLENGE_WORDS = compile_any_of(
    r"(?:account|mailbox|inbox|address|e-?mail|indbakke|postkasse) (?:is|er) (?:protected|beskyttet) (?:by|af|mod)\b",
    r"(?:has been|is being|was) wait-?listed|guest list so your messages",
    r"(?:verify|prove|confirm|show) that you(?:'re| are) (?:a |not a )?(?:real |human|person|legitimate|spam)",
    r"(?:bekræft|bevis)\w*,? at du er (?:et menneske|en person|ikke en robot)",
    rf"to (?:have|get) your {_MAIL_WORD} delivered,? (?:\w+ ){{0,6}}(?:click|reply|follow|confirm)",
    rf"before (?:your|this) {_MAIL_WORD} (?:can|will) be (?:delivered|released),? "
    rf"(?:\w+ ){{0,6}}(?:click|reply|follow|confirm)",
    rf"(?:click|reply|follow)[^.]{{0,80}} (?:to|and) (?:confirm|verify|release|approve|authenticate) "
    rf"(?:your|the|this) {_MAIL_WORD}",
    r"add(?:ed)? (?:yourself|your address)[^.]{0,40} to (?:my|the|his|her) "
    r"(?:\w+ ){0,2}(?:guest|allowed|approved|white)[- ]?list",
    r"klik[^.]{0,80} for at (?:bekræfte|frigive)[^.]{0,40}(?:mail|besked|adresse)",
)


def is_challenge(mail: Mail) -> bool:
    subject = mail.header("subject")
    return bool(
        mail.header(*CHALLENGE_HEADERS)
        or CHALLENGE_SENDERS.search(author.author_address(mail))
        or (not author.REPLY_SUBJECT.match(subject) and CHALLENGE_SUBJECT.match(subject))
        or CHALLENGE_WORDS.search(" ".join(author.unquoted_text(mail)[:5000].split()))
    )
