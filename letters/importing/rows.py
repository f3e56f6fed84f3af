"""A raw row → a typed row, and what is wrong with it. Pure: nothing is asked of the database.

Names, addresses, units and subjects repeat down a list, so an ``Understanding`` asks the rule of a field (``cells``)
once per text and remembers what it meant. A recipient is only shown as a code, and no subject of a personnel case is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple, Protocol

from letters import named_dates, recipients
from letters.categories.judging import Judge
from letters.importing import oddities
from letters.importing.cells import (
    LONGEST,
    LONGEST_SHOWN,
    NOTICE,
    REJECT,
    Meaning,
    Remark,
    Rule,
    Subject,
    Window,
    clean,
    rules,
)
from letters.importing.columns import FEWEST_KNOWN_HEADERS, LABELS, recognise
from letters.importing.kinds import Kind
from letters.importing.moments import Order, together
from letters.importing.reading.limits import MAX_COLUMNS
from letters.models.letter import HIDDEN
from sepo_incident import cpr, danish

SHOWN_KINDS = {"CITIZEN": "Borger", "EMPLOYEE": "Medarbejder"}
#: So many texts of a field are remembered, none longer than that: more than the minutes of a fortnight, but few MiB.
REMEMBERED, LONGEST_REMEMBERED = 20_000, 100
#: Hardly ever the same twice.
NEVER_REMEMBERED = {"source_ref", "recipient"}
_REMARKS = attrgetter("remarks")


class Facts(Protocol):
    """What ``Row`` and ``ImportRow`` have in common."""

    source_ref: str
    sent_at: datetime | None
    recipient_kind: str
    recipient_key: str
    subject: str
    is_personnel_case: bool


@dataclass(slots=True)
class Row:
    """A row as understood: fields as ``ImportRow`` has them. ``problems``: {column, value, kind, message, severity}."""

    row: int
    source_ref: str
    sent_at: datetime | None
    sender_name: str
    sender_email: str
    leader_name: str
    leader_email: str
    administration: str
    area: str
    unit_name: str
    subunit: str
    unit_code: str
    recipient_kind: str
    recipient_key: str
    subject: str
    category: str
    is_personnel_case: bool
    has_deadline: bool
    named_on: date | None
    #: the cells as they stood, masked; empty where there are no problems, for then the fields tell
    as_written: dict[str, str] = field(default_factory=dict)
    problems: list[dict[str, str]] = field(default_factory=list)

    @property
    def is_rejected(self) -> bool:
        return any(problem["severity"] == REJECT for problem in self.problems)


def shown_from(row: Facts) -> dict[str, str]:
    """The cells of a row that had no problems as it was read, told from its fields: {field: text}."""
    cells = {name: getattr(row, name)[:LONGEST_SHOWN] for name in LONGEST}
    cells["sent_at"] = f"{danish.here(row.sent_at):%d-%m-%Y %H:%M}" if row.sent_at else ""
    cells["recipient_kind"] = SHOWN_KINDS.get(row.recipient_kind, "")
    return _without_secrets(cells, row.recipient_key, row.is_personnel_case)


class Staged(Facts, Protocol):
    """A row in the database: ``shown`` is what the fields do not tell of its cells."""

    shown: dict[str, str]


def cells_of(row: Staged) -> dict[str, str]:
    """The cells of a staged row as they may be shown: {field: text}."""
    return shown_from(row) | row.shown


def is_secret(row: Staged) -> bool:
    """It is a personnel case, or the letter it is about is one: its subject is shown to nobody here."""
    return row.is_personnel_case or row.shown.get("subject") == HIDDEN


def _without_secrets(cells: dict[str, str], recipient_key: str, is_personnel_case: bool) -> dict[str, str]:
    """Those that hold something; the recipient only as its code, and no subject of a personnel case."""
    if recipient_key:
        cells["recipient"] = f"kode {recipients.recipient_code(recipient_key)}"
    if is_personnel_case and cells["subject"]:
        cells["subject"] = HIDDEN
    return {name: text for name, text in cells.items() if text}


class _Field(NamedTuple):
    name: str
    rule: Rule
    is_remembered: bool
    known: dict[str, Meaning]


class Understanding:
    """The rows of one list, one by one, each told by ``judge`` what it is about.

    ``remembered`` is how many texts of a field it keeps in mind; ``is_in_utc``: the header of its times says UTC;
    ``headed``: so many columns, counted from the first, have headers, where that is known, but for the ``unnamed``.
    """

    def __init__(
        self,
        columns: Mapping[str, int],
        window: Window,
        judge: Judge,
        remembered: int = REMEMBERED,
        is_in_utc: bool = False,
        headed: int = MAX_COLUMNS,
        unnamed: Sequence[int] = (),
    ):
        self._judge = judge
        self._remembered = remembered
        self._fields = [
            _Field(name, rule, remembered > 0 and name not in NEVER_REMEMBERED, {})
            for name, rule in rules(window, judge, is_in_utc).items()
        ]
        self._width = max(columns.values(), default=-1) + 1
        self._headed = max(headed, self._width)
        self._unnamed = [at for at in unnamed if at < self._headed]
        # A column that the list does not have is the last cell, which ``row`` leaves empty.
        self._texts = itemgetter(*(columns.get(field.name, -1) for field in self._fields))
        self._time_at = columns.get("sent_time")
        self._sent_at = [field.name for field in self._fields].index("sent_at")
        self._dates: dict[tuple[str, date], date | None] = {}
        #: how the dates met so far are written
        self.orders: set[Order | None] = set()

    def row(self, number: int, cells: Sequence[str]) -> Row:
        """``cells`` as they stand in the sheet; ``number`` is the row in Excel."""
        texts = self._texts([*cells, *[""] * max(1, self._width + 1 - len(cells))])
        if self._time_at is not None and self._time_at < len(cells):
            texts = self._with_time(texts, cells[self._time_at])
        meant = [
            field.known.get(text) or self._learn(field, text) for field, text in zip(self._fields, texts, strict=True)
        ]
        row = self._typed(number, [meaning.value for meaning in meant])
        stray = self._stray(cells) if len(cells) > self._headed or self._unnamed else ""
        if stray or any(map(_REMARKS, meant)):
            row.is_personnel_case |= bool(stray) and self._judge.hides(stray)
            by_name = {field.name: meaning for field, meaning in zip(self._fields, meant, strict=True)}
            row.as_written = _as_written(by_name, row)
            said = _problems(by_name, row.as_written) + ([_stray(stray, row)] if stray else [])
            remark = _no_letter(row, cells)
            row.problems = [_whole(remark, cells)] if remark else said
        return row

    def _with_time(self, texts: tuple[str, ...], clock: str) -> tuple[str, ...]:
        """The clock of a column of its own goes with the day."""
        moment = together(clean(texts[self._sent_at]), clean(clock))
        return (*texts[: self._sent_at], moment, *texts[self._sent_at + 1 :])

    def _stray(self, cells: Sequence[str]) -> str:
        """What no header stands over."""
        between = [cells[at] for at in self._unnamed if at < len(cells)]
        return clean(" ".join([*between, *cells[self._headed :]]))

    def again(self, number: int, meant: Mapping[str, Meaning], *, is_personnel_case: bool) -> Row:
        """A row of which it is known what each cell means, because one of them was corrected.

        ``is_personnel_case``: it is one whatever its words say.
        """
        row = self._typed(number, [meant[field.name].value for field in self._fields])
        row.is_personnel_case |= is_personnel_case
        row.as_written = _as_written(meant, row)
        row.problems = _problems(meant, row.as_written)
        for problem in row.problems if row.is_personnel_case else ():
            if problem["kind"] == Kind.STRAY:
                problem["message"] = oddities.STRAY.format("")
        return row

    def _learn(self, field: _Field, text: str) -> Meaning:
        meaning = field.rule(clean(text))
        if field.is_remembered and len(text) <= LONGEST_REMEMBERED:
            _remember(field.known, text, meaning, self._remembered)
        return meaning

    def _typed(self, number: int, values: list[Any]) -> Row:
        """``values`` in the order of ``cells.rules``, which is that of ``Row``."""
        source_ref, moment, *texts, kind, recipient_key, subject = values
        self.orders.add(moment.order)
        verdict = subject.says.verdict or self._judge.judge(subject.says, kind, tuple(texts[4:]))
        facts = [
            verdict.category,
            kind == "EMPLOYEE" or verdict.is_personnel_case,
            verdict.has_deadline,
            self._date_in(subject, moment.day) if subject.may_name_a_date and moment.day else None,
        ]
        return Row(*[number, source_ref, moment.at, *texts, kind, recipient_key, subject.text, *facts])

    def _date_in(self, subject: Subject, sent_on: date) -> date | None:
        key = (subject.text, sent_on)
        if key in self._dates:
            return self._dates[key]
        found = named_dates.date_in(*key)
        if self._remembered:
            _remember(self._dates, key, found, self._remembered)
        return found


def _remember[K, V](known: dict[K, V], key: K, value: V, at_most: int) -> None:
    """Forgets everything when it is full: cheaper than keeping order, and a list repeats itself within a few rows."""
    if len(known) >= at_most:
        known.clear()
    known[key] = value


def _as_written(meant: Mapping[str, Meaning], row: Row) -> dict[str, str]:
    return _without_secrets(
        {name: meaning.shown for name, meaning in meant.items()}, row.recipient_key, row.is_personnel_case
    )


def _no_letter(row: Row, cells: Sequence[str]) -> Remark | None:
    """What a row is that is no letter at all."""
    if oddities.is_a_sum(cells):
        return Remark(Kind.SUM, oddities.A_SUM)
    if row.sent_at is None and oddities.is_a_note(cells):
        return Remark(Kind.NOTE, oddities.A_NOTE)
    if row.sent_at is None and len(recognise(cells)) >= FEWEST_KNOWN_HEADERS:
        return Remark(Kind.HEADERS, oddities.HEADERS_AGAIN)
    return None


def _whole(remark: Remark, cells: Sequence[str]) -> dict[str, str]:
    """Said of a whole row, beside its first text: the others may be somebody's."""
    return _problem("source_ref", cpr.mask(next(filter(None, map(clean, cells))))[:LONGEST_SHOWN], remark)


def _stray(text: str, row: Row) -> dict[str, str]:
    """It may be the end of a subject, or a recipient that was pushed aside."""
    quoted = f": »{cpr.mask(text)[:LONGEST_SHOWN]}«" if not row.is_personnel_case and "@" not in text else ""
    remark = Remark(Kind.STRAY, oddities.STRAY.format(quoted), NOTICE)
    return _problem("subject", row.as_written.get("subject", ""), remark)


def _problems(meant: Mapping[str, Meaning], as_written: Mapping[str, str]) -> list[dict[str, str]]:
    """What is wrong with each field, beside what stood there (masked)."""
    return [
        _problem(name, as_written.get(name, ""), remark)
        for name, meaning in meant.items()
        for remark in meaning.remarks
    ]


def _problem(name: str, value: str, remark: Remark) -> dict[str, str]:
    return {"column": LABELS[name], "value": value, **remark._asdict()}
