"""The table of the check page: filters with counts, the rows as in the sheet, and every problem in the problem's cell.

The staff file's page has the same filters.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from letters.import_pages import review_pages
from letters.importing.commit import correct_row
from letters.importing.files.headers import FIELD_BY_LABEL, LABELS
from letters.importing.plan.letter_comparison import ACCEPTED_WITH_REMARK, RowCounts
from letters.importing.rows.row_parser import RECIPIENT_KIND_LABELS, hides_subject, shown_cells
from letters.importing.rows.row_problems import REJECT, ProblemKind
from letters.models import ImportBatch, ImportRow
from letters.models.letter import HIDDEN_SUBJECT
from sepo_incident.core import danish, database
from sepo_incident.core.components import Pill, Tile
from sepo_incident.core.danish import Badge
from sepo_incident.core.sheet import column_letter
from sepo_incident.core.sql_files import read_sql


class RowFilter(NamedTuple):
    """A filter of rows. `slug`: the value of `?vis=`. `count_name`: the field of `RowCounts` or `VerdictCounts`."""

    slug: str
    label: str
    tone: str
    condition: Q
    count_name: str
    is_pill: bool = True

    @property
    def url(self) -> str:
        return f"?vis={self.slug}#raekker"


def filter_pills(choices: Iterable[RowFilter], current: RowFilter | None, counts: object) -> list[Pill]:
    """Return a pill for every filter with rows, and for the current filter."""
    return [
        Pill(choice.label, choice.url, getattr(counts, choice.count_name), choice.tone, choice == current)
        for choice in choices
        if (choice.is_pill and getattr(counts, choice.count_name)) or choice == current
    ]


_PROBLEMS_BY_KIND_SQL = read_sql(__file__, "problems_by_kind.sql")


class ProblemTally(NamedTuple):
    """The number of rows with a kind of problem. `rejects`: the problem rejects at least a single row."""

    kind: ProblemKind
    rejects: bool
    rows: int


def count_problems_by_kind(batch: ImportBatch) -> list[ProblemTally]:
    """Return the number of rows for every kind of problem. One query, whatever the length of the list."""
    found = database.fetch_all(_PROBLEMS_BY_KIND_SQL, {"reject": REJECT, "batch": batch.pk})
    return [ProblemTally(ProblemKind(kind), rejects, rows) for kind, rejects, rows in found]


def problem_pills(tallies: list[ProblemTally], current: ProblemKind | None, *, rejects: bool) -> list[Pill]:
    """Return a pill for every kind that rejects, or only remarks. The current pill links back to all problems."""
    return [
        Pill(
            tally.kind.label,
            "?vis=problemer#raekker" if tally.kind == current else f"?slags={tally.kind}#raekker",
            tally.rows,
            "is-late" if rejects else "is-soon",
            tally.kind == current,
        )
        for tally in tallies
        if tally.rejects == rejects
    ]


Verdict = ImportRow.Verdict

ROW_FILTERS = [
    RowFilter(
        "problemer", "Kun rækker med problemer", "", Q(verdict=Verdict.REJECTED) | ACCEPTED_WITH_REMARK, "with_problems"
    ),
    RowFilter("afviste", "Afvist", "is-late", Q(verdict=Verdict.REJECTED), "rejected"),
    RowFilter("bemaerk", "Bemærk", "is-soon", ACCEPTED_WITH_REMARK, "noticed"),
    RowFilter("rettede", "Rettede", "is-info", ~Q(corrections=[]), "corrected"),
    RowFilter("nye", "Nye", "is-ok", Q(verdict=Verdict.NEW), "new", False),
    RowFilter("aendrede", "Ændrede", "is-info", Q(verdict=Verdict.CHANGED), "changed"),
    RowFilter("kendte", "Kendte", "", Q(verdict=Verdict.KNOWN), "known", False),
    RowFilter("alle", "Alle rækker", "", Q(), "rows"),
]
#: Always shown, to recognise the letter. A card on a phone shows these fields and the fields with a remark.
ALWAYS_SHOWN_FIELDS = ("source_ref", "sender_email", "subject")
#: Shown if there is room, the most telling first. A field with a remark in any row shown comes first.
OPTIONAL_FIELDS = ("sent_at", "unit_name", "leader_email", "recipient_kind")
#: The number of columns that fit on a screen.
MAX_COLUMNS = len(ALWAYS_SHOWN_FIELDS + OPTIONAL_FIELDS)
MAX_UNBROKEN_LENGTH = 20


def count_tiles(counts: RowCounts) -> list[Tile]:
    changed = ("ændret brev", "ændrede breve")
    return [
        Tile.from_count(counts.new, "nyt brev", "nye breve", "is-ok", "?vis=nye#raekker"),
        Tile.from_count(counts.changed, *changed, "is-info", "?vis=aendrede#raekker"),
        Tile.from_count(counts.known, "kendt brev", "kendte breve", "", "?vis=kendte#raekker"),
        Tile.from_count(counts.rejected, "afvist række", "afviste rækker", "is-late", "?vis=afviste#raekker"),
    ]


class ColumnHeading(NamedTuple):
    """A heading, for example «B: Afsenders e-mail», where `letter` is the column's letter in Excel."""

    field: str
    letter: str
    header: str

    def __str__(self) -> str:
        return f"{self.letter}: {self.header}" if self.letter else self.header or LABELS[self.field]


