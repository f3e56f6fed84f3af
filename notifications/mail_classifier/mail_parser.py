"""Parse the bytes of a mail into headers, text, parts and field groups (RFC 3464, RFC 5965).

Parsing is bounded for any input: at most 256 KiB are read and at most forty boundaries are followed, and enclosed
mails and reports stay text, so that a mail cannot control the depth of recursion.
"""

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

from notifications.mail_classifier.text_patterns import FAILURE_WORDS, RETURNED_MAIL_START, SERVER_REPLY_LINE

MAX_FIELD_GROUPS = 1000
MAX_FIELD_TEXT = 128 * 1024
_FIELD_LINE = re.compile(r"([A-Za-z][\w.-]*)[ \t]*:[ \t]*(.*)")
_BLANK_LINES = re.compile(r"\n[ \t\n]*\n")

type Fields = dict[str, list[str]]


def parse_field_groups(text: str) -> Iterator[Fields]:
    """Yield each block between blank lines as {lower-case name: values}. Lines without a field are skipped."""
    for block in _BLANK_LINES.split(text[:MAX_FIELD_TEXT], MAX_FIELD_GROUPS):
        if found := parse_fields(block):
            yield found


def parse_fields(block: str) -> Fields:
    found: Fields = {}
    values: list[str] = []  # values of the field that a folded line continues
    for line in block.split("\n"):
        if match := _FIELD_LINE.match(line):
            values = found.setdefault(match[1].lower(), [])
            values.append(match[2].strip())
        elif values and line[:1] in " \t":
            values[-1] = f"{values[-1]} {line.strip()}"[:4000]
    return found


def first_value(found: Fields, *names: str) -> str:
    """Return the first non-empty value of the fields `names`, in this order, or ""."""
    return next((value for name in names for value in found.get(name, ()) if value), "")


MAX_BYTES_READ = 256 * 1024
MAX_HEADER_LENGTH = 4000
MAX_TEXT_LENGTH = 128 * 1024
MAX_LINES, MAX_LINE_LENGTH = 2000, 600
#: Decoders with quadratic running time. No mail is written in these.
SLOW_CHARSETS = {"idna", "punycode"}
#: a field group with one of these names is the header of a mail
MAIL_HEADERS = {"from", "to", "subject", "message-id"}
RETURNED_MAIL_TYPES = {"text/rfc822", "text/rfc822-headers", "text/global", "text/global-headers"}
#: Occurrences allowed before the rest of the mail is cut off: limits on depth, width and length.
MAX_OCCURRENCES = {
    re.compile(rb"boundary[ \t]*=", re.IGNORECASE): 40,
    re.compile(rb"^--\S", re.MULTILINE): 1000,
    re.compile(rb"\n"): 6000,
}
_LINE_BREAKING_ELEMENT = re.compile(r"/?(?:br|p|div|tr|td|th|li|ul|ol|table|h\d|pre|hr|blockquote)\b")
_HIDDEN_ELEMENT = re.compile(r"(?:style|script|title)\b")


