"""What the check page shows of a batch: its rows as they stand in the sheet, each problem in its cell."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from letters import problems, revising
from letters.importing.cells import REJECT
from letters.importing.columns import LABELS
from letters.importing.kinds import Kind
from letters.importing.plan import NOTICED, Counts
from letters.importing.rows import shown_from
from letters.models import ImportBatch, ImportRow
from sepo_incident.danish import Look
from sepo_incident.pills import Pill

Verdict = ImportRow.Verdict


class Choice(NamedTuple):
    """A way to look at the rows; ``slug`` is its value of ``?vis=``."""

    slug: str
    label: str
    tone: str
    condition: Q
    counted: str  # the field of ``Counts`` that counts it
    is_pill: bool = True


CHOICES = [
    Choice("problemer", "Kun rækker med problemer", "", Q(verdict=Verdict.REJECTED) | NOTICED, "with_problems"),
    Choice("afviste", "Afvist", "is-late", Q(verdict=Verdict.REJECTED), "rejected"),
    Choice("bemaerk", "Bemærk", "is-soon", NOTICED, "noticed"),
    Choice("nye", "Nye", "is-ok", Q(verdict=Verdict.NEW), "new", False),
    Choice("aendrede", "Ændrede", "is-info", Q(verdict=Verdict.CHANGED), "changed"),
    Choice("kendte", "Kendte", "", Q(verdict=Verdict.KNOWN), "known", False),
    Choice("alle", "Alle rækker", "", Q(), "rows"),
]
#: What always stands there, so that one knows which letter it is. A card on a phone shows these and what is remarked.
KEPT = ("source_ref", "sender_email", "subject")
#: What stands there while there is room, the most telling first. What a row shown has a remark in comes before these.
TELLING = ("sent_at", "unit_name", "leader_email", "recipient_kind")
#: So many columns fit on a screen.
ROOM = len(KEPT + TELLING)
LONGEST_UNBROKEN = 20
REMARK = Look("Bemærk", "is-soon")
LABEL_TO_FIELD = {label: name for name, label in LABELS.items()}


def chosen(slug: str, counts: Counts) -> Choice:
    """The choice of the address, or the first that has rows."""
    named = next((choice for choice in CHOICES if choice.slug == slug), None)
    return named or (CHOICES[0] if counts.with_problems else CHOICES[-1])


def pills(current: Choice | None, counts: Counts) -> list[Pill]:
    return [
        Pill(
            choice.label, f"?vis={choice.slug}#raekker", getattr(counts, choice.counted), choice.tone, choice == current
        )
        for choice in CHOICES
        if (choice.is_pill and getattr(counts, choice.counted)) or choice == current
    ]


def tiles(counts: Counts) -> list[dict[str, Any]]:
    def tile(slug: str, number: int, one: str, many: str, tone: str) -> dict[str, Any]:
        return {
            "number": number,
            "label": one if number == 1 else many,
            "tone": tone if number else "",
            "url": f"?vis={slug}#raekker" if number else "",
        }

    return [
        tile("nye", counts.new, "nyt brev", "nye breve", "is-ok"),
        tile("aendrede", counts.changed, "brev er ændret siden sidst", "breve er ændret siden sidst", "is-info"),
        tile("kendte", counts.known, "er kendt i forvejen og røres ikke", "er kendt i forvejen og røres ikke", ""),
        tile("afviste", counts.rejected, "række er afvist", "rækker er afvist", "is-late"),
    ]


def rows_of(batch: ImportBatch, choice: Choice, kind: Kind | None) -> QuerySet[ImportRow]:
    """The rows of a choice, or those that have this kind of problem."""
    return batch.rows.filter(problems.of_kind(kind) if kind else choice.condition)


class Heading(NamedTuple):
    """«B: Afsenders e-mail»: the letter is the one above the column in Excel."""

    field: str
    letter: str
    header: str

    def __str__(self) -> str:
        return f"{self.letter}: {self.header}" if self.letter else self.header


@dataclass
class Cell:
    label: str
    text: str
    tone: str = ""  # "bad", "care" or ""
    remarks: list[str] = field(default_factory=list)
    was: str | None = None
    is_kept_on_phone: bool = False
    is_unbroken: bool = False

    @property
    def html(self) -> str:
        """The text; an address may break before its @, so that many columns fit."""
        return format_html_join(SafeString("<wbr>@"), "{}", ((part,) for part in self.text.split("@")))

    @property
    def css(self) -> str:
        return self.tone or ("keep" if self.is_kept_on_phone else "")


class Line(NamedTuple):
    number: int
    cells: list[Cell]
    look: Look


def sheet(batch: ImportBatch, rows: Iterable[ImportRow]) -> tuple[list[Heading], list[Line]]:
    """Headings and lines for the rows of one page."""
    rows = list(rows)
    remarked = {LABEL_TO_FIELD[problem["column"]] for row in rows for problem in row.problems}
    remarked |= {name for row in rows for name in row.changes}
    headings = _fitting(_headings(batch), remarked)
    return headings, [_line(row, headings) for row in rows]


def _fitting(headings: list[Heading], remarked: set[str]) -> list[Heading]:
    """Those one cannot do without, and of the others as many as there is room for beside them; in the sheet's order."""
    names = {heading.field for heading in headings}
    needed = names & remarked.union(KEPT)
    telling = [name for name in TELLING if name in names - needed]
    shown = needed.union(telling[: max(ROOM - len(needed), 0)])
    return [heading for heading in headings if heading.field in shown]


def _headings(batch: ImportBatch) -> list[Heading]:
    return [Heading(name, excel_letter(index), header) for index, (header, name) in enumerate(batch.mapping) if name]


def _line(row: ImportRow, headings: list[Heading]) -> Line:
    is_remarked = bool(row.problems) and row.verdict in (Verdict.NEW, Verdict.KNOWN)
    shown = row.shown or shown_from(row)
    cells = [_cell(row, heading, shown.get(heading.field, "")) for heading in headings]
    return Line(row.row, cells, REMARK if is_remarked else row.look)


def _cell(row: ImportRow, heading: Heading, text: str) -> Cell:
    found = [problem for problem in row.problems if LABEL_TO_FIELD[problem["column"]] == heading.field]
    cell = Cell(LABELS[heading.field], text)
    cell.is_kept_on_phone = heading.field in KEPT
    cell.is_unbroken = heading.field in ("source_ref", "sent_at") and len(text) <= LONGEST_UNBROKEN
    cell.remarks = [problem["message"] for problem in found]
    if found:
        cell.text = text or "(tom)"
        cell.tone = "bad" if any(problem["severity"] == REJECT for problem in found) else "care"
    if heading.field in row.changes:
        cell.was = revising.shown(heading.field, row.changes[heading.field][0])
        cell.tone = cell.tone or "care"
    return cell


def excel_letter(index: int) -> str:
    """0 → A, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
