"""The way in for a mail server: SMTP and LMTP on one port. 250 means that the mail is committed, and nothing else does.

Whatever goes wrong is a 451, so that the mail server keeps the mail and comes again; what it brings twice is known by
its bytes. It is meant for the mail server beside us, not for the world: it offers neither TLS nor a spam filter.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session, syntax
from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from notifications.inbound.mail_intake import MAX_MAIL_BYTES, store_incoming

logger = logging.getLogger(__name__)

TRY_LATER_REPLY = "451 4.3.0 Not kept, come again"
STORED_REPLY = "250 2.0.0 Kept"
ONE_RECIPIENT_REPLY = "452 4.5.3 One recipient at a time"
#: so many mails are committed side by side
WRITER_THREADS = 4
IDLE_TIMEOUT = 120


class SmtpLmtpServer(SMTP):
    """aiosmtpd with LHLO, and with lines as long as a mail: a bounce is not refused because its HTML has no breaks."""

    line_length_limit = MAX_MAIL_BYTES

    @syntax("LHLO hostname")
    async def smtp_LHLO(self, arg: str) -> None:
        await super().smtp_EHLO(arg)


class IncomingMailHandler:
    """What aiosmtpd calls."""

    def __init__(self) -> None:
        self.writers = ThreadPoolExecutor(WRITER_THREADS, thread_name_prefix="receive")

    async def handle_RCPT(
        self, server: SmtpLmtpServer, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Everybody is welcome; what is about no mail of ours is shown. But one at a time: LMTP wants an answer for
        each, and a large mail to everything that an address of ours may be is not written down a hundred times."""
        if envelope.rcpt_tos:
            return ONE_RECIPIENT_REPLY
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SmtpLmtpServer, session: Session, envelope: Envelope) -> str:
        raw = envelope.original_content or b""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self.writers, store_in_thread, raw, envelope.mail_from or "", envelope.rcpt_tos)
        return STORED_REPLY

    async def handle_exception(self, problem: Exception) -> str:
        logger.error("a mail was not kept: %s", type(problem).__name__)
        return TRY_LATER_REPLY


def store_in_thread(raw: bytes, sender: str, recipients: list[str]) -> None:
    """In a thread of its own. A connection that the database has dropped is opened anew, once."""
    close_old_connections()
    try:
        store_incoming(raw, sender, recipients)
    except (DatabaseError, InterfaceError):
        connection.close()
        store_incoming(raw, sender, recipients)


async def serve_smtp(host: str, port: int, ready: Callable[[int], None]) -> None:
    """Until we are told to stop; what has been said by then is answered. ``ready`` gets the port."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    receptionist = IncomingMailHandler()
    options: dict[str, Any] = {
        "data_size_limit": MAX_MAIL_BYTES,
        "enable_SMTPUTF8": True,
        "ident": "sepo-incident",
        "timeout": IDLE_TIMEOUT,
        "loop": loop,
    }
    server = await loop.create_server(lambda: SmtpLmtpServer(receptionist, **options), host, port)
    ready(server.sockets[0].getsockname()[1])
    await stop.wait()
    server.close()
    receptionist.writers.shutdown(wait=True)
