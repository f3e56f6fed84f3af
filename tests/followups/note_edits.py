"""Edits of a note as an honest colleague makes them in Word. Each returns what the check must name."""

from __future__ import annotations

import copy
import io
import random
from dataclasses import dataclass, field
from typing import Any

from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

_WHO = f'{nsdecls("w")} w:id="900" w:author="Grethe Falk" w:date="2020-01-13T15:00:00Z"'


@dataclass
class Expected:
    """Names of changed and removed figures, and numbers typed by hand."""

    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    untagged: list[str] = field(default_factory=list)


def named_by(report: dict[str, Any]) -> Expected:
    """Return what `verify_note --json` names, sorted."""
    changed, typed = ([one[key] for one in report[kind]] for kind, key in (("changed", "figure"), ("untagged", "text")))
    return Expected(sorted(changed), sorted(report["removed"]), sorted(typed))


class Note:
    """A note that somebody edits. `rng` decides where."""

    def __init__(self, content: bytes, rng: random.Random):
        self.document, self.rng = Document(io.BytesIO(content)), rng
        self.body = self.document.element.body

    def save(self) -> bytes:
        saved = io.BytesIO()
        self.document.save(saved)
        return saved.getvalue()

    def control(self):
        return self.rng.choice(controls_in(self.body))

    def row(self):
        return self.rng.choice([row for row in self.body.iter(qn("w:tr")) if controls_in(row)])

    def prose(self):
        """Return a run of text outside controls and tables."""
        runs = self.body.xpath("./w:p/w:r[string-length(w:t) > 20]")
        return self.rng.choice(runs)

    def number(self) -> str:
        """Return a number that no note has."""
        return f"{self.rng.randint(71_001, 99_999):,}".replace(",", self.rng.choice([".", "", "\u00a0"]))


def controls_in(element):
    return [one for one in element.iter(qn("w:sdt")) if text_of(one) is not None]


def name_of(control) -> str:
    return control.find(f"{qn('w:sdtPr')}/{qn('w:tag')}").get(qn("w:val")).partition(":")[2]


def text_of(control):
    return next(control.iter(qn("w:t")), None)


def run(text: str):
    return parse_xml(f'<w:r {nsdecls("w")}><w:t xml:space="preserve">{text}</w:t></w:r>')


def another_digit(text: str, rng: random.Random) -> str:
    at = rng.choice([n for n, char in enumerate(text) if char.isdigit()])
    return text[:at] + rng.choice([one for one in "123456789" if one != text[at]]) + text[at + 1 :]


def track(element, kind: str) -> None:
    """Mark a run as inserted or deleted."""
    mark = parse_xml(f"<w:{kind} {_WHO}/>")
    element.addprevious(mark)
    mark.append(element)
    for text in element.iter(qn("w:t")) if kind == "del" else ():
        text.tag = qn("w:delText")


def swap(one, other) -> None:
    place = parse_xml(f"<w:p {nsdecls('w')}/>")
    one.addprevious(place)
    other.addprevious(one)
    place.addprevious(other)
    place.getparent().remove(place)


# --- The edits ----------------------------------------------------------------------------------------------------


def nothing(note: Note) -> Expected:
    return Expected()


def digit_changed(note: Note) -> Expected:
    control = note.control()
    text_of(control).text = another_digit(text_of(control).text, note.rng)
    return Expected(changed=[name_of(control)])


def digit_changed_and_split_over_runs(note: Note) -> Expected:
    control = note.control()
    text = text_of(control)
    changed = another_digit(text.text, note.rng)
    text.text = changed[:1]
    text.getparent().addnext(run(changed[1:]))
    return Expected(changed=[name_of(control)])


def digit_tracked(note: Note) -> Expected:
    control = note.control()
    old = text_of(control).getparent()
    new = run(another_digit(text_of(control).text, note.rng))
    old.addnext(new)
    track(old, "del")
    track(new, "ins")
    return Expected(changed=[name_of(control)])


def number_deleted(note: Note) -> Expected:
    """The control stays, empty."""
    control = note.rng.choice(controls_in(note.row()))
    text_of(control).text = ""
    return Expected(removed=[name_of(control)])


def control_removed(note: Note) -> Expected:
    control = note.control()
    control.getparent().remove(control)
    return Expected(removed=[name_of(control)])


