"""Simulated reactions to the demo's mails: delivery reports, bounces, auto-replies and people who answer.

A recipient's address decides the reaction, so the demo is the same each time. While the demo runs, `ReplyDeliverer`
delivers replies to the listener as a mail server would; `sample_incident` stores replies to mails of past days
itself.
"""

from __future__ import annotations

import smtplib
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import format_datetime, parseaddr
from queue import Empty, Queue
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings

from sepo_incident.core import danish

if TYPE_CHECKING:
    from aiosmtpd.smtp import Envelope

HOLIDAY_LENGTH = timedelta(days=7)


class Reply(NamedTuple):
    """A mail that comes back. `sender` is "" for a mail server's report; `to` is the recipient of the reply."""

    sender: str
    to: str
    raw: bytes


class SentMail(NamedTuple):
    """A mail that we sent to one recipient."""

    return_path: str
    address: str
    envelope_id: str
    head: EmailMessage
    at: datetime
    raw: bytes = b""


type Reaction = Callable[[SentMail], list[Reply]]


def choose_reaction(sent: SentMail) -> Reaction:
    """Return the reaction of the recipient's address: 95 percent of all addresses only report the delivery.

    A mail written by a person is always delivered. The canary addresses forward and bounce as intended.
    """
    canaries = {
        settings.MAIL["canary_address"]: forward_to_listener,
        settings.MAIL["bounce_canary_address"]: bounce_unknown_user,
    }
    if sent.address in canaries:
        return canaries[sent.address]
    number = zlib.crc32(sent.address.lower().encode()) % 1000
    if "Auto-Submitted" not in sent.head:  # written by a person; a reply would be replied to for ever
        return report_delivered
    return next((reaction for below, reaction in REACTIONS if number < below), report_delivered)


