"""Build the workbook of letters to fill in, and read the filled-in workbook.

Facts are locked, each question has a column, and a hidden signed key in each row names the letter, the version and
the fingerprint of the answers. The workbook holds nothing that the reader may not read; a row that the reader may not
answer has no editable cell.

Reading finds columns by header, wherever the columns stand. File types and limits are checked by
`letters.importing.files.reader`; this module explains a sheet that is not quite ours.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

from django.core import signing

from followups.letter import letter_page
from followups.models import Decision, FollowUp, LetterRow
from followups.models.answers import DecisionAnswers
from followups.rules import rights
from followups.rules.letter_rows import fetch_rows
from followups.workbook.columns import AnswerColumn, answer_columns, cell_texts, field_of_header, form_data_of
from letters.importing.files import reader, sheet_selection
from letters.importing.files.cell_cleaning import clean_text
from letters.importing.files.limits import Refused
from letters.importing.files.reader import RawRow
from letters.incident_kinds import KindRules
from letters.models import Letter
from letters.models.letter import LetterQuerySet
from sepo_incident.accounts.models import User
from sepo_incident.core import cpr, danish, spreadsheets
from sepo_incident.core.sheet import EditableCell, Sheet


class RowKey(NamedTuple):
    """The signed key of a row: letter id, version of the follow-up, and fingerprint of the answers as written.

    The signature prevents forged keys. A key moved to another letter's row is found by the letter id (`comparison`).
    """

    letter: int
    version: int
    fingerprint: str

    def __str__(self) -> str:
        return _row_key_signer().sign(f"{self.letter}:{self.version}:{self.fingerprint}")


def answers_fingerprint(data: Mapping[str, Any]) -> str:
    filled = {name: value for name, value in data.items() if value}
    return hashlib.blake2b(json.dumps(filled, sort_keys=True).encode(), digest_size=8).hexdigest()


def parse_row_key(text: str) -> RowKey | None:
    """Return the key, or None if the text has no valid signature."""
    try:
        letter, version, fingerprint = _row_key_signer().unsign(text).split(":")
    except signing.BadSignature:
        return None
    return RowKey(int(letter), int(version), fingerprint)


def _row_key_signer() -> signing.Signer:
    return signing.Signer(salt="followups.exchanging.row", sep="~")


def current_answers_of(followups: Iterable[FollowUp]) -> dict[int, DecisionAnswers]:
    """Return {follow-up id: current answers}. Undecided follow-ups are left out. One query."""
    decided = {followup.pk: followup for followup in followups if not followup.is_open}
    last = Decision.objects.filter(followup__in=list(decided), kind=Decision.Kind.DECIDED)
    last = last.order_by("followup", "-version").distinct("followup")
    return {one.followup_id: letter_page.current_answers(one, decided[one.followup_id]) for one in last}


LETTER_ID = "Brev-id"
#: Header of a fact -> column width.
FACT_WIDTHS = {
    LETTER_ID: 14,
    "Brev": 44,
    "Modtager": 20,
    "Afsender": 26,
    "Enhed": 28,
    "Sendt": 17,
    "Brevets dato": 14,
    "Status": 22,
}
KEY_HEADER = "Rækkens mærke – skal blive stående"
CHOICE_WIDTH, TEXT_WIDTH, MAX_WIDTH, KEY_WIDTH = 22, 30, 110, 12  # column widths in characters
FROZEN_CELL = "C2"

GUIDANCE = (
    "1. Skriv svarene i de gule felter på arket »Breve«. Én række er ét brev.",
    "2. Spring de breve over, du ikke vil svare på. En tom række ændrer ingenting.",
    "3. Gem filen, og vælg den på siden, hvor du hentede den. Du ser ændringerne, før de gemmes.",
    "Har cellen en liste, så vælg et svar fra listen.",
    "Fjern arkets beskyttelse under Gennemse, hvis du vil slette rækker eller flytte kolonner.",
    "Ret ikke overskrifterne, og slet ikke den skjulte kolonne.",
    "Har en anden ændret brevet imens, gemmes dit svar ikke.",
    "Har lederen bekræftet, så ret svaret på brevets side.",
    "Er du i tvivl om et brev, så spørg på brevets side.",
    "En personalesag er låst, hvis du ikke må se emnet.",
    "Skriv ikke navne, CPR-numre eller helbredsoplysninger.",
)


def build_workbook(letters: LetterQuerySet, reader: User, rules: KindRules, *, is_own: bool) -> bytes:
    """Return the workbook of the letters that have a follow-up, in the order of the queryset.

    `rules`: those of the letters' incident. With `is_own` the letters are the reader's own, so the questions use the
    words for the sender.
    """
    columns = answer_columns(rules, is_own=is_own)
    opened = fetch_rows(reader, list(letters.filter(followup__isnull=False).values_list("pk", flat=True)))
    facts = list(FACT_WIDTHS)
    first = len(facts) + 1
    return spreadsheets.build_workbook(
        [
            Sheet(
                name="Breve",
                columns=[*facts, *(question.header for question in columns), KEY_HEADER],
                rows=_sheet_rows(opened, reader, columns, rules),
                widths=[
                    *FACT_WIDTHS.values(),
                    *(CHOICE_WIDTH if question.words else TEXT_WIDTH for question in columns),
                    KEY_WIDTH,
                ],
                hidden=1,
                frozen=FROZEN_CELL,
                is_locked=True,
                choices={at: tuple(one.words) for at, one in enumerate(columns, first) if one.words},
                hints={at: one.hint for at, one in enumerate(columns, first) if one.hint},
            ),
            Sheet("Vejledning", ["Vejledning"], [[line] for line in GUIDANCE], [MAX_WIDTH]),
            Sheet(
                "Spørgsmål",
                ["Spørgsmål", "Hvornår og hvordan", "Svar"],
                ([one.header, one.hint, " · ".join(one.words)] for one in columns),
                [50, MAX_WIDTH, MAX_WIDTH],
            ),
        ]
    )


def _sheet_rows(
    opened: list[LetterRow], reader: User, columns: list[AnswerColumn], rules: KindRules
) -> Iterator[list[Any]]:
    current_answers = current_answers_of([letter.followup for letter in opened])
    allowed = rights.rights_by_letter(reader, [letter.pk for letter in opened])
    for letter in opened:
        # A confirmed decision is corrected on the letter page, where the reason is asked for.
        is_confirmed = letter.followup.status == FollowUp.Status.CONFIRMED
        may_answer = letter.accepts_changes and not is_confirmed and allowed[letter.pk].decide
        cells = cell_texts(readable_answers(letter, current_answers), columns)
        key = RowKey(letter.pk, letter.followup.version, answers_fingerprint(form_data_of(cells, rules)))
        yield [
            *_letter_facts(letter),
            *(map(EditableCell, cells) if may_answer else cells),
            str(key),
        ]


def readable_answers(letter: Letter, standing: Mapping[int, DecisionAnswers]) -> DecisionAnswers | None:
    """Return the letter's current answers, or None if undecided or hidden from the reader."""
    return standing.get(letter.followup.pk) if letter.reader_may_read else None


