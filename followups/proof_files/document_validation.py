"""Does a PDF do or carry anything? Its names are read as a reader reads them, also where they are packed.

It is no parser, so whatever it cannot look into is refused: what is locked, and objects that are packed in another way
than all programs pack them. Pictures and text of the pages are not looked at.

A workbook that is to be proof: whole and alone, without macros, other files or links out, and what is written in it.

What a part is stands in its content type and in the relationships to it; its name is only where it lies. So those are
read as a reader reads them, and every part is unpacked, which never takes more memory than it says.
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
    ProofRefused,
)

#: what all packed parts of it may be together, packed and unpacked, and how many streams there may be
MAX_PDF_UNPACKED, MAX_PDF_STREAMS = 100 * 1024**2, 5000
#: What is given to Flate at once, and what it may make of it: so much does a stream that breaks off hide from the sum.
READ_SIZE, INFLATE_SIZE = 16 * 1024, 64 * 1024

#: Actions that run, open or send something, files that lie in it, and forms that are programs of their own.
_ACTIVE_PDF_NAME = re.compile(
    rb"/(?:JavaScript|Launch|RichMedia|EmbeddedFiles?|SubmitForm|ImportData|GoTo[RE]|Rendition)(?![A-Za-z])"
)
#: And these, where an object follows; pictures have such letters too. What opens with the document may be a place in
#: it, which is an array.
_ACTION_NAME = re.compile(rb"/(?:XFA|EF|AA|(OpenAction))(?![A-Za-z])")
#: between two things of a PDF: blanks, zeros, comments (ISO 32000-2, 7.2.3 and 7.2.4)
_BLANK = rb"(?:[\s\0]|%[^\r\n]*[\r\n])"
_OBJECT = re.compile(rb"%b*(?:<<|\[|\d+%b+\d+%b+R)" % (_BLANK, _BLANK, _BLANK))
_NOT_A_DESTINATION = re.compile(rb"%b*[^\s\0%%\[]" % _BLANK)
#: so far an object is looked for; whoever puts it farther away hides it
_LOOKAHEAD = 256
_ONLY_FILLER = re.compile(rb"(?:[\s\0\d]|%[^\r\n]*(?:[\r\n]|\Z))*\Z")
#: of what no program writes, and chance makes one or two of, at one look
MAX_SUSPICIOUS = 300
#: longer than all that is looked for, so that nothing is missed between two blocks
_OVERLAP = _LOOKAHEAD + 64
#: a letter that is written as its number
_ESCAPED = re.compile(rb"#([46][1-9A-Fa-f]|[57][0-9Aa])")
_STREAM = re.compile(rb"(?<!end)stream\r?\n?")
_OBJECT_STREAM = re.compile(rb"/ObjStm(?![A-Za-z])")
_FLATE_ONLY = re.compile(rb"/Filter\s*\[?\s*/(?:FlateDecode|Fl)\s*\]?\s*(?=[/>])")
#: a predictor; and what only some readers take for one, or for a filter
_OTHER_DECODING = re.compile(rb"/(?:DecodeParms|DP|F)(?![A-Za-z])")
#: a dictionary before its stream; those of objects are short
_DICTIONARY_LENGTH = 2000


def check_pdf(content: bytes) -> None:
    """Raises ``Refused``."""
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
    """«/J#61vaScript» is «/JavaScript». Nothing but letters, for else a comment could end where no reader ends it."""
    plain, escaped = _ESCAPED.subn(lambda found: bytes([int(found[1], 16)]), names)
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
    """Objects in this stream, packed by nothing but Flate, and not made unlike themselves before (a predictor)?"""
    before = _unescape_names(content[max(0, stream - _DICTIONARY_LENGTH) : stream])
    dictionary = before[before.rfind(b"obj") :]
    if not _OBJECT_STREAM.search(dictionary) or _OTHER_DECODING.search(dictionary):
        return False
    return b"/Filter" not in dictionary or bool(_FLATE_ONLY.search(dictionary))


