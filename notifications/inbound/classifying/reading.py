"""Bytes → what the classifiers look at: headers, the words, what is enclosed.

Whatever the bytes are, this ends soon: the first 256 KiB are read, at most forty boundaries are followed, and what is
enclosed (a returned mail, a report) stays text, so nothing in a mail decides how deep we go.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.header import Header, decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32
from functools import cached_property
from html import unescape
from itertools import islice
from typing import Any

from notifications.inbound.classifying import fields
from notifications.inbound.classifying.fields import Fields
from notifications.inbound.classifying.phrases import REFUSED, REPLY_LINE, RETURNED_BELOW

MOST_BYTES = 256 * 1024
MOST_HEADER = 4000
MOST_TEXT = 128 * 1024
MOST_LINES, LONGEST_LINE = 2000, 600
#: decoders whose time grows with the square of the text; no mail is written in them
SLOW_CHARSETS = {"idna", "punycode"}
#: one of these, and it is the header of a mail
MAIL_HEADERS = {"from", "to", "subject", "message-id"}
RETURNED = {"text/rfc822", "text/rfc822-headers", "text/global", "text/global-headers"}
#: how often something may stand in a mail before the rest is left out: what makes it deep, wide, long
MOST_OFTEN = {
    re.compile(rb"boundary[ \t]*=", re.IGNORECASE): 40,
    re.compile(rb"^--\S", re.MULTILINE): 1000,
    re.compile(rb"\n"): 6000,
}
_NEW_LINE = re.compile(r"/?(?:br|p|div|tr|td|th|li|ul|ol|table|h\d|pre|hr|blockquote)\b")
_UNSEEN = re.compile(r"(?:style|script|title)\b")


class Short(Compat32):
    """No header is longer than we read: email takes one apart in a time that grows with the square of it."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:MOST_HEADER]


class Flat(Message):
    """A mail whose enclosures are text: message/delivery-status is text/delivery-status, and so on."""

    def get_content_type(self) -> str:
        kind = super().get_content_type()
        return f"text/{kind.removeprefix('message/')}" if kind.startswith("message/") else kind

    def get(self, name: str, failobj: Any = None) -> Any:
        """Always text, which flufl.bounce counts on; of a header with bare 8-bit letters email makes an object."""
        value = super().get(name, failobj)
        return str(value) if isinstance(value, Header) else value


@dataclass(frozen=True)
class Part:
    kind: str
    text: str


class Mail:
    def __init__(self, message: Message):
        self.message = message

    @cached_property
    def headers(self) -> Fields:
        found: Fields = {}
        for name, value in self.message.raw_items():
            found.setdefault(name.lower(), []).append(str(value))
        return {name: [_header(value) for value in values[:50]] for name, values in found.items()}

    def header(self, *names: str) -> str:
        """The first of these that says something, decoded, on one line."""
        return fields.first(self.headers, *names)

    @cached_property
    def parts(self) -> list[Part]:
        return list(_parts(self.message))

    def of_kind(self, *kinds: str) -> Iterator[str]:
        return (part.text for part in self.parts if part.kind in kinds)

    @cached_property
    def text(self) -> str:
        """What a person or a program wrote: plain text, else the words of the HTML."""
        plain = "\n\n".join(self.of_kind("text/plain"))
        return (plain if plain.strip() else "\n\n".join(map(words_of, self.of_kind("text/html"))))[:MOST_TEXT]

    @cached_property
    def enclosed(self) -> list[str]:
        """The names of files; one whose name cannot be read is left out."""
        return list(filter(None, map(_file_name, self.message.walk())))

    @cached_property
    def told(self) -> str:
        """What a server says itself: the text above the mail that came back."""
        below = RETURNED_BELOW.search(self.text)
        return self.text[: below.start()] if below else self.text

    @cached_property
    def lines(self) -> list[str]:
        """What a server says itself, by lines."""
        return [line[:LONGEST_LINE] for line in self.told.split("\n")[:MOST_LINES]]

    @cached_property
    def reply(self) -> str:
        """The first line that looks like a server's reply, else the first that tells of a failure."""
        return next(filter(REPLY_LINE.search, self.lines), "") or next(filter(REFUSED.search, self.lines), "")

    @cached_property
    def returned(self) -> Fields:
        """The headers of the mail that came back, a part of its own or below the server's words."""
        texts = [*self.of_kind(*RETURNED), self.text[len(self.told) :]]
        found = (group for text in texts for group in fields.groups(text))
        return next((group for group in found if MAIL_HEADERS & set(group)), {})


def read(raw: bytes) -> Mail:
    """Never fails; of bytes that are no mail there is nothing to see."""
    return Mail(BytesParser(Flat, policy=Short()).parsebytes(_bounded(raw)))


def _bounded(raw: bytes) -> bytes:
    """One kind of line end, and no more than we are ready to read."""
    raw = raw[:MOST_BYTES].replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n \t")
    for pattern, most in MOST_OFTEN.items():
        too_many = next(islice(pattern.finditer(raw), most, None), None)
        raw = raw[: too_many.start()] if too_many else raw
    return raw


def _header(value: str) -> str:
    text = " ".join(_characters(value.encode("ascii", "surrogateescape")).split())
    if "=?" not in text:
        return text
    try:
        return _whole(str(make_header(decode_header(text))))
    except (MessageError, LookupError, ValueError):  # an unknown or unreadable charset is among them
        return text


def _parts(message: Message) -> Iterator[Part]:
    for part in message.walk():
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        if kind.startswith("text/"):
            yield Part(kind, _text(part))
        elif kind.startswith("multipart/"):  # its boundary is missing or never comes
            yield Part("text/plain", _text(part))


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return _characters(payload, part.get_content_charset() or "") if isinstance(payload, bytes) else ""


def _characters(content: bytes, charset: str = "") -> str:
    for name in (charset, "utf-8"):
        if name and name.lower() not in SLOW_CHARSETS:
            try:
                return _whole(content.decode(name)).replace("\r\n", "\n")
            except (LookupError, ValueError):
                pass
    return content.decode("latin-1").replace("\r\n", "\n")


def _whole(text: str) -> str:
    """Without halves of a character, which some charsets can write and nobody can show or keep."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _file_name(part: Message) -> str:
    try:
        return _whole(part.get_filename(""))
    except (LookupError, ValueError):  # in a charset that is none
        return ""


def words_of(html: str) -> str:
    """The words, with a new line where the page has one. Takes one pass, whatever is left open."""
    before, *rest = html.split("<")
    out, unseen = [before], ""
    for piece in rest:
        tag, _, words = piece.partition(">")
        name = tag[:20].lower()
        if unseen and not name.startswith(f"/{unseen}"):
            continue
        match = _UNSEEN.match(name)
        unseen = match[0] if match else ""
        if not unseen:
            out += ["\n" if _NEW_LINE.match(name) else "", " ".join(words.split("\n"))]
    return unescape("".join(out)).replace("\u00a0", " ")
