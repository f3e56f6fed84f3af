"""A filled-in workbook beside what stands now: what would change, what is in the way, and what is left alone.

It reads only. Nothing of a letter is told to whoever may not see or read it, whatever the sheet says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from followups import duties, services
from followups.answers import Answers
from followups.exchanging import keys, questions
from followups.exchanging.keys import Key
from followups.exchanging.questions import Question, Typed
from followups.exchanging.reading import Filled, Line
from followups.exchanging.sheet import shown_answers
from followups.exchanging.standing import answers_of, newest_of
from followups.forms import DecisionForm
from followups.letter import history
from followups.models import BulkDecision, Decision
from followups.services import Asked
from letters import exporting
from letters.models import Letter
from sepo_incident import cpr, danish
from sepo_incident.accounts.models import User

LONGEST_SHOWN = 200  # characters of a cell
#: A reason names its letters when they are no more than this; otherwise it only counts them.
NAMED = 5

FETCH_AGAIN = "Hent regnearket igen, og skriv svaret i det."
NO_KEY = f"Den skjulte nøgle mangler eller er ændret, så vi ved ikke, hvilket brev svarene er til. {FETCH_AGAIN}"
MOVED_KEY = f"Nøglen i rækken hører til et andet brev end det, der står i den. {FETCH_AGAIN}"
TWICE = "Brevet står i flere rækker med forskellige svar (række {}). Slet dem, der ikke gælder."
NOT_HERE = "Du har ikke adgang til brevet, eller det er fjernet. Er det en fejl, så skriv til DIT."
HIDDEN = "Det er en personalesag, som du ikke må læse. Kun den, der må se emnet, kan svare på brevet."
EMPTIED = "Svarene er slettet i arket, men beslutningen står. Vil du fortryde den, så gør det på brevets side."
UNUSED = "Det nye svar hører til et spørgsmål, der ikke bliver stillet ved de andre svar."
NO_ANSWERS = Answers(remedy="")


class Fact(NamedTuple):
    """An answer as it stands now, and as the sheet has it."""

    label: str
    before: str
    after: str


class Cell(NamedTuple):
    """A cell that cannot be taken: «J7», its header, what it says, and how to mend it."""

    name: str
    header: str
    value: str
    message: str


@dataclass(frozen=True)
class Change:
    """A letter that would get the answers of its row. ``unused``: the questions answered that were not asked."""

    letter: Letter
    row: int
    version: int
    answers: Answers
    facts: list[Fact]
    unused: list[str]


@dataclass(frozen=True)
class Conflict:
    """The letter changed since the workbook was made. ``facts`` are both versions, ``said`` is what happened last."""

    letter: Letter
    row: int
    said: str
    facts: list[Fact]


@dataclass(frozen=True)
class Problem:
    letter: Letter
    row: int
    cells: list[Cell]


class Left(NamedTuple):
    """Rows that are left alone for the same reason, with their letters where the reader may know of them."""

    why: str
    rows: list[int]
    letters: list[Letter]


@dataclass
class Differences:
    changes: list[Change] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    unchanged: int = 0


@dataclass(frozen=True)
class _Row:
    """A row that answers something about a letter which its reader sees."""

    line: Line
    key: Key
    letter: Letter
    typed: Typed

    @property
    def is_stale(self) -> bool:
        return self.letter.followup.version != self.key.version


def compare(filled: Filled, reader: User) -> Differences:
    """A constant number of queries, however many rows."""
    return _Comparison(filled, reader).made()


class _Comparison:
    def __init__(self, filled: Filled, reader: User):
        self.filled, self.reader = filled, reader
        self.found = Differences()
        self.left: list[tuple[str, int, Letter | None]] = []

    def made(self) -> Differences:
        rows = self._rows()
        self.standing = answers_of([row.letter.followup for row in rows])
        self._judge([row for row in self._once(rows) if self._differs(row)])
        self.found.left = _by_reason(self.left)
        return self.found

    def _leave(self, row: _Row, why: str) -> None:
        self.left.append((why, row.line.number, row.letter))

    # --- which letter a row is about ------------------------------------------------------------------------------

    def _rows(self) -> list[_Row]:
        """Those whose key is sound; a row that answers nothing needs none."""
        read = [(line, keys.read(line.key), questions.typed(line.texts)) for line in self.filled.lines]
        letters = self._letters([key.letter for _, key, _ in read if key])
        rows = []
        for line, key, typed in read:
            letter = letters.get(key.letter) if key else None
            if key and letter and line.letter_id == cpr.mask(letter.source_ref):
                rows.append(_Row(line, key, letter, typed))
            elif not questions.is_blank(typed.data):
                self.left.append((_why_nobody(key, letter), line.number, None))
            elif key:
                self.found.unchanged += 1
        return rows

    def _letters(self, ids: Sequence[int]) -> dict[int, Letter]:
        seen = Letter.objects.visible_to(self.reader).filter(pk__in=ids, followup__isnull=False)
        known = duties.with_handed_over(seen)
        return known.select_related("followup", "unit", "sender", "leader", "incident").in_bulk()

    def _once(self, rows: Sequence[_Row]) -> list[_Row]:
        """A row that was copied as it is counts once; two that say different things count not at all."""
        of_letter: dict[int, list[_Row]] = {}
        for row in rows:
            of_letter.setdefault(row.letter.pk, []).append(row)
        for copies in of_letter.values():
            if any(copy.typed.data != copies[0].typed.data for copy in copies):
                numbers = danish.listed([str(copy.line.number) for copy in copies])
                self._leave(copies[0], TWICE.format(numbers))
                copies.clear()
        return [copies[0] for copies in of_letter.values() if copies]

    # --- what a row would change ----------------------------------------------------------------------------------

    def _differs(self, row: _Row) -> bool:
        """Does it say anything else than it did when it was written, and than what stands now?"""
        is_as_written = keys.fingerprint(row.typed.data) == row.key.print
        if is_as_written or row.typed.data == self._data_now(row.letter):
            self.found.unchanged += 1
            return False
        return True

    def _data_now(self, letter: Letter) -> dict[str, Any]:
        return questions.data_of(self._words(shown_answers(letter, self.standing), letter))

    def _judge(self, rows: Sequence[_Row]) -> None:
        """Who may not answer is told so before anything else; then the row's age counts, and last what it says."""
        newest = newest_of([row.letter.followup for row in rows if row.is_stale])
        forms = {row.letter: self._form(row) for row in rows}
        refused = self._refused(forms)
        for row in rows:
            form = forms[row.letter]
            if not row.letter.may_be_read:
                self._leave(row, HIDDEN)
            elif why := refused.get(row.letter.pk):
                self._leave(row, why)
            elif questions.is_blank(row.typed.data):
                self._leave(row, EMPTIED)
            elif row.is_stale:
                self.found.conflicts.append(self._conflict(row, form, newest[row.letter.followup.pk]))
            elif not form.is_valid() or _unread(row, form):
                self.found.problems.append(Problem(row.letter, row.line.number, self._cells(row, form)))
            elif not (change := self._change(row, form)).facts:
                self._leave(row, UNUSED)
            else:
                self.found.changes.append(change)

    def _form(self, row: _Row) -> DecisionForm:
        return DecisionForm(
            row.typed.data | {"version": row.key.version},
            may_ask=False,
            is_own=row.letter.sender_id == self.reader.pk,
            between=row.letter.incident.dates_about_it,
        )

    def _refused(self, forms: Mapping[Letter, DecisionForm]) -> dict[int, str]:
        """Letter → why this person may not decide about it as it is now; that is so whatever they answer."""
        asked = {
            letter: Asked(letter.followup.version, form.answers if form.is_valid() else NO_ANSWERS)
            for letter, form in forms.items()
        }
        left = services.would_decide(asked, self.reader, BulkDecision.Way.WORKBOOK).left
        return {letter.pk: why for letter, why in left}

    def _change(self, row: _Row, form: DecisionForm) -> Change:
        cells = self._words(form.answers, row.letter)
        unused = [
            question.header
            for question, cell in zip(questions.asked(is_own=True), cells, strict=True)
            if row.line.texts[question.name].strip() and not cell
        ]
        facts = self._facts(row.letter, cells)
        return Change(row.letter, row.line.number, row.key.version, form.answers, facts, unused)

    def _conflict(self, row: _Row, form: DecisionForm, last: Decision) -> Conflict:
        """The sheet's side as it was typed, where that cannot be understood."""
        said = f"{danish.capitalized(danish.moment(last.at))}: {history.sentence(last, self.reader)}"
        typed = [cpr.mask(row.line.texts[question.name]) for question in questions.asked(is_own=True)]
        cells = self._words(form.answers, row.letter) if form.is_valid() else typed
        return Conflict(row.letter, row.line.number, said, self._facts(row.letter, cells))

    def _words(self, answers: Answers | None, letter: Letter) -> list[str]:
        return questions.written(answers, self._asked(letter))

    def _asked(self, letter: Letter) -> list[Question]:
        return questions.asked(is_own=letter.sender_id == self.reader.pk)

    def _facts(self, letter: Letter, cells: Sequence[str]) -> list[Fact]:
        """Only what is another than it stands."""
        now = self._words(shown_answers(letter, self.standing), letter)
        both = zip(self._asked(letter), now, cells, strict=True)
        return [Fact(question.header, before, after) for question, before, after in both if before != after]

    def _cells(self, row: _Row, form: DecisionForm) -> list[Cell]:
        """What is wrong, in the order of the questions: a cell that cannot be understood, or an answer that is owed."""
        return [
            Cell(
                exporting.cell_name(row.line.number, self.filled.columns[question.name]),
                question.header,
                cpr.mask(row.line.texts[question.name])[:LONGEST_SHOWN],
                row.typed.unread.get(question.name) or " ".join(map(str, form.errors[question.name])),
            )
            for question in self._asked(row.letter)
            if question.name in [*form.errors, *_unread(row, form)]
        ]


def _unread(row: _Row, form: DecisionForm) -> list[str]:
    """Questions that were asked and have an answer which the form would take, and nobody can have meant."""
    return [name for name in row.typed.unread if form.cleaned_data.get(name) is not None]


def _why_nobody(key: Key | None, letter: Letter | None) -> str:
    """Why a row is about no letter that its reader could answer."""
    if key is None:
        return NO_KEY
    return MOVED_KEY if letter else NOT_HERE


def _by_reason(left: Sequence[tuple[str, int, Letter | None]]) -> list[Left]:
    """The largest group last: what is special stands first."""
    groups: dict[str, Left] = {}
    for why, row, letter in left:
        group = groups.setdefault(why, Left(why, [], []))
        group.rows.append(row)
        if letter and len(group.letters) < NAMED:
            group.letters.append(letter)
    return sorted(groups.values(), key=lambda group: len(group.rows))
