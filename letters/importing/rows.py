"""A raw row → a typed row, and what is wrong with it. Pure: nothing is asked of the database.

CPR numbers stop here: texts are masked, the recipient becomes a keyed hash, and what a problem shows is masked too.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from letters import categories, named_dates, recipients
from letters.importing.columns import LABELS
from letters.importing.moments import Unreadable, moment_of
from letters.models.letter import HIDDEN
from sepo_incident import cpr, danish

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
    "subject": 500,
}
#: Cut, and said; anything else that is too long is rejected, for half an address is no address.
MAY_BE_CUT = {"sender_name", "leader_name", "subject"}
LONGEST_SHOWN = 300
KINDS = {"borger": "CITIZEN", "citizen": "CITIZEN", "medarbejder": "EMPLOYEE", "ansat": "EMPLOYEE", "": "UNKNOWN"}

_EMAIL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]+@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_IN_BRACKETS = re.compile(r".*<([^<>]+)>")
_CHEAP = re.compile(r"[\x20-\x7eæøåÆØÅ]*")


@dataclass
class Row:
    """A row as understood: fields as ``ImportRow`` has them. ``problems``: {column, value, message, severity}."""

    row: int
    source_ref: str = ""
    sent_at: datetime | None = None
    sender_name: str = ""
    sender_email: str = ""
    leader_name: str = ""
    leader_email: str = ""
    administration: str = ""
    area: str = ""
    unit_name: str = ""
    subunit: str = ""
    recipient_kind: str = "UNKNOWN"
    recipient_key: str = ""
    subject: str = ""
    category: str = ""
    is_personnel_case: bool = False
    named_on: date | None = None
    shown: dict[str, str] = field(default_factory=dict)
    problems: list[dict[str, str]] = field(default_factory=list)

    @property
    def is_rejected(self) -> bool:
        return any(problem["severity"] == REJECT for problem in self.problems)

    def object_to(self, name: str, message: str, severity: str = REJECT) -> None:
        """Say what is wrong with a field, beside what stood there (masked)."""
        value = self.shown.get(name, "")
        self.problems.append({"column": LABELS[name], "value": value, "message": message, "severity": severity})


@dataclass(frozen=True)
class Window:
    """The incident's first and last day, both hit."""

    first: date
    last: date

    def __str__(self) -> str:
        """«9.–19. december»."""
        return danish.window(self.first, self.last).rsplit(" ", 1)[0]


def parse(number: int, cells: Sequence[str], columns: Mapping[str, int], window: Window) -> Row:
    """``columns`` is field → index of its cell; ``number`` the row in Excel."""
    raw = {name: clean(cells[index]) for name, index in columns.items() if index < len(cells)}
    row = Row(number)
    _read_recipient(row, raw.pop("recipient", ""))
    row.shown |= {name: cpr.mask(value)[:LONGEST_SHOWN] for name, value in raw.items() if value}
    for name in LONGEST:
        _read_text(row, name, raw.get(name, ""))
    _read_source_ref(row, raw.get("source_ref", ""))
    _read_moment(row, raw.get("sent_at", ""), window)
    _read_address(
        row, "sender_email", "Ingen e-mail på afsenderen. Brevet kan godt indlæses. Find afsenderen bagefter."
    )
    _read_address(row, "leader_email", "Ingen leder. Brevet kan godt indlæses. Find lederen bagefter.")
    _read_unit(row)
    _read_kind(row, raw.get("recipient_kind", ""))
    _read_subject(row, raw.get("subject", ""))
    return row


def clean(text: str) -> str:
    """One line without control, format or half characters, composed, with single spaces."""
    if not _CHEAP.fullmatch(text):
        text = unicodedata.normalize("NFC", text)
        text = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join(text.split())


