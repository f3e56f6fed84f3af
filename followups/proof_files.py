"""Proof files: validate, clean and store files that prove a letter's arrival.

The type is told from the content, and all but a few types are refused. A file is kept unchanged as the proof, and only
served as a download (`followups.arrival.views.arrival_file`). Of an image only the picture is kept, with the hash of
the original file.
"""

import hashlib
import io
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count

from django.db import transaction
from PIL import Image, ImageOps

from followups.models import ProofPart
from sepo_incident.audit.erasure import FILE_LOCK_SQL
from sepo_incident.core import cpr, database, logs

ACCEPTED_KINDS = "et billede (PNG eller JPEG), en PDF, en tekstfil (TXT eller CSV) eller et regneark (XLSX)"
DAMAGED_FILE = "Filen er beskadiget eller låst. Åbn den, gem den igen uden adgangskode, og vælg den nye fil."
UNPACKED_TOO_LARGE = "Filen er for stor, når den pakkes ud. Fjern billeder, gem den igen, og vælg den nye fil."


class FileRefused(Exception):
    """Raised when a file that somebody chose cannot be used. The text is a Danish sentence with the next step."""


UNKNOWN_FILE_TYPE = f"Filen kan ikke bruges. Vælg {ACCEPTED_KINDS}. Udskriv en mail fra Outlook til PDF."
MAX_BYTES = 10 * 1024**2
#: 50 megapixels, which take 200 MB while they are redrawn.
MAX_PIXELS = 50_000_000
#: Maximum characters in a text or a workbook, because all of the text is searched for CPR numbers.
MAX_TEXT = 2 * 1024**2

TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "txt": "text/plain",
}


@dataclass(frozen=True)
class Proof:
    """Validated file, with a `name` that is safe to show and save.

    `original_sha256`: SHA-256 of the chosen file if only a part is kept (images), "" if the file is unchanged.
    """

    name: str
    type: str
    content: bytes = field(repr=False)
    original_sha256: str = ""

    @property
    def size(self) -> int:
        return len(self.content)

    @cached_property
    def sha256(self) -> str:
        return _sha256(self.content)


def validate_proof(name: str, content: bytes) -> Proof:
    """Return the validated and cleaned file. Raise FileRefused. The extension in `name` only tells CSV from TXT."""
    kept = content
    if content.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")):
        extension = "png" if content.startswith(b"\x89") else "jpg"
        kept = redraw(content)
    elif content.startswith(b"%PDF-"):
        extension = "pdf"
    elif "xl/workbook.xml" in (parts := unpack_office_file(content)):
        extension = "xlsx"
        texts = [part.decode("utf-8", "replace") for one, part in parts.items() if one.endswith(".xml")]
        _check_words(_TAGS.sub("\n", "\n".join(texts)))
    else:
        _check_text(content)
        extension = "csv" if name.lower().endswith(".csv") else "txt"
    return Proof(safe_file_name(name, extension), TYPES[extension], kept, "" if kept == content else _sha256(content))


def redraw(content: bytes) -> bytes:
    """Return the PNG or JPEG with its pixels and colours only, turned as the camera says. Raise FileRefused.

    A telephone writes the position into a photograph: that proves nothing and reveals too much.
    """
    made = io.BytesIO()
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise FileRefused("Billedet er for stort. Gem det i en mindre størrelse, og vælg det nye billede.")
            turned, colours = ImageOps.exif_transpose(picture), picture.info.get("icc_profile")
            turned.info.clear()  # texts and remarks
            turned.save(made, picture.format, icc_profile=colours, quality=95)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as broken:
        raise FileRefused(DAMAGED_FILE) from broken
    return made.getvalue()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def safe_file_name(name: str, extension: str) -> str:
    """Return the name without folders, CPR numbers, and characters that a file system or a header could misread."""
    stem = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1].rpartition(".")
    text = cpr.mask(stem[0] or stem[2])
    plain = re.sub(r"[^\w ()-]+", "_", text).replace("●", "_")
    return f"{re.sub(r'[_ ]*_[_ -]*', '_', plain).strip('_ ')[:80].strip() or 'bevis'}.{extension}"


#: Tags of XML, which stand between the cells of a workbook.
_TAGS = re.compile(r"(?:<[^<>]*>)+")
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _check_text(content: bytes) -> None:
    """Raise FileRefused unless the content is plain text in an encoding that Danish programs write.

    Markup (a first character "<"), control characters and CPR numbers are refused.
    """
    text = _decoded(content)
    if text is None or _CONTROL_CHARACTERS.search(text):
        raise FileRefused(UNKNOWN_FILE_TYPE)
    begins = text.lstrip("\ufeff \t\r\n")[:1]
    if begins in ("<", ""):
        raise FileRefused(UNKNOWN_FILE_TYPE if begins else "Filen er tom. Vælg en anden.")
    _check_words(text)


def _decoded(content: bytes) -> str | None:
    codes = ["utf-16"] if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp1252"]
    for code in codes:
        try:
            return content.decode(code)
        except UnicodeDecodeError:
            continue
    return None


def _check_words(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise FileRefused("Filen indeholder for meget tekst. Gem kun de linjer, der handler om brevet.")
    if cpr.contains_cpr(text):
        raise FileRefused("Filen indeholder noget, der ligner et CPR-nummer. Slet eller slør det, og vælg filen igen.")


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


PART_SIZE = 2**20  # bytes


class ProofAltered(Exception):
    """Raised when the stored bytes do not match the SHA-256, or are gone."""


@transaction.atomic
def store_proof(proof: Proof) -> None:
    """Store the file in parts. A file that is stored already stays unchanged."""
    database.execute(f"SELECT {FILE_LOCK_SQL.format(sha256='%s')}", [proof.sha256])
    starts = range(0, proof.size, PART_SIZE)
    ProofPart.objects.bulk_create(
        (
            ProofPart(sha256=proof.sha256, number=number, content=proof.content[start : start + PART_SIZE])
            for number, start in enumerate(starts)
        ),
        ignore_conflicts=True,
    )


def read_proof(sha256: str) -> Iterator[bytes]:
    """Check the SHA-256 of the stored file, and return an iterator over the parts.

    Every part is read twice, so that the whole file is never in memory. Raise ProofAltered, and log a security event,
    if the bytes do not match.
    """
    found = hashlib.sha256()
    for part in _iterate_parts(sha256):
        found.update(part)
    if found.hexdigest() != sha256:
        logs.log_security_event("proof_file_altered", None, sha256=sha256)
        raise ProofAltered
    return _iterate_parts(sha256)


def _iterate_parts(sha256: str) -> Iterator[bytes]:
    kept = ProofPart.objects.filter(sha256=sha256).values_list("content", flat=True)
    for number in count():
        part = kept.filter(number=number).first()
        if part is None:
            return
        yield bytes(part)
