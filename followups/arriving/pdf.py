"""Does a PDF do or carry anything? Its names are read as a reader reads them, also where they are packed.

It is no parser, so whatever it cannot look into is refused: what is locked, and objects that are packed in another way
than all programs pack them. Pictures and text of the pages are not looked at.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from itertools import islice

from followups.arriving.refusing import ACTIVE, LOCKED, NOT_WHOLE, TOO_LARGE, Refused

#: what all packed parts of it may be together, packed and unpacked, and how many streams there may be
MAX_UNPACKED, MAX_STREAMS = 100 * 1024**2, 5000
#: What is given to Flate at once, and what it may make of it: so much does a stream that breaks off hide from the sum.
PIECE, BLOCK = 16 * 1024, 64 * 1024

#: Actions that run, open or send something, files that lie in it, and forms that are programs of their own.
_ACTIVE = re.compile(
    rb"/(?:JavaScript|Launch|RichMedia|EmbeddedFiles?|SubmitForm|ImportData|GoTo[RE]|Rendition)(?![A-Za-z])"
)
#: And these, where an object follows; pictures have such letters too. What opens with the document may be a place in
#: it, which is an array.
_HOLDER = re.compile(rb"/(?:XFA|EF|AA|(OpenAction))(?![A-Za-z])")
#: between two things of a PDF: blanks, zeros, comments (ISO 32000-2, 7.2.3 and 7.2.4)
_BLANK = rb"(?:[\s\0]|%[^\r\n]*[\r\n])"
_OBJECT = re.compile(rb"%b*(?:<<|\[|\d+%b+\d+%b+R)" % (_BLANK, _BLANK, _BLANK))
_NO_PLACE = re.compile(rb"%b*[^\s\0%%\[]" % _BLANK)
#: so far an object is looked for; whoever puts it farther away hides it
_NEAR = 256
_FAR = re.compile(rb"(?:[\s\0\d]|%[^\r\n]*(?:[\r\n]|\Z))*\Z")
#: of what no program writes, and chance makes one or two of, at one look
MANY = 300
#: longer than all that is looked for, so that nothing is missed between two blocks
_SEAM = _NEAR + 64
#: a letter that is written as its number
_ESCAPED = re.compile(rb"#([46][1-9A-Fa-f]|[57][0-9Aa])")
_STREAM = re.compile(rb"(?<!end)stream\r?\n?")
_OBJECTS = re.compile(rb"/ObjStm(?![A-Za-z])")
_PACKED_PLAINLY = re.compile(rb"/Filter\s*\[?\s*/(?:FlateDecode|Fl)\s*\]?\s*(?=[/>])")
#: a predictor; and what only some readers take for one, or for a filter
_OTHERWISE = re.compile(rb"/(?:DecodeParms|DP|F)(?![A-Za-z])")
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
    streams = list(islice(_STREAM.finditer(content), MAX_STREAMS + 1))
    if len(streams) > MAX_STREAMS:
        raise Refused(TOO_LARGE)
    if sum(_packs_objects_plainly(content, one.start()) for one in streams) != len(_OBJECTS.findall(names)):
        raise Refused(ACTIVE)
    _look_into(content, streams)


def _look_into(content: bytes, streams: list[re.Match[bytes]]) -> None:
    unpacked, seam = 0, b""
    for size, block in _unpacked(content, streams):
        unpacked += size
        if unpacked > MAX_UNPACKED:
            raise Refused(TOO_LARGE)
        _refuse_active(_plain(seam + block))
        seam = (seam + block)[-_SEAM:]


def _plain(names: bytes) -> bytes:
    """«/J#61vaScript» is «/JavaScript». Nothing but letters, for else a comment could end where no reader ends it."""
    plain, escaped = _ESCAPED.subn(lambda found: bytes([int(found[1], 16)]), names)
    if escaped > MANY:
        raise Refused(ACTIVE)
    return plain


def _refuse_active(names: bytes) -> None:
    holders = list(islice(_HOLDER.finditer(names), MANY + 1))
    if _ACTIVE.search(names) or len(holders) > MANY or any(_holds(names, one) for one in holders):
        raise Refused(ACTIVE)


def _holds(names: bytes, holder: re.Match[bytes]) -> bool:
    near = names[holder.end() : holder.end() + _NEAR]
    if (_NO_PLACE if holder[1] else _OBJECT).match(near):
        return True
    return len(near) == _NEAR and bool(_FAR.match(near))


def _packs_objects_plainly(content: bytes, stream: int) -> bool:
    """Objects in this stream, packed by nothing but Flate, and not made unlike themselves before (a predictor)?"""
    before = _plain(content[max(0, stream - _DICTIONARY) : stream])
    dictionary = before[before.rfind(b"obj") :]
    if not _OBJECTS.search(dictionary) or _OTHERWISE.search(dictionary):
        return False
    return b"/Filter" not in dictionary or bool(_PACKED_PLAINLY.search(dictionary))


def _unpacked(content: bytes, streams: list[re.Match[bytes]]) -> Iterator[tuple[int, bytes]]:
    """(how many bytes were read and made, what Flate made) block by block; nothing of a stream not packed so."""
    view = memoryview(content)
    for stream in streams:
        packer, at = zlib.decompressobj(), stream.end()
        try:
            while not packer.eof and (piece := view[at : at + PIECE]):
                made, read = packer.decompress(piece, BLOCK), len(piece)
                yield read - len(packer.unused_data) + len(made), made
                while packer.unconsumed_tail and not packer.eof:
                    made = packer.decompress(packer.unconsumed_tail, BLOCK)
                    yield len(made), made
                at += read
        except zlib.error:
            continue
