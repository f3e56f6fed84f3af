"""Changes that people make in a note with Word: each returns the changed document and what `verify_note` must name."""

from __future__ import annotations

import copy
import io
import random
import re
import zipfile
from collections.abc import Callable
from typing import NamedTuple

from lxml import etree

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_WHO = {f"{W}id": "900", f"{W}author": "Grethe Falk", f"{W}date": "2020-01-13T15:00:00Z"}
_BODY = "word/document.xml"


class Expected(NamedTuple):
    """The findings: names of changed and removed figures, and texts of untagged ones."""

    changed: list[str] = []
    removed: list[str] = []
    untagged: list[str] = []


def found(report: dict) -> Expected:
    """Return the findings of `verify_note --json`, sorted."""
    return Expected(
        sorted(one["figure"] for one in report["changed"]),
        sorted(report["removed"]),
        sorted(one["text"] for one in report["untagged"]),
    )


class Copy:
    """A note that is changed. `root`: the body of the document."""

    def __init__(self, content: bytes, rng: random.Random):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            self.parts = {name: packed.read(name) for name in packed.namelist()}
        self.root = etree.fromstring(self.parts[_BODY])
        self.rng = rng

    def save(self) -> bytes:
        self.parts[_BODY] = etree.tostring(self.root, xml_declaration=True, encoding="UTF-8", standalone=True)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
            for name, part in self.parts.items():
                file.writestr(name, part)
        return packed.getvalue()

    def controls(self) -> list[etree._Element]:
        return list(self.root.iter(f"{W}sdt"))

    def control(self) -> etree._Element:
        return self.rng.choice(self.controls())

    def prose(self) -> etree._Element:
        """Return a run of text outside the controls, in a paragraph outside tables."""
        runs = [
            text
            for text in self.root.iter(f"{W}t")
            if not {f"{W}sdt", f"{W}tbl"} & {one.tag for one in text.iterancestors()} and len(text.text or "") > 20
        ]
        return self.rng.choice(runs)

    def number(self) -> str:
        """Return a number that no note has."""
        return f"{self.rng.randint(71_001, 99_999):,}".replace(",", self.rng.choice([".", "", "\u00a0"]))


def name_of(control: etree._Element) -> str:
    tag = control.find(f"{W}sdtPr/{W}tag")
    assert tag is not None
    return str(tag.get(f"{W}val")).partition(":")[2]


def text_of(control: etree._Element) -> etree._Element:
    text = control.find(f".//{W}t")
    assert text is not None
    return text


def another_digit(text: str, rng: random.Random) -> str:
    at = rng.choice([n for n, char in enumerate(text) if char.isdigit()])
    digit = rng.choice([one for one in "123456789" if one != text[at]])
    return text[:at] + digit + text[at + 1 :]


def digit_in_control(note: Copy) -> Expected:
    control = note.control()
    text_of(control).text = another_digit(text_of(control).text or "", note.rng)
    return Expected(changed=[name_of(control)])


def digit_in_split_runs(note: Copy) -> Expected:
    control = note.control()
    text = text_of(control)
    run = text.getparent()
    assert run is not None
    text.text = another_digit(text.text or "", note.rng)
    rest = copy.deepcopy(run)
    text_of_rest = rest.find(f"{W}t")
    assert text_of_rest is not None
    text.text, text_of_rest.text = text.text[:1], text.text[1:]
    run.addnext(rest)
    return Expected(changed=[name_of(control)])


def tracked_digit(note: Copy) -> Expected:
    control = note.control()
    run = text_of(control).getparent()
    assert run is not None
    written = copy.deepcopy(run)
    new = written.find(f"{W}t")
    assert new is not None
    new.text = another_digit(new.text or "", note.rng)
    text_of(control).tag = f"{W}delText"
    _wrap(run, "del")
    deleted = run.getparent()
    assert deleted is not None
    deleted.addnext(written)
    _wrap(written, "ins")
    return Expected(changed=[name_of(control)])


def control_removed(note: Copy) -> Expected:
    control = note.control()
    _remove(control)
    return Expected(removed=[name_of(control)])


