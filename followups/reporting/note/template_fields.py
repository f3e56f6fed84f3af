"""The fields of the Word template: the check of a template that KIT uploads, and how a template is filled.

A template may hold fields and nothing else: no blocks, filters or attributes of Jinja.
"""

from __future__ import annotations

import io
import re
from collections import Counter

from docxtpl import DocxTemplate
from jinja2 import TemplateError, nodes
from jinja2.runtime import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from lxml import etree
from markupsafe import Markup

from followups.proof_files.document_validation import MAX_WORKBOOK_UNPACKED
from followups.reporting.note.package import (
    MAX_TAGS,
    TOO_LARGE,
    DocumentRefused,
    W,
    count_tags,
    pack_document,
    parse_xml,
    refuse_fetching_fields,
    refuse_strict_text,
    unpack_document,
)
from followups.reporting.note.sections import SECTIONS
from sepo_incident.core import danish

#: Fields in a line of text: name → meaning.
LINE_FIELDS = {
    "notat_til": "»Notat til Børne- og Ungdomsudvalget«",
    "titel": "notatets titel",
    "enhed": "»BUF« eller »kommunen«",
    "dato": "notatets dato",
    "sagsnummer": "sagens nummer",
    "dokumentnummer": "dokumentets nummer",
    "udgave": "»3« eller »3 (kladde)«",
    "tidspunkt": "hvornår tallene er taget",
    "sagsbehandler": "den, der har lavet notatet",
    "afsender": "den enhed, notatet handler om",
    "forbehold": "hvornår »op mod« bruges",
}
#: Fields that are one or more paragraphs, alone in a paragraph: {{p tal }}.
SECTION_FIELDS = {section.field: section for section in SECTIONS}
FIELDS = [*LINE_FIELDS, *SECTION_FIELDS]
#: Styles that the filled-in text uses.
SUMMARY_STYLE, BULLET_STYLE, SMALL_STYLE, CELL_STYLE = "NotatResume", "ListBullet", "NotatKilde", "NotatTabel"

#: The parts that docxtpl fills.
_FILLED_PART = re.compile(r"word/(?:document|header\d*|footer\d*)\.xml$")
_JINJA = re.compile(r"\{[{%#]")
#: The project's own template has 24 fields.
MAX_FIELDS = 200
#: Characters in a part. The project's own template has 600.
MAX_CHARACTERS = 20_000
#: A figure of a note (`document.TAG`).
_TAG = re.compile(r"\d{1,5}:")
_ONLY_FIELDS = "Skabelonen må kun have felter som {{ titel }} eller {{p tal }}. Fjern resten."
_TEXT_HOLDERS = {"t", "instrText", "delText"}


def check_template(content: bytes) -> bytes:
    """Return the template, packed anew. Raise DocumentRefused with a Danish sentence if it cannot be used."""
    parts = unpack_document(content)
    template = DocxTemplate(io.BytesIO(content))
    _refuse_large_template(parts)
    found: Counter[str] = Counter()
    for name, part in parts.items():
        if name.endswith((".xml", ".rels")):
            root = parse_xml(part)
            refuse_fetching_fields(root)
            refuse_strict_text(root)
            _refuse_old_figures(root)
            if _FILLED_PART.match(name):
                _refuse_other_text(root)
                found.update(_field_names(template.patch_xml(etree.tostring(root, encoding="unicode"))))
            elif _JINJA.search("".join(root.itertext())) or _JINJA.search(" ".join(_attributes(root))):
                raise DocumentRefused("Skabelonen har felter i noter eller egenskaber. Flyt dem til teksten.")
    _refuse_wrong_fields(found)
    _refuse_missing_styles(parts)
    packed = pack_document(parts)
    sample = dict.fromkeys(LINE_FIELDS, "tekst") | {name: Markup("<w:p/>") for name in SECTION_FIELDS}
    for name, part in fill_template(packed, sample).items():
        if _FILLED_PART.match(name):
            _refuse_misplaced_fields(parse_xml(part))
    return packed


def _refuse_large_template(parts: dict[str, bytes]) -> None:
    """Raise DocumentRefused if the template takes more than half of what a document may hold: a note has to fit in."""
    if count_tags(parts) > MAX_TAGS // 2 or sum(map(len, parts.values())) > MAX_WORKBOOK_UNPACKED // 2:
        raise DocumentRefused(TOO_LARGE)


def _refuse_old_figures(root: etree._Element) -> None:
    if any(_TAG.match(one.get(f"{W}val", "")) for one in root.iter(f"{W}tag")):
        raise DocumentRefused("Skabelonen har tal fra et notat. Slet dem, og skriv felter som {{p tal }}.")


