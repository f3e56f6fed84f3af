"""A Word document that somebody chose: opened within bounds, and read as lines of text and figures.

Tracked changes are read as accepted: inserted text counts, deleted text does not. Headers, footers and comments are
not read.
"""

import io
import re
import zipfile
from collections.abc import Container, Iterator
from dataclasses import dataclass, field

from docx import Document
from docx.document import Document as WordDocument
from docx.opc.parts.coreprops import CorePropertiesPart
from docx.oxml.ns import qn
from lxml import etree

from followups.proof_files import DAMAGED_FILE, UNPACKED_TOO_LARGE, FileRefused, unpack_office_file

WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
#: bytes
MAX_DOCUMENT_SIZE = 20 * 1024**2
#: «<» in all parts. The note of the whole municipality has 55,000.
MAX_TAGS = 500_000
TOO_LARGE = "Filen er for stor. Fjern billeder, gem den igen, og vælg den nye fil."
NOT_WORD = "Filen er ikke et Word-dokument. Vælg notatet, som det er gemt fra Word (.docx), uden adgangskode."
#: The tag of a figure: its number in the document, and its name.
TAG = re.compile(r"\d{1,5}:[a-z0-9._-]{1,50}(?:@before|@change)?")

_PARAGRAPH, _ROW, _CELL, _CONTROL, _TEXT = (qn(f"w:{name}") for name in ("p", "tr", "tc", "sdt", "t"))
_READ = (_PARAGRAPH, _TEXT, qn("w:tab"), qn("w:br"), qn("w:noBreakHyphen"))
#: What a tracked move leaves behind, and the second copy of a text box.
_SKIPPED = {qn("w:moveFrom"), qn("w:del"), "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}


def open_word_file(content: bytes) -> WordDocument:
    """Return the document. Raise FileRefused."""
    if len(content) > MAX_DOCUMENT_SIZE:
        raise FileRefused(TOO_LARGE)
    parts = unpack_office_file(content)
    if "word/document.xml" not in parts:
        raise FileRefused(NOT_WORD)
    if sum(part.count(b"<") for part in parts.values()) > MAX_TAGS:
        raise FileRefused(UNPACKED_TOO_LARGE)
    packed = io.BytesIO()  # packed anew: python-docx unpacks a part to more than it declares
    with zipfile.ZipFile(packed, "w") as file:
        for name, part in parts.items():
            file.writestr(name, part)
    try:
        return Document(packed)
    except (etree.XMLSyntaxError, KeyError, ValueError, AttributeError) as broken:
        raise FileRefused(DAMAGED_FILE) from broken


def read_keywords(document: WordDocument) -> str:
    """Return the keywords of the document. LibreOffice writes their relationship unlike Word, so the part is sought."""
    found = (one for one in document.part.package.iter_parts() if isinstance(one, CorePropertiesPart))
    return next((one.core_properties.keywords for one in found), "")


@dataclass
class Line:
    """A paragraph, or a row of a table, so that a figure belongs to the label beside it.

    `pieces`: [tag, text] in reading order; the tag is "" for what is no figure.
    """

    pieces: list[list[str]] = field(default_factory=list)

    def add(self, tag: str, text: str) -> None:
        if self.pieces and self.pieces[-1][0] == tag:
            self.pieces[-1][1] += text
        else:
            self.pieces.append([tag, text])

    @property
    def figures(self) -> list[tuple[str, str]]:
        """Return (tag, text) of each figure that shows something."""
        return [(tag, " ".join(text.split())) for tag, text in self.pieces if tag and text.strip()]

    @property
    def prose(self) -> str:
        """Return the text with {} in place of each figure."""
        return " ".join("".join("{}" if tag and text.strip() else text for tag, text in self.pieces).split())


def read_lines(document: WordDocument, tags: Container[str] | None = None) -> list[Line]:
    """Return the lines of the document's body. A control whose tag is not among `tags` is read as text."""
    lines: dict[etree._Element, Line] = {}
    for element in document.element.body.iter(*_READ):
        around = list(element.iterancestors())
        if not any(one.tag in _SKIPPED for one in around):
            outermost = next(one for one in (*reversed(around), element) if one.tag in (_ROW, _PARAGRAPH))
            tag = next((one for one in _tags_of(around) if tags is None or one in tags), "")
            text = element.text or "" if element.tag == _TEXT else "-" if element.tag == _READ[-1] else "\n"
            lines.setdefault(outermost, Line()).add(tag, text)
    return list(lines.values())


def _tags_of(around: list[etree._Element]) -> Iterator[str]:
    """Yield the tags of the figures around an element, the nearest first. A placeholder is no figure."""
    for one in around:
        if one.tag == _CONTROL:
            tag = one.find(f"{qn('w:sdtPr')}/{qn('w:tag')}")
            name = "" if tag is None else tag.get(qn("w:val"), "")
            if TAG.fullmatch(name) and one.find(f"{qn('w:sdtPr')}/{qn('w:showingPlcHdr')}") is None:
                yield name
