"""Compare a Word document that people have edited with the version it was made from, figure by figure.

Four findings. *Changed*: the number in a control is not the frozen one. *Removed*: a control is gone or empty.
*Untagged*: a number outside the controls that does not stand at that place in the version's own text. *Stale*: the
figure has another value now; a note is true of its day, so a stale figure does not make the document wrong.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from followups.models import NoteVersion
from followups.models.note import NoteVersionQuerySet
from followups.reporting.figures import Scope, take_figures
from followups.reporting.note.document import render_document
from followups.reporting.note.facts import MUNICIPALITY_LETTERS, municipality_letters
from followups.reporting.note.frozen_figures import NamedFigure, named_figures
from followups.reporting.note.numbers import Token, parse_number
from followups.reporting.note.package import DocumentRefused
from followups.reporting.note.reader import Control, NoteText, paragraph_tokens, read_document
from followups.reporting.note.text import BEFORE, CHANGE
from sepo_incident.core import danish

NO_VERSION = "Filen er ikke et notat herfra, eller mærket er slettet. Hent notatet igen, og ret i den fil."
OTHER_INSTALLATION = "Notatet er ikke lavet her. Kontrollér det der, hvor det er hentet."
#: More changed text than this is another document: no place is looked for, every number counts as typed.
MAX_COMPARED_TOKENS = 20_000


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
    """The version's own document: {tag: figure} of its controls, and its paragraphs as words. `running`: its headers
    and footers.
    """

    figures: dict[str, NamedFigure]
    paragraphs: list[tuple[str, ...]]
    running: list[tuple[str, ...]]


@lru_cache(maxsize=8)
def _own_document(version_uuid: UUID) -> OwnDocument:
    """Return what the version's own document says. A version never changes, so the answer is kept."""
    version = NoteVersion.objects.select_related("template", "unit", "incident", "previous").get(uuid=version_uuid)
    figures = named_figures(version)
    own = read_document(render_document(version))
    tagged = {control.tag: figures[control.name] for control in own.controls}
    expected = {tag: one.text for tag, one in tagged.items()}
    paragraphs = [_words(list(paragraph_tokens(one, expected))) for one in own.paragraphs]
    running = dict.fromkeys(_words(list(paragraph_tokens(one, expected))) for one in own.running)
    return OwnDocument(tagged, paragraphs, list(running))


def _words(found: list[tuple[Token, bool]]) -> tuple[str, ...]:
    return tuple(token.norm for token, _ in found)


def find_version(note: NoteText, versions: NoteVersionQuerySet) -> NoteVersion:
    """Return the version that the document names, among `versions`. Raise DocumentRefused."""
    try:
        wanted = UUID(note.version_id)
    except ValueError as none:
        raise DocumentRefused(NO_VERSION) from none
    version = versions.filter(uuid=wanted).first()
    if version is None:
        raise DocumentRefused(OTHER_INSTALLATION)
    return version


def verify_document(content: bytes, versions: NoteVersionQuerySet, now: datetime) -> Report:
    """Return the findings about a document. `versions`: those that the reader may see. Raise DocumentRefused."""
    note = read_document(content)
    version = find_version(note, versions)
    own = _own_document(version.uuid)
    report = Report(version, figures=len(own.figures))
    report.changed, report.removed = _compare_controls(note, own)
    report.untagged = _find_untagged(note, own)
    report.stale = _find_stale(version, own, now)
    return report


def _compare_controls(note: NoteText, own: OwnDocument) -> tuple[list[Changed], list[Removed]]:
    found: dict[str, list[Control]] = defaultdict(list)
    for control in note.controls:
        found[control.tag].append(control)
    changed, removed = [], []
    for tag, figure in own.figures.items():
        texts = [control.text for control in found[tag] if control.text.strip()]
        if not texts:
            removed.append(Removed(figure.name, figure.text, figure.sentence))
        changed += [
            Changed(figure.name, figure.text, " ".join(text.split()), figure.sentence)
            for text in texts
            if parse_number(text) != figure.value
        ]
    return changed, removed


def _find_untagged(note: NoteText, own: OwnDocument) -> list[Untagged]:
    """Return the numbers outside the controls that the version's own text does not have at that place.

    A paragraph that the version has word for word is its own wherever it stands now; a header or footer also more than
    once, because LibreOffice repeats them. The rest is aligned with what is left of the version's text.
    """
    left = Counter(own.paragraphs)
    expected = {tag: figure.text for tag, figure in own.figures.items()}
    edited: list[tuple[Token, bool]] = []
    for paragraph in note.paragraphs:
        found = list(paragraph_tokens(paragraph, expected))
        if left[_words(found)]:
            left[_words(found)] -= 1
        else:
            edited += found
    rest = [word for words, count in left.items() for _ in range(count) for word in words]
    typed = list(_typed_numbers(edited, rest))
    for paragraph in note.running:
        found = list(paragraph_tokens(paragraph, expected))
        if _words(found) not in own.running:
            typed += _typed_numbers(found, [word for words in own.running for word in words])
    return typed


def _typed_numbers(edited: list[tuple[Token, bool]], rest: list[str]) -> Iterator[Untagged]:
    if not any(token.is_number and not inside for token, inside in edited):
        return
    words = [token.norm for token, _ in edited]
    known: set[int] = set()
    if len(words) + len(rest) <= MAX_COMPARED_TOKENS:
        for block in SequenceMatcher(None, rest, words, autojunk=False).get_matching_blocks():
            known.update(range(block.b, block.b + block.size))
    for at, (token, inside) in enumerate(edited):
        if token.is_number and not inside and at not in known:
            yield Untagged(token.text, " ".join(one.text for one, _ in edited[max(0, at - 3) : at + 4]))


def recount(version: NoteVersion, now: datetime) -> dict[str, int | Decimal]:
    """Return {key: value} of the version's figures, counted anew."""
    figures = take_figures(Scope(version.incident, version.unit, now))
    if version.unit.parent_id is not None:
        figures[MUNICIPALITY_LETTERS] = municipality_letters(version.incident)
    return {key: figure.value for key, figure in figures.items()}


def _find_stale(version: NoteVersion, own: OwnDocument, now: datetime) -> list[Stale]:
    """Return the figures of the version's own day that have another value now. Each once."""
    counted = recount(version, now)
    said = {one.name: one for one in own.figures.values() if not one.name.endswith((BEFORE, CHANGE))}
    return [
        Stale(name, one.text, danish.number(counted.get(name, 0)), one.sentence)
        for name, one in said.items()
        if counted.get(name, 0) != one.value
    ]
