"""The text of a note's Word document as people see it: paragraphs of words, and the figures in content controls.

A row of a table is one paragraph, so that a figure belongs to the label beside it. Tracked changes are read as
accepted: inserted text counts, deleted text does not. Text boxes, headers, footers, footnotes, endnotes, charts and
hidden text are text; comments, instructions of fields and page numbers are not. A hidden figure is not there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from lxml import etree

from followups.reporting.note.document import TAG, read_version_id
from followups.reporting.note.fields import Field
from followups.reporting.note.numbers import OTHER_TEXT, RIGHT_TO_LEFT
from followups.reporting.note.package import (
    PLACES,
    TOO_MUCH_TEXT,
    DocumentRefused,
    W,
    parse_xml,
    refuse_fetching_fields,
    refuse_strict_text,
    unpack_document,
)
from followups.reporting.note.visibility import Styles

_TEXT_KINDS = ("officeDocument", "footnotes", "endnotes")
_RUNNING_KINDS = ("header", "footer")
_CHART_KINDS = ("chart", "chartEx", "chartUserShapes", "diagramData", "diagramDrawing")
_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_TEXTS = (
    f"{W}t",
    "{http://schemas.openxmlformats.org/officeDocument/2006/math}t",
    "{http://schemas.openxmlformats.org/drawingml/2006/main}t",
)
_WORD_ART = "{urn:schemas-microsoft-com:vml}textpath"
#: Elements around a text box, one for each way to draw it.
_FRAMES = (f"{W}drawing", f"{W}pict")
_CHART_TEXT = re.compile(r"\}(?:v|t|pt)$")
#: Characters in a document, about 80 pages. The note of the whole municipality has 15,000.
MAX_CHARACTERS = 200_000
#: Elements with nothing that a reader sees, or with what a tracked change removes.
_SKIPPED = {
    f"{W}{name}"
    for name in ("del", "moveFrom", "delText", "instrText", "delInstrText", "rPr", "pPr", "sdtPr", "tblPr", "tcPr")
}
_SPACES = {f"{W}tab": " ", f"{W}br": " ", f"{W}cr": " ", f"{W}noBreakHyphen": "-", f"{W}softHyphen": ""}


@dataclass
class Control:
    """A content control of ours. `text`: as people left it; "" while Word shows a placeholder."""

    tag: str
    text: str = ""

    @property
    def name(self) -> str:
        return self.tag.partition(":")[2]


class Part(NamedTuple):
    """A stretch of text, or the control that it stands in."""

    text: str
    control: Control | None = None


type Paragraph = list[Part]


@dataclass
class NoteText:
    """What a document says. `version_id`: the id that stands in it, or "". `running`: headers and footers."""

    version_id: str
    paragraphs: list[Paragraph] = field(default_factory=list)
    running: list[Paragraph] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)


def read_document(content: bytes) -> NoteText:
    """Return the text of a Word document. Raise DocumentRefused."""
    parts = unpack_document(content)
    note = NoteText(read_version_id(parts))
    styles = Styles(parse_xml(parts.get("word/styles.xml", b"<none/>")))
    chart_texts: list[str] = []
    for name in sorted(parts):
        is_running = _is_any(_RUNNING_KINDS, name)
        if is_running or _is_any(_TEXT_KINDS, name):
            root = parse_xml(parts[name])
            refuse_strict_text(root)
            refuse_fetching_fields(root)
            _PartReader(note, note.running if is_running else note.paragraphs, styles).read(root)
        elif _is_any(_CHART_KINDS, name):
            chart_texts += [one.text or "" for one in parse_xml(parts[name]).iter() if _CHART_TEXT.search(str(one.tag))]
        elif PLACES["numbering"].fullmatch(name):
            note.running += [[Part(label)] for label in _list_labels(parse_xml(parts[name]))]
    # a diagram has its text twice: as data, and as Word drew it
    note.paragraphs += [[Part(text)] for text in dict.fromkeys(chart_texts)]
    _refuse_too_much_text(note)
    return note


def _list_labels(root: etree._Element) -> Iterator[str]:
    """Yield what people wrote into the labels of lists, and where a list that does not start at 1 starts."""
    for label in root.iter(f"{W}lvlText"):
        yield re.sub(r"%\d", " ", label.get(f"{W}val", ""))
    for start in root.iter(f"{W}start", f"{W}startOverride"):
        if start.get(f"{W}val") not in ("0", "1"):
            yield f"liste fra {start.get(f'{W}val')}"


def _is_any(kinds: Iterable[str], name: str) -> bool:
    return any(PLACES[kind].fullmatch(name) for kind in kinds)


def _refuse_too_much_text(note: NoteText) -> None:
    """Raise DocumentRefused for more characters than can be compared. NFKC makes up to 18 of one."""
    texts = [part.text for paragraph in (*note.paragraphs, *note.running) for part in paragraph]
    if sum(map(len, texts)) > MAX_CHARACTERS:
        raise DocumentRefused(TOO_MUCH_TEXT)
    if sum(len(unicodedata.normalize("NFKC", text)) for text in texts) > MAX_CHARACTERS:
        raise DocumentRefused(TOO_MUCH_TEXT)


class _PartReader:
    """Walks a part in reading order. A paragraph inside a paragraph (a text box) is a paragraph of its own."""

    def __init__(self, note: NoteText, paragraphs: list[Paragraph], styles: Styles):
        self.note, self.paragraphs, self.styles = note, paragraphs, styles
        self.open: list[Paragraph] = []
        self.row: Paragraph | None = None
        self.is_hidden = False
        self.fields: list[Field] = []

    def read(self, root: etree._Element) -> None:
        self._walk(root, None)

    def _walk(self, element: etree._Element, control: Control | None) -> None:
        for child in element:
            if not isinstance(child.tag, str) or child.tag in _SKIPPED:
                self._note_instruction(child)
            elif child.tag == f"{W}p":
                self._read_paragraph(child, control)
            elif child.tag == f"{W}sdt":
                self._read_control(child, control)
            elif child.tag == f"{W}fldChar":
                self._read_field_mark(child, control)
            elif child.tag == f"{W}fldSimple":
                self._read_simple_field(child, control)
            elif child.tag == f"{_COMPATIBILITY}AlternateContent":
                for branch in _different_branches(child):
                    self._walk(branch, control)
            elif not self._is_gone(child):
                self._read_other(child, control)

    def _read_other(self, element: etree._Element, control: Control | None) -> None:
        if element.tag == f"{W}tr":
            around, self.row = self.row, self._open_paragraph()
            self._walk(element, control)
            self.open.pop()
            self.row = around
            return
        if element.tag == f"{W}r":
            self.is_hidden = control is not None and not self.styles.is_shown(element)
        if _turns_digits(element):
            self._say(RIGHT_TO_LEFT, control)
        self._say(_text_of(element), control)
        self._walk(element, control)

    def _open_paragraph(self) -> Paragraph:
        paragraph: Paragraph = []
        self.paragraphs.append(paragraph)
        self.open.append(paragraph)
        return paragraph

    def _read_paragraph(self, element: etree._Element, control: Control | None) -> None:
        if self.row is not None and self.open[-1] is self.row:
            self.row.append(Part("\n"))  # two cells are never one number
            self._walk(element, control)
        else:
            self._open_paragraph()
            self._walk(element, control)
            self.open.pop()
        for one in self.fields:  # a page number ends where its paragraph ends
            one.is_computed = False

    def _read_control(self, element: etree._Element, control: Control | None) -> None:
        properties = element.find(f"{W}sdtPr")
        tag = None if properties is None else properties.find(f"{W}tag")
        name = "" if tag is None else tag.get(f"{W}val", "")
        is_ours = bool(TAG.fullmatch(name))
        if _is_bound(element):
            if not is_ours:
                self._say(OTHER_TEXT, control)
        elif is_ours and not any(_is_bound(one) for one in element.iterancestors(f"{W}sdt")):
            control = Control(name)
            self.note.controls.append(control)
            if properties is not None and properties.find(f"{W}showingPlcHdr") is not None:
                return
        self._walk(element, control)

    def _is_gone(self, element: etree._Element) -> bool:
        """Return whether the element is a deleted row or cell."""
        if element.tag == f"{W}tr":
            return element.find(f"{W}trPr/{W}del") is not None
        return element.tag == f"{W}tc" and element.find(f"{W}tcPr/{W}cellDel") is not None

    def _read_simple_field(self, element: etree._Element, control: Control | None) -> None:
        self.fields.append(Field(_is_on(element, "fldLock"), element.get(f"{W}instr", "")))
        self._begin_result(self.fields[-1], control)
        self._walk(element, control)
        self.fields.pop()

    def _note_instruction(self, element: etree._Element) -> None:
        if element.tag == f"{W}instrText" and self.fields:
            self.fields[-1].instruction += element.text or ""

    def _read_field_mark(self, mark: etree._Element, control: Control | None) -> None:
        kind = mark.get(f"{W}fldCharType")
        if kind == "begin":
            self.fields.append(Field(is_locked=_is_on(mark, "fldLock")))
        elif self.fields and not self.fields[-1].is_result:
            self._begin_result(self.fields[-1], control)
        if kind == "end" and self.fields:
            self.fields.pop()

    def _begin_result(self, begun: Field, control: Control | None) -> None:
        if shown := begun.begin_result():
            self._say(f" {shown} ", control)

    def _say(self, text: str, control: Control | None) -> None:
        if text and not any(one.is_computed for one in self.fields):
            if control and not self.is_hidden:
                control.text += text
            if not self.open:  # text outside a paragraph is no valid document, but nothing hides there either
                self.paragraphs.append([])
                self.open.append(self.paragraphs[-1])
            self.open[-1].append(Part(text, control))


def _is_bound(control: etree._Element) -> bool:
    """Return whether Word shows a text from elsewhere in the file in place of what stands in the control."""
    return any(str(one.tag).endswith("}dataBinding") for one in control.iterfind(f"{W}sdtPr/*"))


def _text_of(element: etree._Element) -> str:
    if element.tag in _TEXTS:
        return element.text or ""
    if element.tag == _WORD_ART:
        return f" {element.get('string', '')} "
    if element.tag == f"{W}sym":  # fonts of symbols put ASCII at F000
        code = _parse_hex(element.get(f"{W}char", "20")) & 0xFF
        return chr(code) if 0x20 <= code < 0x7F else ""
    return _SPACES.get(str(element.tag), "")


def _different_branches(alternate: etree._Element) -> list[etree._Element]:
    """Return the branches, of which every program shows another. Word writes a text box twice, with the same text."""
    branches: dict[str, etree._Element] = {}
    for branch in alternate:
        texts = [
            (str(one.tag), one.text, sorted(one.attrib.items()))
            for one in branch.iter(etree.Element)
            if one.tag not in _FRAMES and (one.tag.startswith(W) or _text_of(one))
        ]
        branches.setdefault(repr(texts), branch)
    return list(branches.values())


def _turns_digits(element: etree._Element) -> bool:
    """Return whether the element is a run or an embedding that writes digits from the right."""
    if element.tag in (f"{W}bdo", f"{W}dir"):
        turns = element.get(f"{W}val") == "rtl"
    else:
        mark = element.find(f"{W}rPr/{W}rtl") if element.tag == f"{W}r" else None
        turns = mark is not None and _is_on(mark, "val", "true")
    return turns and any(char.isdigit() for text in element.itertext() for char in text)


def _is_on(element: etree._Element, attribute: str, unless_given: str = "false") -> bool:
    return element.get(f"{W}{attribute}", unless_given) not in ("0", "false", "off")


def _parse_hex(text: str) -> int:
    """Return the number, or 0 for text that is no hexadecimal number."""
    try:
        return int(text, 16)
    except ValueError:
        return 0
