"""Strip metadata from pictures: keep what draws the picture, and the orientation.

A telephone writes the position into a photograph, and may append a film. Such data proves nothing and reveals too much.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from followups.proof_files import DAMAGED_FILE, FileRefused

PNG_SIGNATURE, JPEG_SIGNATURE = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
#: Image, palette, transparency, and the meaning of the colours.
_PNG_CHUNKS_KEPT = frozenset(b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP sBIT bKGD pHYs".split())
#: The marker that ends a scan: FF 00 is a data byte FF, and D0 to D7 are restart markers within the scan.
_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_SCAN, _END, _EXIF, _REMARK = 0xDA, 0xD9, 0xE1, 0xFE
#: Segments of programs that are about colours: JFIF, ICC profile, Adobe.
_COLOUR_SEGMENTS = {0xE0, 0xE2, 0xEE}
#: The tag of the orientation in Exif, in either order of bytes.
_ORIENTATION = re.compile(rb"\x01\x12\0\x03\0{3}\x01\0([\x01-\x08])|\x12\x01\x03\0\x01\0{3}([\x01-\x08])\0")


def strip_png(content: bytes) -> bytes:
    """Return the PNG with only the chunks that draw the picture. Raise FileRefused if it has no end."""
    kept, at = [PNG_SIGNATURE], len(PNG_SIGNATURE)
    while at + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if kind in _PNG_CHUNKS_KEPT:
            kept.append(content[at:end])
        if kind == b"IEND":
            return b"".join(kept)
        at = end
    raise FileRefused(DAMAGED_FILE)


def strip_jpeg(content: bytes) -> bytes:
    """Return the JPEG without remarks, and without what programs wrote except colours and the orientation.

    Raise FileRefused if it has no end.
    """
    return b"".join([content[:2], *_kept_segments(content)])


def _kept_segments(content: bytes) -> Iterator[bytes]:
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF:
        mark, end = content[at + 1], at + 2 + struct.unpack_from(">H", content, at + 2)[0]
        if mark == _SCAN:
            found = _SCAN_END.search(content, end)
            end = found.start() if found else len(content)
        if mark == _EXIF and (way := _ORIENTATION.search(content, at, end)):
            tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0" + (way[1] or way[2]) + bytes(6)
            yield struct.pack(">BBH", 0xFF, _EXIF, 8 + len(tiff)) + b"Exif\0\0" + tiff
        if mark != _REMARK and (not 0xE0 <= mark <= 0xEF or mark in _COLOUR_SEGMENTS):
            yield content[at:end]
        at = end
        if content[at : at + 2] == bytes([0xFF, _END]):
            yield content[at : at + 2]
            return
    raise FileRefused(DAMAGED_FILE)
