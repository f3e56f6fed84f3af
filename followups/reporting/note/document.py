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
from followups.reporting.note.frozen_figures import NamedFigure, named_figures
from followups.reporting.note.sections import SECTIONS_BY_KEY, Section
from followups.reporting.note.template import fill_template
from followups.reporting.note.text import Block, Piece
from sepo_incident.core import danish

#: Word refuses a document with a longer title.
MAX_TITLE = 64
#: Text width in twentieths of a point, beside the margin column and in the annex.
TEXT_WIDTH, ANNEX_WIDTH = 7230, 9640
#: Widths of the columns of numbers: now, before, and the difference.
NUMBER_WIDTHS = [1560, 1560, 1080]
#: Styles of the template.
SUMMARY_STYLE, SMALL_STYLE, CELL_STYLE = "NotatResume", "NotatKilde", "NotatTabel"
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
        style = SUMMARY_STYLE if section.key == "summary" else _STYLES.get(block["type"], "")
        return paragraph(self.pieces(block["pieces"]), style)

    def pieces(self, pieces: Iterable[Piece]) -> str:
        return "".join(run(one) if isinstance(one, str) else self.control(one["figure"]) for one in pieces)

    def control(self, name: str, *, is_bold: bool = False) -> str:
        """Return a content control with the figure, in a line of text."""
        figure = self.figures[name]
        self.controls += 1
        return (
            f"<w:sdt><w:sdtPr>{_bold(is_bold)}<w:alias w:val={quoteattr(figure.sentence[:MAX_TITLE])}/>"
            f'<w:tag w:val="{self.controls}:{name}"/><w:id w:val="{self.controls}"/><w:text/></w:sdtPr>'
            f"<w:sdtContent>{run(figure.text, is_bold=is_bold)}</w:sdtContent></w:sdt>"
        )

    def _table(self, block: Block, width: int) -> str:
        columns = len(block["head"])
        numbers = NUMBER_WIDTHS[: columns - 1]
        widths = [width - sum(numbers), *numbers]
        head = [
            cell(run(text, is_bold=True), wide, is_number=at > 0, border=12)
            for at, (text, wide) in enumerate(zip(block["head"], widths, strict=True))
        ]
        rows = [row(head, is_head=True)]
        for line in block["rows"]:
            bold = line["is_total"]
            cells = [cell(run(line["label"], is_bold=bold), widths[0])]
            cells += [
                cell(self.control(name, is_bold=bold), wide, is_number=True)
                for name, wide in zip(line["figures"], widths[1:], strict=True)
            ]
            rows.append(row(cells))
        return table(rows, widths)

    def _bars(self, block: Block, width: int) -> str:
        """Return a bar chart that is a table: label, a shaded paragraph as long as the share, and the figure."""
        widths = [2700, width - 2700 - 900, 900]
        rows = []
        for line in block["rows"]:
            together = line is not block["rows"][-1]
            indent = round((widths[1] - 120) * (100 - line["share"]) / 100)
            bar = (
                f'<w:p><w:pPr><w:pStyle w:val="{CELL_STYLE}"/>{_keep_next(together)}'
                f'<w:shd w:val="clear" w:color="auto" w:fill="0A2A66"/>'
                f'<w:spacing w:before="30" w:after="30" w:line="190" w:lineRule="exact"/><w:ind w:right="{indent}"/>'
                f"</w:pPr></w:p>"
            )
            cells = [
                cell(run(line["label"]), widths[0], border=0, keep_next=together),
                f'<w:tc><w:tcPr><w:tcW w:w="{widths[1]}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>{bar}</w:tc>',
                cell(self.control(line["figure"]), widths[2], is_number=True, border=0, keep_next=together),
            ]
            rows.append(row(cells))
        return paragraph(run(block["caption"], is_bold=True), CELL_STYLE, keep_next=True) + table(rows, widths)


def _bold(is_bold: bool) -> str:
    return "<w:rPr><w:b/></w:rPr>" if is_bold else ""


def run(text: str, *, is_bold: bool = False) -> str:
    return f'<w:r>{_bold(is_bold)}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def paragraph(runs: str, style: str = "", *, keep_next: bool = False) -> str:
    name = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{name}{_keep_next(keep_next)}</w:pPr>{runs}</w:p>"


def _keep_next(keeps: bool) -> str:
    return "<w:keepNext/>" if keeps else ""


def cell(runs: str, width: int, *, is_number: bool = False, border: int = 4, keep_next: bool = False) -> str:
    line = f'<w:tcBorders><w:bottom w:val="single" w:sz="{border}" w:color="999999"/></w:tcBorders>' if border else ""
    align = '<w:jc w:val="right"/>' if is_number else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{line}<w:vAlign w:val="center"/></w:tcPr>'
        f'<w:p><w:pPr><w:pStyle w:val="{CELL_STYLE}"/>{_keep_next(keep_next)}'
        f'<w:spacing w:before="30" w:after="30"/>{align}</w:pPr>{runs}</w:p></w:tc>'
    )


def row(cells: list[str], *, is_head: bool = False) -> str:
    return f"<w:tr><w:trPr><w:cantSplit/>{'<w:tblHeader/>' if is_head else ''}</w:trPr>{''.join(cells)}</w:tr>"


def table(rows: list[str], widths: list[int]) -> str:
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
        f'<w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>" + paragraph("", SMALL_STYLE)
    )
