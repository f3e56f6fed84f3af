"""Workbooks put together and taken apart: what no library would write, but a file may hold."""

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any
from xml.sax.saxutils import escape

from openpyxl import Workbook

_OFFICE = "urn:oasis:names:tc:opendocument:xmlns"
_MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"
_STRICT = {
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    b"http://schemas.openxmlformats.org/officeDocument/2006/": b"http://purl.oclc.org/ooxml/officeDocument/",
}

Cells = Sequence[Sequence[Any]]


def zipped(parts: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def saved(book: Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def book(*, hidden: Sequence[str] = (), **sheets: Cells) -> Workbook:
    made = Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
        for row in rows:
            sheet.append(list(row))
    return made


def xlsx(rows: Cells) -> bytes:
    return saved(book(Ark1=rows))


def changed(content: bytes, **replaced: Callable[[bytes], bytes]) -> bytes:
    """The workbook with parts rewritten: ``sheet``, ``workbook`` or ``everything``."""
    parts = unzipped(content)
    paths = {"sheet": ["xl/worksheets/sheet1.xml"], "workbook": ["xl/workbook.xml"], "everything": list(parts)}
    for what, change in replaced.items():
        for path in paths[what]:
            parts[path] = change(parts[path])
    return zipped(parts)


def with_cell(content: bytes, place: str, xml: str) -> bytes:
    """The one cell at ``place`` becomes ``xml``."""

    def change(sheet: bytes) -> bytes:
        start = sheet.index(f'<c r="{place}"'.encode())
        end = sheet.index(b"</c>", start) + 4
        return sheet[:start] + xml.encode() + sheet[end:]

    return changed(content, sheet=change)


def strict(content: bytes) -> bytes:
    def change(part: bytes) -> bytes:
        for old, new in _STRICT.items():
            part = part.replace(old, new)
        return part

    return changed(content, everything=change)


def ods(*, hidden: Sequence[str] = (), manifest: str = "", **sheets: Cells) -> bytes:
    """An OpenDocument sheet of texts."""
    tables = "".join(
        f'<table:table table:name="{name}" table:style-name="{"hidden" if name in hidden else "shown"}">'
        + "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    content = (
        f'<?xml version="1.0"?><office:document-content xmlns:office="{_OFFICE}:office:1.0"'
        f' xmlns:table="{_OFFICE}:table:1.0" xmlns:text="{_OFFICE}:text:1.0" xmlns:style="{_OFFICE}:style:1.0"'
        ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">'
        '<office:automatic-styles><style:style style:name="hidden" style:family="table">'
        '<style:table-properties table:display="false"/></style:style></office:automatic-styles>'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    listed = manifest or f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_MIMETYPE}"/>'
    return zipped(
        {
            "mimetype": _MIMETYPE.encode(),
            "content.xml": content.encode(),
            "META-INF/manifest.xml": (
                f'<?xml version="1.0"?><manifest:manifest xmlns:manifest="{_OFFICE}:manifest:1.0">'
                f"{listed}</manifest:manifest>"
            ).encode(),
        }
    )


def _ods_cell(value: Any) -> str:
    if value in (None, ""):
        return "<table:table-cell/>"
    if str(value).startswith("#"):
        return (
            '<table:table-cell table:formula="of:=NA()" office:value-type="string" office:string-value=""'
            f' calcext:value-type="error"><text:p>{value}</text:p></table:table-cell>'
        )
    return f'<table:table-cell office:value-type="string"><text:p>{escape(str(value))}</text:p></table:table-cell>'
