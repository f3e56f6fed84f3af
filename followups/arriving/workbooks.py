"""A workbook that is to be proof: whole and alone, without macros, other files or links out, and what is written in it.

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
from xml.parsers import expat

from followups.arriving.refusing import ACTIVE, NOT_WHOLE, TOO_MUCH, UNKNOWN, Refused

#: what it may be unpacked, and how many parts it may have
MAX_UNPACKED, MAX_PARTS = 20 * 1024**2, 1000

#: what is packed in another way is unpacked whole before anybody knows how large it is
_MEASURED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
#: what the zip library and zlib say of a file that is made to break them
_BROKEN = (
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


def texts_of(content: bytes) -> list[str]:
    """What is written in each of its parts. Raises ``Refused``."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            _check_parts(packed, content)
            return list(_texts(packed))
    except _BROKEN as broken:
        raise Refused(NOT_WHOLE) from broken


def _check_parts(packed: zipfile.ZipFile, content: bytes) -> None:
    parts = packed.infolist()
    names = [one.filename for one in parts]
    if not {"[Content_Types].xml", "xl/workbook.xml"} <= set(names):
        raise Refused(UNKNOWN)
    is_alone = content[-22:-18] == b"PK\x05\x06" and min(one.header_offset for one in parts) == 0
    is_plain = all(not one.startswith("/") and ".." not in one and "\\" not in one for one in names)
    if not is_alone or not is_plain or len({one.lower() for one in names}) != len(names):
        raise Refused(NOT_WHOLE)
    if any(one.compress_type not in _MEASURED for one in parts):
        raise Refused(NOT_WHOLE)
    if len(parts) > MAX_PARTS or sum(one.file_size for one in parts) > MAX_UNPACKED:
        raise Refused(TOO_MUCH)
    if any(_ACTIVE_NAME.search(one.lower()) for one in names):
        raise Refused(ACTIVE)


def _texts(packed: zipfile.ZipFile) -> Iterator[str]:
    for one in packed.infolist():
        part = _unpacked(packed, one)
        if one.filename.lower().endswith(".rels") or one.filename == "[Content_Types].xml":
            _refuse_active(part)
        elif part.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")[:1] == b"<":
            yield _words(part)


def _unpacked(packed: zipfile.ZipFile, one: zipfile.ZipInfo) -> bytes:
    """``ZipFile.read`` unpacks all there is, and then cuts it to what was said. So one byte more is asked for."""
    asked = copy.copy(one)
    asked.file_size += 1
    with packed.open(asked) as part:
        data = part.read(asked.file_size)
    if len(data) != one.file_size:
        raise Refused(NOT_WHOLE)
    return data


def _refuse_active(types: bytes) -> None:
    """Of content types or relationships, in any code and with any reference in them; no program declares its own."""

    def look(_: str, said: dict[str, str]) -> None:
        kind = said.get("ContentType", "") + said.get("Type", "")
        leads_out = said.get("TargetMode", "").lower() == "external" and not kind.endswith("/hyperlink")
        if leads_out or _ACTIVE_TYPE.search(kind):
            raise Refused(ACTIVE)

    def refuse(*_: object) -> None:
        raise Refused(NOT_WHOLE)

    parser = expat.ParserCreate()
    parser.StartElementHandler = look
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(types, True)


def _words(xml: bytes) -> str:
    """What stands between the marks, each on a line of its own. In another code than UTF-8 it could not be read."""
    if b"\0" in xml:
        raise Refused(NOT_WHOLE)
    return re.sub(r"(?:<[^<>]*>)+", "\n", xml.decode("utf-8", "replace"))