def delivery_report(sent: SentMail, action: str, status: str, words: str) -> Reply:
    """Return a delivery status notification (RFC 3464), reduced to the fields that our parser reads."""
    lines = [
        "From: MAILER-DAEMON@mx.example",
        f"To: {sent.return_path}",
        f"Subject: Delivery Status Notification ({action})",
        f"Date: {format_datetime(sent.at)}",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="rapport"',
        *("", "--rapport", "Content-Type: text/plain; charset=utf-8", "", words),
        *("--rapport", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.example"),
        *([f"Original-Envelope-Id: {sent.envelope_id}"] if sent.envelope_id else []),
        *("", f"Original-Recipient: rfc822;{sent.address}", f"Final-Recipient: rfc822;{sent.address}"),
        *(f"Action: {action}", f"Status: {status}", f"Diagnostic-Code: smtp; {words}"),
        *("--rapport--", ""),
    ]
    return Reply("", sent.return_path, "\r\n".join(lines).encode())


def reporting(action: str, status: str, words: str) -> Reaction:
    return lambda sent: [delivery_report(sent, action, status, words)]


report_delivered = reporting("delivered", "2.0.0", "250 2.0.0 Lagt i postkassen")
report_relayed = reporting("relayed", "2.0.0", "250 2.0.0 Sendt videre; herfra kvitteres ikke")
report_delayed = reporting("delayed", "4.4.1", "451 4.4.1 Serveren svarer ikke")
bounce_unknown_user = reporting("failed", "5.1.1", "550 5.1.1 User unknown")
bounce_mailbox_full = reporting("failed", "5.2.2", "552 5.2.2 Mailbox full")


def forward_to_listener(sent: SentMail) -> list[Reply]:
    """React as a mailbox of ours that forwards the unchanged mail to our listener."""
    return [Reply(sent.return_path, sent.address, sent.raw)]


def send_nothing(sent: SentMail) -> list[Reply]:
    return []


def send_holiday_reply(sent: SentMail) -> list[Reply]:
    back = danish.day_month(sent.at + HOLIDAY_LENGTH)
    mail = _build_human_reply(sent, f"Automatisk svar: {sent.head['Subject']}", f"Jeg er på ferie til den {back}.")
    mail["Auto-Submitted"] = "auto-replied"
    return [*report_delivered(sent), Reply(sent.address, sent.return_path, mail.as_bytes(policy=policy.SMTP))]


def send_question(sent: SentMail) -> list[Reply]:
    """Deliver the mail and send a question from the recipient; a leader in cc sends none."""
    if sent.address not in str(sent.head["To"]):
        return report_delivered(sent)
    words = "Hej\n\nJeg kan ikke finde det ældste af brevene i Sendt post. Hvor skal jeg lede?\n"
    mail = _build_human_reply(sent, f"SV: {sent.head['Subject']}", words)
    _, us = parseaddr(str(sent.head["From"]))
    return [*report_delivered(sent), Reply(sent.address, us, mail.as_bytes(policy=policy.SMTP))]


def _build_human_reply(sent: SentMail, subject: str, words: str) -> EmailMessage:
    mail = EmailMessage()
    domain = sent.address.rpartition("@")[2]
    mail["Authentication-Results"] = f"{settings.MAIL['authenticated_by']}; dmarc=pass header.from={domain}"
    mail["From"] = sent.address
    mail["To"] = str(sent.head["From"])
    mail["Subject"] = subject
    mail["Date"] = format_datetime(sent.at)
    mail["Message-ID"] = f"<svar.{sent.head['Message-ID'].strip('<>')}>"
    mail["In-Reply-To"] = sent.head["Message-ID"]
    mail.set_content(words)
    return mail


#: (upper limit, reaction): the reaction of the addresses with a number out of 1.000 below the limit and not below the
#: preceding limit.
REACTIONS: list[tuple[int, Reaction]] = [
    (2, send_question),
    (7, bounce_unknown_user),
    (10, bounce_mailbox_full),
    (12, report_delayed),
    (22, report_relayed),
    (37, send_holiday_reply),
    (50, send_nothing),
]


def list_sent_mails(
    mail_from: str, recipients: list[str], options: list[str], raw: bytes, at: datetime
) -> Iterator[SentMail]:
    """Yield a mail per recipient for an envelope that requests delivery status notifications (has an ENVID)."""
    head = BytesParser(policy=policy.default).parsebytes(raw, headersonly=True)
    envelope_id = next((one.partition("=")[2] for one in options if one.upper().startswith("ENVID=")), "")
    if mail_from and envelope_id:
        for address in recipients:
            yield SentMail(mail_from, address, envelope_id, head, at, raw)


class ReplyDeliverer:
    """Deliver replies to the listener by LMTP, in a thread; retry after a second while the listener does not answer."""

    def __init__(self) -> None:
        self.queue: Queue[Reply] = Queue()
        self.port = 0

    def start(self, port: int) -> None:
        """Start delivering to the listener at that port. Replies to earlier mails are not created."""
        self.port = port
        threading.Thread(target=self.deliver_replies, daemon=True).start()

    def add_replies_to(self, envelope: Envelope) -> None:
        """Create the replies to a mail that the demo's mailbox received."""
        if self.port:
            raw = envelope.original_content or b""
            now = datetime.now(danish.COPENHAGEN)
            for sent in list_sent_mails(envelope.mail_from or "", envelope.rcpt_tos, envelope.mail_options, raw, now):
                for answer in choose_reaction(sent)(sent):
                    self.queue.put(answer)

    def deliver_replies(self) -> None:
        """Deliver queued replies, keeping the connection open for 5 seconds after the last reply."""
        while True:
            answer = self.queue.get()
            try:
                with smtplib.LMTP("127.0.0.1", self.port, timeout=30) as door:
                    while True:
                        door.sendmail(answer.sender, [answer.to], answer.raw)
                        answer = self.queue.get(timeout=5)
            except Empty:
                continue
            except (smtplib.SMTPException, OSError):
                self.queue.put(answer)
                time.sleep(1)
