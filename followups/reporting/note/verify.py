"""Compare a Word document that people have edited with the version it was made from, figure by figure.

Four findings. *Changed*: the number in a control, or in its place, is not the frozen one. *Removed*: a control is gone
or empty. *Untagged*: a number outside the controls that does not stand at that place in the version's own text.
*Stale*: the figure has another value now; a note is true of its day, so a stale figure does not make the document
wrong.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from followups.models import NoteVersion
from followups.models.note import NoteVersionQuerySet
from followups.reporting.note.alignment import END, Alignment, Word, norms_of, paragraph_words
from followups.reporting.note.document import render_document
from followups.reporting.note.facts import take_note_figures
from followups.reporting.note.frozen_figures import NamedFigure, named_figures
from followups.reporting.note.numbers import parse_number, readable
from followups.reporting.note.package import DocumentRefused
from followups.reporting.note.reader import Control, NoteText, read_document
from followups.reporting.note.text import BEFORE, CHANGE
from sepo_incident.core import danish

NO_VERSION = "Filen er ikke et notat herfra, eller mærket er slettet. Hent notatet igen, og ret i den fil."
OTHER_INSTALLATION = "Notatet er ikke lavet her. Kontrollér det der, hvor det er hentet."
TOO_MUCH_NEW_TEXT = (
    "Filen har for meget ny tekst til, at vi kan kontrollere den. Læg bilag i en fil for sig, og vælg notatet uden dem."
)
#: The words of all texts that are compared, on both sides. A note with its annex has about 2,000.
MAX_COMPARED_WORDS = 20_000


class Changed(NamedTuple):
    figure: str
    was: str
    now: str
    sentence: str


class Untagged(NamedTuple):
    """A number typed outside the controls. `around`: the words beside it."""

    text: str
    around: str


class Stale(NamedTuple):
    figure: str
    said: str
    now: str
    sentence: str


class Removed(NamedTuple):
    figure: str
    was: str
    sentence: str


@dataclass
class Report:
    """The findings about a document. `figures`: how many figures the version's own document has."""

    version: NoteVersion
    figures: int = 0
    changed: list[Changed] = field(default_factory=list)
    untagged: list[Untagged] = field(default_factory=list)
    stale: list[Stale] = field(default_factory=list)
    removed: list[Removed] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not (self.changed or self.untagged or self.removed)

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "figures": self.figures,
            "changed": [{"figure": one.figure, "was": one.was, "is": one.now} for one in self.changed],
            "untagged": [{"text": one.text} for one in self.untagged],
            "stale": [{"figure": one.figure, "said": one.said, "now": one.now} for one in self.stale],
            "removed": [one.figure for one in self.removed],
        }

    def sentences(self) -> list[str]:
        """Return the findings in Danish, the worst first."""
        lines = [f"Rettet: {one.sentence} Der stod {one.was}, nu står der {one.now}." for one in self.changed]
        lines += [f"Slettet: {one.sentence} Der stod {one.was}." for one in self.removed]
        lines += [f"Skrevet i hånden: {one.text} (»{one.around}«)." for one in self.untagged]
        lines += [
            f"Ikke sandt længere: {one.sentence} Notatet siger {one.said}, nu er det {one.now}." for one in self.stale
        ]
        wrong = len(self.changed) + len(self.removed) + len(self.untagged)
        if not wrong:
            return [f"Alle {danish.number(self.figures)} tal er, som de var i {self.version}.", *lines]
        return [f"{danish.count(wrong, 'sted', 'steder')} passer ikke med {self.version}.", *lines]


class OwnDocument(NamedTuple):
    """The version's own document: {tag: figure} of its controls, and its paragraphs. `running`: headers and footers."""

    figures: dict[str, NamedFigure]
    paragraphs: list[tuple[Word, ...]]
    running: list[tuple[Word, ...]]


@lru_cache(maxsize=8)
def _own_document(version_uuid: UUID) -> OwnDocument:
    """Return what the version's own document says. A version never changes, so the answer is kept."""
    version = NoteVersion.objects.select_related("template", "unit", "incident", "previous").get(uuid=version_uuid)
    figures = named_figures(version)
    own = read_document(render_document(version))
    tagged = {control.tag: figures[control.name] for control in own.controls}
    paragraphs = [tuple(paragraph_words(one, tagged)) for one in own.paragraphs]
    return OwnDocument(tagged, paragraphs, [tuple(paragraph_words(one, tagged)) for one in own.running])


def find_version(note: NoteText, versions: NoteVersionQuerySet) -> NoteVersion:
    """Return the version that the document names, among `versions`. Raise DocumentRefused."""
    try:
        wanted = UUID(note.version_id)
    except ValueError as none:
        raise DocumentRefused(NO_VERSION) from none
    version = versions.select_related("incident").filter(uuid=wanted).first()
    if version is None:
        raise DocumentRefused(OTHER_INSTALLATION)
    return version