@dataclass
class CheckCell:
    label: str
    text: str
    tone: str = ""  # "bad", "care", "fixed" or ""
    remarks: list[str] = field(default_factory=list)
    value_before: str | None = None
    is_kept_on_phone: bool = False
    is_unbroken: bool = False
    #: «Rettet af Mette Dahl i dag kl. 14.05», and the text of the cell in the file: «31-11-2019»
    correction_text: str = ""
    text_in_file: str = ""
    #: Set in an open row: the field, and the initial value.
    name: str = ""
    value: str = ""
    hint: str = ""
    choices: tuple[str, ...] = ()
    is_first: bool = False

    @property
    def html(self) -> str:
        """Return the text. An address may break before the @, so that many columns fit."""
        return format_html_join(SafeString("<wbr>@"), "{}", ((part,) for part in self.text.split("@")))

    @property
    def css(self) -> str:
        return self.tone or ("keep" if self.is_kept_on_phone else "")

    @property
    def is_remarked(self) -> bool:
        return bool(self.hint or self.remarks or self.correction_text or self.value_before is not None)


class CheckLine(NamedTuple):
    """A row of the table.

    `place`: «14», or «Ark2, række 14». `where`: «række 14», or the same as `place`. `corrections_shown`: the
    number of corrections shown, None if nothing in the row may be corrected.
    """

    pk: int
    place: str
    where: str
    cells: list[CheckCell]
    badge: Badge
    origin: str
    corrections_shown: int | None
    is_open: bool


def build_table(
    batch: ImportBatch, rows: Iterable[ImportRow], open_row: int | None = None
) -> tuple[list[ColumnHeading], list[CheckLine]]:
    """Return headings and lines for the rows of a page. In the open row, correctable cells are inputs."""
    rows = list(rows)
    remarked = {FIELD_BY_LABEL[problem["column"]] for row in rows for problem in row.problems}
    remarked |= {name for row in rows for name in (*row.changes, *correct_row.latest_corrections(row))}
    headings = _headings_that_fit(headings_of(batch, remarked), remarked)
    return headings, build_lines(batch, rows, headings, open_row)


def build_lines(
    batch: ImportBatch, rows: Iterable[ImportRow], headings: list[ColumnHeading], open_row: int | None = None
) -> list[CheckLine]:
    rows = list(rows)
    known_from = review_pages.find_row_origins(batch, rows)
    return [_build_line(batch, row, headings, known_from.get(row.pk, ""), row.pk == open_row) for row in rows]


def _headings_that_fit(headings: list[ColumnHeading], remarked: set[str]) -> list[ColumnHeading]:
    """Return the necessary headings and as many optional headings as fit, in the order of the sheet."""
    names = {heading.field for heading in headings}
    needed = names & remarked.union(ALWAYS_SHOWN_FIELDS)
    telling = [name for name in OPTIONAL_FIELDS if name in names - needed]
    shown = needed.union(telling[: max(MAX_COLUMNS - len(needed), 0)])
    return [heading for heading in headings if heading.field in shown]


