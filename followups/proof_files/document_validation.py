"""Validate PDF files and workbooks: refuse active content, embedded files and damaged files.

PDF: this is no parser. Names are decoded as a PDF reader decodes names, also in packed objects. What cannot be
inspected is refused: encrypted files, and objects packed in unusual ways. Images and text of the pages are not read.
A parser would see less and cost more: pikepdf (qpdf 12.4, all its limits set) reads only the objects of the newest
revision, and a file of 21 kB with 9 million numbers fills 1.3 GB of memory. The scan here takes 1 MB.

Workbook: content types and relationships define the parts; file names only tell where a part lies. So content types
and relationships are parsed, and every part is unpacked, never to more memory than the declared size.
"""

from __future__ import annotations

import copy
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from itertools import islice
from xml.parsers import expat

from followups.proof_files import (
    DAMAGED_FILE,
    HAS_ACTIVE_CONTENT,
    LOCKED_PDF,
    TOO_MUCH_TEXT,
    UNKNOWN_FILE_TYPE,
    UNPACKED_PDF_TOO_LARGE,
    LeadsOut,
    ProofRefused,
)

#: Maximum of all packed streams, in bytes packed and unpacked together, and maximum number of streams.
MAX_PDF_UNPACKED, MAX_PDF_STREAMS = 100 * 1024**2, 5000
#: Bytes given to Flate at a time, and bytes that Flate may produce at a time. A stream that breaks off hides at most so
#: much from the sum.
READ_SIZE, INFLATE_SIZE = 16 * 1024, 64 * 1024

#: Actions that run, open or send something, embedded files, and forms that are programs.
_ACTIVE_PDF_NAME = re.compile(
    rb"/(?:JavaScript|Launch|RichMedia|EmbeddedFiles?|SubmitForm|ImportData|GoTo[RE]|Rendition)(?![A-Za-z])"
)
#: Names that count only when an object follows, because image data may contain the same letters. /OpenAction may also
#: name a destination in the document, an array.
_ACTION_NAME = re.compile(rb"/(?:XFA|EF|AA|(OpenAction))(?![A-Za-z])")
#: between two PDF tokens: blanks, zeros, comments (ISO 32000-2, 7.2.3 and 7.2.4)
_BLANK = rb"(?:[\s\0]|%[^\r\n]*[\r\n])"
_OBJECT = re.compile(rb"%b*(?:<<|\[|\d+%b+\d+%b+R)" % (_BLANK, _BLANK, _BLANK))
_NOT_A_DESTINATION = re.compile(rb"%b*[^\s\0%%\[]" % _BLANK)
#: Bytes searched for an object after a name. If all are filler, an object may be hidden farther away.
_LOOKAHEAD = 256
_ONLY_FILLER = re.compile(rb"(?:[\s\0\d]|%[^\r\n]*(?:[\r\n]|\Z))*\Z")
#: Maximum of suspicious finds in a scan: no program writes such names, and chance produces only a few.
MAX_SUSPICIOUS = 300
#: Longer than every pattern, so that no match is missed between two blocks.
_OVERLAP = _LOOKAHEAD + 64
#: a letter written as a hexadecimal code
_ESCAPED = re.compile(rb"#([46][1-9A-Fa-f]|[57][0-9Aa])")
_STREAM = re.compile(rb"(?<!end)stream\r?\n?")
_OBJECT_STREAM = re.compile(rb"/ObjStm(?![A-Za-z])")
_FLATE_ONLY = re.compile(rb"/Filter\s*\[?\s*/(?:FlateDecode|Fl)\s*\]?\s*(?=[/>])")
#: Predictors, and names that only some readers take for a predictor or a filter.
_OTHER_DECODING = re.compile(rb"/(?:DecodeParms|DP|F)(?![A-Za-z])")
#: Bytes before a stream that hold the stream's dictionary; dictionaries of object streams are short.
_DICTIONARY_LENGTH = 2000


