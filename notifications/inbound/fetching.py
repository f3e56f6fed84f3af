"""The second way in: a mailbox that is read over IMAP. A mail is marked as seen when it is committed, not before.

It is for places where no mail server can be made to bring mails to us. What is fetched twice is known by its bytes.
"""

from __future__ import annotations

import imaplib
import logging
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from notifications.inbound.classifying.heading import heading
from notifications.inbound.receiving import MOST_BYTES, receive

logger = logging.getLogger(__name__)

TIMEOUT = 30


class CannotFetch(Exception):
    """The mailbox cannot be opened, or its server does not do as asked. The text is a Danish sentence."""


def fetch(url: str, limit: int | None = None) -> int:
    """Keep what nobody has seen, up to ``limit`` mails; returns how many were new. Raises ``CannotFetch``."""
    new = 0
    with mailbox(url) as server:
        unseen = b" ".join(filter(None, ask(server, "SEARCH", None, "UNSEEN")))
        for uid in unseen.split()[:limit]:
            found = whole(ask(server, "FETCH", uid.decode(), f"(INTERNALDATE BODY.PEEK[]<0.{MOST_BYTES}>)"))
            if found is None:  # somebody has taken it out of the mailbox
                continue
            raw, came_at = found
            new += receive(raw, heading(raw).returns_to, [""], came_at)
            ask(server, "STORE", uid.decode(), "+FLAGS.SILENT", r"(\Seen)")
    return new


@contextmanager
def mailbox(url: str) -> Iterator[imaplib.IMAP4]:
    """«imaps://user:password@host:993/INBOX», open. ``imap://`` is without TLS, for the same machine."""
    parts = urlsplit(url)
    folder = unquote(parts.path.strip("/")) or "INBOX"
    try:
        with connect(parts.scheme, parts.hostname or "", parts.port) as server:
            server.login(unquote(parts.username or ""), unquote(parts.password or ""))
            status, _ = server.select(f'"{folder}"')
            if status != "OK":
                raise CannotFetch(f"Mappen »{folder}« findes ikke i postkassen.")
            yield server
    except (imaplib.IMAP4.error, OSError) as problem:
        logger.warning("the mailbox cannot be read: %s", type(problem).__name__)
        raise CannotFetch(
            f"Postkassen hos {parts.hostname} kan ikke læses. Kontrollér navn, kodeord og adresse i MAIL_INBOX_URL."
        ) from problem


def connect(scheme: str, host: str, port: int | None) -> imaplib.IMAP4:
    if scheme == "imaps":
        return imaplib.IMAP4_SSL(host, port or 993, ssl_context=ssl.create_default_context(), timeout=TIMEOUT)
    return imaplib.IMAP4(host, port or 143, timeout=TIMEOUT)


def ask(server: imaplib.IMAP4, command: str, *arguments: Any) -> list[Any]:
    """By UID, which means the same mail whatever others delete meanwhile."""
    status, answer = server.uid(command, *arguments)
    if status != "OK":
        raise CannotFetch(f"Postkassens server vil ikke udføre {command}.")
    return answer


def whole(answer: list[Any]) -> tuple[bytes, datetime | None] | None:
    """The bytes in what FETCH answered, and when they came to the mailbox."""
    for part in answer:
        if isinstance(part, tuple) and b"BODY[]" in part[0]:
            came = imaplib.Internaldate2tuple(part[0])
            return part[1], datetime.fromtimestamp(time.mktime(came), UTC) if came else None
    return None
