"""The text of one cell → what it means: a rule per field. Pure: nothing is asked of the database.

CPR numbers stop here: texts are masked, and the recipient becomes a keyed hash.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import partial
from typing import Any, NamedTuple

from letters import recipients
from letters.categories.judging import Judge, Reading
from letters.importing import identifiers, oddities
from letters.importing.addresses import bare, is_whole, what_is_wrong_with
from letters.importing.kinds import Kind
from letters.importing.moments import DASHES, Order, Unreadable, moment_of, order_of, remark_on
from letters.models.letter import HIDDEN
from sepo_incident import cpr, danish
from sepo_incident.danish import COPENHAGEN

REJECT, NOTICE = "reject", "notice"
LONGEST = {
    "source_ref": 120,
    "sender_name": 200,
    "sender_email": 254,
    "leader_name": 200,
    "leader_email": 254,
    "administration": 200,
    "area": 200,
    "unit_name": 200,
    "subunit": 200,
    "unit_code": 40,
    "subject": 500,
}
REQUIRED_VALUES = {"source_ref", "sent_at"}
#: Cut, and said; anything else that is too long is rejected, for half an address is no address.
MAY_BE_CUT = {"sender_name", "leader_name", "subject"}
#: Have a word of their own for a CPR number; elsewhere it is rejected, or it would name a unit or a person.
SAY_THEMSELVES = {"source_ref", "subject"}
LONGEST_SHOWN = 300
KINDS = {"borger": "CITIZEN", "citizen": "CITIZEN", "medarbejder": "EMPLOYEE", "ansat": "EMPLOYEE", "": "UNKNOWN"}

_TIDY = re.compile(r"[!-~æøåÆØÅ]+(?: [!-~æøåÆØÅ]+)*")  # most texts, and the cleaning would not change them
_ADDRESSES = re.compile(r"[^\s;,|<>{}#]+@[^\s;,|<>{}#]+")
#: What we show for a recipient, and no address
_CODE = re.compile(r"kode [A-Z]\d[A-Z]")
_ADDRESS_HIDDEN = "●●●@●●●"
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Window:
    """The incident's first and last day, both hit."""

    first: date
    last: date

    def __str__(self) -> str:
        """«9.–19. december»."""
        return danish.window(self.first, self.last).rsplit(" ", 1)[0]


class Remark(NamedTuple):
    kind: Kind
    message: str
    severity: str = REJECT


NO_SENDER = Remark(
    Kind.NO_SENDER, "Ingen e-mail på afsenderen. Brevet kan godt indlæses. Find afsenderen bagefter.", NOTICE
)
NO_UNIT = Remark(
    Kind.NO_UNIT,
    "Ingen enhed. Brevet kan godt indlæses. Er der heller ikke et område, så find enheden bagefter.",
    NOTICE,
)
NO_CODE = Remark(Kind.NO_CODE, "Det er ikke en enhedskode. Vi finder enheden på dens navn.", NOTICE)
NO_LEADER = Remark(Kind.NO_LEADER, "Ingen leder. Brevet kan godt indlæses. Find lederen bagefter.", NOTICE)
NO_LEADERS_ADDRESS = Remark(
    Kind.NO_LEADER, "Lederens e-mail kan ikke bruges. Brevet kan godt indlæses. Find lederen bagefter.", NOTICE
)


class Meaning(NamedTuple):
    """What the text of a cell means: its value, the text as it may be shown (masked), and what is wrong with it."""

    value: Any
    shown: str = ""
    remarks: tuple[Remark, ...] = ()

    def but(self, kind: Kind, message: str, severity: str = REJECT) -> "Meaning":
        return self.remarked(Remark(kind, message, severity))

    def remarked(self, remark: Remark) -> "Meaning":
        return self._replace(remarks=(*self.remarks, remark))


class Moment(NamedTuple):
    at: datetime | None
    day: date | None  # in Copenhagen
    order: Order | None = None


class Subject(NamedTuple):
    text: str
    says: Reading
    may_name_a_date: bool


Rule = Callable[[str], Meaning]


def clean(text: str) -> str:
    """One line without control, format or half characters, composed, with single spaces."""
    if not text or _TIDY.fullmatch(text):
        return text
    text = unicodedata.normalize("NFC", text)
    text = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join(text.split())