def check_pdf(content: bytes) -> None:
    """Raise ProofRefused if the PDF is damaged, encrypted, too large unpacked, or has active content."""
    if not re.match(rb"%PDF-[12]\.\d", content) or b"%%EOF" not in content[-1024:]:
        raise ProofRefused(DAMAGED_FILE)
    names = _unescape_names(content)
    if re.search(rb"/Encrypt(?![A-Za-z])", names):
        raise ProofRefused(LOCKED_PDF)
    _refuse_active_pdf(names)
    streams = list(islice(_STREAM.finditer(content), MAX_PDF_STREAMS + 1))
    if len(streams) > MAX_PDF_STREAMS:
        raise ProofRefused(UNPACKED_PDF_TOO_LARGE)
    if sum(_is_plain_object_stream(content, one.start()) for one in streams) != len(_OBJECT_STREAM.findall(names)):
        raise ProofRefused(HAS_ACTIVE_CONTENT)
    _scan_streams(content, streams)


def _scan_streams(content: bytes, streams: list[re.Match[bytes]]) -> None:
    unpacked, seam = 0, b""
    for size, block in _inflate_streams(content, streams):
        unpacked += size
        if unpacked > MAX_PDF_UNPACKED:
            raise ProofRefused(UNPACKED_PDF_TOO_LARGE)
        _refuse_active_pdf(_unescape_names(seam + block))
        seam = (seam + block)[-_OVERLAP:]


def _unescape_names(names: bytes) -> bytes:
    """Decode letters in names: «/J#61vaScript» is «/JavaScript».

    Only letters are decoded: other characters could end a comment where no PDF reader ends the comment.
    """
    plain, escaped = _ESCAPED.subn(lambda found: bytes([int(found[1], 16)]), names, count=MAX_SUSPICIOUS + 1)
    if escaped > MAX_SUSPICIOUS:
        raise ProofRefused(HAS_ACTIVE_CONTENT)
    return plain


def _refuse_active_pdf(names: bytes) -> None:
    holders = list(islice(_ACTION_NAME.finditer(names), MAX_SUSPICIOUS + 1))
    if (
        _ACTIVE_PDF_NAME.search(names)
        or len(holders) > MAX_SUSPICIOUS
        or any(_leads_to_object(names, one) for one in holders)
    ):
        raise ProofRefused(HAS_ACTIVE_CONTENT)


def _leads_to_object(names: bytes, holder: re.Match[bytes]) -> bool:
    near = names[holder.end() : holder.end() + _LOOKAHEAD]
    if (_NOT_A_DESTINATION if holder[1] else _OBJECT).match(near):
        return True
    return len(near) == _LOOKAHEAD and bool(_ONLY_FILLER.match(near))


def _is_plain_object_stream(content: bytes, stream: int) -> bool:
    """Return whether the stream holds objects, packed only with Flate and without a predictor."""
    before = _unescape_names(content[max(0, stream - _DICTIONARY_LENGTH) : stream])
    dictionary = before[before.rfind(b"obj") :]
    if not _OBJECT_STREAM.search(dictionary) or _OTHER_DECODING.search(dictionary):
        return False
    return b"/Filter" not in dictionary or bool(_FLATE_ONLY.search(dictionary))


def _inflate_streams(content: bytes, streams: list[re.Match[bytes]]) -> Iterator[tuple[int, bytes]]:
    """Yield (bytes read and produced, output of Flate) block by block. Streams without Flate yield nothing."""
    view = memoryview(content)
    for stream in streams:
        packer, at = zlib.decompressobj(), stream.end()
        try:
            while not packer.eof and (piece := view[at : at + READ_SIZE]):
                made, read = packer.decompress(piece, INFLATE_SIZE), len(piece)
                yield read - len(packer.unused_data) + len(made), made
                while packer.unconsumed_tail and not packer.eof:
                    made = packer.decompress(packer.unconsumed_tail, INFLATE_SIZE)
                    yield len(made), made
                at += read
        except zlib.error:
            continue


#: Maximum unpacked size in bytes, and maximum number of parts.
MAX_WORKBOOK_UNPACKED, MAX_WORKBOOK_PARTS = 20 * 1024**2, 1000

#: Other compressions are unpacked completely before the size is known.
_KNOWN_COMPRESSION = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
#: Errors of zipfile and zlib for a file made to break them.
_ZIP_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, struct.error, expat.ExpatError, NotImplementedError, RuntimeError, EOFError),
    *(OSError, ValueError, OverflowError, LookupError),
)

#: Content types and relationship types of active content, embedded files and external data (ECMA-376 part 1, 12.3 and
#: 15; MS-OFFMACRO2; MS-OE376).
_ACTIVE_TYPE = re.compile(
    r"externalLink|oleObject|vba|activeX|macro|dialogsheet|webextension|connections|volatileDependenc"
    r"|relationships/(?:package|control|ui/)",
    re.IGNORECASE,
)
#: File names where other programs look for active content, whatever the content types say. Printer settings are also
#: .bin files.
_ACTIVE_NAME = re.compile(r"^(?!xl/printersettings/).*\.bin$|/embeddings/|/activex/|/externallinks/")


