"""An SMTP server for `soak_mail.py` that randomly refuses, stalls and disconnects.

Some addresses are always refused.
"""

import asyncio
import random
from typing import Any
from zlib import crc32

from sepo_incident.demo.mailbox import DsnSmtp, SmtpReceiver, SmtpSink

#: (step, probability, reply, delay in seconds, whether the connection is cut)
FAULTS: list[tuple[str, float, str, float, bool]] = [
    ("CONNECT", 0.02, "421 4.3.2 For mange forbindelser", 0, False),
    ("MAIL", 0.003, "421 4.3.2 Lukker", 0, False),
    ("MAIL", 0.003, "451 4.3.0 Prøv senere", 0, False),
    ("RCPT", 0.01, "450 4.2.1 Postkassen er optaget", 0, False),
    ("RCPT", 0.002, "", 0, True),
    ("DATA", 0.005, "451 4.3.0 Prøv senere", 0, False),
    ("DATA", 0.001, "", 5, False),  # longer than the client's timeout
    ("DOT", 0.005, "451 4.3.0 Prøv senere", 0, False),
    ("DOT", 0.002, "", 0, True),
    ("DOT", 0.001, "", 5, False),
    ("KEPT", 0.002, "", 0, True),
    ("KEPT", 0.02, "", 0.3, False),
]
NEVER_TAKEN_ONE_IN = 50  # one address in 50


def is_never_taken(address: str) -> bool:
    """Return whether the server always refuses mails to the address."""
    return crc32(address.encode()) % NEVER_TAKEN_ONE_IN == 0


class HostileSmtp(DsnSmtp):
    async def _handle_client(self) -> None:
        if reply := await self.event_handler.mood(self, "CONNECT"):
            await self.push(reply)
            self.transport.close()
            return
        await super()._handle_client()

    async def smtp_DATA(self, arg: str | None) -> None:
        if self.envelope.rcpt_tos and (reply := await self.event_handler.mood(self, "DATA")):
            await self.push(reply)
            return
        await super().smtp_DATA(arg)


class HostileReceiver(SmtpReceiver):
    """Record (Message-ID, recipient) of every accepted mail, whether or not the client received the reply.

    `pause`: seconds that accepting a mail takes.
    """

    def __init__(self, seed: int, pause: float) -> None:
        super().__init__(self.note)
        self.pause = pause
        self.chance = random.Random(seed)
        self.received: list[tuple[str, str]] = []
        self.is_calm = False

    def note(self, envelope: Any) -> None:
        head = envelope.content.partition(b"\r\n\r\n")[0].decode("ascii")
        message_id = head.partition("Message-ID: ")[2].partition("\r\n")[0]
        self.received.append((message_id, envelope.rcpt_tos[0]))

    async def mood(self, server: DsnSmtp, step: str) -> str:
        """Return a faulty reply for the step, or "" for the ordinary reply. May delay, or cut the connection."""
        if self.is_calm:
            return ""
        for where, often, reply, seconds, is_cut in FAULTS:
            if where == step and self.chance.random() < often:
                await asyncio.sleep(seconds)
                if is_cut:
                    server.transport.abort()
                    raise asyncio.CancelledError
                return reply
        return ""

    async def handle_MAIL(self, server, session, envelope, address, options):
        if reply := await self.mood(server, "MAIL"):
            return reply
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if is_never_taken(address):
            return "550 5.1.1 User unknown"
        if reply := await self.mood(server, "RCPT"):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        if reply := await self.mood(server, "DOT"):
            return reply
        await asyncio.sleep(self.pause)
        self.note(envelope)
        await self.mood(server, "KEPT")
        return "250 2.0.0 Modtaget"


class HostileSink(SmtpSink):
    server_class = HostileSmtp

    def __init__(self, seed: int, pause: float = 0) -> None:
        self.receiver = HostileReceiver(seed, pause)
        super().__init__(self.receiver)
