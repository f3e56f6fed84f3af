"""What kind of file it is, from its bytes alone: the name may lie, and nothing is unpacked or parsed here."""

import re
import zipfile
import zlib
from typing import Any, BinaryIO, cast

from letters.importing.reading.delimited import utf_16_of
from letters.importing.reading.refusals import LOCKED, Refused

MAX_BYTES = 300 * 1024 * 1024  # a million rows of text are 240
MAX_UNPACKED = 1024**3
MAX_RATIO, RATIO_COUNTS_FROM = 100, 10 * 1024 * 1024
MAX_ENTRIES = 1000
#: Those of spreadsheets. Others are unpacked with as much memory as the file asks for.
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

_START = 4096  # bytes looked at
_PIECE = 2**20  # bytes held in memory
_LONGEST_MANIFEST = 2**20
_LONGEST_DIRECTORY = 2**20
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_LISTS = (".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".txt", ".tsv", ".zip")

SAVE_AS = "Åbn listen i Excel, gem den som .xlsx, og vælg den igen."
NO_SHEET = "Filen er ikke et regneark. Vælg en liste, der er gemt som .xlsx eller .csv."
PACKED = "Filen er pakket. Pak den ud, og vælg selve listen (.xlsx eller .csv)."
OTHERWISE_PACKED = f"Filen er pakket på en måde, som regneark ikke er. {SAVE_AS}"
WEB_PAGE = f"Filen er en webside og ikke et regneark, også selv om den hedder .xls. {SAVE_AS}"
LETTER = f"Filen er et brev fra Word. {SAVE_AS}"
NUMBERS = "Filen er fra Numbers. Gem den som Excel (Arkiv, Eksporter til, Excel), og vælg den nye fil."
BOMB = (
    "Filen pakker sig ud til meget mere, end en liste kan fylde. "
    "Kopiér kun listens rækker over i en ny projektmappe, gem den som .xlsx, og prøv igen."
)
_PICTURE = "Filen er et billede og ikke et regneark. Vælg den fil, som listen står i (.xlsx eller .csv)."
MAIL = "Filen er en mail. Gem listen, der er vedhæftet, og vælg den i stedet."
XML = f"Filen er XML og ikke et regneark, også selv om den hedder .xls. {SAVE_AS}"
JSON = "Filen er data til et program (JSON). Bed om listen som regneark, og vælg den."
#: A web page often begins as XML does, and one that is saved as one file begins as a mail does.
_BY_THEIR_WORDS = tuple(
    (re.compile(rb"\s*(?:%s)" % form, re.IGNORECASE | re.DOTALL), sentence)
    for form, sentence in (
        (rb"<\?xml(?!.*<html)", XML),
        (rb"<(?:[!?]|html|head|meta|style|body|div|table|tr)|MIME-Version:", WEB_PAGE),
        (rb"[\[{]\s*[\[{]?\s*\"[^\"]*\"\s*:", JSON),
        (rb"(?:From|Received|Return-Path|Delivered-To|Message-ID|X-[\w-]+): ", MAIL),
    )
)
_BY_THEIR_START = (
    ((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*"), _PICTURE),
    ((b"%PDF",), "Filen er en PDF. Find listen som regneark, og gem den som .xlsx eller .csv."),
    ((b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"BZh", b"\xfd7zXZ\x00"), PACKED),
    ((b"{\\rtf",), LETTER),
)


def too_big(size: int) -> str:
    return (
        f"Filen fylder {size / 1024**2:.0f} MB, og grænsen er {MAX_BYTES // 1024**2} MB. "
        "Fjern billeder og ekstra ark, eller del listen i to filer."
    )


def kind_of(file: BinaryIO) -> str:
    """«xlsx», «xlsm», «xls», «ods» or «csv»; raises ``Refused`` for everything else. ``file`` can seek."""
    size = file.seek(0, 2)
    file.seek(0)
    start = file.read(_START)
    if not start:
        raise Refused("Filen er tom. Gem listen igen i Excel, og vælg den nye fil.")
    if size > MAX_BYTES:
        raise Refused(too_big(size))
    for beginnings, sentence in _BY_THEIR_START:
        if start.startswith(beginnings):
            raise Refused(sentence)
    if start.startswith(_OLE):
        return _look_into_ole(file)
    if start.startswith(b"PK"):
        return _look_into_zip(file, size)
    for form, sentence in _BY_THEIR_WORDS:
        if form.match(_in_single_bytes(start)):
            raise Refused(sentence)
    if not _is_text(start):
        raise Refused(NO_SHEET)
    return "csv"


def _in_single_bytes(start: bytes) -> bytes:
    """UTF-16 looks like its ASCII then; the marks of encodings go."""
    return start.lstrip(b"\xef\xbb\xbf\xff\xfe").replace(b"\x00", b"")


def _is_text(start: bytes) -> bool:
    """A text has a zero here and there at most, unless it is of two or four bytes a letter, or filled up with them."""
    text = start.rstrip(b"\x00") if b"\n" in start else start
    return start.startswith(_WIDE_MARKS) or bool(utf_16_of(start)) or text.count(0) * 100 <= len(text)


def _look_into_ole(file: BinaryIO) -> str:
    """The container of old Office files. The names of its streams stand in it as UTF-16."""
    found = _found(file, {"EncryptedPackage", "Workbook", "Book", "__substg1.0_"})
    if "EncryptedPackage" in found:
        raise Refused(LOCKED)
    if found & {"Workbook", "Book"}:
        return "xls"
    if "__substg1.0_" in found:
        raise Refused(MAIL)
    raise Refused(f"Filen er ikke et regneark, som vi kan læse. {SAVE_AS}")


def _found(file: BinaryIO, streams: set[str]) -> set[str]:
    """Those of ``streams`` whose name stands anywhere in the file, which is looked through a piece at a time."""
    named = {stream: stream.encode("utf-16-le") for stream in streams}
    found: set[str] = set()
    seam = b""
    file.seek(0)
    while piece := file.read(_PIECE):
        found |= {stream for stream in streams - found if named[stream] in seam + piece}
        seam = piece[-_START:]
    return found


class _ShortReads:
    """The library reads the directory in one go and makes an object of each entry: of 50 MB it would make 500."""

    def __init__(self, file: BinaryIO):
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if size > _LONGEST_DIRECTORY:
            raise Refused(BOMB)
        return self._file.read(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _look_into_zip(file: BinaryIO, size: int) -> str:
    """Only the directory is read: what the archive says about itself, before anything is unpacked."""
    try:
        with zipfile.ZipFile(cast(BinaryIO, _ShortReads(file))) as archive:
            _weigh(archive, size)
            return _kind_of_zip(archive)
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        ValueError,
        OverflowError,
        EOFError,
        OSError,
    ) as problem:
        raise Refused(
            "Filen er beskadiget og kan ikke åbnes. Åbn den i Excel, gem den igen som .xlsx, og prøv igen."
        ) from problem


def _weigh(archive: zipfile.ZipFile, size: int) -> None:
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if (
        len(entries) > MAX_ENTRIES
        or unpacked > MAX_UNPACKED
        or (unpacked > RATIO_COUNTS_FROM and unpacked > MAX_RATIO * size)
    ):
        raise Refused(BOMB)


def _kind_of_zip(archive: zipfile.ZipFile) -> str:
    names = set(archive.namelist())
    if any(entry.compress_type not in _PACKINGS for entry in archive.infolist()):
        raise Refused(OTHERWISE_PACKED)
    if any(entry.flag_bits & 0x1 for entry in archive.infolist()):
        raise Refused(LOCKED)
    if "xl/workbook.xml" in names:
        return "xlsm" if "xl/vbaProject.bin" in names else "xlsx"
    if "xl/workbook.bin" in names:
        raise Refused("Filen er gemt som .xlsb. Gem den som .xlsx i Excel, og vælg den igen.")
    if "content.xml" in names and _beginning(archive, "mimetype").startswith(_ODS):
        if b"encryption-data" in _beginning(archive, "META-INF/manifest.xml"):
            raise Refused("Filen er låst med en adgangskode. Fjern adgangskoden, gem filen, og vælg den igen.")
        return "ods"
    if "word/document.xml" in names:
        raise Refused(LETTER)
    if any(name.endswith(".iwa") for name in names):
        raise Refused(NUMBERS)
    if any(name.lower().endswith(_LISTS) for name in names):
        raise Refused(PACKED)
    raise Refused(NO_SHEET)


def _beginning(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as part:
            return part.read(_LONGEST_MANIFEST)
    except KeyError:
        return b""