def control_unwrapped(note: Note) -> Expected:
    """What *Remove Content Control* does: the number stays as plain text."""
    control = note.control()
    for one in control.findall(f"{qn('w:sdtContent')}/{qn('w:r')}"):
        control.addprevious(one)
    control.getparent().remove(control)
    return Expected(removed=[name_of(control)])


def number_typed(note: Note) -> Expected:
    text, number = next(note.prose().iter(qn("w:t"))), note.number()
    words = text.text.split(" ")
    words.insert(note.rng.randint(1, len(words) - 1), number)
    text.text = " ".join(words)
    return Expected(untagged=[number.replace("\u00a0", " ")])


def number_typed_beside_its_figure(note: Note) -> Expected:
    control = note.control()
    number = text_of(control).text.lstrip("+−-")
    control.addprevious(run(f" {number} og "))
    return Expected(untagged=[number])


def number_tracked(note: Note) -> Expected:
    number, typed = note.number(), None
    typed = run(f" i alt {number} breve ")
    note.prose().addnext(typed)
    track(typed, "ins")
    return Expected(untagged=[number.replace("\u00a0", " ")])


def date_changed(note: Note) -> Expected:
    text = note.rng.choice([one for one in note.body.iter(qn("w:t")) if "den 15. januar" in (one.text or "")])
    text.text = text.text.replace("den 15. januar", "den 29. januar", 1)
    return Expected(untagged=["29"])


def row_removed(note: Note) -> Expected:
    row = note.row()
    row.getparent().remove(row)
    return Expected(removed=[name_of(one) for one in controls_in(row)])


def row_removal_tracked(note: Note) -> Expected:
    row = note.row()
    removed = [name_of(one) for one in controls_in(row)]
    row.get_or_add_trPr().append(parse_xml(f"<w:del {_WHO}/>"))
    for one in list(row.iter(qn("w:r"))):
        track(one, "del")
    return Expected(removed=removed)


def row_copied(note: Note) -> Expected:
    row = note.row()
    row.addnext(copy.deepcopy(row))
    return Expected()


def numbers_swapped(note: Note) -> Expected:
    """The numbers of two controls change places; the controls stay."""
    one = note.control()
    other = note.rng.choice([each for each in controls_in(note.body) if text_of(each).text != text_of(one).text])
    text_of(one).text, text_of(other).text = text_of(other).text, text_of(one).text
    return Expected(changed=[name_of(one), name_of(other)])


def controls_swapped(note: Note) -> Expected:
    """Two controls of a paragraph or a row change places, each with its number and tag."""
    lines = [controls_in(one) for one in (*note.body.iter(qn("w:tr")), *note.body.findall(qn("w:p")))]
    found = note.rng.choice([one for one in lines if len({text_of(control).text for control in one}) > 1])
    one = found[0]
    other = next(each for each in found if text_of(each).text != text_of(one).text)
    swap(one, other)
    return Expected(changed=[name_of(one), name_of(other)])


def rows_swapped(note: Note) -> Expected:
    """The figures of two rows of a table change places, and the labels stay."""
    tables = [[row for row in table.tr_lst if controls_in(row)] for table in note.body.iter(qn("w:tbl"))]
    one, other = note.rng.sample(note.rng.choice([rows for rows in tables if len(rows) > 1]), 2)
    changed = []
    for first, second in zip(controls_in(one), controls_in(other), strict=True):
        if text_of(first).text != text_of(second).text:
            changed += [name_of(first), name_of(second)]
        swap(first, second)
    return Expected(changed=changed)


EDITS = {
    one.__name__: one
    for one in (
        *(nothing, digit_changed, digit_changed_and_split_over_runs, digit_tracked, number_deleted, control_removed),
        *(control_unwrapped, number_typed, number_typed_beside_its_figure, number_tracked, date_changed),
        *(row_removed, row_removal_tracked, row_copied, numbers_swapped, controls_swapped, rows_swapped),
    )
}


def edit(content: bytes, name: str, seed: int) -> tuple[bytes, Expected]:
    """Return the edited note, and what the check must name."""
    note = Note(content, random.Random(f"{name} {seed}"))
    expected = EDITS[name](note)
    for found in (expected.changed, expected.removed, expected.untagged):
        found.sort()
    return note.save(), expected