def headings_of(batch: ImportBatch, remarked: set[str]) -> list[ColumnHeading]:
    """Return the list's own columns in order, then fields with a remark for which the list has no column.

    If several sheets were read, or none, no letter of Excel is above a column, and a field that the sheets call
    differently has our label.
    """
    named: dict[str, list[tuple[str, str]]] = {}
    has_letters = not (batch.sheet_names or batch.alarm_id)
    for index, (header, name) in enumerate(batch.mapping):
        if name:
            named.setdefault(name, []).append((column_letter(index) if has_letters else "", header))
    own = [ColumnHeading(name, *(which[0] if len(which) == 1 else ("", LABELS[name]))) for name, which in named.items()]
    missing = remarked - {heading.field for heading in own}
    return own + [ColumnHeading(name, "", label) for name, label in LABELS.items() if name in missing]


def _build_line(
    batch: ImportBatch, row: ImportRow, headings: list[ColumnHeading], origin: str, is_asked_for: bool
) -> CheckLine:
    is_remarked = bool(row.problems) and row.verdict in (Verdict.NEW, Verdict.KNOWN)
    shown = shown_cells(row)
    names = correct_row.correctable_fields(row) if batch.status == ImportBatch.Status.CHECKED else set()
    is_open = is_asked_for and bool(names)
    cells = [_build_cell(row, heading, shown.get(heading.field, "")) for heading in headings]
    opened = [(cell, heading.field) for cell, heading in zip(cells, headings, strict=True) if heading.field in names]
    for number, (cell, name) in enumerate(opened if is_open else ()):
        _make_editable(cell, name, row, shown.get(name, ""))
        cell.is_first = number == 0
    badge = Badge("Bemærk", "is-soon") if is_remarked else row.badge
    where = batch.where(row.sheet, row.row)
    place = where if batch.sheet_names else danish.number(row.row)
    return CheckLine(row.pk, place, where, cells, badge, origin, len(row.corrections) if names else None, is_open)


def _make_editable(cell: CheckCell, name: str, row: ImportRow, text: str) -> None:
    """Make the cell an input. A hidden text is never in the input: a user types the text again, or leaves the cell."""
    cell.name = name
    cell.value = "" if name in correct_row.hidden_fields(row) else text
    if name in correct_row.hidden_fields(row) and text:
        cell.hint = f"{text}. Lad feltet være tomt, hvis det er rigtigt."
    if name == "recipient_kind":
        cell.choices = tuple(dict.fromkeys((*RECIPIENT_KIND_LABELS.values(), "", text)))


def _build_cell(row: ImportRow, heading: ColumnHeading, text: str) -> CheckCell:
    found = [problem for problem in row.problems if FIELD_BY_LABEL[problem["column"]] == heading.field]
    cell = CheckCell(LABELS[heading.field], text)
    cell.is_kept_on_phone = heading.field in ALWAYS_SHOWN_FIELDS
    cell.is_unbroken = heading.field in ("source_ref", "sent_at") and len(text) <= MAX_UNBROKEN_LENGTH
    cell.remarks = [problem["message"] for problem in found]
    if found:
        cell.text = text or "(tom)"
        cell.tone = "bad" if any(problem["severity"] == REJECT for problem in found) else "care"
    if correction := correct_row.latest_corrections(row).get(heading.field):
        when = danish.moment_relative(datetime.fromisoformat(correction["at"]), timezone.now())
        cell.correction_text = f"Rettet af {correction['name']} {when[:1].lower()}{when[1:]}"
        first = next(one for one in row.corrections if one["field"] == heading.field)
        # the text in the file, hidden if the row is a personnel case now
        is_hidden = heading.field == "subject" and hides_subject(row)
        cell.text_in_file = HIDDEN_SUBJECT if is_hidden else first["was"] or "(tom)"
        cell.tone = cell.tone or "fixed"
    if heading.field in row.changes:
        cell.value_before = review_pages.display_value(heading.field, row.changes[heading.field][0])
        cell.tone = cell.tone or "care"
    return cell
