"""The Word template of the note: `statusnotat.docx` beside this file, or the one that an installation put in its place.

The fields are {{ titel }} in a line of text, and {{p tal }} alone in a paragraph for the paragraphs of a section.
"""

from __future__ import annotations

import io
from pathlib import Path

from docxtpl import DocxTemplate
from jinja2 import TemplateError
from jinja2.sandbox import SandboxedEnvironment
from lxml import etree
from markupsafe import Markup

from followups.proof_files import FileRefused
from notifications.status_note.sections import SECTIONS
from notifications.status_note.word_file import open_word_file
from sepo_incident.core import danish

OWN_TEMPLATE = Path(__file__).with_name("statusnotat.docx")
LINE_FIELDS = (
    *("notat_til", "titel", "enhed", "dato", "sagsnummer", "dokumentnummer", "udgave", "tidspunkt", "sagsbehandler"),
    *("afsender", "forbehold"),
)
SECTION_FIELDS = [section.field for section in SECTIONS]
#: Styles of paragraphs, of the cells of tables, and of tables. LibreOffice breaks a table whose style is unknown.
SUMMARY_STYLE, SMALL_STYLE, CAPTION_STYLE = "NotatResume", "NotatKilde", "NotatFigur"
CELL_STYLE, NUMBER_STYLE, BAR_STYLE = "NotatTabel", "NotatTal", "NotatBar"
TABLE_STYLE, BARS_STYLE = "NotatTabeller", "NotatBarer"
STYLES = {SUMMARY_STYLE, SMALL_STYLE, CAPTION_STYLE, CELL_STYLE, NUMBER_STYLE, BAR_STYLE, TABLE_STYLE, BARS_STYLE}
CANNOT_FILL = "Skabelonen kan ikke udfyldes. Hent den gældende skabelon, ret i den, og vælg den nye fil."
MISPLACED = "Felter som {{p tal }} skal stå alene i et afsnit, og felter som {{ titel }} i en linje. Flyt dem."


def check_template(content: bytes) -> None:
    """Fill the template once. Raise FileRefused with a Danish sentence if it cannot be used."""
    styles = {style.style_id for style in open_word_file(content).styles}
    try:
        named = DocxTemplate(io.BytesIO(content)).get_undeclared_template_variables(SandboxedEnvironment())
        sample = dict.fromkeys(LINE_FIELDS, "tekst") | {name: Markup("<w:p/>") for name in SECTION_FIELDS}
        body = open_word_file(fill_template(content, sample, "")).element.body
    except (TemplateError, RecursionError, etree.XMLSyntaxError, ValueError) as wrong:
        raise FileRefused(CANNOT_FILL) from wrong
    sentences = [
        f"{said} {danish.join_with_and(sorted(names))}."
        for said, names in (
            ("Felter, der mangler:", {*sample} - named),
            ("Felter, vi ikke kender:", named - {*sample}),
            ("Typografier, der mangler:", STYLES - styles),
        )
        if names
    ]
    if sentences:
        raise FileRefused(" ".join([*sentences, "Ret i den gældende skabelon, og vælg skabelonen igen."]))
    if body.xpath(".//w:t/*") or body.xpath("text()[normalize-space()]"):
        raise FileRefused(MISPLACED)


def fill_template(content: bytes, values: dict[str, str], keywords: str) -> bytes:
    """Return the filled document with `keywords` among its properties. `values`: plain text, or Markup for XML."""
    template = DocxTemplate(io.BytesIO(content))
    template.render(values, jinja_env=SandboxedEnvironment(autoescape=True))
    template.docx.core_properties.keywords = keywords
    saved = io.BytesIO()
    template.save(saved)
    return saved.getvalue()
