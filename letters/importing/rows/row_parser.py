"""Parsing of raw rows into typed rows with problems. No database access.

Names, addresses, units and subjects repeat down a list, so `RowParser` applies a cell rule once per text and caches
the meaning. A recipient is only shown as a code, and the subject of a personnel case is not shown.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from letters import recipient_keys
from letters.categories.category_matching import CategoryMatcher
from letters.importing.files import cell_cleaning, datetimes
from letters.importing.files.cell_cleaning import clean_text
from letters.importing.files.datetimes import DateOrder, join_date_and_time
from letters.importing.files.headers import LABELS, LIST_HEADERS, recognise_columns
from letters.importing.files.limits import MAX_COLUMNS
from letters.importing.rows.cell_rules import (
    MAX_LENGTHS,
    MAX_SHOWN_LENGTH,
    CellMeaning,
    CellRule,
    IncidentWindow,
    ParsedSubject,
    rules_by_field,
)
from letters.importing.rows.row_problems import HEADERS, NOTE, REJECT, STRAY, SUM, ProblemKind, Remark
from letters.models import ImportRow
from letters.models.letter import HIDDEN_SUBJECT
from sepo_incident.core import cpr, danish

RECIPIENT_KIND_LABELS = {"CITIZEN": "Borger", "EMPLOYEE": "Medarbejder"}
#: So many texts of a field are cached, no longer than this: more than the minutes of two weeks, but few MiB.
CACHED_TEXTS_PER_FIELD, MAX_CACHED_LENGTH = 20_000, 100
#: Fields that hardly ever have the same text twice.
UNCACHED_FIELDS = {"source_ref", "recipient"}
_remarks_of = attrgetter("remarks")


@dataclass(slots=True)
class ParsedRow:
    """A parsed row with the fields of `ImportRow`. `problems`: {column, value, kind, message, severity}."""

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
    #: the cells as written, masked; empty for a row without problems, because the fields tell the same
    as_written: dict[str, str] = field(default_factory=dict)
    problems: list[dict[str, str]] = field(default_factory=list)

    @property
    def is_rejected(self) -> bool:
        return any(problem["severity"] == REJECT for problem in self.problems)


#: columns of a staged row, in the order of `copy_line`
STAGED_COLUMNS = (
    "source_ref", "sender_name", "sender_email", "leader_name", "leader_email", "administration", "area", "unit_name",
    "subunit", "unit_code", "recipient_kind", "recipient_key", "subject", "category", "shown", "problems",
    "batch_id", "sheet", "row", "sent_at", "is_personnel_case", "has_deadline", "named_on", "changes", "verdict",
)  # fmt: skip
COPY_ROWS_SQL = f"COPY letters_importrow ({', '.join(STAGED_COLUMNS)}) FROM STDIN"
_format_datetime = lru_cache(maxsize=10_000)(str)  # formatting is slow, and many letters are sent in the same minute


def copy_line(batch_id: int, sheet: int, row: ParsedRow, verdict: str) -> str:
    """Return the row as a line of `COPY_ROWS_SQL`. `clean_text` has removed tabs and line breaks."""
    shown = problems = None
    if row.problems:
        verdict = ImportRow.Verdict.REJECTED.value if row.is_rejected else verdict
        shown, problems = (json.dumps(value, ensure_ascii=False) for value in (row.as_written, row.problems))
    texts = (
        f"{row.source_ref}\t{row.sender_name}\t{row.sender_email}\t{row.leader_name}\t{row.leader_email}\t"
        f"{row.administration}\t{row.area}\t{row.unit_name}\t{row.subunit}\t{row.unit_code}\t"
        f"{row.recipient_kind}\t{row.recipient_key}\t{row.subject}\t{row.category}\t{shown or '{}'}\t{problems or '[]'}"
    ).replace("\\", "\\\\")
    sent_at, named_on = _format_datetime(row.sent_at) if row.sent_at else "\\N", row.named_on or "\\N"
    marks = f"{row.is_personnel_case}\t{row.has_deadline}"
    return f"{texts}\t{batch_id}\t{sheet}\t{row.row}\t{sent_at}\t{marks}\t{named_on}\t{{}}\t{verdict}\n"


def shown_cells_from_fields(row: ImportRow | ParsedRow) -> dict[str, str]:
    """Return {field: text} of a row without problems, from the fields."""
    cells = {name: getattr(row, name)[:MAX_SHOWN_LENGTH] for name in MAX_LENGTHS}
    cells["sent_at"] = f"{danish.local_time(row.sent_at):%d-%m-%Y %H:%M}" if row.sent_at else ""
    cells["recipient_kind"] = RECIPIENT_KIND_LABELS.get(row.recipient_kind, "")
    return _without_secrets(cells, row.recipient_key, row.is_personnel_case)


def shown_cells(row: ImportRow) -> dict[str, str]:
    """Return {field: text} of a staged row, as the cells may be shown."""
    return shown_cells_from_fields(row) | row.shown


def hides_subject(row: ImportRow) -> bool:
    """Return whether the subject is hidden from everybody here: the row or the letter is a personnel case."""
    return row.is_personnel_case or row.shown.get("subject") == HIDDEN_SUBJECT


def _without_secrets(cells: dict[str, str], recipient_key: str, is_personnel_case: bool) -> dict[str, str]:
    """Return the filled cells, with the recipient as a code and without the subject of a personnel case."""
    if recipient_key:
        cells["recipient"] = f"kode {recipient_keys.short_recipient_code(recipient_key)}"
    if is_personnel_case and cells["subject"]:
        cells["subject"] = HIDDEN_SUBJECT
    return {name: text for name, text in cells.items() if text}


class _Field(NamedTuple):
    name: str
    rule: CellRule
    is_remembered: bool
    known: dict[str, CellMeaning]


class RowParser:
    """Parses the rows of a list. `category_matcher`: matches subjects with categories.

    `remembered`: number of texts to cache per field. `is_in_utc`: the header of the times says UTC. `headed`:
    number of columns up to the last header, `MAX_COLUMNS` if unknown. `headerless`: columns before the last header
    that have no header. `makes_ids`: the list has no Brev-ids, and each row gets an id made of the facts.
    """

    def __init__(
        self,
        columns: Mapping[str, int],
        window: IncidentWindow,
        category_matcher: CategoryMatcher,
        remembered: int = CACHED_TEXTS_PER_FIELD,
        is_in_utc: bool = False,
        headed: int = MAX_COLUMNS,
        headerless: Sequence[int] = (),
        makes_ids: bool = False,
    ):
        self._category_matcher = category_matcher
        self._remembered = remembered
        self.rules = rules_by_field(window, category_matcher, is_in_utc)
        self._makes_ids = makes_ids
        if makes_ids:
            self.rules["source_ref"] = CellMeaning  # there is no cell to check
        self._fields = [
            _Field(name, rule, remembered > 0 and name not in UNCACHED_FIELDS, {}) for name, rule in self.rules.items()
        ]
        self._width = max(columns.values(), default=-1) + 1
        self._headed = max(headed, self._width)
        self._headerless = [at for at in headerless if at < self._headed]
        # For a column that the list does not have, take the last cell: `row` adds an empty cell at the end.
        self._texts = itemgetter(*(columns.get(field.name, -1) for field in self._fields))
        self._time_at = columns.get("sent_time")
        self._sent_at = [field.name for field in self._fields].index("sent_at")
        self._dates: dict[tuple[str, date], date | None] = {}
        #: orders of day and month in the dates so far
        self.orders: set[DateOrder | None] = set()

    def row(self, number: int, cells: Sequence[str]) -> ParsedRow:
        """Return the parsed row. `number`: row number in Excel. `cells`: texts as in the sheet."""
        texts = self._texts([*cells, *[""] * max(1, self._width + 1 - len(cells))])
        if self._time_at is not None and self._time_at < len(cells):
            at = self._sent_at
            moment = join_date_and_time(clean_text(texts[at]), clean_text(cells[self._time_at]))
            texts = (*texts[:at], moment, *texts[at + 1 :])
        meant = [
            field.known.get(text) or self._apply_rule_and_cache(field, text)
            for field, text in zip(self._fields, texts, strict=True)
        ]
        row = self._build_row(number, [meaning.value for meaning in meant])
        stray = ""
        if len(cells) > self._headed or self._headerless:
            between = [cells[at] for at in self._headerless if at < len(cells)]
            stray = clean_text(" ".join([*between, *cells[self._headed :]]))
        if stray or any(map(_remarks_of, meant)):
            row.is_personnel_case |= bool(stray) and self._category_matcher.matches_personnel_rule(stray)
            by_name = {field.name: meaning for field, meaning in zip(self._fields, meant, strict=True)}
            row.as_written = _as_written(by_name, row)
            said = _problems(by_name, row.as_written)
            if stray:  # perhaps the end of a subject, or a displaced recipient
                is_quoted = not row.is_personnel_case and "@" not in stray
                quoted = f": »{cpr.mask(stray)[:MAX_SHOWN_LENGTH]}«" if is_quoted else ""
                said.append(_problem("subject", row.as_written.get("subject", ""), STRAY.filled(quoted)))
            remark = _not_a_letter_remark(row, cells)
            if remark:  # beside the first text only, because other cells may be personal data
                first = next(filter(None, map(clean_text, cells)))
                said = [_problem("source_ref", cpr.mask(first)[:MAX_SHOWN_LENGTH], remark)]
            row.problems = said
        return row

    def parse_corrected_row(
        self, number: int, meant: Mapping[str, CellMeaning], *, is_personnel_case: bool
    ) -> ParsedRow:
        """Return the row after a correction. `meant`: {field: meaning}. `is_personnel_case`: without a rule too."""
        row = self._build_row(number, [meant[field.name].value for field in self._fields])
        row.is_personnel_case |= is_personnel_case
        row.as_written = _as_written(meant, row)
        row.problems = _problems(meant, row.as_written)
        for problem in row.problems if row.is_personnel_case else ():
            if problem["kind"] == ProblemKind.STRAY:
                problem["message"] = STRAY.filled("").message
        return row

    def _apply_rule_and_cache(self, field: _Field, text: str) -> CellMeaning:
        meaning = field.rule(clean_text(text))
        if field.is_remembered and len(text) <= MAX_CACHED_LENGTH:
            _cache_value(field.known, text, meaning, self._remembered)
        return meaning

    def _build_row(self, number: int, values: list[Any]) -> ParsedRow:
        """Return the row. `values`: in the order of `rules_by_field` and of the fields of `ParsedRow`."""
        source_ref, moment, *texts, kind, recipient_key, subject = values
        self.orders.add(moment.order)
        if self._makes_ids:
            source_ref = recipient_keys.make_letter_id(moment.at, texts[1], recipient_key, subject.text)
        verdict = subject.match.verdict or self._category_matcher.classify(subject.match, kind, tuple(texts[4:]))
        facts = [
            verdict.category,
            kind == "EMPLOYEE" or verdict.is_personnel_case,
            verdict.has_deadline,
            self._date_in(subject, moment.day) if subject.has_digit and moment.day else None,
        ]
        return ParsedRow(*[number, source_ref, moment.at, *texts, kind, recipient_key, subject.text, *facts])

    def _date_in(self, subject: ParsedSubject, sent_on: date) -> date | None:
        key = (subject.text, sent_on)
        if key in self._dates:
            return self._dates[key]
        found = datetimes.find_date_in_subject(*key)
        if self._remembered:
            _cache_value(self._dates, key, found, self._remembered)
        return found


def _cache_value[K, V](known: dict[K, V], key: K, value: V, at_most: int) -> None:
    """Add a value, after clearing a full cache: cheaper than an order, and texts repeat within a few rows."""
    if len(known) >= at_most:
        known.clear()
    known[key] = value


def _as_written(meant: Mapping[str, CellMeaning], row: ParsedRow) -> dict[str, str]:
    return _without_secrets(
        {name: meaning.shown for name, meaning in meant.items()}, row.recipient_key, row.is_personnel_case
    )


def _not_a_letter_remark(row: ParsedRow, cells: Sequence[str]) -> Remark | None:
    if cell_cleaning.is_sum_row(cells):
        return SUM
    if row.sent_at is None and cell_cleaning.is_note_row(cells):
        return NOTE
    if row.sent_at is None and len(recognise_columns(cells)) >= LIST_HEADERS.fewest_known:
        return HEADERS
    return None


def _problems(meant: Mapping[str, CellMeaning], as_written: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        _problem(name, as_written.get(name, ""), remark)
        for name, meaning in meant.items()
        for remark in meaning.remarks
    ]


def _problem(name: str, value: str, remark: Remark) -> dict[str, str]:
    return {"column": LABELS[name], "value": value, **remark._asdict()}
