"""Compare a filled-in workbook with the letters as they are now: changes, conflicts, problems and skipped rows.

Comparing saves nothing and reveals nothing that the reader may not see, whatever the sheet says.

The preview page carries the changes to the save button as text signed for this reader, with the version of each
letter, so a letter that changed meanwhile is skipped. Nothing is stored in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from django.core import signing

from followups import services
from followups.decision_form import DecisionForm
from followups.letter import history
from followups.models import BulkDecision, Decision
from followups.models.answers import DecisionAnswers
from followups.services import RequestedDecision
from followups.workbook.columns import AnswerColumn, TypedAnswers, answer_columns, cell_texts, form_data_of, parse_cells
from followups.workbook.sheet import (
    FilledRow,
    FilledWorkbook,
    RowKey,
    answers_fingerprint,
    current_answers_of,
    latest_history_rows,
    parse_row_key,
    readable_answers,
)
from letters.incident_kinds import USUAL_RULES
from letters.models import Incident, Letter
from sepo_incident.accounts.models import User
from sepo_incident.core import cpr, danish
from sepo_incident.core.sheet import cell_name

MAX_SHOWN = 200  # characters of a cell
#: A reason names at most this many letters.
MAX_NAMED = 5

FETCH_AGAIN = "Hent regnearket igen, og skriv svaret i det."
MISSING_KEY = f"Rækkens skjulte mærke mangler eller er ændret. {FETCH_AGAIN}"
MOVED_KEY = f"Rækkens mærke hører til et andet brev. {FETCH_AGAIN}"
DUPLICATE_ROWS = "Brevet har forskellige svar i række {}. Slet dem, der ikke gælder."
NOT_VISIBLE = "Du har ikke adgang til brevet, eller det er fjernet. Er det en fejl, så skriv til DIT."
PERSONNEL_CASE_HIDDEN = "Det er en personalesag, som du ikke må læse eller svare på."
ANSWERS_REMOVED = "Svarene er slettet i arket, men beslutningen gælder stadig. Fortryd den på brevets side."
ANSWER_NOT_ASKED = "Det nye svar passer ikke til de andre svar."
NO_ANSWERS = DecisionAnswers(remedy="")


class AnswerDifference(NamedTuple):
    """An answer now and in the sheet."""

    label: str
    before: str
    after: str


class CellProblem(NamedTuple):
    """A cell that cannot be used: name («J7»), header, value, and how to correct the value."""

    name: str
    header: str
    value: str
    message: str


@dataclass(frozen=True)
class ProposedChange:
    """A letter that would get the answers of its row. `unused`: headers of answers to questions that are not asked."""

    letter: Letter
    row: int
    version: int
    answers: DecisionAnswers
    facts: list[AnswerDifference]
    unused: list[str]


@dataclass(frozen=True)
class RowConflict:
    """A letter that changed after the workbook was made, with the last act as a sentence."""

    letter: Letter
    row: int
    last_act: str
    facts: list[AnswerDifference]


@dataclass(frozen=True)
class RowProblem:
    letter: Letter
    row: int
    cells: list[CellProblem]


class SkippedRows(NamedTuple):
    """Rows that are skipped for the same reason, and the letters that the reader may know of."""

    why: str
    rows: list[int]
    letters: list[Letter]


@dataclass
class WorkbookDifferences:
    changes: list[ProposedChange] = field(default_factory=list)
    conflicts: list[RowConflict] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    skipped: list[SkippedRows] = field(default_factory=list)
    unchanged: int = 0


@dataclass(frozen=True)
class _AnsweredRow:
    """A row with a valid key to a letter that the reader may see."""

    line: FilledRow
    key: RowKey
    letter: Letter
    typed: TypedAnswers

    @property
    def is_stale(self) -> bool:
        return self.letter.followup.version != self.key.version


def compare_workbook(filled: FilledWorkbook, reader: User, incident: Incident | None = None) -> WorkbookDifferences:
    """Return the differences between the workbook and the letters of the incident, with None of all incidents.

    Constant number of queries, however many rows.
    """
    return _Comparison(filled, reader, incident).run()


class _Comparison:
    def __init__(self, filled: FilledWorkbook, reader: User, incident: Incident | None):
        self.filled, self.reader, self.incident = filled, reader, incident
        self.found = WorkbookDifferences()
        self.skipped: list[tuple[str, int, Letter | None]] = []

    def run(self) -> WorkbookDifferences:
        rows = self._rows_with_letter()
        self.current = current_answers_of([row.letter.followup for row in rows])
        self._sort_rows([row for row in self._without_duplicates(rows) if self._differs(row)])
        self.found.skipped = _group_by_reason(self.skipped)
        return self.found

    def _skip(self, row: _AnsweredRow, why: str) -> None:
        self.skipped.append((why, row.line.number, row.letter))

    def _rows_with_letter(self) -> list[_AnsweredRow]:
        """Return the rows with a valid key. A row without answers needs no key."""
        read = [(line, parse_row_key(line.key)) for line in self.filled.lines]
        seen = Letter.objects.visible_to(self.reader).filter(followup__isnull=False)
        seen = seen.filter(pk__in=[key.letter for _, key in read if key])
        seen = seen.filter(incident=self.incident) if self.incident else seen
        letters = seen.select_related("followup", "unit", "sender", "leader", "incident").in_bulk()
        rows = []
        for line, key in read:
            letter = letters.get(key.letter) if key else None
            typed = parse_cells(line.texts, letter.incident.rules if letter else USUAL_RULES)
            if key and letter and line.letter_id == cpr.mask(letter.source_ref):
                rows.append(_AnsweredRow(line, key, letter, typed))
            elif not typed.is_empty:
                why = MISSING_KEY if key is None else MOVED_KEY if letter else NOT_VISIBLE
                self.skipped.append((why, line.number, None))
            elif key:
                self.found.unchanged += 1
        return rows

    def _without_duplicates(self, rows: Sequence[_AnsweredRow]) -> list[_AnsweredRow]:
        """Return a single row for each letter. Copies with different answers are skipped altogether."""
        rows_by_letter: dict[int, list[_AnsweredRow]] = {}
        for row in rows:
            rows_by_letter.setdefault(row.letter.pk, []).append(row)
        single = []
        for copies in rows_by_letter.values():
            if all(copy.typed.data == copies[0].typed.data for copy in copies):
                single.append(copies[0])
            else:
                numbers = danish.join_with_and([str(copy.line.number) for copy in copies])
                self._skip(copies[0], DUPLICATE_ROWS.format(numbers))
        return single

    def _differs(self, row: _AnsweredRow) -> bool:
        is_as_written = answers_fingerprint(row.typed.data) == row.key.fingerprint
        if is_as_written or row.typed.data == form_data_of(self._current_cells(row.letter), row.letter.incident.rules):
            self.found.unchanged += 1
            return False
        return True

    def _sort_rows(self, rows: Sequence[_AnsweredRow]) -> None:
        """Sort rows into changes, conflicts, problems and skipped rows: by rights, then version, then answers."""
        newest = latest_history_rows([row.letter.followup for row in rows if row.is_stale])
        forms = {row.letter: self._form(row) for row in rows}
        refused = self._refusals(forms)
        for row in rows:
            form = forms[row.letter]
            if not row.letter.reader_may_read:
                self._skip(row, PERSONNEL_CASE_HIDDEN)
            elif why := refused.get(row.letter.pk):
                self._skip(row, why)
            elif row.typed.is_empty:
                self._skip(row, ANSWERS_REMOVED)
            elif row.is_stale:
                self.found.conflicts.append(self._conflict(row, form, newest[row.letter.followup.pk]))
            elif not form.is_valid() or _misread_answers(row, form):
                self.found.problems.append(RowProblem(row.letter, row.line.number, self._cell_problems(row, form)))
            elif not (change := self._change(row, form)).facts:
                self._skip(row, ANSWER_NOT_ASKED)
            else:
                self.found.changes.append(change)

    def _form(self, row: _AnsweredRow) -> DecisionForm:
        return DecisionForm(
            row.typed.data | {"version": row.key.version},
            may_ask=False,
            is_own=row.letter.sender_id == self.reader.pk,
            is_original_gone=row.letter.followup.is_original_gone,
            between=row.letter.incident.plausible_dates,
            rules=row.letter.incident.rules,
        )

    def _refusals(self, forms: Mapping[Letter, DecisionForm]) -> dict[int, str]:
        """Return {letter id: reason} for letters that the reader may not decide about now, whatever the answers."""
        requested = {
            letter: RequestedDecision(letter.followup.version, form.answers if form.is_valid() else NO_ANSWERS)
            for letter, form in forms.items()
        }
        preview = services.preview_decisions(requested, self.reader, BulkDecision.Way.WORKBOOK)
        return {letter.pk: why for letter, why in preview.skipped}

    def _change(self, row: _AnsweredRow, form: DecisionForm) -> ProposedChange:
        cells = self._cells(form.answers, row.letter)
        unused = [
            question.header
            for question, cell in zip(answer_columns(row.letter.incident.rules, is_own=True), cells, strict=True)
            if row.line.texts[question.name].strip() and not cell
        ]
        facts = self._differences(row.letter, cells)
        return ProposedChange(row.letter, row.line.number, row.key.version, form.answers, facts, unused)

    def _conflict(self, row: _AnsweredRow, form: DecisionForm, last: Decision) -> RowConflict:
        last_act = f"{danish.capitalized(danish.moment(last.at))}: {history.decision_sentence(last, self.reader)}"
        # an unreadable answer is shown as typed
        typed = [cpr.mask(row.line.texts[question.name]) for question in self._columns_for(row.letter)]
        cells = self._cells(form.answers, row.letter) if form.is_valid() else typed
        return RowConflict(row.letter, row.line.number, last_act, self._differences(row.letter, cells))

    def _columns_for(self, letter: Letter) -> list[AnswerColumn]:
        return answer_columns(letter.incident.rules, is_own=letter.sender_id == self.reader.pk)

    def _cells(self, answers: DecisionAnswers | None, letter: Letter) -> list[str]:
        return cell_texts(answers, self._columns_for(letter))

    def _current_cells(self, letter: Letter) -> list[str]:
        return self._cells(readable_answers(letter, self.current), letter)

    def _differences(self, letter: Letter, cells: Sequence[str]) -> list[AnswerDifference]:
        both = zip(self._columns_for(letter), self._current_cells(letter), cells, strict=True)
        return [AnswerDifference(question.header, before, after) for question, before, after in both if before != after]

    def _cell_problems(self, row: _AnsweredRow, form: DecisionForm) -> list[CellProblem]:
        """Return the unreadable cells and the missing answers, in the order of the questions."""
        return [
            CellProblem(
                cell_name(row.line.number, self.filled.columns[question.name]),
                question.header,
                cpr.mask(row.line.texts[question.name])[:MAX_SHOWN],
                row.typed.unread.get(question.name) or " ".join(map(str, form.errors[question.name])),
            )
            for question in self._columns_for(row.letter)
            if question.name in [*form.errors, *_misread_answers(row, form)]
        ]


def _misread_answers(row: _AnsweredRow, form: DecisionForm) -> list[str]:
    """Return the questions whose unreadable cell the form accepted all the same."""
    return [name for name in row.typed.unread if form.cleaned_data.get(name) is not None]


def _group_by_reason(skipped: Sequence[tuple[str, int, Letter | None]]) -> list[SkippedRows]:
    """Group rows by reason, smallest group first, because rare reasons matter most."""
    groups: dict[str, SkippedRows] = {}
    for why, row, letter in skipped:
        group = groups.setdefault(why, SkippedRows(why, [], []))
        group.rows.append(row)
        if letter and len(group.letters) < MAX_NAMED:
            group.letters.append(letter)
    return sorted(groups.values(), key=lambda group: len(group.rows))


#: A working day. After that, the workbook must be chosen again.
PROPOSAL_LIFETIME = timedelta(hours=10)


def sign_proposal(changes: Iterable[ProposedChange], reader: User) -> str:
    """Return the changes as text signed for the reader."""
    lines = [[change.letter.pk, change.version, change.answers.as_json()] for change in changes]
    return signing.dumps(lines, salt=_proposal_salt(reader), compress=True)


def read_proposal(text: str, reader: User) -> dict[int, RequestedDecision] | None:
    """Return {letter id: decision}, or None if the text is too old or was not signed for this reader."""
    try:
        lines = signing.loads(text, salt=_proposal_salt(reader), max_age=PROPOSAL_LIFETIME)
    except signing.BadSignature:
        return None
    return {pk: RequestedDecision(version, DecisionAnswers.from_json(answers)) for pk, version, answers in lines}


def apply_proposal(proposed: dict[int, RequestedDecision], by: User) -> BulkDecision | None:
    """Start a bulk decision with the shown answers. Return None if the person may see none of the letters any more.

    Letters that changed after the preview are skipped with a reason.
    """
    letters = Letter.objects.visible_to(by).filter(pk__in=list(proposed), followup__isnull=False)
    requested = {letter: proposed[letter.pk] for letter in letters}
    return services.start_bulk_decision(requested, by, BulkDecision.Way.WORKBOOK) if requested else None


def _proposal_salt(reader: User) -> str:
    return f"followups.exchanging.proposal.{reader.pk}"