def control_unwrapped(note: Copy) -> Expected:
    """What *Remove Content Control* does: the number stays as plain text."""
    control = note.control()
    for run in control.findall(f"{W}sdtContent/{W}r"):
        control.addprevious(run)
    _remove(control)
    return Expected(removed=[name_of(control)])


def row_deleted(note: Copy) -> Expected:
    row = note.rng.choice([one for one in note.root.iter(f"{W}tr") if one.find(f".//{W}sdt") is not None])
    names = [name_of(one) for one in row.iter(f"{W}sdt")]
    _remove(row)
    return Expected(removed=sorted(names))


def tracked_row(note: Copy) -> Expected:
    row = note.rng.choice([one for one in note.root.iter(f"{W}tr") if one.find(f".//{W}sdt") is not None])
    properties = row.find(f"{W}trPr")
    assert properties is not None
    etree.SubElement(properties, f"{W}del", _WHO)
    for run in list(row.iter(f"{W}r")):
        for text in run.iter(f"{W}t"):
            text.tag = f"{W}delText"
        _wrap(run, "del")
    return Expected(removed=sorted(name_of(one) for one in row.iter(f"{W}sdt")))


def figure_typed(note: Copy) -> Expected:
    text, number = note.prose(), note.number()
    words = (text.text or "").split(" ")
    words.insert(note.rng.randint(1, len(words) - 1), number)
    text.text = " ".join(words)
    return Expected(untagged=[number.replace("\u00a0", " ")])


def word_typed(note: Copy) -> Expected:
    text = note.prose()
    text.text = f"{text.text} Det er elleve flere."
    return Expected(untagged=["elleve"])


def tracked_figure(note: Copy) -> Expected:
    run, number = note.prose().getparent(), note.number()
    assert run is not None
    typed = etree.fromstring(f'<w:r xmlns:w="{W[1:-1]}"><w:t xml:space="preserve"> i alt {number} breve </w:t></w:r>')
    run.addnext(typed)
    _wrap(typed, "ins")
    return Expected(untagged=[number.replace("\u00a0", " ")])


def paragraph_typed(note: Copy) -> Expected:
    number = note.number()
    paragraph = note.prose().getparent().getparent()  # type: ignore[union-attr]
    assert paragraph is not None
    paragraph.addnext(
        etree.fromstring(f'<w:p xmlns:w="{W[1:-1]}"><w:r><w:t>Vi mangler {number} breve.</w:t></w:r></w:p>')
    )
    return Expected(untagged=[number.replace("\u00a0", " ")])


def deadline_changed(note: Copy) -> Expected:
    """Another day in a date of the text: the text is the version's own, the number is not."""
    runs = [one for one in note.root.iter(f"{W}t") if re.search(r"den \d+\. ", one.text or "")]
    text = note.rng.choice(runs)
    text.text = re.sub(r"den \d+\. ", "den 29. ", text.text or "", count=1)
    return Expected(untagged=["29"])


def hedged(note: Copy) -> Expected:
    """What changes no figure: a space in a number, and a word before it."""
    text = text_of(note.control())
    text.text = f"cirka\u00a0{(text.text or '').replace('.', chr(0xA0))}"
    return Expected()


def reworded(note: Copy) -> Expected:
    note.prose().text = "Vi følger op, og alle får svar. "
    return Expected()


MUTATIONS: dict[str, Callable[[Copy], Expected]] = {
    one.__name__: one
    for one in (
        digit_in_control,
        digit_in_split_runs,
        tracked_digit,
        control_removed,
        control_unwrapped,
        row_deleted,
        tracked_row,
        figure_typed,
        word_typed,
        tracked_figure,
        paragraph_typed,
        deadline_changed,
        hedged,
        reworded,
    )
}


def mutate(content: bytes, name: str, rng: random.Random) -> tuple[bytes, Expected]:
    note = Copy(content, rng)
    expected = MUTATIONS[name](note)
    return note.save(), expected


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)


def _wrap(run: etree._Element, name: str) -> None:
    around = etree.Element(f"{W}{name}", _WHO)
    run.addprevious(around)
    around.append(run)