def _refuse_other_text(root: etree._Element) -> None:
    """Raise DocumentRefused for more text or fields than a template needs, and for what is no field."""
    text = "".join(root.itertext())
    if len(text) > MAX_CHARACTERS:
        raise DocumentRefused("Skabelonen har for meget tekst. Behold overskrifter og felter, og vælg den igen.")
    if text.count("{{") > MAX_FIELDS:
        raise DocumentRefused("Skabelonen har for mange felter. Behold hvert felt der, hvor det skal stå.")
    if "{%" in text or "{#" in text:
        raise DocumentRefused(_ONLY_FIELDS)


def _attributes(root: etree._Element) -> list[str]:
    return [str(value) for element in root.iter() for value in element.attrib.values()]


def _field_names(xml: str) -> list[str]:
    """Return the name of each field. Raise DocumentRefused for anything of Jinja that is more than a field."""
    try:
        tree = SandboxedEnvironment().parse(xml)
    except (TemplateError, RecursionError) as wrong:
        raise DocumentRefused(
            "Et felt er ikke skrevet rigtigt. Skriv felter som {{ titel }} eller {{p tal }}."
        ) from wrong
    names = []
    for statement in tree.body:
        parts = statement.nodes if isinstance(statement, nodes.Output) else [statement]
        for part in parts:
            if isinstance(part, nodes.Name):
                names.append(part.name)
            elif not isinstance(part, nodes.TemplateData):
                raise DocumentRefused(_ONLY_FIELDS)
    return names


def _refuse_wrong_fields(found: Counter[str]) -> None:
    unknown, missing = sorted(set(found) - set(FIELDS)), [name for name in FIELDS if name not in found]
    repeated = [name for name in SECTION_FIELDS if found[name] > 1]
    sentences = []
    if missing:
        sentences.append(f"Skabelonen mangler {danish.join_with_and([shown_field(name) for name in missing])}.")
    if unknown:
        names = danish.join_with_and([f"{{{{ {name} }}}}" for name in unknown])
        sentences.append(f"Vi kender ikke {names}.")
    if repeated:
        names = danish.join_with_and([shown_field(name) for name in repeated])
        sentences.append(f"Skabelonen har {names} flere gange. Behold hvert afsnit ét sted.")
    if sentences:
        raise DocumentRefused(" ".join(sentences))


def _refuse_missing_styles(parts: dict[str, bytes]) -> None:
    """Raise DocumentRefused if a style is missing. LibreOffice breaks a table whose style is unknown."""
    styles = parse_xml(parts.get("word/styles.xml", b"<none/>"))
    known = {style.get(f"{W}styleId") for style in styles.iter(f"{W}style")}
    missing = [name for name in (SUMMARY_STYLE, BULLET_STYLE, SMALL_STYLE, CELL_STYLE) if name not in known]
    if missing:
        raise DocumentRefused(f"Skabelonen mangler typografien {danish.join_with_and(missing)}. Ret i vores skabelon.")


def shown_field(name: str) -> str:
    """Return the field as it is written in a template."""
    return f"{{{{p {name} }}}}" if name in SECTION_FIELDS else f"{{{{ {name} }}}}"


def _refuse_misplaced_fields(root: etree._Element) -> None:
    """Raise DocumentRefused if a filled field broke the document: a section in a line, or a line alone in its place."""
    for element in root.iter():
        name = etree.QName(element).localname if isinstance(element.tag, str) else ""
        is_nested = name == "p" and any(etree.QName(one).localname in ("r", "t") for one in _ancestors(element))
        if is_nested or (name not in _TEXT_HOLDERS and "tekst" in (element.text or "") + (element.tail or "")):
            raise DocumentRefused("Afsnittene skal stå alene i et afsnit som {{p tal }}, og resten som {{ titel }}.")


def _ancestors(element: etree._Element) -> list[etree._Element]:
    """Return the elements around a paragraph, up to the nearest text box."""
    found = []
    for one in element.iterancestors():
        if etree.QName(one).localname == "txbxContent":
            break
        found.append(one)
    return found


def fill_template(content: bytes, values: dict[str, str]) -> dict[str, bytes]:
    """Return the parts of the filled document. `values`: plain text, or Markup for XML."""
    template = DocxTemplate(io.BytesIO(content))
    env = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    env.globals.clear()
    env.filters.clear()
    try:
        template.render(dict(values), jinja_env=env)
        saved = io.BytesIO()
        template.save(saved)
    except (TemplateError, RecursionError, etree.XMLSyntaxError, ValueError) as wrong:
        raise DocumentRefused("Skabelonen kan ikke udfyldes. Skriv felter som {{ titel }} eller {{p tal }}.") from wrong
    return unpack_document(saved.getvalue())
