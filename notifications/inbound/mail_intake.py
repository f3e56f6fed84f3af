"""Intake of incoming mail: store a mail, and fetch mails from an IMAP mailbox.

A mail is committed before the receipt is confirmed to the server. The mailbox is for installations where no mail
server can deliver to us. A mail is marked as seen after the commit, and a mail fetched twice is recognised by the
bytes.
"""

from __future__ import annotations

import hashlib
import imaplib
import logging
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from django.db import transaction
from django.utils import timezone

from notifications.mail_classifier.author import parse_heading
from notifications.models import IncomingMail
from notifications.outbox import enqueue

#: the largest mail accepted; the classifier reads only the beginning
MAX_MAIL_BYTES = 20 * 1024 * 1024
#: the longest address that a server may use, with some room
MAX_ADDRESS_LENGTH = 320


def store_incoming(raw: bytes, sender: str, recipients: Iterable[str], at: datetime | None = None) -> int:
    """Store the mail once for each recipient address and commit. Return the number of new mails.

    The same bytes to the same address are already stored if the mail is delivered again, for example because a
    process was killed before the receipt was confirmed.
    """
    received_at, sha256 = at or timezone.now(), hashlib.sha256(raw).hexdigest()
    mails = [
        IncomingMail(
            raw=raw,
            sha256=sha256,
            received_at=received_at,
            envelope_from=clean_envelope_address(sender),
            envelope_to=clean_envelope_address(recipient),
        )
        for recipient in recipients
    ]
    with transaction.atomic():
        before = IncomingMail.objects.filter(sha256=sha256).count()
        IncomingMail.objects.bulk_create(mails, ignore_conflicts=True)
        new = IncomingMail.objects.filter(sha256=sha256).count() - before
        if new and IncomingMail.objects.waiting().count() <= new:
            enqueue.wake_inbox_worker()  # the worker continues until no mail waits, so one task is enough
    return new


def clean_envelope_address(address: str) -> str:
    """Return the address without NUL, brackets and spaces, with the domain in lower case."""
    local, at, domain = address.replace("\0", "").strip("<> ").rpartition("@")
    return f"{local}{at}{domain.lower()}"[:MAX_ADDRESS_LENGTH]


logger = logging.getLogger(__name__)

IMAP_TIMEOUT = 30


class MailboxUnavailable(Exception):
    """Raised when the mailbox cannot be opened or the server refuses a command. The text is a Danish sentence."""


def fetch_mailbox(url: str, limit: int | None = None) -> int:
    """Store up to `limit` unseen mails and return the number of new mails. Raise ``MailboxUnavailable``."""
    new = 0
    with open_mailbox(url) as server:
        unseen = b" ".join(filter(None, run_uid_command(server, "SEARCH", None, "UNSEEN")))
        for uid in unseen.split()[:limit]:
            found = parse_fetched_mail(
                run_uid_command(server, "FETCH", uid.decode(), f"(INTERNALDATE BODY.PEEK[]<0.{MAX_MAIL_BYTES}>)")
            )
            if found is None:  # somebody deleted the mail from the mailbox
                continue
            raw, came_at = found
            new += store_incoming(raw, parse_heading(raw).bounce_address, [""], came_at)
            run_uid_command(server, "STORE", uid.decode(), "+FLAGS.SILENT", r"(\Seen)")
    return new


@contextmanager
def open_mailbox(url: str) -> Iterator[imaplib.IMAP4]:
    """Open «imaps://user:password@host:993/INBOX» and yield the server. Raise ``MailboxUnavailable``.

    ``imap://`` is without TLS, for a server on the same machine.
    """
    parts = urlsplit(url)
    folder = unquote(parts.path.strip("/")) or "INBOX"
    try:
        with connect_imap(parts.scheme, parts.hostname or "", parts.port) as server:
            server.login(unquote(parts.username or ""), unquote(parts.password or ""))
            status, _ = server.select(f'"{folder}"')
            if status != "OK":
                raise MailboxUnavailable(f"Mappen »{folder}« findes ikke i postkassen.")
            yield server
    except (imaplib.IMAP4.error, OSError) as problem:
        logger.warning("the mailbox cannot be read: %s", type(problem).__name__)
        raise MailboxUnavailable(
            f"Postkassen hos {parts.hostname} kan ikke læses. Kontrollér navn, kodeord og adresse i MAIL_INBOX_URL."
        ) from problem


def connect_imap(scheme: str, host: str, port: int | None) -> imaplib.IMAP4:
    if scheme == "imaps":
        return imaplib.IMAP4_SSL(host, port or 993, ssl_context=ssl.create_default_context(), timeout=IMAP_TIMEOUT)
    return imaplib.IMAP4(host, port or 143, timeout=IMAP_TIMEOUT)


def run_uid_command(server: imaplib.IMAP4, command: str, *arguments: Any) -> list[Any]:
    """Run an IMAP command by UID, since a UID means the same mail even if other mails are deleted meanwhile."""
    status, answer = server.uid(command, *arguments)
    if status != "OK":
        raise MailboxUnavailable(f"Postkassens server vil ikke udføre {command}.")
    return answer


def parse_fetched_mail(answer: list[Any]) -> tuple[bytes, datetime | None] | None:
    """Return the mail's bytes and the time of arrival in the mailbox from a FETCH answer.

    None if the mail is gone from the mailbox.
    """
    for part in answer:
        if isinstance(part, tuple) and b"BODY[]" in part[0]:
            came = imaplib.Internaldate2tuple(part[0])
            return part[1], datetime.fromtimestamp(time.mktime(came), UTC) if came else None
    return None