def _spelled_out(text: str) -> str:
    """What was spelled may be a line break, or a sign that hides."""
    return clean(oddities.spelled_out(text))


def rules(window: Window, judge: Judge, is_in_utc: bool = False) -> dict[str, Rule]:
    """field → what a cleaned text of its column means. ``is_in_utc``: times without a zone are UTC."""
    place = UTC if is_in_utc else COPENHAGEN
    return {name: partial(_minding_errors, name, rule) for name, rule in _rules(window, judge, place).items()}


def _rules(window: Window, judge: Judge, place: tzinfo) -> dict[str, Rule]:
    return {
        "source_ref": _source_ref,
        "sent_at": partial(_moment, window, place),
        "sender_name": partial(_text, "sender_name"),
        "sender_email": partial(_address, "sender_email", NO_SENDER),
        "leader_name": partial(_text, "leader_name"),
        "leader_email": _leaders_address,
        "administration": partial(_text, "administration"),
        "area": partial(_text, "area"),
        "unit_name": _unit_name,
        "subunit": partial(_text, "subunit"),
        "unit_code": _unit_code,
        "recipient_kind": _kind,
        "recipient": _recipient,
        "subject": partial(_subject, judge),
    }


def _minding_errors(name: str, rule: Rule, text: str) -> Meaning:
    """An error of Excel's is no value: the field stays empty, and people see what stood there."""
    if text[:1] not in oddities.BEGINNINGS:
        return rule(text)
    text = oddities.unwrapped(text)
    message = oddities.error_in(text)
    if not message:
        return rule(text)
    remark = Remark(Kind.EXCEL_ERROR, message, REJECT if name in REQUIRED_VALUES else NOTICE)
    return rule("")._replace(shown=cpr.mask(text)[:LONGEST_SHOWN], remarks=(remark,))


def _text(name: str, text: str, mask: Callable[[str], str] = cpr.mask) -> Meaning:
    text = _spelled_out(text)
    longest, masked = LONGEST[name], mask(text)
    # Masked before it is cut, so that no half number is left, and cut again, for the mask may be longer.
    meaning = Meaning(masked[:longest], masked[:LONGEST_SHOWN])
    if masked != text and name not in SAY_THEMSELVES:
        meaning = meaning.but(Kind.CPR, "Der står noget, der ligner et CPR-nummer, og det må ikke gemmes. Ret feltet.")
    if oddities.has_lost_a_letter(text):
        meaning = meaning.but(Kind.LOST_LETTER, oddities.LOST_LETTER, NOTICE)
    if len(text) <= longest:
        return meaning
    if name in MAY_BE_CUT:
        return meaning.but(
            Kind.WILL_BE_CUT, f"Teksten er længere end {longest} tegn. Vi gemmer de første {longest}.", NOTICE
        )
    return meaning.but(Kind.TOO_LONG, f"Teksten er længere end {longest} tegn. Ret feltet.")


def _source_ref(text: str) -> Meaning:
    text = text.translate(DASHES)
    meaning = _text("source_ref", text, identifiers.mask)
    if not text:
        return meaning.but(Kind.NO_ID, "Brev-id mangler. Hvert brev skal have et nummer, der kun er dets eget.")
    if oddities.is_cut_short(text):
        return meaning.but(Kind.CUT_SHORT, oddities.CUT_SHORT)
    if identifiers.mask(text) != text:
        said = "Brev-id ligner et CPR-nummer og må ikke gemmes. Giv brevet et andet nummer."
        return meaning.but(Kind.ID_IS_CPR, said)
    return meaning


def _moment(window: Window, place: tzinfo, text: str) -> Meaning:
    nothing = Meaning(Moment(None, None, order_of(text)), cpr.mask(text)[:LONGEST_SHOWN])
    if not text:
        return nothing.but(Kind.NO_DATE, "Datoen mangler. Skriv, hvornår brevet er sendt.")
    try:
        at, has_time = moment_of(text, place)
    except Unreadable as problem:
        return nothing.but(Kind.BAD_DATE, str(problem))
    day = danish.day(at)
    meaning = nothing._replace(value=nothing.value._replace(at=at, day=day))
    if not window.first <= day <= window.last:
        return meaning.but(Kind.OUTSIDE, f"Uden for perioden {window}.")
    if not has_time:
        return meaning.but(Kind.NO_CLOCK, "Klokkeslættet mangler. Vi skriver kl. 00.00.", NOTICE)
    remark = remark_on(text) if place is COPENHAGEN else ""
    return meaning.but(Kind.CLOCK_MOVED, remark, NOTICE) if remark else meaning


