"""Contents of proof files: images, PDF files, workbooks and logs, whole or tampered with."""

import io
import struct
import zipfile
import zlib

from sepo_incident.core import spreadsheets

LOG = "id;status\r\nB-00002;Afleveret Digital Post\r\n".encode("cp1252")


def png_chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 1, height: int = 1, *more: bytes) -> bytes:
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + png_chunk(b"IDAT", zlib.compress(b"\0\0")) + png_chunk(b"IEND")
    )


def jpeg_segment(mark: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, mark, len(data) + 2) + data


JPEG = (
    b"\xff\xd8"
    + jpeg_segment(0xE0, b"JFIF\0")
    + jpeg_segment(0xC2, b"\x08\x00\x10\x00\x10\x01\x01\x11\x00")
    + jpeg_segment(0xDA, b"\x01\x01\x00\x00\x3f\x00")
    + b"\x12\xff\x00\xff\xd0\x34"
    + jpeg_segment(0xDA, b"\x01\x01\x00\x01\x3f\x00")  # a progressive JPEG has several scans
    + b"\x56\xff\xd9"
)
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def pdf(catalogue: bytes = b"", more: bytes = b"") -> bytes:
    return PDF.replace(b"/Type/Catalog", b"/Type/Catalog " + catalogue).replace(b"trailer", more + b"trailer")


def xlsx(*cells: str) -> bytes:
    return spreadsheets.build_xlsx(["Brev", "Status"], [cells or ("B-00002", "Afleveret")], "Log")


EMPTY_ZIP = b"PK\x05\x06" + bytes(18)


def xlsx_with(*more: tuple[str, bytes], of: bytes = b"", way: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a workbook with additional zip entries."""
    content = io.BytesIO(of or xlsx())
    with zipfile.ZipFile(content, "a", way) as file:
        for name, data in more:
            file.writestr(name, data)
    return content.getvalue()