def verify_document(content: bytes, versions: NoteVersionQuerySet, now: datetime) -> Report:
    """Return the findings about a document. `versions`: those that the reader may see. Raise DocumentRefused."""
    note = read_document(content)
    version = find_version(note, versions)
    own = _own_document(version.uuid)
    report = Report(version, figures=len(own.figures))
    changed, removed = _compare_controls(note, own)
    misplaced, report.untagged = _compare_text(note, own)
    taken = [(own.figures[tag], now) for tag, now in misplaced.items()]
    report.changed = [*changed, *(Changed(one.name, one.text, now, one.sentence) for one, now in taken)]
    gone = [own.figures[tag] for tag in removed if tag not in misplaced]
    report.removed = [Removed(one.name, one.text, one.sentence) for one in gone]
    report.stale = _find_stale(version, own, now)
    return report


def _compare_controls(note: NoteText, own: OwnDocument) -> tuple[list[Changed], list[str]]:
    """Return the controls with another number, and the tags of those that are gone or empty."""
    found: dict[str, list[Control]] = defaultdict(list)
    for control in note.controls:
        found[control.tag].append(control)
    changed, removed = [], []
    for tag, figure in own.figures.items():
        texts = [control.text for control in found[tag] if control.text.strip()]
        if not texts:
            removed.append(tag)
        changed += [
            Changed(figure.name, figure.text, readable(text), figure.sentence)
            for text in texts
            if parse_number(text) != figure.value
        ]
    return changed, removed


def _compare_text(note: NoteText, own: OwnDocument) -> tuple[dict[str, str], list[Untagged]]:
    """Return {tag: number in its place} of figures that another took the place of, and the numbers typed by hand.

    A paragraph that the version has word for word is its own wherever it stands now. A header or footer is read once,
    because LibreOffice repeats them. The rest is aligned with what is left of the version's text, without the empty
    paragraphs, which LibreOffice adds and drops. Raise DocumentRefused if that is too much.
    """
    running = _changed_running_text(note, own)
    left = Counter(norms_of(one) for one in own.paragraphs)
    edited: list[Word] = []
    for paragraph in note.paragraphs:
        found = tuple(paragraph_words(paragraph, own.figures))
        if left[norms_of(found)]:
            left[norms_of(found)] -= 1
        elif found:
            edited += [*found, END]
    rest: list[Word] = []
    for own_paragraph in own.paragraphs:
        left[norms_of(own_paragraph)] -= 1
        if own_paragraph and left[norms_of(own_paragraph)] >= 0:
            rest += [*own_paragraph, END]
    compared = [(edited, rest), *running] if _has_numbers(edited) else running
    _refuse_too_much(sum(len(words) + len(own_words) for words, own_words in compared))
    texts = [Alignment(words, own_words) for words, own_words in compared]
    misplaced = {
        tag: now for text in texts for tag, now in text.misplaced() if parse_number(now) != own.figures[tag].value
    }
    return misplaced, [Untagged(*one) for text in texts for one in text.typed_numbers()]


def _changed_running_text(note: NoteText, own: OwnDocument) -> list[tuple[list[Word], list[Word]]]:
    """Return (its words, the version's own words) of each changed header or footer with a number.

    Raise DocumentRefused as soon as there are too many.
    """
    known = {norms_of(one) for one in own.running}
    own_words = [word for one in {norms_of(one): one for one in own.running}.values() for word in (*one, END)]
    changed, work = [], 0
    for paragraph in note.running:
        words = tuple(paragraph_words(paragraph, own.figures))
        if norms_of(words) in known:
            continue
        known.add(norms_of(words))
        if _has_numbers(words):
            changed.append(([*words, END], own_words))
            work += len(words) + len(own_words)
            _refuse_too_much(work)
    return changed


def _refuse_too_much(words: int) -> None:
    if words > MAX_COMPARED_WORDS:
        raise DocumentRefused(TOO_MUCH_NEW_TEXT)


def _has_numbers(words: Iterable[Word]) -> bool:
    return any(word.token.is_number for word in words)


def _find_stale(version: NoteVersion, own: OwnDocument, now: datetime) -> list[Stale]:
    """Return the figures of the version's own day that have another value now. Each once."""
    counted = take_note_figures(version.incident, version.unit, now)
    said = {one.name: one for one in own.figures.values() if not one.name.endswith((BEFORE, CHANGE))}
    return [
        Stale(name, one.text, danish.number(value), one.sentence)
        for name, one in said.items()
        if (value := counted[name].value if name in counted else 0) != one.value
    ]
