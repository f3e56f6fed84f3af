"""An SMTP and LMTP server on one port for incoming mail. A 250 reply means that the mail is committed.

Any error gives a 451 reply, so that the mail server keeps the mail and tries again; a mail delivered twice is
recognised by the bytes. The server has neither TLS nor a spam filter and is meant for a mail server nearby, not for
the internet.
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
#: mails that are committed in parallel
WRITER_THREADS = 4
IDLE_TIMEOUT = 120


class SmtpLmtpServer(SMTP):
    """aiosmtpd with LHLO and without a limit on line length: a bounce with long HTML lines is accepted."""

    line_length_limit = MAX_MAIL_BYTES

    @syntax("LHLO hostname")
    async def smtp_LHLO(self, arg: str) -> None:
        await super().smtp_EHLO(arg)


class IncomingMailHandler:
    """The aiosmtpd handler that stores mails."""

    def __init__(self) -> None:
        self.writers = ThreadPoolExecutor(WRITER_THREADS, thread_name_prefix="receive")

    async def handle_RCPT(
        self, server: SmtpLmtpServer, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept any address, but only one recipient per mail.

        A mail about no delivery of ours is listed in the inbox. LMTP needs a reply for each recipient, and a large
        mail to many guessed addresses must not be stored a hundred times.
        """
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
    """Store the mail from a worker thread. A database connection that was dropped is reopened once."""
    close_old_connections()
    try:
        store_incoming(raw, sender, recipients)
    except (DatabaseError, InterfaceError):
        connection.close()
        store_incoming(raw, sender, recipients)


async def serve_smtp(host: str, port: int, ready: Callable[[int], None]) -> None:
    """Serve until SIGTERM or SIGINT, and finish the mails already received. `ready` is called with the port."""
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
