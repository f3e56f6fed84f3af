"""Rules for cells: a rule per field turns the text of a cell into a value and remarks. No database access.

CPR numbers stop here: texts are masked, and the recipient becomes a keyed hash.

A Brev-id may hold a date that looks like a CPR number. Two kinds of Brev-id hold no CPR number and are kept unmasked.
`20191209-0012` (day and running number): nobody born from 2000 on has a serial below 4000, because the seventh
digit of a CPR number tells the century, and 0 to 3 are people of the 1900s (cpr.dk, «Personnummeret i CPR»).
`091219-0012` however is somebody aged a hundred, and `20191209-4012` may be a child of that day: both are
refused. A GUID, the name that Exchange gives a message, has 32 digits that only happen to hold a date.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import partial
from typing import Any, NamedTuple

from letters import recipient_keys
from letters.categories.category_matching import CategoryMatcher, SubjectMatch
from letters.importing.files import cell_cleaning
from letters.importing.files.cell_cleaning import email_error, extract_email, is_bare_email
from letters.importing.files.datetimes import (
    DASHES,
    DateOrder,
    UnreadableDate,
    clock_change_remark,
    detect_date_order,
    parse_datetime,
)
from letters.importing.files.headers import RECIPIENT_KINDS
from letters.importing.rows import row_problems as problems
from letters.importing.rows.row_problems import NOTICE, REJECT, ProblemKind, Remark
from letters.models.letter import HIDDEN_SUBJECT
from sepo_incident.core import cpr, danish
from sepo_incident.core.danish import COPENHAGEN

_RUNNING_NUMBER = r"(?<!\d)20\d\d([-./_]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])[-./_ ]?[0-3]\d{3}(?!\d)"
_GUID = r"(?<![0-9a-f])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-f])"
_NOT_A_CPR_NUMBER = re.compile(f"{_RUNNING_NUMBER}|{_GUID}", re.IGNORECASE)


def mask_letter_id(text: str) -> str:
    """Return the Brev-id unchanged if it can hold no CPR number, else masked."""
    return text if not cpr.contains_cpr(_NOT_A_CPR_NUMBER.sub("x", text)) else cpr.mask(text)


MAX_LENGTHS = {
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
#: Fields that are cut, with a remark. A longer text in any other field is rejected, because half an address is no
#: address.
TRUNCATED_FIELDS = {"sender_name", "leader_name", "subject"}
#: Fields with a separate remark about a CPR number. In other fields the row is rejected: a unit or a person would be
#: named by the CPR number.
FIELDS_WITH_OWN_CPR_REMARK = {"source_ref", "subject"}
MAX_SHOWN_LENGTH = 300

_ADDRESSES = re.compile(r"[^\s;,|<>{}#]+@[^\s;,|<>{}#]+")
#: The text that is shown instead of a recipient; no address
_RECIPIENT_CODE = re.compile(r"kode [A-Z]\d[A-Z]")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class IncidentWindow:
    """The first and the last day of the incident, both included."""

    first: date
    last: date

    def __str__(self) -> str:
        """Return the days without the year: «9.–19. december»."""
        return danish.window(self.first, self.last).rsplit(" ", 1)[0]


class CellMeaning(NamedTuple):
    """The meaning of a cell: the value, the text as it may be shown (masked), and the remarks."""

    value: Any
    shown: str = ""
    remarks: tuple[Remark, ...] = ()

    def with_remark(self, remark: Remark) -> "CellMeaning":
        return self._replace(remarks=(*self.remarks, remark))


class ParsedSentAt(NamedTuple):
    """The time of sending: the moment in UTC, the day, and the date order of the text."""

    at: datetime | None
    day: date | None  # in Copenhagen
    order: DateOrder | None = None


class ParsedSubject(NamedTuple):
    """The subject: the masked text, the matching category rules, and whether there is a digit."""

    text: str
    match: SubjectMatch
    has_digit: bool


CellRule = Callable[[str], CellMeaning]


def rules_by_field(
    window: IncidentWindow, category_matcher: CategoryMatcher, is_in_utc: bool = False
) -> dict[str, CellRule]:
    """Return {field: rule for a cleaned text}. `is_in_utc`: times without a zone are UTC."""
    rules: dict[str, CellRule] = {
        "source_ref": _check_source_ref,
        "sent_at": partial(_check_sent_at, window, UTC if is_in_utc else COPENHAGEN),
        "sender_name": partial(_check_text, "sender_name"),
        "sender_email": partial(_check_email, "sender_email", problems.NO_SENDER),
        "leader_name": partial(_check_text, "leader_name"),
        "leader_email": _check_leader_email,
        "administration": partial(_check_text, "administration"),
        "area": partial(_check_text, "area"),
        "unit_name": _check_unit_name,
        "subunit": partial(_check_text, "subunit"),
        "unit_code": _check_unit_code,
        "recipient_kind": _check_recipient_kind,
        "recipient": _check_recipient,
        "subject": partial(_check_subject, category_matcher),
    }
    return {name: partial(_apply_unless_excel_error, name, rule) for name, rule in rules.items()}


def _apply_unless_excel_error(name: str, rule: CellRule, text: str) -> CellMeaning:
    """Apply the rule, unless the cell shows an error of Excel: then the field stays empty, and people see the error."""
    if text[:1] not in cell_cleaning.ARTIFACT_STARTS:
        return rule(text)
    text = cell_cleaning.unwrap_excel_text(text)
    message = cell_cleaning.excel_error_message(text)
    if not message:
        return rule(text)
    remark = Remark(ProblemKind.EXCEL_ERROR, message, REJECT if name in REQUIRED_VALUES else NOTICE)
    return rule("")._replace(shown=cpr.mask(text)[:MAX_SHOWN_LENGTH], remarks=(remark,))


def _check_text(name: str, text: str, mask: Callable[[str], str] = cpr.mask) -> CellMeaning:
    text = cell_cleaning.clean_encoded_text(text)
    longest, masked = MAX_LENGTHS[name], mask(text)
    # Mask before cutting, so that no half CPR number is left. Cut the masked text, because the mask may be longer.
    meaning = CellMeaning(masked[:longest], masked[:MAX_SHOWN_LENGTH])
    if masked != text and name not in FIELDS_WITH_OWN_CPR_REMARK:
        meaning = meaning.with_remark(problems.CPR)
    if cell_cleaning.has_lost_letter(text):
        meaning = meaning.with_remark(problems.LOST_LETTER)
    if len(text) <= longest:
        return meaning
    return meaning.with_remark(
        (problems.WILL_BE_CUT if name in TRUNCATED_FIELDS else problems.TOO_LONG).filled(longest)
    )


def _check_source_ref(text: str) -> CellMeaning:
    text = text.translate(DASHES)
    meaning = _check_text("source_ref", text, mask_letter_id)
    if not text:
        return meaning.with_remark(problems.NO_ID)
    if cell_cleaning.is_truncated_number(text):
        return meaning.with_remark(problems.CUT_SHORT)
    return meaning.with_remark(problems.ID_IS_CPR) if mask_letter_id(text) != text else meaning


def _check_sent_at(window: IncidentWindow, zone: tzinfo, text: str) -> CellMeaning:
    nothing = CellMeaning(ParsedSentAt(None, None, detect_date_order(text)), cpr.mask(text)[:MAX_SHOWN_LENGTH])
    if not text:
        return nothing.with_remark(problems.NO_DATE)
    try:
        at, has_time = parse_datetime(text, zone)
    except UnreadableDate as problem:
        return nothing.with_remark(Remark(ProblemKind.BAD_DATE, str(problem)))
    day = danish.local_date(at)
    meaning = nothing._replace(value=nothing.value._replace(at=at, day=day))
    if not window.first <= day <= window.last:
        return meaning.with_remark(problems.OUTSIDE.filled(window))
    if not has_time:
        return meaning.with_remark(problems.NO_CLOCK)
    message = clock_change_remark(text) if zone is COPENHAGEN else ""
    return meaning.with_remark(Remark(ProblemKind.CLOCK_MOVED, message, NOTICE)) if message else meaning


def _check_email(name: str, when_empty: Remark, text: str) -> CellMeaning:
    meaning = _check_text(name, text)
    value = extract_email(meaning.value)
    meaning = meaning._replace(value=value)
    if not value:
        return meaning.with_remark(when_empty)
    if cpr.MASK not in value and not is_bare_email(value):
        return meaning.with_remark(Remark(ProblemKind.BROKEN_EMAIL, email_error(value)))
    return meaning


def _check_leader_email(text: str) -> CellMeaning:
    """Check the address of the leader. A bad address does not reject the letter: the leader can be found afterwards."""
    meaning = _check_email("leader_email", problems.NO_LEADER, text)
    if all(remark.severity != REJECT for remark in meaning.remarks):
        return meaning
    return CellMeaning("", meaning.shown, (problems.UNUSABLE_LEADER_EMAIL,))


def _check_unit_name(text: str) -> CellMeaning:
    meaning = _check_text("unit_name", text)
    return meaning if text else meaning.with_remark(problems.NO_UNIT)


def _check_unit_code(text: str) -> CellMeaning:
    """Check the unit code. A bad code does not reject the letter: the unit is found by name."""
    meaning = _check_text("unit_code", text)
    if cell_cleaning.is_truncated_number(text):
        return CellMeaning("", meaning.shown, (problems.CUT_SHORT._replace(severity=NOTICE),))
    return CellMeaning("", meaning.shown, (problems.NO_CODE,)) if meaning.remarks else meaning


def _check_recipient_kind(text: str) -> CellMeaning:
    # an address here would be a citizen's
    shown = "●●●@●●●" if "@" in text else cpr.mask(text)[:MAX_SHOWN_LENGTH]
    meaning = CellMeaning(RECIPIENT_KINDS.get(text.casefold(), "UNKNOWN"), shown)
    return meaning.with_remark(problems.UNKNOWN_RECIPIENT) if text and meaning.value == "UNKNOWN" else meaning


def _check_subject(category_matcher: CategoryMatcher, text: str) -> CellMeaning:
    text = cell_cleaning.clean_encoded_text(text)
    meaning = _check_text("subject", text)
    subject: str = meaning.value
    # Match the whole text: the part that is cut may hold the very word that makes a personnel case.
    whole = cpr.mask(text) if len(subject) == MAX_LENGTHS["subject"] else subject
    match = category_matcher.match_subject(whole)
    meaning = meaning._replace(value=ParsedSubject(subject, match, bool(_DIGIT.search(subject))))
    if not text:
        return meaning.with_remark(problems.NO_SUBJECT)
    if text == HIDDEN_SUBJECT:
        return meaning.with_remark(problems.UNWRITTEN_SUBJECT)
    return meaning.with_remark(problems.CPR_IN_SUBJECT) if cpr.contains_cpr(text) else meaning


def _check_recipient(text: str) -> CellMeaning:
    """Return the recipient as a keyed hash, never in clear.

    A CPR number that Excel took for a number has lost the first zero. A message trace adds the status of the
    delivery: «anna@borger.example##Receive, Deliver».
    """
    if text.count("@") > 1 and len(set(_ADDRESSES.findall(text.lower()))) > 1:
        return CellMeaning("", "", (problems.SEVERAL_RECIPIENTS,))
    text = text.partition("##")[0].strip("{}")
    if cell_cleaning.is_truncated_number(text):
        return CellMeaning("", "", (problems.CUT_SHORT._replace(severity=NOTICE),))
    if text.startswith("kode ") and _RECIPIENT_CODE.fullmatch(text):
        return CellMeaning("", text, (problems.HIDDEN_RECIPIENT,))
    if len(text) == 9 and text.isdecimal():
        text = f"0{text}"
    if "@" in text:
        text = extract_email(text)
    return CellMeaning(recipient_keys.hash_recipient(text))
