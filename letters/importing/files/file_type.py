"""Detection of the type of a file from the bytes alone, because the name may lie. No spreadsheet is parsed here.

Of a zip file, only the directory, the mimetype and the manifest are read.
"""

import io
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO, cast

from letters.importing.files.limits import LOCKED, Refused
from letters.importing.files.parser.csv_reader import detect_utf16

MAX_BYTES = 300 * 1024 * 1024  # bytes; a million rows of text take 240 MiB
MAX_UNPACKED = 1024**3
MAX_RATIO, RATIO_COUNTS_FROM = 100, 10 * 1024 * 1024
MAX_ENTRIES = 1000
#: Compressions of spreadsheets. Any other is unpacked with as much memory as the file asks for.
_KNOWN_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

_DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error, NotImplementedError, ValueError, OverflowError, EOFError, OSError)

_START_BYTES = 4096  # bytes read to detect the type
_PIECE_BYTES = 2**20  # bytes held in memory at a time
_LONGEST_MANIFEST = 2**20
_LONGEST_DIRECTORY = 2**20
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CONTROL_CHARACTERS = bytes({*range(32)} - {*b"\t\n\v\f\r\x1a"})  # DOS ends a text with \x1a
_WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_LIST_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".txt", ".tsv", ".zip")

SAVE_AS = "Åbn listen i Excel, gem den som .xlsx, og vælg den igen."
NOT_A_SPREADSHEET = "Filen er ikke et regneark. Vælg et regneark, der er gemt som .xlsx eller .csv."
ARCHIVE = "Filen er pakket. Pak den ud, og vælg selve listen (.xlsx eller .csv)."
WEB_PAGE = f"Filen er en webside, også selv om den hedder .xls. {SAVE_AS}"
WORD_DOCUMENT = "Filen er et Word-dokument. Vælg regnearket (.xlsx) i stedet."
NUMBERS = "Filen er fra Numbers. Gem den som Excel (Arkiv, Eksporter til, Excel), og vælg den nye fil."
ZIP_BOMB = (
    "Filen fylder for meget, når den pakkes ud. "
    "Kopiér kun listens rækker til en ny projektmappe, gem den som .xlsx, og prøv igen."
)
_PICTURE = "Filen er et billede. Vælg listen som regneark (.xlsx eller .csv)."
MAIL = "Filen er en mail. Gem den vedhæftede liste, og vælg den i stedet."
XML = f"Filen er XML, også selv om den hedder .xls. {SAVE_AS}"
#: A web page often begins as XML does, and a web page saved as a single file begins as a mail does.
_REFUSED_TEXT_FORMS = tuple(
    (re.compile(rb"\s*(?:%s)" % form, re.IGNORECASE | re.DOTALL), sentence)
    for form, sentence in (
        (rb"<\?xml(?!.*<html)", XML),
        (rb"<(?:[!?]|html|head|meta|style|body|div|table|tr)|MIME-Version:", WEB_PAGE),
        (rb"(?:From|Received|Return-Path|Delivered-To|Message-ID|X-[\w-]+): ", MAIL),
    )
)
_JSON = re.compile(rb"\s*[\[{]\s*[\[{]?\s*\"[^\"]*\"\s*:")
_REFUSED_BEGINNINGS = (
    ((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*"), _PICTURE),
    ((b"%PDF",), "Filen er en PDF. Find listen som regneark, og gem den som .xlsx eller .csv."),
    ((b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"BZh", b"\xfd7zXZ\x00"), ARCHIVE),
    ((b"{\\rtf",), WORD_DOCUMENT),
)


def too_big(size: int) -> str:
    """Return the Danish sentence on a file of `size` bytes that is too big."""
    return (
        f"Filen fylder {size / 1024**2:.0f} MB. Grænsen er {MAX_BYTES // 1024**2} MB. "
        "Fjern billeder og ekstra ark, eller del listen i to filer."
    )


#: The bytes of a file, the path, or an open file that may be moved about in.
type Content = bytes | Path | BinaryIO


def detect_file_type(content: Content) -> str:
    """Return «xlsx», «xlsm», «xls», «ods», «csv» or «json». Raise Refused for any other file."""
    if isinstance(content, Path):
        with content.open("rb") as opened:
            return detect_file_type(opened)
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    size = file.seek(0, 2)
    file.seek(0)
    start = file.read(_START_BYTES)
    if not start:
        raise Refused("Filen er tom. Gem listen igen i Excel, og vælg den nye fil.")
    if size > MAX_BYTES:
        raise Refused(too_big(size))
    for beginnings, sentence in _REFUSED_BEGINNINGS:
        if start.startswith(beginnings):
            raise Refused(sentence)
    if start.startswith(_OLE):
        return _detect_ole_type(file)
    if start.startswith(b"PK"):
        return _detect_zip_type(file, size)
    # without byte order marks and zero bytes, UTF-16 looks like ASCII
    text = start.lstrip(b"\xef\xbb\xbf\xff\xfe").replace(b"\x00", b"")
    for form, sentence in _REFUSED_TEXT_FORMS:
        if form.match(text):
            raise Refused(sentence)
    if _JSON.match(text):
        return "json"
    if not _is_text(start):
        raise Refused(NOT_A_SPREADSHEET)
    return "csv"


def _is_text(start: bytes) -> bool:
    """Return whether at most 1 % of the bytes are control characters, or a letter takes two or four bytes.

    A file may end in zeros. Of random bytes, 10 % are control characters.
    """
    text = start.rstrip(b"\x00") if b"\n" in start else start
    controls = len(text) - len(text.translate(None, _CONTROL_CHARACTERS))
    return start.startswith(_WIDE_BOMS) or bool(detect_utf16(start)) or controls * 100 <= len(text)


def _detect_ole_type(file: BinaryIO) -> str:
    """Return «xls» for a spreadsheet in the container of old Office files (OLE), where names of streams are UTF-16."""
    found = _find_streams(file, {"EncryptedPackage", "Workbook", "Book", "__substg1.0_", "WordDocument"})
    if "EncryptedPackage" in found:
        raise Refused(LOCKED)
    if found & {"Workbook", "Book"}:
        return "xls"
    if "__substg1.0_" in found:
        raise Refused(MAIL)
    raise Refused(WORD_DOCUMENT if "WordDocument" in found else NOT_A_SPREADSHEET)


def _find_streams(file: BinaryIO, streams: set[str]) -> set[str]:
    """Return the names in `streams` that occur anywhere in the file, searched a piece at a time."""
    named = {stream: stream.encode("utf-16-le") for stream in streams}
    found: set[str] = set()
    seam = b""
    file.seek(0)
    while piece := file.read(_PIECE_BYTES):
        found |= {stream for stream in streams - found if named[stream] in seam + piece}
        seam = piece[-_START_BYTES:]
    return found


class _ShortReads:
    """File wrapper that refuses to read more than `_LONGEST_DIRECTORY` bytes at once.

    zipfile reads the directory of the archive in a single read and makes an object of every entry: a directory of 50
    MB would take 500 MB.
    """

    def __init__(self, file: BinaryIO):
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if size > _LONGEST_DIRECTORY:
            raise Refused(ZIP_BOMB)
        return self._file.read(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _detect_zip_type(file: BinaryIO, size: int) -> str:
    """Return the type of a zip file. The directory is checked before anything is unpacked."""
    try:
        with zipfile.ZipFile(cast(BinaryIO, _ShortReads(file))) as archive:
            _refuse_zip_bomb(archive, size)
            return _file_type_in_zip(archive)
    except _DAMAGED_ZIP as problem:
        raise Refused(
            "Filen er beskadiget og kan ikke åbnes. Åbn den i Excel, gem den igen som .xlsx, og prøv igen."
        ) from problem


def _refuse_zip_bomb(archive: zipfile.ZipFile, size: int) -> None:
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if (
        len(entries) > MAX_ENTRIES
        or unpacked > MAX_UNPACKED
        or (unpacked > RATIO_COUNTS_FROM and unpacked > MAX_RATIO * size)
    ):
        raise Refused(ZIP_BOMB)


def _file_type_in_zip(archive: zipfile.ZipFile) -> str:
    names = set(archive.namelist())
    if any(entry.compress_type not in _KNOWN_COMPRESSIONS for entry in archive.infolist()):
        raise Refused(f"Filen er pakket på en måde, vi ikke kan læse. {SAVE_AS}")
    if any(entry.flag_bits & 0x1 for entry in archive.infolist()):
        raise Refused(LOCKED)
    if "xl/workbook.xml" in names:
        return "xlsm" if "xl/vbaProject.bin" in names else "xlsx"
    if "xl/workbook.bin" in names:
        raise Refused("Filen er gemt som .xlsb. Gem den som .xlsx i Excel, og vælg den igen.")
    if "content.xml" in names and _read_start(archive, "mimetype").startswith(_ODS):
        if b"encryption-data" in _read_start(archive, "META-INF/manifest.xml"):
            raise Refused("Filen er låst med en adgangskode. Fjern adgangskoden, gem filen, og vælg den igen.")
        return "ods"
    if any(name.startswith("word/") for name in names):
        raise Refused(WORD_DOCUMENT)
    if any(name.endswith(".iwa") for name in names):
        raise Refused(NUMBERS)
    if any(name.lower().endswith(_LIST_SUFFIXES) for name in names):
        raise Refused(ARCHIVE)
    raise Refused(NOT_A_SPREADSHEET)


def _read_start(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as part:
            return part.read(_LONGEST_MANIFEST)
    except KeyError:
        return b""
