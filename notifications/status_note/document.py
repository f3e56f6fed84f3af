"""The Word document of a version: the template filled in, with every figure in a content control.

The template is `statusnotat.docx` beside this file, or the one that an installation put in its place. Its fields are
{{ titel }} in a line of text, and {{p notat }} alone in a paragraph for paragraphs with headings and tables.

A control's tag is its number in the document and the name of its figure («17:letters.open@before»), its title what the
figure counts. Word allows 64 characters in each. The version's id stands among the keywords of the document. Word and
LibreOffice keep all of it (docs/decisions/0044).
"""

import io
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from docxtpl import DocxTemplate, Listing
from jinja2 import TemplateError
from jinja2.sandbox import SandboxedEnvironment
from lxml import etree
from markupsafe import Markup

from followups.models import NoteVersion
from followups.proof_files import FileRefused
from notifications.status_note.frozen_figures import NamedFigure, named_figures
from notifications.status_note.sections import SECTIONS_BY_KEY, Section
from notifications.status_note.text import Block, Piece
from notifications.status_note.word_file import open_word_file
from sepo_incident.core import danish

OWN_TEMPLATE = Path(__file__).with_name("statusnotat.docx")
LINE_FIELDS = (
    *("notat_til", "titel", "dato", "sagsnummer", "dokumentnummer", "udgave", "tidspunkt", "sagsbehandler"),
    *("afsender", "ean", "forbehold"),
)
#: Stand alone in a paragraph: the text with its headings, and the annexes.
PARAGRAPH_FIELDS = ("notat", "bilag")
#: Styles of paragraphs, of the cells of tables, and of tables. LibreOffice breaks a table whose style is unknown.
SUMMARY_STYLE, SMALL_STYLE, CAPTION_STYLE = "NotatResume", "NotatKilde", "NotatFigur"
CELL_STYLE, NUMBER_STYLE, BAR_STYLE = "NotatTabel", "NotatTal", "NotatBar"
TABLE_STYLE, BARS_STYLE = "NotatTabeller", "NotatBarer"
HEADINGS = ("Heading1", "Heading2")
STYLES = {
    *HEADINGS,
    SUMMARY_STYLE,
    SMALL_STYLE,
    CAPTION_STYLE,
    CELL_STYLE,
    NUMBER_STYLE,
    BAR_STYLE,
    TABLE_STYLE,
    BARS_STYLE,
}
CANNOT_FILL = "Skabelonen kan ikke udfyldes. Hent den gældende skabelon, ret i den, og vælg den nye fil."
MISPLACED = "Felter som {{p notat }} skal stå alene i et afsnit, og felter som {{ titel }} i en linje. Flyt dem."


def check_template(content: bytes) -> None:
    """Fill the template once. Raise FileRefused with a Danish sentence if it cannot be used."""
    styles = {style.style_id for style in open_word_file(content).styles}
    try:
        named = DocxTemplate(io.BytesIO(content)).get_undeclared_template_variables(SandboxedEnvironment())
        sample = dict.fromkeys(LINE_FIELDS, "tekst") | {name: Markup("<w:p/>") for name in PARAGRAPH_FIELDS}
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


def fill_template(content: bytes, values: dict[str, Any], keywords: str) -> bytes:
    """Return the filled document with `keywords` among its properties. `values`: plain text, or Markup for XML."""
    template = DocxTemplate(io.BytesIO(content))
    template.render(values, jinja_env=SandboxedEnvironment(autoescape=True))
    template.docx.core_properties.keywords = keywords
    saved = io.BytesIO()
    template.save(saved)
    return saved.getvalue()