def _address(name: str, when_empty: Remark, text: str) -> Meaning:
    meaning = _text(name, text)
    value = bare(meaning.value)
    meaning = meaning._replace(value=value)
    if not value:
        return meaning.remarked(when_empty)
    if cpr.MASK not in value and not is_whole(value):
        return meaning.but(Kind.BROKEN_EMAIL, what_is_wrong_with(value))
    return meaning


def _leaders_address(text: str) -> Meaning:
    """A letter is not refused for its leader's address: the leader is found afterwards."""
    meaning = _address("leader_email", NO_LEADER, text)
    if all(remark.severity != REJECT for remark in meaning.remarks):
        return meaning
    return Meaning("", meaning.shown, (NO_LEADERS_ADDRESS,))


def _unit_name(text: str) -> Meaning:
    meaning = _text("unit_name", text)
    return meaning if text else meaning.remarked(NO_UNIT)


def _unit_code(text: str) -> Meaning:
    """Half a code is no code, and a letter is not refused for it: its unit is found by name."""
    meaning = _text("unit_code", text)
    if oddities.is_cut_short(text):
        return Meaning("", meaning.shown, (Remark(Kind.CUT_SHORT, oddities.CUT_SHORT, NOTICE),))
    if meaning.remarks:
        return Meaning("", meaning.shown, (NO_CODE,))
    return meaning


def _kind(text: str) -> Meaning:
    shown = _ADDRESS_HIDDEN if "@" in text else cpr.mask(text)[:LONGEST_SHOWN]  # it would be a citizen's
    meaning = Meaning(KINDS.get(text.casefold(), "UNKNOWN"), shown)
    if text and meaning.value == "UNKNOWN":
        return meaning.but(
            Kind.UNKNOWN_RECIPIENT, "Vi kender kun Borger og Medarbejder. Brevet får ukendt modtager.", NOTICE
        )
    return meaning


def _subject(judge: Judge, text: str) -> Meaning:
    """The placeholder of a workbook of ours is no subject; ``returning`` finds what it stands for."""
    text = _spelled_out(text)
    meaning = _text("subject", text)
    subject: str = meaning.value
    # What is cut away may be the very word that hides it.
    whole = cpr.mask(text) if len(subject) == LONGEST["subject"] else subject
    meaning = meaning._replace(value=Subject(subject, judge.read(whole), bool(_DIGIT.search(subject))))
    if not text:
        return meaning.but(Kind.NO_SUBJECT, "Intet emne. Brevet kan godt indlæses.", NOTICE)
    if text == HIDDEN:
        return meaning.but(Kind.PLACEHOLDER, "Emnet er skjult, og nøglen til det passer ikke. Skriv emnet.")
    if cpr.holds_cpr(text):
        return meaning.but(Kind.CPR_IN_SUBJECT, "Der står et CPR-nummer i emnet. Vi skjuler det for altid.", NOTICE)
    return meaning


def _recipient(text: str) -> Meaning:
    """Never kept in clear. A CPR number that Excel took for a number has lost its first zero.

    A trace has what became of the mail behind the address: «anna@borger.example##Receive, Deliver».
    """
    if text.count("@") > 1 and len(set(_ADDRESSES.findall(text.lower()))) > 1:
        return Meaning("").but(Kind.SEVERAL_RECIPIENTS, "Der står flere modtagere. Lav en række til hver.")
    text = text.partition("##")[0].strip("{}")
    if oddities.is_cut_short(text):
        return Meaning("", "", (Remark(Kind.CUT_SHORT, oddities.CUT_SHORT, NOTICE),))
    if text.startswith("kode ") and _CODE.fullmatch(text):
        said = "Modtageren er kun en kode, og nøglen til den passer ikke. Skriv modtageren."
        return Meaning("", text, (Remark(Kind.PLACEHOLDER, said),))
    if len(text) == 9 and text.isdecimal():
        text = f"0{text}"
    if "@" in text:
        text = bare(text)
    return Meaning(recipients.recipient_key(text))
