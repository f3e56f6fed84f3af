"""What the check page shows of a batch: its rows as they stand in the sheet, each problem in its cell."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from letters import origins, problems, revising, row_choices
from letters.importing import correcting
from letters.importing.cells import REJECT
from letters.importing.columns import LABELS
from letters.importing.kinds import Kind
from letters.importing.plan import NOTICED, Counts
from letters.importing.rows import SHOWN_KINDS, cells_of, is_secret
from letters.models import ImportBatch, ImportRow
from letters.models.letter import HIDDEN
from letters.row_choices import Choice
from sepo_incident import danish
from sepo_incident.danish import Look
from sepo_incident.tiles import Tile

Verdict = ImportRow.Verdict


CHOICES = [
    Choice("problemer", "Kun rækker med problemer", "", Q(verdict=Verdict.REJECTED) | NOTICED, "with_problems"),
    Choice("afviste", "Afvist", "is-late", Q(verdict=Verdict.REJECTED), "rejected"),
    Choice("bemaerk", "Bemærk", "is-soon", NOTICED, "noticed"),
    Choice("rettede", "Rettede", "is-info", ~Q(corrections=[]), "corrected"),
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
LABEL_TO_FIELD = correcting.FIELD_OF


def chosen(slug: str, counts: Counts) -> Choice:
    """The choice of the address, or the first that has rows."""
    return row_choices.named(slug, CHOICES) or (CHOICES[0] if counts.with_problems else CHOICES[-1])


def tiles(counts: Counts) -> list[Tile]:
    known = "er kendt i forvejen og røres ikke"
    changed = ("brev er ændret siden sidst", "breve er ændret siden sidst")
    return [
        Tile.of(counts.new, "nyt brev", "nye breve", "is-ok", "?vis=nye#raekker"),
        Tile.of(counts.changed, *changed, "is-info", "?vis=aendrede#raekker"),
        Tile.of(counts.known, known, known, "", "?vis=kendte#raekker"),
        Tile.of(counts.rejected, "række er afvist", "rækker er afvist", "is-late", "?vis=afviste#raekker"),
    ]


class Term(NamedTuple):
    """A part of the sum of a file's rows; blank rows are kept nowhere, so they have no link."""

    number: int
    label: str
    url: str = ""


def sum_of_rows(counts: Counts) -> list[Term]:
    """The parts that are not nothing; together they are ``counts.in_file``."""
    terms = [
        Term(counts.new, "nye", "?vis=nye#raekker"),
        Term(counts.changed, "ændrede", "?vis=aendrede#raekker"),
        Term(counts.known, "kendte", "?vis=kendte#raekker"),
        Term(counts.rejected, "afviste", "?vis=afviste#raekker"),
        Term(counts.blank, "tomme"),
    ]
    return [term for term in terms if term.number]


def rows_of(batch: ImportBatch, choice: Choice, kind: Kind | None) -> QuerySet[ImportRow]:
    """The rows of a choice, or those that have this kind of problem."""
    return batch.rows.filter(problems.of_kind(kind) if kind else choice.condition)


class Heading(NamedTuple):
    """«B: Afsenders e-mail»: the letter is the one above the column in Excel."""

    field: str
    letter: str
    header: str

    def __str__(self) -> str:
        return f"{self.letter}: {self.header}" if self.letter else self.header or LABELS[self.field]


@dataclass
class Cell:
    label: str
    text: str
    tone: str = ""  # "bad", "care", "fixed" or ""
    remarks: list[str] = field(default_factory=list)
    was: str | None = None
    is_kept_on_phone: bool = False
    is_unbroken: bool = False
    #: «Rettet af Mette Dahl i dag kl. 14.05», and what stood there when the file was read: «31-11-2019»
    corrected: str = ""
    stood: str = ""
    #: set where the row is open: the field, and what stands in it to begin with
    name: str = ""
    value: str = ""
    hint: str = ""
    choices: tuple[str, ...] = ()
    is_first: bool = False

    @property
    def html(self) -> str:
        """The text; an address may break before its @, so that many columns fit."""
        return format_html_join(SafeString("<wbr>@"), "{}", ((part,) for part in self.text.split("@")))

    @property
    def css(self) -> str:
        return self.tone or ("keep" if self.is_kept_on_phone else "")

    @property
    def is_remarked(self) -> bool:
        return bool(self.hint or self.remarks or self.corrected or self.was is not None)


class Line(NamedTuple):
    """``place``: «14», or «Ark2, række 14»; ``where``: «række 14», or the same.

    ``seen``: how many corrections it shows; None where nothing in it may be corrected.
    """

    pk: int
    place: str
    where: str
    cells: list[Cell]
    look: Look
    origin: str
    seen: int | None
    is_open: bool


def sheet(
    batch: ImportBatch, rows: Iterable[ImportRow], open_row: int | None = None
) -> tuple[list[Heading], list[Line]]:
    """Headings and lines for the rows of one page. In the open row, what may be corrected is a field."""
    rows = list(rows)
    remarked = {LABEL_TO_FIELD[problem["column"]] for row in rows for problem in row.problems}
    remarked |= {name for row in rows for name in (*row.changes, *correcting.standing(row))}
    headings = _fitting(_headings(batch, remarked), remarked)
    return headings, lines(batch, rows, headings, open_row)