#: Word refuses a document with a longer title.
MAX_TITLE = 64
#: Text width in twentieths of a point, beside the margin column of the first page and after it.
TEXT_WIDTH, PAGE_WIDTH = 7230, 9640
#: Least widths of the columns of numbers, by how many there are.
NUMBER_WIDTHS = {1: 1560, 2: 1560, 3: 1300, 4: 1200}
NARROW_NUMBER, COLUMNS_BESIDE_MARGIN = 700, 3
#: Half points of the text in a table, in one with many columns, and in the head of that.
USUAL_SIZE, SMALL_SIZE, HEAD_SIZE = 20, 18, 15
#: Widths of the columns of the table of measures.
MEASURE_WIDTHS = (3840, 2000, 1900, 1900)
#: Width of a bold letter of a wide font for each half point of its size, and of the margins of a cell.
LETTER_WIDTH, CELL_MARGINS = 7, 150
_STYLES = {"bullet": "ListBullet", "small": SMALL_STYLE}


def render_document(version: NoteVersion) -> bytes:
    writer = _Writer(named_figures(version))
    values = margin_values(version.content["margin"]) | {
        "dato": danish.date(date.fromisoformat(version.content["dated"])),
        "udgave": str(version.number) if version.is_published else f"{version.number} (kladde)",
        "tidspunkt": danish.moment(version.taken_at),
        "forbehold": " ".join(version.content["hedges"]) or "Tallene er endelige.",
    }
    sections = version.content["sections"]
    for field, is_annex in (("notat", False), ("bilag", True)):
        chosen = [one for one in sections if SECTIONS_BY_KEY[one["key"]].is_annex == is_annex]
        values[field] = Markup(writer.sections(chosen))  # noqa: S704  # we escape
    return fill_template(bytes(version.template.content), values, str(version.uuid))


def margin_values(margin: dict[str, str]) -> dict[str, Any]:
    """Return the fields of the template that the margin of `versions.read_margin` fills."""
    return {
        "notat_til": margin["kind"],
        "titel": margin["title"],
        "sagsnummer": margin["case_number"] or "–",
        "dokumentnummer": margin["document_number"] or "–",
        "sagsbehandler": margin["case_worker"] or "–",
        "ean": margin["ean"] or "–",
        "afsender": Listing(margin["office"]),
    }


