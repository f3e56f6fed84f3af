"""Does a PDF do or carry anything? Its names are read as a reader reads them, also where they are packed.

It is no parser, so whatever it cannot look into is refused: what is locked, and objects that are packed in another way
than all programs pack them. Pictures and text of the pages are not looked at.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from followups.arriving.refusing import ACTIVE, LOCKED, NOT_WHOLE, TOO_LARGE, Refused

#: what all packed parts of it may be together
MAX_UNPACKED = 100 * 1024**2
BLOCK = 2**20

#: Actions that run, open or send something, files that lie in it, and forms that are programs of their own. What opens
#: with the document may be a place in it, which is an array.
_ACTIVE = re.compile(
    rb"/(?:(?:JavaScript|Launch|RichMedia|EmbeddedFiles?|SubmitForm|ImportData|GoTo[RE]|Rendition)(?![A-Za-z])"
    rb"|(?:XFA|EF|AA)\s*(?:<<|\[|\d+\s+\d+\s+R)|OpenAction\s*(?!\s|\[))"
)
#: as long as the longest that is looked for, so that nothing is missed between two blocks
_SEAM = 64
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"(?<!end)stream\r?\n?")
_OBJECTS = re.compile(rb"/ObjStm(?![A-Za-z])")
_PACKED_PLAINLY = re.compile(rb"/Filter\s*\[?\s*/(?:FlateDecode|Fl)\s*\]?\s*(?=[/>])")
#: a dictionary before its stream; those of objects are short
_DICTIONARY = 2000


def check_pdf(content: bytes) -> None:
    """Raises ``Refused``."""
    if not re.match(rb"%PDF-[12]\.\d", content) or b"%%EOF" not in content[-1024:]:
        raise Refused(NOT_WHOLE)
    names = _plain(content)
    if re.search(rb"/Encrypt(?![A-Za-z])", names):
        raise Refused(LOCKED)
    _refuse_active(names)
    plain = sum(_packs_objects_plainly(content, one.start()) for one in _STREAM.finditer(content))
    if plain != len(_OBJECTS.findall(names)):
        raise Refused(ACTIVE)
    unpacked, seam = 0, b""
    for block in _unpacked(content):
        unpacked += len(block)
        if unpacked > MAX_UNPACKED:
            raise Refused(TOO_LARGE)
        _refuse_active(_plain(seam + block))
        seam = block[-_SEAM:]


def _plain(names: bytes) -> bytes:
    """«/J#61vaScript» is «/JavaScript»."""
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), names)


def _refuse_active(names: bytes) -> None:
    if _ACTIVE.search(names):
        raise Refused(ACTIVE)


def _packs_objects_plainly(content: bytes, stream: int) -> bool:
    """Objects in this stream, packed by nothing but Flate, and not made unlike themselves before (a predictor)?"""
    before = _plain(content[max(0, stream - _DICTIONARY) : stream])
    dictionary = before[before.rfind(b"obj") :]
    if not _OBJECTS.search(dictionary) or b"/DecodeParms" in dictionary:
        return False
    return b"/Filter" not in dictionary or bool(_PACKED_PLAINLY.search(dictionary))


def _unpacked(content: bytes) -> Iterator[bytes]:
    """What Flate makes of each stream, block by block; nothing of one that is not packed so."""
    for stream in _STREAM.finditer(content):
        packer, at = zlib.decompressobj(), stream.end()
        try:
            while not packer.eof and (data := content[at : at + BLOCK]):
                yield packer.decompress(data, BLOCK)
                while packer.unconsumed_tail and not packer.eof:
                    yield packer.decompress(packer.unconsumed_tail, BLOCK)
                at += BLOCK
        except zlib.error:
            continue