class TruncatingPolicy(Compat32):
    """A policy that truncates headers, because the email package parses a header in quadratic time."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:MAX_HEADER_LENGTH]


class FlatMessage(Message):
    """A message whose enclosures are text: message/delivery-status becomes text/delivery-status, and so on."""

    def get_content_type(self) -> str:
        kind = super().get_content_type()
        return f"text/{kind.removeprefix('message/')}" if kind.startswith("message/") else kind

    def get(self, name: str, failobj: Any = None) -> Any:
        """Return the header as a string.

        flufl.bounce expects strings, but the email package returns an object for a header with raw 8-bit characters.
        """
        value = super().get(name, failobj)
        return str(value) if isinstance(value, Header) else value


@dataclass(frozen=True)
class Part:
    """A text part of a mail: content type and decoded text."""

    kind: str
    text: str


class Mail:
    """A parsed mail with decoded headers and texts."""

    def __init__(self, message: Message):
        self.message = message

    @cached_property
    def headers(self) -> Fields:
        found: Fields = {}
        for name, value in self.message.raw_items():
            found.setdefault(name.lower(), []).append(str(value))
        return {name: [_decode_header_value(value) for value in values[:50]] for name, values in found.items()}

    def header(self, *names: str) -> str:
        """Return the first non-empty header of `names`, decoded, on one line."""
        return first_value(self.headers, *names)

    @cached_property
    def parts(self) -> list[Part]:
        return list(_text_parts(self.message))

    def of_kind(self, *kinds: str) -> Iterator[str]:
        return (part.text for part in self.parts if part.kind in kinds)

    @cached_property
    def text(self) -> str:
        """Return the plain text, or else the text of the HTML."""
        plain = "\n\n".join(self.of_kind("text/plain"))
        return (plain if plain.strip() else "\n\n".join(map(html_to_text, self.of_kind("text/html"))))[:MAX_TEXT_LENGTH]

    @cached_property
    def attachment_names(self) -> list[str]:
        """Return the file names of the attachments. A name that cannot be decoded is left out."""
        return list(filter(None, map(_file_name, self.message.walk())))

    @cached_property
    def server_text(self) -> str:
        """Return the server's own text: the text above the returned mail."""
        below = RETURNED_MAIL_START.search(self.text)
        return self.text[: below.start()] if below else self.text

    @cached_property
    def lines(self) -> list[str]:
        """Return the server's own text in lines."""
        return [line[:MAX_LINE_LENGTH] for line in self.server_text.split("\n")[:MAX_LINES]]

    @cached_property
    def reply(self) -> str:
        """Return the first line that looks like a server reply, or else the first line about a failure, or ""."""
        return next(filter(SERVER_REPLY_LINE.search, self.lines), "") or next(
            filter(FAILURE_WORDS.search, self.lines), ""
        )

    @cached_property
    def returned_headers(self) -> Fields:
        """Return the headers of the returned mail, from a part or from the text below the server's own text."""
        texts = [*self.of_kind(*RETURNED_MAIL_TYPES), self.text[len(self.server_text) :]]
        found = (group for text in texts for group in parse_field_groups(text))
        return next((group for group in found if MAIL_HEADERS & set(group)), {})


def parse_mail(raw: bytes) -> Mail:
    """Parse the bytes. Never raises; bytes that are no mail give an empty mail."""
    return Mail(BytesParser(FlatMessage, policy=TruncatingPolicy()).parsebytes(_limit_input(raw)))


def _limit_input(raw: bytes) -> bytes:
    """Return the bytes with uniform line ends, truncated to the limits."""
    raw = raw[:MAX_BYTES_READ].replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n \t")
    for pattern, most in MAX_OCCURRENCES.items():
        too_many = next(islice(pattern.finditer(raw), most, None), None)
        raw = raw[: too_many.start()] if too_many else raw
    return raw


def _decode_header_value(value: str) -> str:
    text = " ".join(_decode_bytes(value.encode("ascii", "surrogateescape")).split())
    if "=?" not in text:
        return text
    try:
        return _replace_surrogates(str(make_header(decode_header(text))))
    except (MessageError, LookupError, ValueError):  # also raised for an unknown or unreadable charset
        return text


def _text_parts(message: Message) -> Iterator[Part]:
    for part in message.walk():
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        if kind.startswith("text/"):
            yield Part(kind, _part_text(part))
        elif kind.startswith("multipart/"):  # the boundary is missing or never occurs
            yield Part("text/plain", _part_text(part))


def _part_text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return _decode_bytes(payload, part.get_content_charset() or "") if isinstance(payload, bytes) else ""


def _decode_bytes(content: bytes, charset: str = "") -> str:
    for name in (charset, "utf-8"):
        if name and name.lower() not in SLOW_CHARSETS:
            try:
                return _replace_surrogates(content.decode(name)).replace("\r\n", "\n")
            except (LookupError, ValueError):
                pass
    return content.decode("latin-1").replace("\r\n", "\n")


def _replace_surrogates(text: str) -> str:
    """Return the text without lone surrogates, because surrogates can be neither shown nor stored."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _file_name(part: Message) -> str:
    try:
        return _replace_surrogates(part.get_filename(""))
    except (LookupError, ValueError):  # an unknown charset
        return ""


def html_to_text(html: str) -> str:
    """Return the words of the HTML, with line breaks as on the page.

    Runs in a single pass even if tags are not closed.
    """
    before, *rest = html.split("<")
    out, unseen = [before], ""
    for piece in rest:
        tag, _, words = piece.partition(">")
        name = tag[:20].lower()
        if unseen and not name.startswith(f"/{unseen}"):
            continue
        match = _HIDDEN_ELEMENT.match(name)
        unseen = match[0] if match else ""
        if not unseen:
            out += ["\n" if _LINE_BREAKING_ELEMENT.match(name) else "", " ".join(words.split("\n"))]
    return unescape("".join(out)).replace("\u00a0", " ")