class _Writer:
    """Writes blocks as WordprocessingML and numbers the controls."""

    def __init__(self, figures: dict[str, NamedFigure]):
        self.figures, self.controls = figures, 0

    def sections(self, sections: Iterable[dict[str, Any]]) -> str:
        """Return the sections, each part under its heading."""
        written, part = [], ""
        for section in sections:
            if section["part"] != part:
                part = section["part"]
                written.append(paragraph(run(part), HEADINGS[0]))
            if section["heading"]:
                written.append(paragraph(run(section["heading"]), HEADINGS[1]))
            written += [self._block(block, SECTIONS_BY_KEY[section["key"]]) for block in section["blocks"]]
        return "".join(written) or "<w:p/>"

    def _block(self, block: Block, section: Section) -> str:
        if block["type"] == "table":
            return self._table(block)
        if block["type"] == "cells":
            return cells_table(block["head"], block["rows"], MEASURE_WIDTHS)
        if block["type"] == "bars":
            return self._bars(block, TEXT_WIDTH)
        style = SUMMARY_STYLE if section.key == "summary" else _STYLES.get(block["type"], "Normal")
        return paragraph(self.pieces(block["pieces"]), style)

    def pieces(self, pieces: Iterable[Piece]) -> str:
        return "".join(run(one) if isinstance(one, str) else self.control(one["figure"]) for one in pieces)

    def control(self, name: str, *, is_bold: bool = False, size: int = 0) -> str:
        """Return a content control with the figure, in a line of text."""
        figure = self.figures[name]
        self.controls += 1
        return (
            f"<w:sdt><w:sdtPr><w:alias w:val={quoteattr(figure.sentence[:MAX_TITLE])}/>"
            f'<w:tag w:val="{self.controls}:{name}"/><w:id w:val="{self.controls}"/><w:text/></w:sdtPr>'
            f"<w:sdtContent>{run(figure.text, is_bold=is_bold, size=size)}</w:sdtContent></w:sdt>"
        )

    def _table(self, block: Block) -> str:
        columns = len(block["head"]) - 1
        is_wide = columns not in NUMBER_WIDTHS
        text_size, head_size = (SMALL_SIZE, HEAD_SIZE) if is_wide else (0, 0)
        label, *others = block["head"]
        numbers = [_number_width(text, NUMBER_WIDTHS.get(columns, NARROW_NUMBER), head_size) for text in others]
        head = [cell(run(text, is_bold=True, size=head_size), NUMBER_STYLE) for text in others]
        rows = [[cell(run(label, is_bold=True, size=head_size), CELL_STYLE), *head]]
        for line in block["rows"]:
            bold = line["is_total"]
            figures = [cell(self.control(name, is_bold=bold, size=text_size), NUMBER_STYLE) for name in line["figures"]]
            rows.append([cell(run(line["label"], is_bold=bold, size=text_size), CELL_STYLE), *figures])
        width = PAGE_WIDTH if columns > COLUMNS_BESIDE_MARGIN else TEXT_WIDTH
        return table(TABLE_STYLE, [width - sum(numbers), *numbers], rows)

    def _bars(self, block: Block, width: int) -> str:
        """Return a bar chart that is a table: label, a shaded paragraph as long as the share, and the figure."""
        widths = [2700, width - 2700 - 900, 900]
        rows = []
        for line in block["rows"]:
            indent = round((widths[1] - 120) * (100 - line["share"]) / 100)
            bar = cell("", BAR_STYLE, f'<w:ind w:right="{indent}"/>')
            figure = cell(self.control(line["figure"]), NUMBER_STYLE)
            rows.append([cell(run(line["label"]), CELL_STYLE), bar, figure])
        return paragraph(run(block["caption"]), CAPTION_STYLE) + table(BARS_STYLE, widths, rows)


def _number_width(head: str, least: int, size: int) -> int:
    """Return a width in which no word of the head breaks. `size`: as of `run`."""
    longest = max(map(len, head.split()))
    return max(least, longest * (size or USUAL_SIZE) * LETTER_WIDTH + CELL_MARGINS)


def cells_table(head: Iterable[str], lines: Iterable[Iterable[str]], widths: Sequence[int]) -> str:
    """Return a table of texts. `widths`: of the columns, in twentieths of a point."""
    rows = [[cell(run(text, is_bold=True), CELL_STYLE) for text in head]]
    rows += [[cell(run(text), CELL_STYLE) for text in line] for line in lines]
    return table(TABLE_STYLE, widths, rows)


def run(text: str, *, is_bold: bool = False, size: int = 0) -> str:
    """Return the text. `size`: in half points, 0 for that of the paragraph."""
    properties = ("<w:b/>" if is_bold else "") + (f'<w:sz w:val="{size}"/>' if size else "")
    look = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{look}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def paragraph(runs: str, style: str, properties: str = "") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{properties}</w:pPr>{runs}</w:p>'


def cell(runs: str, style: str, properties: str = "") -> str:
    return f"<w:tc>{paragraph(runs, style, properties)}</w:tc>"


def table(style: str, widths: Sequence[int], rows: list[list[str]]) -> str:
    """Return a table, and a small paragraph after it. `rows`: XML of the cells of each row."""
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    head = "<w:trPr><w:tblHeader/></w:trPr>" if style == TABLE_STYLE else ""
    written = "</w:tr><w:tr>".join("".join(cells) for cells in rows)
    return (
        f'<w:tbl><w:tblPr><w:tblStyle w:val="{style}"/><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        f'<w:tblLayout w:type="fixed"/><w:tblLook w:firstRow="1"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
        f"<w:tr>{head}{written}</w:tr></w:tbl>{paragraph('', SMALL_STYLE)}"
    )
