"""What a file that is to be proof is, by its content. Whatever is not one of a few kinds, whole and alone, is refused.

No antivirus looks at it, and its bytes are kept as they are, for they are the proof: so what could run or hide in it is
refused, and it only ever leaves as a download (``views.arriving``).
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from sepo_incident import cpr, danish

MAX_BYTES = 10 * 1024**2
#: what a workbook may be unpacked, and how many parts it may have
MAX_UNPACKED, MAX_PARTS = 20 * 1024**2, 1000
#: how much may be written in it, for all of it is read
MAX_TEXT = 2 * 1024**2
#: how long and wide an image may be
MAX_SIDE = 20_000

TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "txt": "text/plain",
}
KINDS = "et billede (PNG eller JPEG), en PDF, en tekstfil (TXT eller CSV) eller et regneark (XLSX)"
UNKNOWN = f"Filen er ikke {KINDS}, uanset hvad den hedder. Gem den som en af dem, og vælg den igen."
NOT_WHOLE = "Filen er ikke hel, eller der ligger noget andet i den. Gem den igen, og vælg den nye fil."
ACTIVE = "Der er programkode eller andre filer i den. Udskriv den til PDF, eller tag et skærmbillede."
HOLDS_CPR = "Der står noget i filen, der ligner et CPR-nummer. Slet eller slør det, og vælg filen igen."
NO_TEXT = "Der står ingen tekst i filen."
TOO_MUCH = "Der står for meget i filen. Gem kun de linjer, der handler om brevet."


class Refused(Exception):
    """Why a file is not taken, as a Danish sentence."""


@dataclass(frozen=True)
class Proof:
    """A file that was checked. ``name`` is fit to be shown and saved."""

    name: str
    type: str
    content: bytes = field(repr=False)

    @property
    def size(self) -> int:
        return len(self.content)

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def checked(name: str, content: bytes) -> Proof:
    """Raises ``Refused``."""
    ends = ending(content, name)
    return Proof(tidy(name, ends), TYPES[ends], content)


def too_big(size: int) -> str:
    """Why a file of so many bytes is refused; "" where it is not."""
    if size <= MAX_BYTES:
        return ""
    return f"Filen fylder {danish.number(round(size / 1024**2))} MB. Den må højst fylde {MAX_BYTES // 1024**2} MB."


def ending(content: bytes, name: str) -> str:
    """How the name of a file with this content ends: a key of ``TYPES``. Only a text's own name counts, for both of its
    kinds are text."""
    if refusal := too_big(len(content)):
        raise Refused(refusal)
    for signature, ends, check in KNOWN:
        if content.startswith(signature):
            check(content)
            return ends
    check_text(content)
    return "csv" if name.lower().endswith(".csv") else "txt"


def tidy(name: str, ends: str) -> str:
    """Without folders, CPR numbers, and what a file system or a header could misread."""
    stem = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1].rpartition(".")
    text = cpr.mask(stem[0] or stem[2])
    plain = re.sub(r"[^\w ()-]+", "_", text).replace("●", "_")
    return f"{re.sub(r'[_ ]*_[_ -]*', '_', plain).strip('_ ')[:80].strip() or 'bevis'}.{ends}"


# --- Each kind, whole and alone -----------------------------------------------------------------------------------


def check_png(content: bytes) -> None:
    """Every chunk with its checksum, from the head to an end with nothing after it."""
    at, is_first = 8, True
    while at + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content) or is_first is not (kind == b"IHDR"):
            break
        if zlib.crc32(content[at + 4 : end - 4]) != struct.unpack_from(">I", content, end - 4)[0]:
            break
        if is_first and not (length == 13 and _are_sides(*struct.unpack_from(">II", content, at + 8))):
            break
        if kind == b"IEND" and end == len(content):
            return
        at, is_first = end, False
    raise Refused(NOT_WHOLE)


#: in the picture itself: what ends it, for FF 00 is a byte of it, and D0 to D7 are marks within it
_ENDS_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def check_jpeg(content: bytes) -> None:
    """Every segment by its length, the picture's size, and an end with nothing after it."""
    at, has_size = 2, False
    while at + 4 <= len(content) and content[at] == 0xFF:
        mark, length = content[at + 1], struct.unpack_from(">H", content, at + 2)[0]
        if mark in _FRAMES and at + 9 <= len(content):
            has_size = _are_sides(*struct.unpack_from(">HH", content, at + 5))
        at += 2 + length
        if mark == 0xDA:
            found = _ENDS_SCAN.search(content, at)
            if found is None:
                break
            at = found.start()
        if has_size and content[at:] == b"\xff\xd9":
            return
    raise Refused(NOT_WHOLE)


