"""A stored notice as the bytes of a mail. compat32 and MIMEText: a third of the time of EmailMessage (promises.md)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from email import policy
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr

from django.conf import settings
from django.utils import timezone

from notifications.models import Delivery, Kind, Notice
from notifications.texts.lines import one_line

WIRE = policy.compat32.clone(linesep="\r\n")


def mailbox(name: str, address: str) -> str:
    """«Jens Ågård <jeag@buf.example>», encoded for a header."""
    return formataddr((one_line(name), one_line(address)))


def from_mailbox() -> str:
    return mailbox(settings.MAIL["from_name"], settings.MAIL["from_address"])


def build(notice: Notice, deliveries: Iterable[Delivery]) -> bytes:
    """The mail with CRLF line ends: the same bytes for every recipient and every time, as the notice is the same.

    ``deliveries`` are all of the notice's, with their recipients.
    """
    to = [delivery for delivery in deliveries if delivery.role == Delivery.Role.TO]
    copies = [delivery for delivery in deliveries if delivery.role == Delivery.Role.CC]
    text = MIMEText(notice.text, "plain", "utf-8")
    mail: MIMEBase = MIMEMultipart("alternative", boundary=boundary(notice)) if notice.html else text
    mail["From"] = from_mailbox()
    mail["To"] = addresses(to)
    if copies:
        mail["Cc"] = addresses(copies)
    mail["Subject"] = Header(one_line(notice.subject), "utf-8").encode()
    mail["Date"] = format_datetime(timezone.localtime(notice.created_at))
    mail["Message-ID"] = notice.message_id
    if notice.in_reply_to:
        mail["In-Reply-To"] = mail["References"] = one_line(notice.in_reply_to)
    if notice.written_by_id is None or notice.kind == Kind.TEST:
        mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = "da"
    if notice.html:
        mail.attach(text)
        mail.attach(MIMEText(notice.html, "html", "utf-8"))
    return mail.as_bytes(policy=WIRE)


def boundary(notice: Notice) -> str:
    """The line between the parts. The = cannot stand so in base64, which is how the parts are written."""
    return f"=_{hashlib.sha256(notice.message_id.encode()).hexdigest()[:32]}"


def addresses(deliveries: Iterable[Delivery]) -> str:
    return ", ".join(
        mailbox(delivery.recipient.name if delivery.recipient else "", delivery.address) for delivery in deliveries
    )


def readable(name: str, address: str) -> str:
    """«Jens Ågård <jeag@buf.example>», as people read it."""
    return f"{one_line(name)} <{one_line(address)}>" if name else one_line(address)


def readable_sender() -> str:
    return readable(settings.MAIL["from_name"], settings.MAIL["from_address"])


def readable_recipient(delivery: Delivery) -> str:
    return readable(delivery.recipient.name if delivery.recipient else "", delivery.address)
