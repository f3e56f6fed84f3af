"""The parts of a Word document that somebody uploads, read without trust.

Refused with a Danish sentence: anything but a .docx, a locked or damaged file, one that unpacks to too much, macros,
embedded files, and links or fields that fetch something from elsewhere. XML is parsed without entities.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile

from lxml import etree

from followups import proof_files
from followups.proof_files import LeadsOut, ProofRefused
from followups.proof_files.document_validation import unpack_office_file

#: bytes
MAX_DOCUMENT_SIZE = 20 * 1024**2
#: «<» in all XML parts. The note of the whole municipality has 55,000.
MAX_TAGS = 500_000
MAIN_PART = "word/document.xml"
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"

NOT_WORD = "Filen er ikke et Word-dokument. Vælg notatet, som det er gemt fra Word (.docx)."
TOO_LARGE = "Filen er for stor. Fjern billeder, gem den igen, og vælg den nye fil."
LOCKED = "Filen er låst, eller den er gemt i et gammelt format. Fjern adgangskoden, gem som .docx, og vælg den nye fil."
DAMAGED = "Filen er beskadiget. Åbn den i Word, gem den igen, og vælg den nye fil."
HAS_PROGRAMS = "Filen har makroer eller andre filer i sig. Gem den som almindelig .docx, og vælg den nye fil."
TOO_MUCH_TEXT = "Filen har for meget tekst. Læg bilag i en fil for sig, og vælg notatet uden dem."
STRICT = "Filen er gemt i et særligt format (Strict Open XML). Gem den som almindelig .docx, og vælg den nye fil."
HAS_LINKS = "Filen har links til noget uden for dokumentet. Fjern linkene (Ctrl+Shift+F9 i Word), og vælg filen igen."

_SENTENCES = {
    proof_files.HAS_ACTIVE_CONTENT: HAS_PROGRAMS,
    proof_files.TOO_MUCH_TEXT: TOO_LARGE,
    proof_files.UNKNOWN_FILE_TYPE: NOT_WORD,
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Relationships that bring another document into this one.
_FOREIGN_RELATIONSHIP = re.compile(r"aFChunk|subDocument|attachedTemplate|frame|mailMerge\w*|recipientData")
#: Where Word and LibreOffice save what a reader sees. Word finds a part by its relationship, whatever its name.
PLACES = {
    "officeDocument": re.compile(r"word/document\.xml"),
    "header": re.compile(r"word/header\d*\.xml"),
    "footer": re.compile(r"word/footer\d*\.xml"),
    "footnotes": re.compile(r"word/footnotes\.xml"),
    "endnotes": re.compile(r"word/endnotes\.xml"),
    "chart": re.compile(r"word/charts/chart[^/]*\.xml"),
    "chartEx": re.compile(r"word/charts/chart[^/]*\.xml"),
    "chartUserShapes": re.compile(r"word/drawings/drawing[^/]*\.xml"),
    "diagramData": re.compile(r"word/diagrams/data[^/]*\.xml"),
    "diagramDrawing": re.compile(r"word/diagrams/drawing[^/]*\.xml"),
    "numbering": re.compile(r"word/numbering\.xml"),
    "styles": re.compile(r"word/styles\.xml"),
}
#: Fields that read a file or an address. A hyperlink with \l stays in the document.
_FETCHING_FIELD = re.compile(
    r"^\s*(?:DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|LINK|IMPORT|INCLUDE|DATABASE|RD|HYPERLINK(?!\s+\\l))\b",
    re.IGNORECASE,
)
#: The namespaces of «Strict Open XML», which Word reads like the others.
_STRICT = "{http://purl.oclc.org/ooxml/"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


class DocumentRefused(Exception):
    """Raised when a document cannot be used. The text is a Danish sentence with the next step."""


def unpack_document(content: bytes) -> dict[str, bytes]:
    """Return {name: bytes} of the parts of a Word document. Raise DocumentRefused."""
    if len(content) > MAX_DOCUMENT_SIZE:
        raise DocumentRefused(TOO_LARGE)
    if content.startswith(_OLE):
        raise DocumentRefused(LOCKED)
    if not content.startswith(b"PK"):
        raise DocumentRefused(NOT_WORD)
    try:
        parts = dict(unpack_office_file(content, MAIN_PART))
    except ProofRefused as refused:
        sentence = HAS_LINKS if isinstance(refused, LeadsOut) else _SENTENCES.get(str(refused), DAMAGED)
        raise DocumentRefused(HAS_PROGRAMS if _names_macros(content) else sentence) from refused
    if count_tags(parts) > MAX_TAGS:
        raise DocumentRefused(TOO_LARGE)
    for name, part in parts.items():
        if name.lower().endswith(".rels"):
            _refuse_relationships(name, part)
    return parts


def count_tags(parts: dict[str, bytes]) -> int:
    """Return how many «<» the XML parts have."""
    return sum(part.count(b"<") for name, part in parts.items() if name.lower().endswith((".xml", ".rels")))


def _names_macros(content: bytes) -> bool:
    return b"vbaProject" in content


def parse_xml(part: bytes) -> etree._Element:
    """Return the root element of a part. Raise DocumentRefused if it is no XML, or declares entities."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(part, parser)
    except (etree.XMLSyntaxError, ValueError) as broken:
        raise DocumentRefused(DAMAGED) from broken
    if root.getroottree().docinfo.doctype:
        raise DocumentRefused(DAMAGED)
    return root


def _refuse_relationships(name: str, part: bytes) -> None:
    """Raise DocumentRefused for a relationship that leads out, or to text that is not read."""
    folder = posixpath.dirname(posixpath.dirname(f"/{name}"))
    for one in parse_xml(part).iter(f"{{{RELATIONSHIPS}}}Relationship"):
        if one.get("TargetMode", "").lower() == "external":
            raise DocumentRefused(HAS_LINKS)
        kind = one.get("Type", "").rpartition("/")[2]
        if _FOREIGN_RELATIONSHIP.fullmatch(kind):
            raise DocumentRefused(HAS_PROGRAMS)
        target = posixpath.normpath(posixpath.join(folder, one.get("Target", ""))).lstrip("/")
        if kind in PLACES and not PLACES[kind].fullmatch(target):
            raise DocumentRefused(DAMAGED)


def refuse_strict_text(root: etree._Element) -> None:
    """Raise DocumentRefused if an element of the part is in the namespaces of Strict Open XML, which are not read."""
    if any(str(one.tag).startswith(_STRICT) for one in root.iter()):
        raise DocumentRefused(STRICT)


def refuse_fetching_fields(root: etree._Element) -> None:
    """Raise DocumentRefused if a field of the part reads a file or an address.

    Word may split the instruction of a field into runs, so the runs of a paragraph are read together.
    """
    for field in root.iter(f"{W}fldSimple"):
        _refuse_instruction(field.get(f"{W}instr", ""))
    for paragraph in root.iter(f"{W}p"):
        instruction = ""
        for one in paragraph.iter(f"{W}fldChar", f"{W}instrText"):
            if one.tag == f"{W}instrText":
                instruction += one.text or ""
                continue
            _refuse_instruction(instruction)
            instruction = ""
        _refuse_instruction(instruction)


def _refuse_instruction(instruction: str) -> None:
    if _FETCHING_FIELD.match(instruction):
        raise DocumentRefused(HAS_LINKS)


def pack_document(parts: dict[str, bytes]) -> bytes:
    """Return the parts as a .docx. The same parts give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, part in parts.items():
            file.writestr(zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0)), part, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
