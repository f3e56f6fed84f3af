"""Strip metadata from images: keep the segments that draw the image, byte for byte.

A telephone writes the position into a photograph, and often appends a film or a second image. Such data proves
nothing and reveals too much.

Pillow would decode and encode the image again: other pixels in a JPEG, another SHA-256 each time, 8 bits of 16 in a
PNG, and 1.35 GB of memory for a black square of 2.8 MB. Here nothing is decoded.
"""

from __future__ import annotations

import re
import struct
import zlib

from followups.proof_files import DAMAGED_FILE, ProofRefused

#: Maximum width and height of an image, in pixels.
MAX_SIDE = 20_000

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: Image, palette, transparency, and the meaning of the colours.
_PNG_CHUNKS_KEPT = frozenset(b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP sBIT bKGD pHYs".split())


def strip_png(content: bytes) -> bytes:
    """Return the PNG with only the chunks that draw the image, checksums included. Raise ProofRefused."""
    kept, at, is_first = [PNG_SIGNATURE], len(PNG_SIGNATURE), True
    while at + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content) or is_first is not (kind == b"IHDR"):
            break
        if zlib.crc32(content[at + 4 : end - 4]) != struct.unpack_from(">I", content, end - 4)[0]:
            break
        if is_first and not (length == 13 and _is_allowed_size(*struct.unpack_from(">II", content, at + 8))):
            break
        if kind in _PNG_CHUNKS_KEPT:
            kept.append(content[at:end])
        if kind == b"IEND":
            return b"".join(kept)
        at, is_first = end, False
    raise ProofRefused(DAMAGED_FILE)


#: The marker that ends a scan: FF 00 is a data byte FF, and D0 to D7 are restart markers within the scan.
_SCAN_END = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN, _END, _EXIF = 0xDA, 0xD9, 0xE1
#: Frames, tables, scans, and restart intervals.
_JPEG_SEGMENTS_KEPT = _FRAMES | {0xC4, 0xCC, _SCAN, 0xDB, 0xDC, 0xDD}
#: Segments about colours: marker → (prefix, maximum length in bytes). A JFIF header with a thumbnail is longer.
_COLOUR_SEGMENTS = {0xE0: (b"JFIF\0", 16), 0xE2: (b"ICC_PROFILE\0", 2**16), 0xEE: (b"Adobe", 16)}


def strip_jpeg(content: bytes) -> bytes:
    """Return the JPEG with only the segments that draw the image, and the orientation. Raise ProofRefused."""
    kept, at, has_size = [content[:2]], 2, False
    while at + 4 <= len(content) and content[at] == 0xFF:
        mark, length = content[at + 1], struct.unpack_from(">H", content, at + 2)[0]
        if mark in _FRAMES and at + 9 <= len(content):
            has_size = _is_allowed_size(*struct.unpack_from(">HH", content, at + 5))
        end = at + 2 + length
        if mark == _SCAN:
            found = _SCAN_END.search(content, end)
            if found is None:
                break
            end = found.start()
        if mark in _JPEG_SEGMENTS_KEPT or _is_about_colours(mark, content[at + 4 : end]):
            kept.append(content[at:end])
        elif mark == _EXIF and (way := _read_orientation(content[at + 4 : end])) > 1:
            kept.append(_orientation_segment(way))
        at = end
        if has_size and content[at : at + 2] == bytes([0xFF, _END]):
            return b"".join([*kept, content[at : at + 2]])
    raise ProofRefused(DAMAGED_FILE)


def _is_allowed_size(one: int, other: int) -> bool:
    return 1 <= one <= MAX_SIDE and 1 <= other <= MAX_SIDE


def _is_about_colours(mark: int, data: bytes) -> bool:
    begins, longest = _COLOUR_SEGMENTS.get(mark, (b"", 0))
    return len(data) <= longest and data.startswith(begins)


#: Exif prefix, TIFF tag of the orientation, TIFF type SHORT.
_EXIF_HEADER, _ORIENTATION_TAG, _SHORT = b"Exif\0\0", 0x0112, 3


def _read_orientation(data: bytes) -> int:
    """Return the Exif orientation, 1 to 8; 1 (not rotated) if there is none or the segment cannot be read."""
    tiff = data.removeprefix(_EXIF_HEADER)
    order = {b"MM\0*": ">", b"II*\0": "<"}.get(tiff[:4])
    if order is None or tiff == data:
        return 1
    try:
        at = struct.unpack_from(f"{order}I", tiff, 4)[0]
        for field in range(struct.unpack_from(f"{order}H", tiff, at)[0]):
            name, kind, _, way = struct.unpack_from(f"{order}HHIH", tiff, at + 2 + field * 12)
            if (name, kind) == (_ORIENTATION_TAG, _SHORT) and 1 <= way <= 8:
                return int(way)
    except struct.error:
        return 1
    return 1


def _orientation_segment(way: int) -> bytes:
    """Return an Exif segment that holds the orientation and nothing else."""
    tiff = struct.pack(">4sIHHHIHHI", b"MM\0*", 8, 1, _ORIENTATION_TAG, _SHORT, 1, way, 0, 0)
    return struct.pack(">BBH", 0xFF, _EXIF, 2 + len(_EXIF_HEADER) + len(tiff)) + _EXIF_HEADER + tiff