def lines(
    batch: ImportBatch, rows: Iterable[ImportRow], headings: list[Heading], open_row: int | None = None
) -> list[Line]:
    rows = list(rows)
    known_from = origins.of(batch, rows)
    return [_line(batch, row, headings, known_from.get(row.pk, ""), row.pk == open_row) for row in rows]


def _fitting(headings: list[Heading], remarked: set[str]) -> list[Heading]:
    """Those one cannot do without, and of the others as many as there is room for beside them; in the sheet's order."""
    names = {heading.field for heading in headings}
    needed = names & remarked.union(KEPT)
    telling = [name for name in TELLING if name in names - needed]
    shown = needed.union(telling[: max(ROOM - len(needed), 0)])
    return [heading for heading in headings if heading.field in shown]


def _headings(batch: ImportBatch, remarked: set[str]) -> list[Heading]:
    """The list's own, in its order, and then what something is said about though the list has no column for it.

    Of several sheets nobody can say which letter is above a column; what they call differently has our name.
    """
    named: dict[str, list[tuple[str, str]]] = {}
    for index, (header, name) in enumerate(batch.mapping):
        if name:
            named.setdefault(name, []).append(("" if batch.sheet_names else excel_letter(index), header))
    own = [Heading(name, *(which[0] if len(which) == 1 else ("", LABELS[name]))) for name, which in named.items()]
    missing = remarked - {heading.field for heading in own}
    return own + [Heading(name, "", label) for name, label in LABELS.items() if name in missing]


def headings_named(batch: ImportBatch, names: Iterable[str]) -> list[Heading]:
    """The headings of a table that is shown already."""
    wanted = set(names)
    return [heading for heading in _headings(batch, wanted & set(LABELS)) if heading.field in wanted]


def _line(batch: ImportBatch, row: ImportRow, headings: list[Heading], origin: str, is_asked_for: bool) -> Line:
    is_remarked = bool(row.problems) and row.verdict in (Verdict.NEW, Verdict.KNOWN)
    shown = cells_of(row)
    names = correcting.correctable(row) if batch.status == ImportBatch.Status.CHECKED else set()
    is_open = is_asked_for and bool(names)
    cells = [_cell(row, heading, shown.get(heading.field, "")) for heading in headings]
    opened = [(cell, heading.field) for cell, heading in zip(cells, headings, strict=True) if heading.field in names]
    for number, (cell, name) in enumerate(opened if is_open else ()):
        _open(cell, name, row, shown.get(name, ""))
        cell.is_first = number == 0
    look = REMARK if is_remarked else row.look
    where = batch.where(row.sheet, row.row)
    place = where if batch.sheet_names else danish.number(row.row)
    return Line(row.pk, place, where, cells, look, origin, len(row.corrections) if names else None, is_open)


def _open(cell: Cell, name: str, row: ImportRow, text: str) -> None:
    """What is hidden is never in the field: it is typed anew, or stays."""
    cell.name = name
    cell.value = "" if name in correcting.hidden(row) else text
    if name in correcting.hidden(row) and text:
        cell.hint = f"{text}. Skriv kun her, hvis det skal være et andet."
    if name == "recipient_kind":
        cell.choices = tuple(dict.fromkeys((*SHOWN_KINDS.values(), "", text)))


def _cell(row: ImportRow, heading: Heading, text: str) -> Cell:
    found = [problem for problem in row.problems if LABEL_TO_FIELD[problem["column"]] == heading.field]
    cell = Cell(LABELS[heading.field], text)
    cell.is_kept_on_phone = heading.field in KEPT
    cell.is_unbroken = heading.field in ("source_ref", "sent_at") and len(text) <= LONGEST_UNBROKEN
    cell.remarks = [problem["message"] for problem in found]
    if found:
        cell.text = text or "(tom)"
        cell.tone = "bad" if any(problem["severity"] == REJECT for problem in found) else "care"
    if correction := correcting.standing(row).get(heading.field):
        cell.corrected, cell.stood = _told(correction), _stood(heading.field, row)
        cell.tone = cell.tone or "fixed"
    if heading.field in row.changes:
        cell.was = revising.shown(heading.field, row.changes[heading.field][0])
        cell.tone = cell.tone or "care"
    return cell


def _told(correction: correcting.Correction) -> str:
    when = danish.moment_relative(datetime.fromisoformat(correction["at"]), timezone.now())
    return f"Rettet af {correction['name']} {when[:1].lower()}{when[1:]}"


def _stood(name: str, row: ImportRow) -> str:
    """It is hidden as soon as the row is a personnel case, also where it was not one then."""
    if name == "subject" and is_secret(row):
        return HIDDEN
    first = next(correction for correction in row.corrections if correction["field"] == name)
    return first["was"] or "(tom)"


def excel_letter(index: int) -> str:
    """0 → A, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