def extract_workbook_texts(content: bytes) -> list[str]:
    """Return the text of every XML part. Raise ProofRefused if the workbook is damaged or has active content."""
    return [_xml_text(part) for name, part in unpack_office_file(content, "xl/workbook.xml") if _is_xml(name, part)]


def unpack_office_file(content: bytes, main_part: str) -> Iterator[tuple[str, bytes]]:
    """Yield (name, bytes) of every part of an Office file that has the part `main_part`.

    Raise ProofRefused if the file is damaged, too large unpacked, another type, or has active content.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            _check_parts(packed, content, main_part)
            for one in packed.infolist():
                part = _unpack_part(packed, one)
                if _is_list_of_types(one.filename):
                    _refuse_active_types(part)
                yield one.filename, part
    except _ZIP_ERRORS as broken:
        raise ProofRefused(DAMAGED_FILE) from broken


def _check_parts(packed: zipfile.ZipFile, content: bytes, main_part: str) -> None:
    parts = packed.infolist()
    names = [one.filename for one in parts]
    if not {"[Content_Types].xml", main_part} <= set(names):
        raise ProofRefused(UNKNOWN_FILE_TYPE)
    is_alone = content[-22:-18] == b"PK\x05\x06" and min(one.header_offset for one in parts) == 0
    is_plain = all(not one.startswith("/") and ".." not in one and "\\" not in one for one in names)
    if not is_alone or not is_plain or len({one.lower() for one in names}) != len(names):
        raise ProofRefused(DAMAGED_FILE)
    if any(one.compress_type not in _KNOWN_COMPRESSION for one in parts):
        raise ProofRefused(DAMAGED_FILE)
    if len(parts) > MAX_WORKBOOK_PARTS or sum(one.file_size for one in parts) > MAX_WORKBOOK_UNPACKED:
        raise ProofRefused(TOO_MUCH_TEXT)
    if any(_ACTIVE_NAME.search(one.lower()) for one in names):
        raise ProofRefused(HAS_ACTIVE_CONTENT)


def _is_list_of_types(name: str) -> bool:
    return name.lower().endswith(".rels") or name == "[Content_Types].xml"


def _is_xml(name: str, part: bytes) -> bool:
    return not _is_list_of_types(name) and part.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1] == b"<"


def _unpack_part(packed: zipfile.ZipFile, one: zipfile.ZipInfo) -> bytes:
    """Return the unpacked part. Raise ProofRefused if the size differs from the declared size.

    `ZipFile.read` unpacks everything and then cuts the result to the declared size, so this reads a byte more.
    """
    asked = copy.copy(one)
    asked.file_size += 1
    with packed.open(asked) as part:
        data = part.read(asked.file_size)
    if len(data) != one.file_size:
        raise ProofRefused(DAMAGED_FILE)
    return data


def _refuse_active_types(types: bytes) -> None:
    """Raise ProofRefused for active or external types in [Content_Types].xml or a .rels part.

    The parser handles any encoding and character references. A DOCTYPE is refused, because no program writes a
    DOCTYPE.
    """

    def refuse_active_parts(_: str, said: dict[str, str]) -> None:
        kind = said.get("ContentType", "") + said.get("Type", "")
        leads_out = said.get("TargetMode", "").lower() == "external" and not kind.endswith("/hyperlink")
        if _ACTIVE_TYPE.search(kind):
            raise ProofRefused(HAS_ACTIVE_CONTENT)
        if leads_out:
            raise LeadsOut(HAS_ACTIVE_CONTENT)

    def refuse(*_: object) -> None:
        raise ProofRefused(DAMAGED_FILE)

    parser = expat.ParserCreate()
    parser.StartElementHandler = refuse_active_parts
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(types, True)


def _xml_text(xml: bytes) -> str:
    """Return the text between the tags, on separate lines. Refuse UTF-16 and UTF-32, which cannot be read here."""
    if b"\0" in xml:
        raise ProofRefused(DAMAGED_FILE)
    return re.sub(r"(?:<[^<>]*>)+", "\n", xml.decode("utf-8", "replace"))