def _are_sides(one: int, other: int) -> bool:
    return 1 <= one <= MAX_SIDE and 1 <= other <= MAX_SIDE


_ACTIVE_IN_PDF = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFile|RichMedia)")


def check_pdf(content: bytes) -> None:
    """It begins and ends as one and is nothing else besides. What is packed in its streams is not looked through."""
    if not re.match(rb"%PDF-[12]\.\d", content) or b"%%EOF" not in content[-1024:] or _is_zip(content):
        raise Refused(NOT_WHOLE)
    if _ACTIVE_IN_PDF.search(content):
        raise Refused(ACTIVE)


def _is_zip(content: bytes) -> bool:
    return zipfile.is_zipfile(io.BytesIO(content))


def check_workbook(content: bytes) -> None:
    """A workbook without macros or other files in it, that is not made to fill a memory, and without CPR numbers."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            _check_parts(packed, content)
            texts = [one for one in packed.infolist() if _holds_text(one.filename)]
            _read("\n".join(_words(packed.read(one)) for one in texts))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as broken:
        raise Refused(NOT_WHOLE) from broken


#: macros and what else a workbook can carry; how a printer is set is in a .bin as well
_ACTIVE_IN_WORKBOOK = re.compile(r"^(?!xl/printerSettings/).*\.bin$|/embeddings/|/activeX/|/externalLinks/")


#: what is packed in another way is unpacked whole before anybody knows how large it is
_MEASURED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def _check_parts(packed: zipfile.ZipFile, content: bytes) -> None:
    parts = packed.infolist()
    names = [one.filename for one in parts]
    if not {"[Content_Types].xml", "xl/workbook.xml"} <= set(names):
        raise Refused(UNKNOWN)
    is_alone = content[-22:-18] == b"PK\x05\x06" and min(one.header_offset for one in parts) == 0
    is_plain = all(not one.startswith("/") and ".." not in one and "\\" not in one for one in names)
    if not is_alone or not is_plain or len(set(names)) != len(names):
        raise Refused(NOT_WHOLE)
    if any(one.compress_type not in _MEASURED for one in parts):
        raise Refused(NOT_WHOLE)
    if len(parts) > MAX_PARTS or sum(one.file_size for one in parts) > MAX_UNPACKED:
        raise Refused(TOO_MUCH)
    if any(_ACTIVE_IN_WORKBOOK.search(one) for one in names):
        raise Refused(ACTIVE)


def _holds_text(name: str) -> bool:
    return name.startswith("xl/") and name.endswith(".xml")


def _words(xml: bytes) -> str:
    """What stands between the marks, each on a line of its own."""
    return re.sub(r"(?:<[^<>]*>)+", "\n", xml.decode("utf-8", "replace"))


_IN_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def check_text(content: bytes) -> None:
    """Plain text in a code that Danish programs write, no web page or drawing, and without CPR numbers."""
    text = _decoded(content)
    if text is None or _IN_NO_TEXT.search(text):
        raise Refused(UNKNOWN)
    begins = text.lstrip("\ufeff \t\r\n")[:1]
    if begins in ("<", ""):
        raise Refused(UNKNOWN if begins else NO_TEXT)
    _read(text)


def _decoded(content: bytes) -> str | None:
    codes = ["utf-16"] if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp1252"]
    for code in codes:
        try:
            return content.decode(code)
        except UnicodeDecodeError:
            continue
    return None


def _read(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise Refused(TOO_MUCH)
    if cpr.holds_cpr(text):
        raise Refused(HOLDS_CPR)


#: how a file begins → how its name ends, and what it must be then
KNOWN: list[tuple[bytes, str, Callable[[bytes], None]]] = [
    (b"\x89PNG\r\n\x1a\n", "png", check_png),
    (b"\xff\xd8\xff", "jpg", check_jpeg),
    (b"%PDF-", "pdf", check_pdf),
    (b"PK\x03\x04", "xlsx", check_workbook),
]
