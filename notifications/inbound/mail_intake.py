"""Intake of incoming mail: an SMTP and LMTP server.

A mail is committed before the receipt is confirmed to the server. A mail that comes twice is recognised by the bytes.
`mail_processing` does the rest.
"""

import asyncio
import hashlib
import logging
import signal
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session, syntax
from django.db import DatabaseError, InterfaceError, close_old_connections, connection, transaction
from django.utils import timezone

from notifications.inbound import journal
from notifications.models import IncomingMail
from sepo_incident.core import task_queue
from sepo_incident.core.forms import parse_int

logger = logging.getLogger(__name__)

#: the largest mail accepted; the classifier reads only the beginning
MAX_MAIL_BYTES = 20 * 1024 * 1024
#: the most that mails being received may take together; a further mail is refused, and its server tries again
MAX_UNFINISHED_BYTES = 200 * 1024 * 1024
#: how much longer a mail may be than the size that its server declared, because line ends are counted differently
SIZE_TOLERANCE = 1024 * 1024
#: the most that a connection may send between two mails before it is read
MAX_COMMAND_BYTES = 64 * 1024
END_OF_MAIL = b"\r\n.\r\n"
#: the longest address that a server may use, with some room
MAX_ADDRESS_LENGTH = 320
SMTP_IDLE_TIMEOUT = 120
#: mails that are committed in parallel
WRITER_THREADS = 4


def store_incoming(raw: bytes, sender: str, recipients: Iterable[str], at: datetime | None = None) -> int:
    """Store the mail once for each recipient address and commit. Return the number of new mails.

    The same bytes to the same address are already stored if the mail is delivered again, for example because a
    process was killed before the receipt was confirmed. A copy to the journal mailbox is taken in, and not stored.
    """
    received_at, sha256 = at or timezone.now(), hashlib.sha256(raw).hexdigest()
    cleaned = [clean_envelope_address(recipient) for recipient in recipients]
    if any(map(journal.is_journal, cleaned)):
        journal.take_in_copy(raw, received_at)
    mails = [
        IncomingMail(
            raw=raw,
            sha256=sha256,
            received_at=received_at,
            envelope_from=clean_envelope_address(sender),
            envelope_to=recipient,
        )
        for recipient in cleaned
        if not journal.is_journal(recipient)
    ]
    with transaction.atomic():
        before = IncomingMail.objects.filter(sha256=sha256).count()
        IncomingMail.objects.bulk_create(mails, ignore_conflicts=True)
        new = IncomingMail.objects.filter(sha256=sha256).count() - before
        if new and IncomingMail.objects.waiting().count() <= new:
            # The worker continues until no mail waits, so one task is enough.
            task_queue.enqueue_on_commit("notifications.tasks.process_incoming_mails")
    return new


def clean_envelope_address(address: str) -> str:
    """Return the address without NUL, brackets and spaces, with the domain in lower case."""
    local, at, domain = address.replace("\0", "").strip("<> ").rpartition("@")
    return f"{local}{at}{domain.lower()}"[:MAX_ADDRESS_LENGTH]


