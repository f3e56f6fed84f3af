"""A stored notice as the bytes of a mail.

Written out by hand, because ``email``'s generator takes ten times as long (0.6 ms a mail) and ``Header`` as long again,
and every part is our own: headers from one-line texts, then text and HTML in base64.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable
from email.utils import format_datetime, formataddr
from functools import lru_cache
from typing import Protocol

from django.conf import settings
from django.utils import timezone

from notifications.markup.field_types import one_line
from notifications.models import Delivery, Kind, Notice

#: bytes in an encoded word, so that a line of it has at most 76 characters
ENCODED_WORD_BYTES = 39
#: letters in a line of base64
BASE64_LINE_LENGTH = 76


@lru_cache(maxsize=4096)  # a leader stands in many
def format_mailbox(name: str, address: str) -> str:
    """«Jens Ågård <jeag@buf.example>», encoded for a header."""
    name, address = one_line(name), one_line(address)
    if not address.isascii():  # nobody gets mail there, and the others must not lose theirs
        return encode_header(f"{name} {address}")
    return formataddr((name, address)) if name.isascii() else f"{encode_header(name)} <{address}>"


def encode_header(text: str) -> str:
    """In encoded words (RFC 2047), each on a line of its own; none cuts a letter in two."""
    raw, words = text.encode(), []
    while raw:
        end = min(len(raw), ENCODED_WORD_BYTES)
        while end < len(raw) and raw[end] & 0xC0 == 0x80:
            end -= 1
        words.append(f"=?utf-8?b?{b64encode(raw[:end]).decode('ascii')}?=")
        raw = raw[end:]
    return "\n ".join(words)


def sender_mailbox() -> str:
    return format_mailbox(settings.MAIL["from_name"], settings.MAIL["from_address"])


class AddressedDelivery(Protocol):
    """A delivery, or as much of one as stands in a mail."""

    @property
    def role(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def recipient_name(self) -> str: ...


def build_mail(notice: Notice, deliveries: Iterable[AddressedDelivery]) -> bytes:
    """The mail with CRLF line ends: the same bytes for every recipient and every time, as the notice is the same.

    ``deliveries`` are all of the notice's that are live.
    """
    head = "".join(f"{name}: {value}\n" for name, value in mail_headers(notice, list(deliveries)))
    return to_wire_bytes(f"{head}MIME-Version: 1.0\n") + mail_body(notice)


def mail_headers(notice: Notice, deliveries: list[AddressedDelivery]) -> Iterable[tuple[str, str]]:
    yield "From", sender_mailbox()
    yield "To", format_mailboxes(delivery for delivery in deliveries if delivery.role == Delivery.Role.TO)
    if copies := [delivery for delivery in deliveries if delivery.role == Delivery.Role.CC]:
        yield "Cc", format_mailboxes(copies)
    yield "Subject", encode_header(one_line(notice.subject))
    yield "Date", format_datetime(timezone.localtime(notice.created_at))
    yield "Message-ID", notice.message_id
    if notice.in_reply_to:
        yield "In-Reply-To", one_line(notice.in_reply_to)
        yield "References", one_line(notice.in_reply_to)
    if notice.written_by_id is None or notice.kind == Kind.TEST:
        yield "Auto-Submitted", "auto-generated"
    yield "Content-Language", "da"


def mail_body(notice: Notice) -> bytes:
    """Its type, and after an empty line what it says: as text and as HTML where there is HTML."""
    text = text_part("plain", notice.text)
    if not notice.html:
        return text
    line = part_boundary(notice)
    head = f'Content-Type: multipart/alternative;\n boundary="{line}"\n\n--{line}\n'
    return (
        to_wire_bytes(head)
        + text
        + to_wire_bytes(f"--{line}\n")
        + text_part("html", notice.html)
        + to_wire_bytes(f"--{line}--\n")
    )


def text_part(subtype: str, text: str) -> bytes:
    """In base64, which has neither long lines nor dots at their start."""
    head = f'Content-Type: text/{subtype}; charset="utf-8"\nContent-Transfer-Encoding: base64\n\n'
    letters = b64encode(text.encode())
    lines = [letters[start : start + BASE64_LINE_LENGTH] for start in range(0, len(letters), BASE64_LINE_LENGTH)]
    return to_wire_bytes(head) + b"\r\n".join([*lines, b""])


def to_wire_bytes(lines: str) -> bytes:
    """As they travel. Only a Message-ID of somebody else's can have letters that do not."""
    return lines.replace("\n", "\r\n").encode("ascii", "replace")


def part_boundary(notice: Notice) -> str:
    """The line between the parts. The = cannot stand so in base64, which is how the parts are written."""
    return f"=_{hashlib.sha256(notice.message_id.encode()).hexdigest()[:32]}"


def format_mailboxes(deliveries: Iterable[AddressedDelivery]) -> str:
    """A line each, however many they are."""
    return ",\n ".join(format_mailbox(delivery.recipient_name, delivery.address) for delivery in deliveries)


def readable_mailbox(name: str, address: str) -> str:
    """«Jens Ågård <jeag@buf.example>», as people read it."""
    return f"{one_line(name)} <{one_line(address)}>" if name else one_line(address)


def readable_sender() -> str:
    return readable_mailbox(settings.MAIL["from_name"], settings.MAIL["from_address"])


def readable_recipient(delivery: Delivery) -> str:
    return readable_mailbox(delivery.recipient_name, delivery.address)