def _letter_facts(letter: LetterRow) -> list[Any]:
    return [
        cpr.mask(letter.source_ref),
        cpr.mask(letter.shown_subject),
        letter.shown_recipient,
        letter.sender.name if letter.sender else letter.sender_name,
        letter.unit.name if letter.unit else "",
        danish.local_time(letter.sent_at).replace(tzinfo=None),
        letter.followup.due_on if letter.reader_may_read else None,
        letter.impersonal_status_badge.label,
    ]


MAX_ROWS = 20_000
READ_TIMEOUT_SECONDS = 25  # a page waits for the reading

NOT_OUR_WORKBOOK = (
    f"Filen er ikke hentet her, eller kolonnen »{KEY_HEADER}« er slettet. Hent regnearket igen, og skriv svarene i det."
)
NO_ROWS = "Arket har ingen breve. Hent regnearket igen, og skriv svarene i det."
TOO_MANY_ROWS = (
    f"Arket har flere end {danish.number(MAX_ROWS)} rækker. Slet dem, du ikke har svaret på, og vælg det igen."
)


@dataclass(frozen=True)
class FilledRow:
    """A filled-in row. `number` is the row number in Excel; `texts` maps the name of a question to the cell."""

    number: int
    letter_id: str
    key: str
    texts: dict[str, str]