class SmtpLmtpServer(SMTP):
    """SMTP and LMTP on one port, without a limit on line length: a bounce with long HTML lines is accepted.

    The server has neither TLS nor a spam filter and is meant for a mail server nearby, not for the internet.

    A mail is read in one piece. aiosmtpd's own `smtp_DATA` keeps an object for each line, so that a mail of empty lines
    takes 40 times its size in memory.
    """

    line_length_limit = MAX_COMMAND_BYTES

    @syntax("LHLO hostname")
    async def smtp_LHLO(self, arg: str) -> None:
        await super().smtp_EHLO(arg)

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:
        envelope, handler = self.envelope, self.event_handler
        if envelope is None or not envelope.rcpt_tos:
            await self.push("503 Error: need RCPT command")
            return
        expected = expected_bytes(envelope.mail_options)
        if handler.unfinished_bytes + expected > MAX_UNFINISHED_BYTES:
            logger.warning("a mail was refused for now: %s bytes of mails are unfinished", handler.unfinished_bytes)
            await self.push("452 4.3.1 Too many unfinished mails, come again")
            return
        handler.unfinished_bytes += expected
        try:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            envelope.original_content = await self._read_mail(expected)
            reply = await self._call_handler_hook("DATA")
        except asyncio.LimitOverrunError:
            reply = "552 Error: Too much mail data"
        finally:
            handler.unfinished_bytes -= expected
        self._set_post_data_state()
        await self.push(reply)

    async def _read_mail(self, limit: int) -> bytes:
        """Return the mail that the client sends, without the doubled dots (RFC 5321, 4.5.2).

        A longer mail than `limit` is read to its end and thrown away, then LimitOverrunError is raised.
        """
        self._reader.feed_data(b"\r\n")  # ends the line before the mail, so that an empty mail ends as every mail does
        self._reader._limit = limit  # type: ignore[attr-defined]
        try:
            raw = await self._reader.readuntil(END_OF_MAIL)
        except asyncio.LimitOverrunError as too_long:
            await self._throw_away(too_long.consumed)
            raise
        finally:
            self._reader._limit = self.line_length_limit  # type: ignore[attr-defined]
        return raw.replace(b"\r\n.", b"\r\n").removeprefix(b"\r\n")[:-2]

    async def _throw_away(self, length: int) -> None:
        """Read to the end of the mail, of which at least `length` bytes are in the buffer."""
        while length:
            await self._reader.read(length)
            try:
                await self._reader.readuntil(END_OF_MAIL)
                length = 0
            except asyncio.LimitOverrunError as more:
                length = more.consumed


def expected_bytes(options: list[str]) -> int:
    """Return the most bytes that a mail may have: by the size that MAIL declared (RFC 1870), or the largest mail."""
    declared = next((option.removeprefix("SIZE=") for option in options if option.startswith("SIZE=")), "")
    size = parse_int(declared)
    return MAX_MAIL_BYTES if size is None else min(size + SIZE_TOLERANCE, MAX_MAIL_BYTES)


class IncomingMailHandler:
    """The aiosmtpd handler that stores mails. A 250 reply means that the mail is committed.

    Any error gives a 451 reply, so that the mail server keeps the mail and tries again. `unfinished_bytes`: the most
    that the mails being received may have together.
    """

    def __init__(self) -> None:
        self.unfinished_bytes = 0
        self.writers = ThreadPoolExecutor(WRITER_THREADS, thread_name_prefix="receive")

    async def handle_RCPT(
        self, server: SmtpLmtpServer, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept any address, but only one recipient per mail.

        A mail about no delivery of ours is listed in the inbox. LMTP needs a reply for each recipient, and a large
        mail to many guessed addresses must not be stored a hundred times.
        """
        if envelope.rcpt_tos:
            return "452 4.5.3 One recipient at a time"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SmtpLmtpServer, session: Session, envelope: Envelope) -> str:
        raw = envelope.original_content or b""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self.writers, store_in_thread, raw, envelope.mail_from or "", envelope.rcpt_tos)
        return "250 2.0.0 Kept"

    async def handle_exception(self, problem: Exception) -> str:
        logger.error("a mail was not kept: %s", type(problem).__name__)
        return "451 4.3.0 Not kept, come again"


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
    handler = IncomingMailHandler()
    options: dict[str, Any] = {
        "data_size_limit": MAX_MAIL_BYTES,
        "enable_SMTPUTF8": True,
        "ident": "sepo-incident",
        "timeout": SMTP_IDLE_TIMEOUT,
        "loop": loop,
    }
    server = await loop.create_server(lambda: SmtpLmtpServer(handler, **options), host, port)
    ready(server.sockets[0].getsockname()[1])
    await stop.wait()
    server.close()
    handler.writers.shutdown(wait=True)