def _read_text(row: Row, name: str, value: str) -> None:
    longest = LONGEST[name]
    if len(value) > longest:
        if name in MAY_BE_CUT:
            row.object_to(name, f"Teksten er længere end {longest} tegn. Vi gemmer de første {longest}.", NOTICE)
        else:
            row.object_to(name, f"Teksten er længere end {longest} tegn. Ret feltet.")
    # Masked before it is cut, so that no half number is left, and cut again, for the mask may be longer.
    setattr(row, name, cpr.mask(value)[:longest])


def _read_source_ref(row: Row, value: str) -> None:
    if not value:
        row.object_to("source_ref", "Brev-id mangler. Hvert brev skal have et nummer, der kun er dets eget.")
    elif cpr.holds_cpr(value):
        row.object_to("source_ref", "Brev-id ligner et CPR-nummer og må ikke gemmes. Giv brevet et andet nummer.")


def _read_moment(row: Row, value: str, window: Window) -> None:
    if not value:
        return row.object_to("sent_at", "Datoen mangler. Skriv, hvornår brevet er sendt.")
    try:
        row.sent_at, has_time = moment_of(value)
    except Unreadable as problem:
        return row.object_to("sent_at", str(problem))
    if not window.first <= danish.day(row.sent_at) <= window.last:
        row.object_to("sent_at", f"Uden for perioden {window}.")
    elif not has_time:
        row.object_to("sent_at", "Klokkeslættet mangler. Vi skriver kl. 00.00.", NOTICE)
    return None


def _read_address(row: Row, name: str, when_empty: str) -> None:
    value = getattr(row, name).removeprefix("mailto:")
    if match := _IN_BRACKETS.fullmatch(value):
        value = match[1].strip()
    value = value.lower()
    setattr(row, name, value)
    if not value:
        row.object_to(name, when_empty, NOTICE)
    elif not _EMAIL.fullmatch(value) or ".." in value:
        row.object_to(name, _what_is_wrong_with(value))


def _what_is_wrong_with(address: str) -> str:
    name, at, domain = address.rpartition("@")
    if address.count("@") > 1:
        return "Der står mere end én e-mail. Skriv kun én."
    if not at:
        return "E-mailen er ikke hel. Der mangler et @."
    if "." not in domain:
        return "E-mailen er ikke hel. Slutningen mangler."
    if not address.isascii():
        return "E-mailen har tegn, som en mailadresse ikke kan have. Brug ikke æ, ø og å."
    return "E-mailen er ikke hel. Ret den." if name else "E-mailen er ikke hel. Begyndelsen mangler."


def _read_unit(row: Row) -> None:
    if not row.unit_name:
        row.object_to("unit_name", "Enheden mangler.")


def _read_kind(row: Row, value: str) -> None:
    row.recipient_kind = KINDS.get(value.casefold(), "UNKNOWN")
    if value and row.recipient_kind == "UNKNOWN":
        row.object_to("recipient_kind", "Vi kender kun Borger og Medarbejder. Brevet får ukendt modtager.", NOTICE)


def _read_subject(row: Row, value: str) -> None:
    row.category = categories.category_of(row.subject)
    row.is_personnel_case = categories.is_personnel_case(row.subject, row.recipient_kind == "EMPLOYEE")
    row.named_on = named_dates.date_in(row.subject, danish.day(row.sent_at)) if row.sent_at else None
    if row.is_personnel_case and row.subject:
        row.shown["subject"] = HIDDEN
        for problem in row.problems:
            problem["value"] = HIDDEN if problem["column"] == LABELS["subject"] else problem["value"]
    if not value:
        row.object_to("subject", "Intet emne. Brevet kan godt indlæses.", NOTICE)
    elif cpr.holds_cpr(value):
        row.object_to("subject", "Der står et CPR-nummer i emnet. Vi skjuler det for altid.", NOTICE)


def _read_recipient(row: Row, value: str) -> None:
    """Never kept in clear. A CPR number that Excel took for a number has lost its first zero."""
    if re.fullmatch(r"\d{9}", value):
        value = f"0{value}"
    row.recipient_key = recipients.recipient_key(value)
    if row.recipient_key:
        row.shown["recipient"] = f"kode {recipients.recipient_code(row.recipient_key)}"