def _inflate_streams(content: bytes, streams: list[re.Match[bytes]]) -> Iterator[tuple[int, bytes]]:
    """(how many bytes were read and made, what Flate made) block by block; nothing of a stream not packed so."""
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


#: what it may be unpacked, and how many parts it may have
MAX_WORKBOOK_UNPACKED, MAX_WORKBOOK_PARTS = 20 * 1024**2, 1000

#: what is packed in another way is unpacked whole before anybody knows how large it is
_KNOWN_COMPRESSION = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
#: what the zip library and zlib say of a file that is made to break them
_ZIP_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, struct.error, expat.ExpatError, NotImplementedError, RuntimeError, EOFError),
    *(OSError, ValueError, OverflowError, LookupError),
)

#: content types and relationship types of what runs, lies in it as another file, or fetches from elsewhere (ECMA-376
#: part 1, 12.3 and 15; MS-OFFMACRO2; MS-OE376)
_ACTIVE_TYPE = re.compile(
    r"externalLink|oleObject|vba|activeX|macro|dialogsheet|webextension|connections|volatileDependenc"
    r"|relationships/(?:package|control|ui/)",
    re.IGNORECASE,
)
#: where other programs look for them, whatever is said of them; how a printer is set is in a .bin as well
_ACTIVE_NAME = re.compile(r"^(?!xl/printersettings/).*\.bin$|/embeddings/|/activex/|/externallinks/")


def extract_workbook_texts(content: bytes) -> list[str]:
    """What is written in each of its parts. Raises ``Refused``."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            _check_workbook_parts(packed, content)
            return list(_part_texts(packed))
    except _ZIP_ERRORS as broken:
        raise ProofRefused(DAMAGED_FILE) from broken


def _check_workbook_parts(packed: zipfile.ZipFile, content: bytes) -> None:
    parts = packed.infolist()
    names = [one.filename for one in parts]
    if not {"[Content_Types].xml", "xl/workbook.xml"} <= set(names):
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


def _part_texts(packed: zipfile.ZipFile) -> Iterator[str]:
    for one in packed.infolist():
        part = _unpack_part(packed, one)
        if one.filename.lower().endswith(".rels") or one.filename == "[Content_Types].xml":
            _refuse_active_workbook(part)
        elif part.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1] == b"<":
            yield _xml_words(part)


def _unpack_part(packed: zipfile.ZipFile, one: zipfile.ZipInfo) -> bytes:
    """``ZipFile.read`` unpacks all there is, and then cuts it to what was said. So one byte more is asked for."""
    asked = copy.copy(one)
    asked.file_size += 1
    with packed.open(asked) as part:
        data = part.read(asked.file_size)
    if len(data) != one.file_size:
        raise ProofRefused(DAMAGED_FILE)
    return data


def _refuse_active_workbook(types: bytes) -> None:
    """Of content types or relationships, in any code and with any reference in them; no program declares its own."""

    def look(_: str, said: dict[str, str]) -> None:
        kind = said.get("ContentType", "") + said.get("Type", "")
        leads_out = said.get("TargetMode", "").lower() == "external" and not kind.endswith("/hyperlink")
        if leads_out or _ACTIVE_TYPE.search(kind):
            raise ProofRefused(HAS_ACTIVE_CONTENT)

    def refuse(*_: object) -> None:
        raise ProofRefused(DAMAGED_FILE)

    parser = expat.ParserCreate()
    parser.StartElementHandler = look
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(types, True)


def _xml_words(xml: bytes) -> str:
    """What stands between the marks, each on a line of its own. In another code than UTF-8 it could not be read."""
    if b"\0" in xml:
        raise ProofRefused(DAMAGED_FILE)
    return re.sub(r"(?:<[^<>]*>)+", "\n", xml.decode("utf-8", "replace"))