@dataclass(frozen=True)
class FilledWorkbook:
    """A filled-in workbook. `columns` maps the name of a question to the column number, counted from 1."""

    lines: list[FilledRow]
    columns: dict[str, int]


def read_workbook(content: BinaryIO, rules: KindRules) -> FilledWorkbook:
    """Read a filled-in workbook of an incident with these rules.

    Raise Refused with a Danish sentence if the file cannot be read as our sheet.
    """
    with reader.open_list(content, READ_TIMEOUT_SECONDS, _find_answer_sheet) as raw:
        headers = [clean_text(header) for header in raw.headers]
        columns = _find_columns(headers, rules)
        lines = list(_read_rows(raw.rows, headers, columns))
    if not lines:
        raise Refused(NO_ROWS)
    return FilledWorkbook(lines, {name: at + 1 for name, at in columns.items()})


def _find_answer_sheet(book: sheet_selection.SheetSource) -> list[sheet_selection.SelectedSheet]:
    """Return the sheet with our keys. Raise Refused if there is none, or more than one."""
    found = []
    for sheet in sheet_selection.visible_sheets(book):
        top = book.first_rows(sheet)
        at = next((at for at, row in enumerate(top) if KEY_HEADER in map(clean_text, row)), None)
        if at is not None:  # the headers may stand below a title
            found.append(sheet_selection.SelectedSheet(sheet, at + 1, list(top[at]), {}))
    if not found:
        raise Refused(NOT_OUR_WORKBOOK)
    if len(found) > 1:
        names = sheet_selection.sheet_names(book)
        both = sheet_selection.quote_names([names[one.sheet] for one in found])
        raise Refused(f"Der er breve i arkene {both}. Slet dem, du ikke skal bruge, og vælg filen igen.")
    return found


def _find_columns(headers: Sequence[str], rules: KindRules) -> dict[str, int]:
    """Return {question name: column index}. Raise Refused for missing or repeated columns."""
    names = [field_of_header(header) for header in headers]
    if not any(names):
        raise Refused(NOT_OUR_WORKBOOK)
    found = [LETTER_ID if header == LETTER_ID else name for header, name in zip(headers, names, strict=True)]
    counted = Counter(filter(None, found))
    label = {one.name: one.header for one in answer_columns(rules, is_own=True)} | {LETTER_ID: LETTER_ID}
    if missing := [label[name] for name in label if not counted[name]]:
        raise Refused(
            f"{danish.capitalized(_column_names(missing))} mangler. Skriv overskriften, som den var. "
            "Eller hent regnearket igen, og skriv svarene i det."
        )
    if twice := [label[name] for name, many in counted.items() if many > 1]:
        raise Refused(f"{danish.capitalized(_column_names(twice))} findes to gange. Slet den ene, og vælg filen igen.")
    return {name: at for at, name in enumerate(names) if name}


def _column_names(names: Sequence[str]) -> str:
    return f"{'kolonnen' if len(names) == 1 else 'kolonnerne'} {sheet_selection.quote_names(names)}"


def _read_rows(rows: Iterator[RawRow], headers: Sequence[str], columns: dict[str, int]) -> Iterator[FilledRow]:
    letter_id, key = headers.index(LETTER_ID), headers.index(KEY_HEADER)
    for row in islice(rows, MAX_ROWS):
        cells = [*row.cells, *[""] * (len(headers) - len(row.cells))]
        texts = {name: cells[at] for name, at in columns.items()}
        yield FilledRow(row.number, clean_text(cells[letter_id]), clean_text(cells[key]), texts)
    if next(rows, None) is not None:
        raise Refused(TOO_MANY_ROWS)
