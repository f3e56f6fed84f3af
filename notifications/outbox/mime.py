"""Build the bytes of a mail from a stored notice.

Written by hand, because the generator of `email` takes ten times as long (0.6 ms a mail), and `Header` as long
again. All parts are our own: headers from one-line texts, then text and HTML in base64.
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterable
from email.utils import format_datetime, formataddr
from functools import lru_cache
from typing import Protocol

from django.conf import settings
from django.utils import timezone

from notifications.markup.fields import one_line
from notifications.models import Delivery, Kind, Notice

#: bytes per encoded word, so that a line has at most 76 characters
ENCODED_WORD_BYTES = 39
#: characters per line of base64
BASE64_LINE_LENGTH = 76


@lru_cache(maxsize=4096)  # the same leader is named in many mails
def format_mailbox(name: str, address: str) -> str:
    """Return «Jens Ågård <jeag@buf.example>» encoded for a header."""
    name, address = one_line(name), one_line(address)
    if not address.isascii():  # such an address cannot receive mail, and must not break the mail for the others
        return encode_header(f"{name} {address}")
    return formataddr((name, address)) if name.isascii() else f"{encode_header(name)} <{address}>"


def encode_header(text: str) -> str:
    """Return `text` in encoded words (RFC 2047), separated by line breaks. No word splits a character."""
    raw, words = text.encode(), []
    while raw:
        end = min(len(raw), ENCODED_WORD_BYTES)
        while end < len(raw) and raw[end] & 0xC0 == 0x80:
            end -= 1
        words.append(f"=?utf-8?b?{b64encode(raw[:end]).decode('ascii')}?=")
        raw = raw[end:]
    return "\n ".join(words)


class AddressedDelivery(Protocol):
    """The attributes of a delivery that a mail shows."""

    @property
    def role(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def recipient_name(self) -> str: ...


def build_mail(notice: Notice, deliveries: Iterable[AddressedDelivery]) -> bytes:
    """Return the mail with CRLF line ends.

    The bytes are the same for every recipient and every sending, because the notice is. `deliveries` are all
    deliveries of the notice except replaced deliveries.
    """
    head = "".join(f"{name}: {value}\n" for name, value in mail_headers(notice, list(deliveries)))
    return to_wire_bytes(f"{head}MIME-Version: 1.0\n") + mail_body(notice)


def mail_headers(notice: Notice, deliveries: list[AddressedDelivery]) -> Iterable[tuple[str, str]]:
    yield "From", format_mailbox(settings.MAIL["from_name"], settings.MAIL["from_address"])
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
    """Return the content headers, an empty line and the body: text, or text and HTML if the notice has HTML."""
    text = text_part("plain", notice.text)
    if not notice.html:
        return text
    line = f"=_{hashlib.sha256(notice.message_id.encode()).hexdigest()[:32]}"  # base64 has no "=_"
    head = f'Content-Type: multipart/alternative;\n boundary="{line}"\n\n--{line}\n'
    return (
        to_wire_bytes(head)
        + text
        + to_wire_bytes(f"--{line}\n")
        + text_part("html", notice.html)
        + to_wire_bytes(f"--{line}--\n")
    )


def text_part(subtype: str, text: str) -> bytes:
    """Return a part in base64, so that no line is long or begins with a dot."""
    head = f'Content-Type: text/{subtype}; charset="utf-8"\nContent-Transfer-Encoding: base64\n\n'
    letters = b64encode(text.encode())
    lines = [letters[start : start + BASE64_LINE_LENGTH] for start in range(0, len(letters), BASE64_LINE_LENGTH)]
    return to_wire_bytes(head) + b"\r\n".join([*lines, b""])


def to_wire_bytes(lines: str) -> bytes:
    """Return ASCII with CRLF line ends.

    Only a foreign Message-ID can hold non-ASCII characters. Such characters become "?".
    """
    return lines.replace("\n", "\r\n").encode("ascii", "replace")


def format_mailboxes(deliveries: Iterable[AddressedDelivery]) -> str:
    """Return the mailboxes of `deliveries` for To or Cc, a line for each."""
    return ",\n ".join(format_mailbox(delivery.recipient_name, delivery.address) for delivery in deliveries)


def readable_mailbox(name: str, address: str) -> str:
    """Return «Jens Ågård <jeag@buf.example>» for people to read."""
    return f"{one_line(name)} <{one_line(address)}>" if name else one_line(address)


def readable_sender() -> str:
    return readable_mailbox(settings.MAIL["from_name"], settings.MAIL["from_address"])


def readable_recipient(delivery: Delivery) -> str:
    return readable_mailbox(delivery.recipient_name, delivery.address)
