"""Detect the type of a proof file from the content. Refuse everything except a few types, complete and alone.

No antivirus scans a proof file, and the bytes are kept unchanged as the proof. So content that could run or hide in a
file is refused, and a file is only served as a download (`followups.arrival.views.arrival_file`). Of an image only
the picture is kept, with the hash of the original file.
"""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass, field
from functools import cached_property

from followups.proof_files import (
    DAMAGED_FILE,
    EMPTY_TEXT,
    HOLDS_CPR,
    TOO_MUCH_TEXT,
    UNKNOWN_FILE_TYPE,
    ProofRefused,
)
from followups.proof_files.document_validation import check_pdf, extract_workbook_texts
from followups.proof_files.image_metadata import PNG_SIGNATURE, strip_jpeg, strip_png
from sepo_incident.core import cpr, danish

MAX_BYTES = 10 * 1024**2
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
    """Return the validated and cleaned file. Raise ProofRefused. The extension in `name` only tells CSV from TXT."""
    if refusal := size_refusal(len(content)):
        raise ProofRefused(refusal)
    found = next((kind for kind in SIGNATURES if content.startswith(kind[0])), None)
    if found:
        _, extension, keep = found
        kept = keep(content)
    else:
        check_text(content)
        extension, kept = "csv" if name.lower().endswith(".csv") else "txt", content
    return Proof(safe_file_name(name, extension), TYPES[extension], kept, "" if kept == content else _sha256(content))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def size_refusal(size: int) -> str:
    """Return why a file of `size` bytes is refused, as a Danish sentence; "" if accepted."""
    if size <= MAX_BYTES:
        return ""
    return f"Filen fylder {danish.number(round(size / 1024**2))} MB. Den må højst fylde {MAX_BYTES // 1024**2} MB."


def safe_file_name(name: str, extension: str) -> str:
    """Return the name without folders, CPR numbers, and characters that a file system or a header could misread."""
    stem = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1].rpartition(".")
    text = cpr.mask(stem[0] or stem[2])
    plain = re.sub(r"[^\w ()-]+", "_", text).replace("●", "_")
    return f"{re.sub(r'[_ ]*_[_ -]*', '_', plain).strip('_ ')[:80].strip() or 'bevis'}.{extension}"


# --- Each kind: check the file, and return the bytes to keep --------------------------------------------------------


def _keep_png(content: bytes) -> bytes:
    return _refuse_zip(strip_png(content))


def _keep_jpeg(content: bytes) -> bytes:
    return _refuse_zip(strip_jpeg(content))


def _keep_pdf(content: bytes) -> bytes:
    check_pdf(_refuse_zip(content))
    return content


def _keep_workbook(content: bytes) -> bytes:
    _check_words("\n".join(extract_workbook_texts(content)))
    return content


def _refuse_zip(content: bytes) -> bytes:
    if zipfile.is_zipfile(io.BytesIO(content)):
        raise ProofRefused(DAMAGED_FILE)
    return content


_CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def check_text(content: bytes) -> None:
    """Raise ProofRefused unless the content is plain text in an encoding that Danish programs write.

    Markup (a first character "<"), control characters and CPR numbers are refused.
    """
    text = _decoded(content)
    if text is None or _CONTROL_CHARACTERS.search(text):
        raise ProofRefused(UNKNOWN_FILE_TYPE)
    begins = text.lstrip("\ufeff \t\r\n")[:1]
    if begins in ("<", ""):
        raise ProofRefused(UNKNOWN_FILE_TYPE if begins else EMPTY_TEXT)
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
        raise ProofRefused(TOO_MUCH_TEXT)
    if cpr.contains_cpr(text):
        raise ProofRefused(HOLDS_CPR)


#: First bytes → file extension, and function that checks the content and returns what to keep.
SIGNATURES = (
    (PNG_SIGNATURE, "png", _keep_png),
    (b"\xff\xd8\xff", "jpg", _keep_jpeg),
    (b"%PDF-", "pdf", _keep_pdf),
    (b"PK\x03\x04", "xlsx", _keep_workbook),
)
