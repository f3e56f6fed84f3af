"""Build and alter workbooks part by part, in ways that no library writes but a file may hold."""

import io
import re
import struct
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


def zipped(parts: dict[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", packing) as archive:
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
    """Return the workbook with rewritten parts: `sheet`, `workbook` or `everything`."""
    parts = unzipped(content)
    paths = {"sheet": ["xl/worksheets/sheet1.xml"], "workbook": ["xl/workbook.xml"], "everything": list(parts)}
    for what, change in replaced.items():
        for path in paths[what]:
            parts[path] = change(parts[path])
    return zipped(parts)


def with_cell(content: bytes, place: str, xml: str) -> bytes:
    """Replace the cell at `place` by `xml`."""

    def change(sheet: bytes) -> bytes:
        start = sheet.index(f'<c r="{place}"'.encode())
        end = sheet.index(b"</c>", start) + 4
        return sheet[:start] + xml.encode() + sheet[end:]

    return changed(content, sheet=change)


def with_dimension(content: bytes, ref: str) -> bytes:
    """Let the sheet declare the dimension `ref`."""
    dimension = f'<dimension ref="{ref}"'.encode()
    return changed(content, sheet=lambda sheet: re.sub(rb'<dimension ref="[^"]*"', dimension, sheet))


def shared(content: bytes, xml: str | None) -> bytes:
    """Make the last cell of row 2 a shared string. `xml` is the table of shared strings, None for a missing table."""
    parts = unzipped(with_cell(content, "M2", '<c r="M2" t="s"><v>0</v></c>'))
    parts.pop("xl/sharedStrings.xml", None)
    if xml is not None:
        main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
        parts["xl/sharedStrings.xml"] = f'<?xml version="1.0"?><sst xmlns="{main}">{xml}</sst>'.encode()
    return zipped(parts)


def with_noise(content: bytes, part: str) -> bytes:
    """Overwrite the packed bytes of one part, so that the part cannot be unpacked."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entry = archive.getinfo(part)
    start = entry.header_offset + 30 + len(part)
    return content[:start] + b"\xff" * entry.compress_size + content[start + entry.compress_size :]


def zip64(content: bytes) -> bytes:
    """Pack the parts as zip64, as programs do that do not know the sizes beforehand."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in unzipped(content).items():
            with archive.open(name, "w", force_zip64=True) as file:
                file.write(part)
    return made.getvalue()


def locked(content: bytes) -> bytes:
    """Mark each part as encrypted (bit 0 of the flags)."""
    at, changed_ = content.find(b"PK\x01\x02"), bytearray(content)
    while at >= 0:
        changed_[at + 8] |= 1
        at = content.find(b"PK\x01\x02", at + 4)
    return bytes(changed_)


def with_directory(content: bytes, times: int) -> bytes:
    """Repeat the zip directory `times` times, so that all entries overlap."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start, count = archive.start_dir, len(archive.infolist())
    end = content.rindex(b"PK\x05\x06")
    directory = content[start:end] * times
    sizes = struct.pack("<HHLL", *[count * times & 0xFFFF] * 2, len(directory), start)
    return content[:start] + directory + content[end : end + 8] + sizes + content[end + 20 :]


def strict(content: bytes) -> bytes:
    def change(part: bytes) -> bytes:
        for old, new in _STRICT.items():
            part = part.replace(old, new)
        return part

    return changed(content, everything=change)


def ods(*, hidden: Sequence[str] = (), manifest: str = "", **sheets: Cells) -> bytes:
    """Return an OpenDocument spreadsheet of texts."""
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


def repeated_ods(rows: Cells, times: str, word: str) -> bytes:
    """Return the sheet with a cell that is repeated over every column of `times` rows."""
    content = unzipped(ods(Ark1=rows))
    value = f' office:value-type="string"><text:p>{word}</text:p></table:table-cell>' if word else "/>"
    many = f'<table:table-row table:number-rows-repeated="{times}"><table:table-cell'
    many += f' table:number-columns-repeated="16384"{value}</table:table-row></table:table>'
    content["content.xml"] = content["content.xml"].replace(b"</table:table>", many.encode(), 1)
    return zipped(content)


def _ods_cell(value: Any) -> str:
    if value in (None, ""):
        return "<table:table-cell/>"
    if str(value).startswith("="):
        return f'<table:table-cell table:formula="of:{escape(value)}"/>'
    if str(value).startswith("#"):
        return (
            '<table:table-cell table:formula="of:=NA()" office:value-type="string" office:string-value=""'
            f' calcext:value-type="error"><text:p>{value}</text:p></table:table-cell>'
        )
    return f'<table:table-cell office:value-type="string"><text:p>{escape(str(value))}</text:p></table:table-cell>'
