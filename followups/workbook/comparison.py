"""Compare a filled-in workbook with the letters as they are now: changes, problems and skipped rows.

Comparing saves nothing and reveals nothing that the reader may not see, whatever the sheet says.

The preview page carries the changes to the save button as text signed for this reader, with the version of each
letter, so a letter that changed meanwhile is skipped. Nothing is stored in between.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from django.core import signing

from followups import services
from followups.decision_form import DecisionForm
from followups.models import BulkDecision
from followups.models.answers import DecisionAnswers
from followups.services import RequestedDecision
from followups.workbook.columns import AnswerColumn, TypedAnswers, answer_columns, cell_texts, form_data_of, parse_cells
from followups.workbook.sheet import (
    FilledRow,
    FilledWorkbook,
    RowKey,
    answers_fingerprint,
    current_answers_of,
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
CHANGED_SINCE = "Brevet er ændret, efter at du hentede regnearket. Ret det på brevets side, eller hent regnearket igen."


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


@dataclass
class AnsweredRow:
    """A row with a valid key to a letter that the reader may see.

    `facts`: what the row would change, with `answers`. `cells`: what must be corrected first.
    """

    line: FilledRow
    key: RowKey
    letter: Letter
    typed: TypedAnswers
    columns: list[AnswerColumn]
    answers: DecisionAnswers = field(default_factory=lambda: DecisionAnswers(remedy=""))
    facts: list[AnswerDifference] = field(default_factory=list)
    cells: list[CellProblem] = field(default_factory=list)


class SkippedRows(NamedTuple):
    """Rows that are skipped for the same reason, and the letters that the reader may know of."""

    why: str
    rows: list[int]
    letters: list[Letter]


class WorkbookDifferences:
    """The differences between the workbook and the letters of the incident, with None of all incidents.

    Constant number of queries, however many rows.
    """

    def __init__(self, filled: FilledWorkbook, reader: User, incident: Incident | None = None):
        self.filled, self.reader, self.incident = filled, reader, incident
        self.changes: list[AnsweredRow] = []
        self.problems: list[AnsweredRow] = []
        self.unchanged = 0
        self._skipped: dict[str, SkippedRows] = {}
        rows = self._rows_with_letter()
        self.current = current_answers_of([row.letter.followup for row in rows])
        self._sort_rows([row for row in self._without_duplicates(rows) if self._differs(row)])

    @property
    def skipped(self) -> list[SkippedRows]:
        """The skipped rows by reason, smallest group first, because rare reasons matter most."""
        return sorted(self._skipped.values(), key=lambda group: len(group.rows))

    def _skip(self, why: str, number: int, letter: Letter | None = None) -> None:
        group = self._skipped.setdefault(why, SkippedRows(why, [], []))
        group.rows.append(number)
        if letter and len(group.letters) < MAX_NAMED:
            group.letters.append(letter)

    def _rows_with_letter(self) -> list[AnsweredRow]:
        """Return the rows with a valid key. A row without answers needs no key."""
        read = [(line, parse_row_key(line.key)) for line in self.filled.lines]
        seen = Letter.objects.visible_to(self.reader).filter(followup__isnull=False)
        seen = seen.filter(pk__in=[key.letter for _, key in read if key])
        seen = seen.filter(incident=self.incident) if self.incident else seen
        letters = seen.select_related("followup", "unit", "sender", "leader", "incident").in_bulk()
        rows = []
        for line, key in read:
            letter = letters.get(key.letter) if key else None
            rules = letter.incident.rules if letter else USUAL_RULES
            typed = parse_cells(line.texts, rules)
            if key and letter and line.letter_id == cpr.mask(letter.source_ref):
                columns = answer_columns(rules, is_own=letter.sender_id == self.reader.pk)
                rows.append(AnsweredRow(line, key, letter, typed, columns))
            elif not typed.is_empty:
                self._skip(MISSING_KEY if key is None else MOVED_KEY if letter else NOT_VISIBLE, line.number)
            elif key:
                self.unchanged += 1
        return rows

    def _without_duplicates(self, rows: Sequence[AnsweredRow]) -> list[AnsweredRow]:
        """Return a single row for each letter. Copies with different answers are skipped altogether."""
        rows_by_letter: dict[int, list[AnsweredRow]] = {}
        for row in rows:
            rows_by_letter.setdefault(row.letter.pk, []).append(row)
        single = []
        for first, *copies in rows_by_letter.values():
            if all(copy.typed.data == first.typed.data for copy in copies):
                single.append(first)
            else:
                numbers = danish.join_with_and([str(copy.line.number) for copy in (first, *copies)])
                self._skip(DUPLICATE_ROWS.format(numbers), first.line.number, first.letter)
        return single

    def _current_cells(self, row: AnsweredRow) -> list[str]:
        return cell_texts(readable_answers(row.letter, self.current), row.columns)

    def _differs(self, row: AnsweredRow) -> bool:
        is_as_written = answers_fingerprint(row.typed.data) == row.key.fingerprint
        if is_as_written or row.typed.data == form_data_of(self._current_cells(row), row.letter.incident.rules):
            self.unchanged += 1
            return False
        return True

    def _sort_rows(self, rows: Sequence[AnsweredRow]) -> None:
        """Sort rows into changes, problems and skipped rows: by rights, then version, then answers."""
        forms = {row.letter: self._form(row) for row in rows}
        requested = {row.letter: RequestedDecision(row.letter.followup.version, row.answers) for row in rows}
        preview = services.preview_decisions(requested, self.reader, BulkDecision.Way.WORKBOOK)
        refused = {letter.pk: why for letter, why in preview.skipped}
        for row in rows:
            if why := self._refusal(row, refused):
                self._skip(why, row.line.number, row.letter)
            elif forms[row.letter].errors:
                row.cells = self._cell_problems(row, forms[row.letter])
                self.problems.append(row)
            else:
                both = zip(row.columns, self._current_cells(row), cell_texts(row.answers, row.columns), strict=True)
                row.facts = [AnswerDifference(one.header, old, new) for one, old, new in both if old != new]
                if row.facts:
                    self.changes.append(row)
                else:
                    self._skip("Det nye svar passer ikke til de andre svar.", row.line.number, row.letter)

    def _refusal(self, row: AnsweredRow, refused: dict[int, str]) -> str:
        """Return why the row is skipped whatever its answers, "" if it is not. `refused`: reasons by letter id."""
        if not row.letter.reader_may_read:
            return PERSONNEL_CASE_HIDDEN
        if why := refused.get(row.letter.pk):
            return why
        if row.typed.is_empty:
            return ANSWERS_REMOVED
        return CHANGED_SINCE if row.letter.followup.version != row.key.version else ""

    def _form(self, row: AnsweredRow) -> DecisionForm:
        """Return the form with the cells of the row. An unreadable cell is an error, if its question is asked."""
        form = DecisionForm(
            row.typed.data | {"version": row.key.version},
            may_ask=False,
            is_own=row.letter.sender_id == self.reader.pk,
            is_original_gone=row.letter.followup.is_original_gone,
            between=row.letter.incident.plausible_dates,
            rules=row.letter.incident.rules,
        )
        if form.is_valid():
            row.answers = form.answers
        for name, message in row.typed.unread.items():
            if name in form.errors or form.cleaned_data.get(name) is not None:
                form.errors[name] = form.error_class([message])
        return form

    def _cell_problems(self, row: AnsweredRow, form: DecisionForm) -> list[CellProblem]:
        """Return the unreadable cells and the missing answers, in the order of the questions."""
        return [
            CellProblem(
                cell_name(row.line.number, self.filled.columns[question.name]),
                question.header,
                cpr.mask(row.line.texts[question.name])[:MAX_SHOWN],
                " ".join(map(str, form.errors[question.name])),
            )
            for question in row.columns
            if question.name in form.errors
        ]


#: A working day. After that, the workbook must be chosen again.
PROPOSAL_LIFETIME = timedelta(hours=10)


def sign_proposal(changes: Sequence[AnsweredRow], reader: User) -> str:
    """Return the changes as text signed for the reader."""
    lines = [[change.letter.pk, change.key.version, change.answers.as_json()] for change in changes]
    return signing.dumps(lines, salt=_proposal_salt(reader), compress=True)


def read_proposal(text: str, reader: User) -> dict[int, RequestedDecision] | None:
    """Return {letter id: decision}, or None if the text is too old or was not signed for this reader."""
    try:
        lines = signing.loads(text, salt=_proposal_salt(reader), max_age=PROPOSAL_LIFETIME)
    except signing.BadSignature:
        return None
    return {pk: RequestedDecision(version, DecisionAnswers.from_json(answers)) for pk, version, answers in lines}


def _proposal_salt(reader: User) -> str:
    return f"followups.exchanging.proposal.{reader.pk}"
