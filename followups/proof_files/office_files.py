"""Unpack Office files (.xlsx, .docx) within bounds of size and number of parts."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from followups.proof_files import DAMAGED_FILE, UNPACKED_TOO_LARGE, FileRefused

#: Maximum unpacked size in bytes, and maximum number of parts.
MAX_UNPACKED, MAX_PARTS = 20 * 1024**2, 1000
#: Other compressions are unpacked completely before the size is known.
_KNOWN_COMPRESSION = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
#: Errors of zipfile and zlib for a damaged or locked file.
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError, LookupError)


def unpack_office_file(content: bytes) -> dict[str, bytes]:
    """Return {name: bytes} of the parts, {} if the file is no zip file. Raise FileRefused if damaged or too large.

    A part is read up to the size that it declares, so a bomb with a false size takes no memory either.
    """
    if not content.startswith(b"PK\x03\x04"):
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            if len(parts) > MAX_PARTS or sum(one.file_size for one in parts) > MAX_UNPACKED:
                raise FileRefused(UNPACKED_TOO_LARGE)
            if any(one.compress_type not in _KNOWN_COMPRESSION for one in parts):
                raise FileRefused(DAMAGED_FILE)
            return {one.filename: _read_part(packed, one) for one in parts}
    except _ZIP_ERRORS as broken:
        raise FileRefused(DAMAGED_FILE) from broken


def _read_part(packed: zipfile.ZipFile, one: zipfile.ZipInfo) -> bytes:
    with packed.open(one) as part:
        return part.read(one.file_size)
