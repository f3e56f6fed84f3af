"""The Word document of a version: the template filled in, with every figure in a content control.

A control's tag is its number in the document and the name of its figure («17:letters.open@before»), its title what the
figure counts. Word allows 64 characters in each. The version's id stands among the keywords of the document. Word and
LibreOffice keep all of it (docs/decisions/0044).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from xml.sax.saxutils import escape, quoteattr

from markupsafe import Markup

from followups.models import NoteVersion
from notifications.status_note.frozen_figures import NamedFigure, named_figures
from notifications.status_note.sections import SECTIONS_BY_KEY, Section
from notifications.status_note.template import (
    BAR_STYLE,
    BARS_STYLE,
    CAPTION_STYLE,
    CELL_STYLE,
    NUMBER_STYLE,
    SMALL_STYLE,
    SUMMARY_STYLE,
    TABLE_STYLE,
    fill_template,
)
from notifications.status_note.text import Block, Piece
from sepo_incident.core import danish

#: Word refuses a document with a longer title.
MAX_TITLE = 64
#: Text width in twentieths of a point, beside the margin column and in the annex.
TEXT_WIDTH, ANNEX_WIDTH = 7230, 9640
#: Widths of the columns of numbers: now, before, and the difference.
NUMBER_WIDTHS = [1560, 1560, 1080]
_STYLES = {"bullet": "ListBullet", "small": SMALL_STYLE}


def render_document(version: NoteVersion) -> bytes:
    """Return the version as a .docx."""
    writer = _Writer(named_figures(version))
    margin = version.content["margin"]
    values = {
        "notat_til": margin["kind"],
        "titel": margin["title"],
        "enhed": version.unit.short_name,
        "dato": danish.date(date.fromisoformat(version.content["dated"])),
        "sagsnummer": margin["case_number"] or "–",
        "dokumentnummer": margin["document_number"] or "–",
        "udgave": str(version.number) if version.is_published else f"{version.number} (kladde)",
        "tidspunkt": danish.moment(version.taken_at),
        "sagsbehandler": margin["case_worker"],
        "afsender": margin["office"],
        "forbehold": " ".join(version.content["hedges"]) or "Tallene er endelige.",
    }
    for section in version.content["sections"]:
        known = SECTIONS_BY_KEY[section["key"]]
        values[known.field] = Markup(writer.blocks(section["blocks"], known))  # noqa: S704  # we escape
    return fill_template(bytes(version.template.content), values, str(version.uuid))


class _Writer:
    """Writes blocks as WordprocessingML and numbers the controls."""

    def __init__(self, figures: dict[str, NamedFigure]):
        self.figures, self.controls = figures, 0

    def blocks(self, blocks: Iterable[Block], section: Section) -> str:
        found = [self._block(block, section) for block in blocks]
        return "".join(found) or "<w:p/>"

    def _block(self, block: Block, section: Section) -> str:
        width = ANNEX_WIDTH if section.is_annex else TEXT_WIDTH
        if block["type"] == "table":
            return self._table(block, width)
        if block["type"] == "bars":
            return self._bars(block, width)
        style = SUMMARY_STYLE if section.key == "summary" else _STYLES.get(block["type"], "Normal")
        return paragraph(self.pieces(block["pieces"]), style)

    def pieces(self, pieces: Iterable[Piece]) -> str:
        return "".join(run(one) if isinstance(one, str) else self.control(one["figure"]) for one in pieces)

    def control(self, name: str, *, is_bold: bool = False) -> str:
        """Return a content control with the figure, in a line of text."""
        figure = self.figures[name]
        self.controls += 1
        return (
            f"<w:sdt><w:sdtPr><w:alias w:val={quoteattr(figure.sentence[:MAX_TITLE])}/>"
            f'<w:tag w:val="{self.controls}:{name}"/><w:id w:val="{self.controls}"/><w:text/></w:sdtPr>'
            f"<w:sdtContent>{run(figure.text, is_bold=is_bold)}</w:sdtContent></w:sdt>"
        )

    def _table(self, block: Block, width: int) -> str:
        numbers = NUMBER_WIDTHS[: len(block["head"]) - 1]
        label, *others = block["head"]
        head = [cell(run(text, is_bold=True), NUMBER_STYLE) for text in others]
        rows = [[cell(run(label, is_bold=True), CELL_STYLE), *head]]
        for line in block["rows"]:
            bold = line["is_total"]
            figures = [cell(self.control(name, is_bold=bold), NUMBER_STYLE) for name in line["figures"]]
            rows.append([cell(run(line["label"], is_bold=bold), CELL_STYLE), *figures])
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


def run(text: str, *, is_bold: bool = False) -> str:
    bold = "<w:rPr><w:b/></w:rPr>" if is_bold else ""
    return f'<w:r>{bold}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def paragraph(runs: str, style: str, properties: str = "") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{properties}</w:pPr>{runs}</w:p>'


def cell(runs: str, style: str, properties: str = "") -> str:
    return f"<w:tc>{paragraph(runs, style, properties)}</w:tc>"


def table(style: str, widths: list[int], rows: list[list[str]]) -> str:
    """Return a table, and a small paragraph after it. `rows`: XML of the cells of each row."""
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    head = "<w:trPr><w:tblHeader/></w:trPr>" if style == TABLE_STYLE else ""
    written = "</w:tr><w:tr>".join("".join(cells) for cells in rows)
    return (
        f'<w:tbl><w:tblPr><w:tblStyle w:val="{style}"/><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        f'<w:tblLayout w:type="fixed"/><w:tblLook w:firstRow="1"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
        f"<w:tr>{head}{written}</w:tr></w:tbl>{paragraph('', SMALL_STYLE)}"
    )
