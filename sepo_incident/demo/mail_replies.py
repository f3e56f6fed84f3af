"""Simulated reactions to the demo's mails: delivery reports, bounces, auto-replies and people who answer.

A recipient's address decides the reaction, so the demo is the same each time. The replies are stored as the receiver
stores incoming mail.
"""

import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import format_datetime, parseaddr

from django.conf import settings

from notifications.inbound import mail_intake
from sepo_incident.core import danish
from sepo_incident.demo import mailbox

HOLIDAY_LENGTH = timedelta(days=7)
QUESTION = "Hej\n\nJeg kan ikke finde det ældste af brevene i Sendt post. Hvor skal jeg lede?\n"
#: (upper limit, reaction): the reaction of the addresses with a number out of 1.000 below the limit and not below the
#: preceding limit.
REACTIONS = [
    (2, "question"),
    (7, "unknown user"),
    (10, "mailbox full"),
    (12, "delayed"),
    (22, "relayed"),
    (37, "holiday"),
    (50, "nothing"),
    (1000, "delivered"),
]
DELIVERED = ("delivered", "2.0.0", "250 2.0.0 Lagt i postkassen")
#: {reaction: (action, status, words)} of the delivery reports that say something else than `DELIVERED`
REPORTS = {
    "unknown user": ("failed", "5.1.1", "550 5.1.1 User unknown"),
    "mailbox full": ("failed", "5.2.2", "552 5.2.2 Mailbox full"),
    "delayed": ("delayed", "4.4.1", "451 4.4.1 Serveren svarer ikke"),
    "relayed": ("relayed", "2.0.0", "250 2.0.0 Sendt videre; herfra kvitteres ikke"),
}


def answer_mails(since: int, at: datetime) -> int:
    """Store the replies, as of `at`, to the mails that came to the mailbox at or after `since` (nanoseconds).

    Return the `since` of the next call.
    """
    for entry, raw in mailbox.list_raw_mails(since):
        store_replies(entry.mail_from, entry.recipients, entry.options, raw, at)
        since = int(entry.id.partition("-")[0]) + 1
    return since


def store_replies(mail_from: str, recipients: list[str], options: list[str], raw: bytes, at: datetime) -> None:
    """Store the replies, as of `at`, to an envelope that requests delivery status notifications (has an ENVID)."""
    envelope_id = next((one.partition("=")[2] for one in options if one.upper().startswith("ENVID=")), "")
    head = BytesParser(policy=policy.default).parsebytes(raw, headersonly=True)
    for address in recipients if mail_from and envelope_id else []:
        reaction = choose_reaction(address, head)
        if reaction == "forward":
            mail_intake.store_incoming(raw, mail_from, [address], at)
        for sender, to, reply in list_replies(reaction, address, mail_from, envelope_id, head, at):
            mail_intake.store_incoming(reply, sender, [to], at)


def choose_reaction(address: str, head: EmailMessage) -> str:
    """Return the reaction of the address: 95 percent of all addresses only report the delivery.

    A mail written by a person is always delivered. A canary's mailbox forwards the unchanged mail to us, or is unknown.
    """
    canaries = {settings.MAIL["canary_address"]: "forward", settings.MAIL["bounce_canary_address"]: "unknown user"}
    if address in canaries:
        return canaries[address]
    if "Auto-Submitted" not in head:  # written by a person; a reply would be replied to for ever
        return "delivered"
    number = zlib.crc32(address.lower().encode()) % 1000
    return next(reaction for below, reaction in REACTIONS if number < below)


def list_replies(
    reaction: str, address: str, return_path: str, envelope_id: str, head: EmailMessage, at: datetime
) -> Iterator[tuple[str, str, bytes]]:
    """Yield the replies of an address to our mail, as (sender, "" for a mail server; recipient; mail).

    A leader in cc asks no question.
    """
    if reaction in ("forward", "nothing"):
        return
    report = REPORTS.get(reaction, DELIVERED)
    yield "", return_path, delivery_report(return_path, address, envelope_id, at, *report)
    if reaction == "holiday":
        text = f"Jeg er på ferie til den {danish.day_month(at + HOLIDAY_LENGTH)}."
        mail = _human_reply(address, head, at, f"Automatisk svar: {head['Subject']}", text)
        mail["Auto-Submitted"] = "auto-replied"
        yield address, return_path, mail.as_bytes(policy=policy.SMTP)
    elif reaction == "question" and address in str(head["To"]):
        mail = _human_reply(address, head, at, f"SV: {head['Subject']}", QUESTION)
        yield address, parseaddr(str(head["From"]))[1], mail.as_bytes(policy=policy.SMTP)


def delivery_report(
    return_path: str, address: str, envelope_id: str, at: datetime, action: str, status: str, words: str
) -> bytes:
    """Return a delivery status notification (RFC 3464), reduced to the fields that our parser reads."""
    lines: Iterable[str] = [
        "From: MAILER-DAEMON@mx.example",
        f"To: {return_path}",
        f"Subject: Delivery Status Notification ({action})",
        f"Date: {format_datetime(at)}",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="rapport"',
        *("", "--rapport", "Content-Type: text/plain; charset=utf-8", "", words),
        *("--rapport", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.example"),
        f"Original-Envelope-Id: {envelope_id}",
        *("", f"Original-Recipient: rfc822;{address}", f"Final-Recipient: rfc822;{address}"),
        *(f"Action: {action}", f"Status: {status}", f"Diagnostic-Code: smtp; {words}"),
        *("--rapport--", ""),
    ]
    return "\r\n".join(lines).encode()


def _human_reply(address: str, head: EmailMessage, at: datetime, subject: str, words: str) -> EmailMessage:
    mail = EmailMessage()
    domain = address.rpartition("@")[2]
    mail["Authentication-Results"] = f"{settings.MAIL['authenticated_by']}; dmarc=pass header.from={domain}"
    mail["From"], mail["To"], mail["Subject"] = address, str(head["From"]), subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<svar.{head['Message-ID'].strip('<>')}>"
    mail["In-Reply-To"] = head["Message-ID"]
    mail.set_content(words)
    return mail
