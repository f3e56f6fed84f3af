"""The Word document of a version: the template filled in, with every figure in a content control.

A control's tag is its number in the document and the name of its figure («17:letters.open@before»), its title what the
figure counts. Word allows 64 characters in each. The whole sentence, the time, the filter and the value of each figure
are in a part of the document, `customXml/item9.xml`. The version's id is in the property «sepo-notat». LibreOffice
keeps all of it when it saves the document (docs/decisions/0044).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from xml.sax.saxutils import escape, quoteattr

from lxml import etree
from markupsafe import Markup

from followups.models import NoteVersion
from followups.reporting.note.frozen_figures import NamedFigure, named_figures
from followups.reporting.note.package import pack_document, parse_xml
from followups.reporting.note.sections import SECTIONS_BY_KEY, Section
from followups.reporting.note.template import ANNEX_WIDTH, TEXT_WIDTH
from followups.reporting.note.template_fields import (
    BULLET_STYLE,
    CELL_STYLE,
    LINE_FIELDS,
    SMALL_STYLE,
    SUMMARY_STYLE,
    fill_template,
)
from followups.reporting.note.text import Block, Piece
from sepo_incident.core import danish

VERSION_PROPERTY = "sepo-notat"
FIGURES_NAMESPACE = "urn:sepo-incident:notat"
#: Word refuses a document with a longer tag or title.
MAX_TAG = 64
#: Widths of the columns of numbers, in twentieths of a point: now, before, and the difference.
NUMBER_WIDTHS = [1560, 1560, 1080]
TAG = re.compile(r"(?P<number>\d{1,5}):(?P<name>[a-z0-9._-]{1,50}(?:@before|@change)?)")
_STYLES = {"bullet": BULLET_STYLE, "small": SMALL_STYLE}


def render_document(version: NoteVersion) -> bytes:
    """Return the version as a .docx. The same version gives the same bytes."""
    writer = _Writer(named_figures(version), version)
    values: dict[str, str] = line_values(version)
    for section in version.content["sections"]:
        known = SECTIONS_BY_KEY[section["key"]]
        values[known.field] = Markup(writer.blocks(section["blocks"], known))  # noqa: S704  # we escape
    parts = fill_template(bytes(version.template.content), values)
    _add_version_id(parts, version)
    _add_figures(parts, version, writer.written)
    return pack_document(parts)


def line_values(version: NoteVersion) -> dict[str, str]:
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
    return {name: values[name] for name in LINE_FIELDS}


class _Writer:
    """Writes blocks as WordprocessingML and numbers the controls. `written`: the figure of each tag."""

    def __init__(self, figures: dict[str, NamedFigure], version: NoteVersion):
        self.figures, self.version = figures, version
        self.written: dict[str, NamedFigure] = {}

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
        number = len(self.written) + 1
        tag = f"{number}:{name}"
        self.written[tag] = figure
        return (
            f"<w:sdt><w:sdtPr>{_bold(is_bold)}<w:alias w:val={quoteattr(figure.sentence[:MAX_TAG])}/>"
            f'<w:tag w:val={quoteattr(tag)}/><w:id w:val="{number}"/><w:text/></w:sdtPr>'
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


# --- What the document says of itself -----------------------------------------------------------------------------

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_PROPERTIES_PART, _FIGURES_PART = "docProps/custom.xml", "customXml/item9.xml"
_PROPERTIES = f"{_OFFICE}/custom-properties"
_VALUE_TYPES = f"{_OFFICE}/docPropsVTypes"


def _add_version_id(parts: dict[str, bytes], version: NoteVersion) -> None:
    """Write the version's id as a property of the document, in place of an id that the template brought."""
    if _PROPERTIES_PART in parts:
        root = parse_xml(parts[_PROPERTIES_PART])
    else:
        root = etree.Element(f"{{{_PROPERTIES}}}Properties", nsmap={None: _PROPERTIES, "vt": _VALUE_TYPES})
        _relate(parts, "_rels/.rels", f"{_OFFICE}/relationships/custom-properties", _PROPERTIES_PART)
        kind = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
        _declare(parts, _PROPERTIES_PART, kind)
    for one in [one for one in root if one.get("name") == VERSION_PROPERTY]:
        root.remove(one)
    number = 2 + max((int(one.get("pid", "1")) - 1 for one in root), default=0)
    one = etree.SubElement(root, f"{{{_PROPERTIES}}}property", name=VERSION_PROPERTY, pid=str(number))
    one.set("fmtid", "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}")
    etree.SubElement(one, f"{{{_VALUE_TYPES}}}lpwstr").text = str(version.uuid)
    parts[_PROPERTIES_PART] = _serialize(root)


def _add_figures(parts: dict[str, bytes], version: NoteVersion, written: dict[str, NamedFigure]) -> None:
    """Write what each control shows: name, sentence, time, filter and value."""
    root = etree.Element(f"{{{FIGURES_NAMESPACE}}}notat", nsmap={None: FIGURES_NAMESPACE})
    root.set("udgave", str(version.uuid))
    root.set("haendelse", version.incident.slug)
    root.set("enhed", version.unit.code or version.unit.name)
    root.set("tidspunkt", version.taken_at.isoformat())
    for tag, figure in written.items():
        one = etree.SubElement(root, f"{{{FIGURES_NAMESPACE}}}tal", tag=tag, navn=figure.name, vaerdi=str(figure.value))
        one.set("taeller", figure.sentence)
    parts[_FIGURES_PART] = _serialize(root)
    _relate(parts, "word/_rels/document.xml.rels", f"{_OFFICE}/relationships/customXml", f"../{_FIGURES_PART}")


def _relate(parts: dict[str, bytes], rels: str, kind: str, target: str) -> None:
    root = parse_xml(parts[rels])
    taken = {one.get("Id") for one in root}
    name = next(f"rIdNotat{n}" for n in range(1, len(taken) + 2) if f"rIdNotat{n}" not in taken)
    etree.SubElement(root, f"{{{_RELATIONSHIPS}}}Relationship", Id=name, Type=kind, Target=target)
    parts[rels] = _serialize(root)


def _declare(parts: dict[str, bytes], name: str, kind: str) -> None:
    root = parse_xml(parts["[Content_Types].xml"])
    etree.SubElement(root, f"{{{_TYPES}}}Override", PartName=f"/{name}", ContentType=kind)
    parts["[Content_Types].xml"] = _serialize(root)


def _serialize(root: etree._Element) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))


def read_version_id(parts: dict[str, bytes]) -> str:
    """Return the version's id that stands in a document, or ""."""
    if _PROPERTIES_PART not in parts:
        return ""
    for one in parse_xml(parts[_PROPERTIES_PART]):
        if one.get("name") == VERSION_PROPERTY:
            return "".join(one.itertext()).strip()
    return ""
