"""The project's own Word template of the status note. It is built here, so the repository holds no binary file."""

from __future__ import annotations

import io
from functools import cache
from typing import Any

from docx import Document
from docx.enum.section import WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from followups.reporting.note.package import pack_document, unpack_document
from followups.reporting.note.sections import SECTIONS

ACCENT = RGBColor(0x0A, 0x2A, 0x66)
#: Text width in twentieths of a point, beside the margin column and in the annex.
TEXT_WIDTH, ANNEX_WIDTH = 7230, 9640


@cache
def build_template() -> bytes:
    """Return the project's own template as a .docx."""
    document = Document()
    _set_styles(document)
    first = document.sections[0]
    _set_page(first, right=Mm(62.5))
    _write_margin_column(document)
    _write_text(document)
    annex = document.add_section(WD_SECTION.NEW_PAGE)
    _set_page(annex, right=Mm(20))
    _write_sections(document, are_annexes=True)
    _write_footer(first.footer, TEXT_WIDTH)
    annex.footer.is_linked_to_previous = False
    _write_footer(annex.footer, ANNEX_WIDTH)
    document.core_properties.title, document.core_properties.author = "Statusnotat", "Koncern IT"
    document.core_properties.language = "da-DK"
    saved = io.BytesIO()
    document.save(saved)
    parts = unpack_document(saved.getvalue())
    font = b'<w:font w:name="Arial"><w:altName w:val="Liberation Sans"/><w:family w:val="swiss"/></w:font></w:fonts>'
    parts["word/fontTable.xml"] = parts["word/fontTable.xml"].replace(b"</w:fonts>", font)
    return pack_document(parts)


def _set_page(section: Any, right: Mm) -> None:
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin, section.right_margin = Mm(20), right
    section.top_margin, section.bottom_margin = Mm(20), Mm(24)
    section.footer_distance = Mm(10)


def _set_styles(document: Any) -> None:
    styles = document.styles
    for language in styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), "da-DK")
    _set_style(styles["Normal"], 10.5, after=4, line=14.5)
    _set_style(styles["Title"], 17, bold=True, after=4, line=22)
    title = styles["Title"].element.get_or_add_pPr()
    for border in title.findall(qn("w:pBdr")):
        title.remove(border)
    _set_style(styles["Heading 1"], 12, bold=True, before=11, after=2, line=15)
    _set_style(styles["List Bullet"], 10.5, after=2, line=14.5)
    for name, size, color in (("NotatTil", 10.5, ACCENT), ("NotatMargen", 8.5, None), ("NotatKilde", 8.5, None)):
        _set_style(styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH), size, color=color, line=size * 1.4)
    styles["NotatTil"].font.bold = True
    styles["NotatTil"].paragraph_format.space_after = Pt(14)
    styles["NotatKilde"].paragraph_format.space_after = Pt(4)
    styles["NotatKilde"].font.color.rgb = RGBColor(0x44, 0x44, 0x44)
    _set_style(styles.add_style("NotatTabel", WD_STYLE_TYPE.PARAGRAPH), 10, line=13)
    summary = styles.add_style("NotatResume", WD_STYLE_TYPE.PARAGRAPH)
    _set_style(summary, 10.5, before=8, after=4, line=14.5)
    border = f'<w:pBdr {nsdecls("w")}><w:left w:val="single" w:sz="18" w:space="9" w:color="0A2A66"/></w:pBdr>'
    _insert(summary.element.get_or_add_pPr(), border)
    summary.paragraph_format.left_indent = Mm(3.5)


def _set_style(
    style: Any,
    size: float,
    *,
    bold: bool = False,
    before: float = 0,
    after: float = 0,
    line: float = 0,
    color: RGBColor | None = None,
) -> None:
    style.font.name, style.font.size, style.font.bold = "Arial", Pt(size), bold
    style.font.color.rgb = color or RGBColor(0x11, 0x11, 0x11)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in list(fonts.attrib):
        if "heme" in name:
            del fonts.attrib[name]
    fonts.set(qn("w:hAnsi"), "Arial")
    fonts.set(qn("w:cs"), "Arial")
    form = style.paragraph_format
    form.space_before, form.space_after, form.line_spacing = Pt(before), Pt(after), Pt(line or size * 1.3)


#: What follows borders and tabs in the properties of a paragraph; Word demands the order of the schema.
_AFTER_BORDERS = ("w:shd", "w:tabs", "w:spacing", "w:ind", "w:contextualSpacing", "w:jc", "w:outlineLvl", "w:rPr")


def _insert(properties: Any, xml: str, after: tuple[str, ...] = _AFTER_BORDERS) -> None:
    properties.insert_element_before(parse_xml(xml), *after)


_MARGIN = [
    ("", "{{ dato }}"),
    ("Sagsnummer", "{{ sagsnummer }}"),
    ("Dokumentnummer", "{{ dokumentnummer }}"),
    ("Udgave", "{{ udgave }}. Tallene er fra {{ tidspunkt }}."),
    ("Sagsbehandler", "{{ sagsbehandler }}"),
    ("", "{{ afsender }}"),
]


def _write_margin_column(document: Any) -> None:
    """Write the column beside the text: a frame that Word and LibreOffice both keep at its place on the first page."""
    frame = (
        f'<w:framePr {nsdecls("w")} w:w="2070" w:hSpace="0" w:wrap="around" w:vAnchor="page" w:hAnchor="page" '
        f'w:x="8870" w:y="1134"/>'
    )
    for heading, text in _MARGIN:
        for words, is_heading in ((heading, True), (text, False)):
            if words:
                paragraph = document.add_paragraph(style="NotatMargen")
                paragraph.add_run(words).bold = is_heading
                paragraph.paragraph_format.space_after = Pt(0 if is_heading else 9)
                paragraph._p.get_or_add_pPr().insert(1, parse_xml(frame))


def _write_text(document: Any) -> None:
    document.add_paragraph("{{ notat_til }}", style="NotatTil")
    document.add_paragraph("{{ titel }}", style="Title")
    _write_sections(document, are_annexes=False)
    document.add_paragraph("{{ forbehold }}", style="NotatKilde")


def _write_sections(document: Any, *, are_annexes: bool) -> None:
    for section in SECTIONS:
        if section.is_annex is not are_annexes:
            continue
        if section.key != "summary":
            document.add_heading(section.heading.format(enhed="{{ enhed }}"), level=1)
        document.add_paragraph(f"{{{{p {section.field} }}}}")


def _write_footer(footer: Any, width: int) -> None:
    paragraph = footer.paragraphs[0]
    paragraph.style = "NotatKilde"
    properties = paragraph._p.get_or_add_pPr()
    _insert(
        properties,
        f'<w:pBdr {nsdecls("w")}><w:top w:val="single" w:sz="4" w:space="6" w:color="999999"/></w:pBdr>',
    )
    _insert(
        properties,
        f'<w:tabs {nsdecls("w")}><w:tab w:val="right" w:pos="{width}"/></w:tabs>',
        _AFTER_BORDERS[2:],
    )
    paragraph.add_run("Statusnotat, udgave {{ udgave }}, {{ tidspunkt }}")
    paragraph.add_run("\tSide ")
    _add_field(paragraph, "PAGE")
    paragraph.add_run(" af ")
    _add_field(paragraph, "NUMPAGES")


def _add_field(paragraph: Any, name: str) -> None:
    paragraph._p.append(
        parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr=" {name} "><w:r><w:t>1</w:t></w:r></w:fldSimple>')
    )
