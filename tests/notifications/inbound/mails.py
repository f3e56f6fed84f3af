"""Incoming mails about a delivery, and receiving: stored, then processed."""

import time
from collections.abc import Iterable
from pathlib import Path

from notifications.inbound import mail_intake, mail_processing
from notifications.models import Delivery, IncomingMail
from notifications.outbox import delivery_queue
from notifications.outbox.replies_and_retries import Reply
from tests.notifications.smtp_answers import ACCEPTED

SAMPLES = {path.stem: path.read_bytes() for path in sorted((Path(__file__).parent / "samples").glob("*.eml"))}


def settle_all_claims(reply: Reply = ACCEPTED) -> None:
    """Settle everything that is due, as if the mail server had answered with `reply`."""
    for claimed in delivery_queue.claim_deliveries(50):
        delivery_queue.settle_claim(claimed, reply)


def receive_mail(raw: bytes, to: str = "besked@kit.example", sender: str = "", at=None) -> IncomingMail:
    """Store the mail as sent to the address, and process the mail."""
    mail_intake.store_incoming(raw, sender, [to], at)
    process_waiting_mails()
    return IncomingMail.objects.latest("pk")


def receive_mails(mails: Iterable[tuple[bytes, str]]) -> list[IncomingMail]:
    """Store the different mails, each as sent to its address, and process them in that order. Return them."""
    before = set(IncomingMail.objects.values_list("pk", flat=True))
    for raw, to in mails:
        mail_intake.store_incoming(raw, "", [to])
    process_waiting_mails()
    return list(IncomingMail.objects.exclude(pk__in=before).order_by("pk"))


def process_waiting_mails() -> int:
    return mail_processing.process_waiting_mails(until=time.monotonic() + 60)


def mail(headers: dict[str, str], body: str = "", content_type: str = "text/plain; charset=utf-8") -> bytes:
    lines = [f"{name}: {value}" for name, value in headers.items()]
    lines += ["MIME-Version: 1.0", f"Content-Type: {content_type}", "", body]
    return "\r\n".join(lines).replace("\r\n", "\n").replace("\n", "\r\n").encode()


def report(
    delivery: Delivery, action: str = "delivered", status: str = "2.0.0", *, lease: int | None = None, **said
) -> bytes:
    """Return a DSN (RFC 3464) about the delivery.

    `lease`: add the ENVID of that attempt. `said`: an `address`, a `reason`, the `returned` headers, and a
    `number` that makes the mail unique.
    """
    envelope_id = f"{delivery.pk}-{delivery.return_token}-{lease}" if lease is not None else ""
    fields = [
        "Reporting-MTA: dns; mx.kk.example",
        *([f"Original-Envelope-Id: {envelope_id}"] if envelope_id else []),
        "",
        f"Original-Recipient: rfc822;{said.get('address', delivery.address)}",
        f"Final-Recipient: rfc822;{said.get('address', delivery.address)}",
        f"Action: {action}",
        f"Status: {status}",
        f"Diagnostic-Code: smtp; {said.get('reason', f'250 {status} ok')}",
    ]
    body = "\n".join(
        [
            *("--grense", "Content-Type: text/plain", "", "This is the mail system.", ""),
            *("--grense", "Content-Type: message/delivery-status", "", *fields, ""),
            *("--grense", "Content-Type: message/rfc822-headers", "", *said.get("returned", []), ""),
            *("--grense--", ""),
        ]
    )
    headers = {
        "From": "MAILER-DAEMON@mx.kk.example",
        "To": said.get("to", "besked@kit.example"),
        "Subject": "Delivery report",
        "Date": "Mon, 13 Jan 2020 10:00:00 +0100",
        "Message-ID": f"<{said.get('number', 1)}.{action}.{lease}@mx.kk.example>",
        "Return-Path": "<>",
    }
    return mail(headers, body, 'multipart/report; report-type=delivery-status; boundary="grense"')


def bounce(delivery: Delivery, reason: str = "550 5.1.1 nobody of that name", **said) -> bytes:
    return report(delivery, "failed", "5.1.1", reason=reason, **said)


def vouched(address: str) -> dict[str, str]:
    """Return the header in which our mail server vouches for the author."""
    return {"Authentication-Results": f"mx.kit.example; dmarc=pass header.from={address.rpartition('@')[2]}"}


def auto_reply(delivery: Delivery, text: str = "Jeg er på ferie til den 20. januar.") -> bytes:
    headers = {
        "From": f"{delivery.address}",
        "To": "besked@kit.example",
        "Subject": "Automatisk svar: Dine breve kom ikke frem",
        "Date": "Mon, 13 Jan 2020 10:00:00 +0100",
        "Auto-Submitted": "auto-replied",
        "In-Reply-To": delivery.notice.message_id,
    }
    return mail(vouched(delivery.address) | headers, text)


def reply(delivery: Delivery, text: str = "Hvor finder jeg brevene?", author: str = "", **headers: str) -> bytes:
    """Return a reply written by a person."""
    written = {
        "From": f"Karen <{author or delivery.address}>",
        "To": "besked@kit.example",
        "Subject": "SV: Dine breve kom ikke frem",
        "Date": "Mon, 13 Jan 2020 10:00:00 +0100",
        "Message-ID": "<svar-1@kk.example>",
        "In-Reply-To": delivery.notice.message_id,
    }
    return mail(vouched(author or delivery.address) | written | headers, text)
