"""Compare a Word document that people have edited with the version it was made from, figure by figure.

*Changed*: a control, or its place in an unchanged line, shows another text. *Removed*: a control is gone or empty.
*Untagged*: a number outside the controls that the version's own text does not have. *Stale*: the figure has another
value now; a note is true of its day, so a stale figure does not make the document wrong.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from followups.models import NoteVersion
from followups.models.note import NoteVersionQuerySet
from followups.proof_files import FileRefused
from notifications.status_note.document import render_document
from notifications.status_note.facts import take_note_figures
from notifications.status_note.frozen_figures import NamedFigure, named_figures
from notifications.status_note.text import BEFORE, CHANGE, NUMBER
from notifications.status_note.word_file import Line, open_word_file, read_keywords, read_lines
from sepo_incident.core import danish

NO_VERSION = "Filen er ikke et notat herfra, eller mærket er slettet. Hent notatet igen, og ret i den fil."
#: Characters around a number that was typed by hand.
AROUND = 30


class Finding(NamedTuple):
    """A figure. `was`: as the version says; `now`: in the document, or counted anew if stale; "" if removed."""

    figure: str
    sentence: str
    was: str
    now: str = ""


class Untagged(NamedTuple):
    """A number typed outside the controls. `around`: the text beside it."""

    text: str
    around: str


@dataclass
class Report:
    """The findings about a document. `figures`: how many figures the version's own document has."""

    version: NoteVersion
    figures: int = 0
    changed: list[Finding] = field(default_factory=list)
    removed: list[Finding] = field(default_factory=list)
    untagged: list[Untagged] = field(default_factory=list)
    stale: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not (self.changed or self.untagged or self.removed)

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "figures": self.figures,
            "changed": [{"figure": one.figure, "was": one.was, "is": one.now} for one in self.changed],
            "untagged": [{"text": one.text} for one in self.untagged],
            "stale": [{"figure": one.figure, "said": one.was, "now": one.now} for one in self.stale],
            "removed": [one.figure for one in self.removed],
        }

    @property
    def verdict(self) -> str:
        """Return «To tal er rettet, ét er slettet.» or «Ingen tal er rettet. To er forældede.»."""
        old = "forældet" if len(self.stale) == 1 else "forældede"
        counts = ((self.changed, "rettet"), (self.removed, "slettet"), (self.untagged, "skrevet i hånden"))
        said = [(len(found), what) for found, what in (*counts, (self.stale, old)) if found]
        words = [f"{'ét' if many == 1 else danish.number_word(many)} {{}}er {what}" for many, what in said]
        sentences = [", ".join([words[0].format("tal "), *(one.format("") for one in words[1:])])] if words else []
        if self.ok:
            sentences = ["ingen tal er rettet", *(one.format("") for one in words)]
        return " ".join(f"{danish.capitalized(one)}." for one in sentences)


def verify_document(content: bytes, versions: NoteVersionQuerySet, now: datetime) -> Report:
    """Return the findings about a document. `versions`: those that the reader may see. Raise FileRefused."""
    document = open_word_file(content)
    version = _find_version(read_keywords(document), versions)
    own, named = read_lines(open_word_file(render_document(version))), named_figures(version)
    figures = {tag: named[tag.partition(":")[2]] for line in own for tag, _ in line.figures}
    found = read_lines(document, figures)
    shown = [one for line in found for one in line.figures]
    changed = {tag: text for tag, text in shown if "".join(text.split()) != "".join(figures[tag].text.split())}
    changed |= _taken_places(own, found, figures)
    removed = [one for tag, one in figures.items() if tag not in dict(shown)]
    return Report(
        version,
        figures=len(figures),
        changed=[_finding(figures[tag], text) for tag, text in changed.items()],
        removed=[_finding(one) for one in removed],
        untagged=list(_typed_numbers(own, found, removed)),
        stale=_find_stale(version, figures.values(), now),
    )


def _finding(figure: NamedFigure, now: str = "") -> Finding:
    return Finding(figure.name, figure.sentence, figure.text, now)


def _find_version(uuid: str, versions: NoteVersionQuerySet) -> NoteVersion:
    """Return the version that the document names, among `versions`. Raise FileRefused."""
    try:
        wanted = UUID(uuid)
    except ValueError as none:
        raise FileRefused(NO_VERSION) from none
    version = versions.select_related("incident", "unit", "template", "previous").filter(uuid=wanted).first()
    if version is None:
        raise FileRefused("Notatet er ikke lavet her. Kontrollér det der, hvor det er hentet.")
    return version


def _taken_places(own: list[Line], found: list[Line], figures: dict[str, NamedFigure]) -> dict[str, str]:
    """Return {tag: text in its place} of the figures that another took the place of, in lines with the same prose."""
    places = defaultdict(list)
    for line in own:
        places[line.prose].append([tag for tag, _ in line.figures])
    taken: dict[str, str] = {}
    for line in found:
        same = places[line.prose]
        if same and [tag for tag, _ in line.figures] not in same:
            for place, (_, text) in zip(same[0], line.figures, strict=False):
                if figures[place].text != text:
                    taken[place] = text
    return taken


def _typed_numbers(own: list[Line], found: list[Line], removed: list[NamedFigure]) -> Iterator[Untagged]:
    """Yield the numbers outside the controls, in changed lines, that neither own lines nor removed controls have."""
    kept, known = {line.prose for line in found}, {line.prose for line in own}
    texts = [*(line.prose for line in own if line.prose not in kept), *(one.text for one in removed)]
    left = Counter(_digits(number) for text in texts for number in NUMBER.findall(text))
    for text in (line.prose for line in found if line.prose not in known):
        for number in NUMBER.finditer(text):
            if left[_digits(number[0])]:
                left[_digits(number[0])] -= 1
            else:
                around = text[max(0, number.start() - AROUND) : number.end() + AROUND]
                yield Untagged(number[0], around.replace("{}", "…"))


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number)


def _find_stale(version: NoteVersion, figures: Iterable[NamedFigure], now: datetime) -> list[Finding]:
    """Return the figures of the version's own day that have another value now. Each once."""
    counted = take_note_figures(version.incident, version.unit, now)
    said = {one.name: one for one in figures if not one.name.endswith((BEFORE, CHANGE))}
    values = {name: counted[name].value if name in counted else 0 for name in said}
    return [_finding(one, danish.number(values[name])) for name, one in said.items() if values[name] != one.value]
