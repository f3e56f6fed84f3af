"""`sink`: a real SMTP server that keeps the mails and can be told to refuse, wait or hang up.

    sink.refuse("RCPT", "550 5.1.1 Ukendt modtager", address="leder@buf.example")
    sink.refuse("MAIL", "451 4.3.2 Prøv senere", times=2)
    sink.delay_reply("DOT", seconds=3)
    sink.hang_up("ACCEPTED")        # the mail is kept, but the client never sees the 250

Steps: CONNECT, MAIL, RCPT, DATA (answer to the command DATA), BODY (after 354, before the dot), DOT (after the dot,
before the mail is kept), ACCEPTED (mail kept, before the 250). A rule without `times` holds until
`sink.clear_rules()`.
"""

import asyncio
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from functools import cached_property
from typing import Any

import pytest

from sepo_incident.demo.mailbox import DsnSmtp, SmtpReceiver, SmtpSink


@dataclass
class Received:
    """A received mail: the envelope, the SMTP parameters and the raw bytes."""

    mail_from: str
    rcpt_tos: list[str]
    mail_options: list[str]
    rcpt_options: list[str]
    raw: bytes

    @cached_property
    def message(self) -> EmailMessage:
        return BytesParser(policy=policy.default).parsebytes(self.raw)

    @property
    def text(self) -> str:
        return self.message.get_body(("plain",)).get_content()

    @property
    def html(self) -> str:
        return self.message.get_body(("html",)).get_content()


@dataclass
class Rule:
    step: str
    reply: str = ""
    seconds: float = 0
    hangs_up: bool = False
    address: str = ""
    times: int | None = None
    #: the number of completed waits
    played: int = 0

    def fits(self, step: str, address: str) -> bool:
        return self.step == step and self.times != 0 and self.address.lower() in ("", address.lower())


@dataclass
class Script:
    rules: list[Rule] = field(default_factory=list)

    async def play(self, server: DsnSmtp, step: str, address: str = "") -> str | None:
        """Apply the first matching rule. Return its reply, or None for the ordinary reply."""
        rule = next((rule for rule in self.rules if rule.fits(step, address)), None)
        if rule is None:
            return None
        if rule.times is not None:
            rule.times -= 1
        await asyncio.sleep(rule.seconds)
        rule.played += 1
        if rule.hangs_up:
            server.transport.abort()
            raise asyncio.CancelledError  # the connection is closed
        return rule.reply or None


class ScriptedSmtp(DsnSmtp):
    async def _handle_client(self) -> None:
        if reply := await self.event_handler.script.play(self, "CONNECT"):
            await self.push(reply)
            self.transport.close()
            return
        await super()._handle_client()

    async def smtp_RCPT(self, arg: str | None) -> None:
        before = list(self.envelope.rcpt_options) if self.envelope else []
        await super().smtp_RCPT(arg)
        if arg and self.envelope and len(self.envelope.rcpt_tos) > len(before):
            self.envelope.rcpt_options = [*before, arg.partition(">")[2].strip()]

    async def smtp_DATA(self, arg: str) -> None:
        if reply := await self.event_handler.script.play(self, "DATA"):
            await self.push(reply)
            return
        if any(rule.fits("BODY", "") for rule in self.event_handler.script.rules):
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            await self.event_handler.script.play(self, "BODY")
        await super().smtp_DATA(arg)


class ScriptedReceiver(SmtpReceiver):
    def __init__(self, keep, script: Script) -> None:
        super().__init__(keep)
        self.script = script

    async def handle_MAIL(self, server, session, envelope, address, options):
        if reply := await self.script.play(server, "MAIL", address):
            return reply
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if reply := await self.script.play(server, "RCPT", address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        address = envelope.rcpt_tos[-1]
        if reply := await self.script.play(server, "DOT", address):
            return reply
        answer = await super().handle_DATA(server, session, envelope)
        return await self.script.play(server, "ACCEPTED", address) or answer


class ServerWithoutDsn:
    """Handler of an SMTP server without the DSN extension that accepts every mail."""

    async def handle_DATA(self, server, session, envelope):
        return "250 OK"


class ScriptedSink(SmtpSink):
    server_class = ScriptedSmtp

    def __init__(self, **how: Any) -> None:
        """`how`: options of aiosmtpd's SMTP, for example TLS."""
        self.mails: list[Received] = []
        self.script = Script()
        super().__init__(ScriptedReceiver(self._keep, self.script), **how)

    def _keep(self, envelope) -> None:
        self.mails.append(
            Received(
                envelope.mail_from,
                list(envelope.rcpt_tos),
                list(envelope.mail_options),
                list(envelope.rcpt_options),
                bytes(envelope.content),
            )
        )

    def refuse(self, step: str, reply: str, *, address: str = "", times: int | None = None) -> None:
        self.script.rules.append(Rule(step, reply=reply, address=address, times=times))

    def delay_reply(self, step: str, seconds: float, *, times: int | None = None) -> Rule:
        """Add a rule that waits. `times` counts down when a client starts to wait, `played` counts up after the
        wait.
        """
        self.script.rules.append(Rule(step, seconds=seconds, times=times))
        return self.script.rules[-1]

    def hang_up(self, step: str, *, times: int | None = 1) -> None:
        self.script.rules.append(Rule(step, hangs_up=True, times=times))

    def offer(self, *offers: str) -> None:
        """Set the EHLO extensions besides those of aiosmtpd. Without any the server is an old one."""
        self.handler.extensions = list(offers)

    def clear_rules(self) -> None:
        """Remove all rules."""
        self.script.rules.clear()
        self.offer("DSN", "PIPELINING")

    def mails_to(self, address: str) -> list[Received]:
        """Return the mails with `address` among the envelope recipients."""
        return [mail for mail in self.mails if address.lower() in map(str.lower, mail.rcpt_tos)]


@pytest.fixture(scope="session")
def _running_sink():
    sink = ScriptedSink()
    sink.start()
    yield sink
    sink.stop()


@pytest.fixture
def sink(_running_sink, settings):
    """The sink without mails and rules. `settings.MAIL` points at it."""
    _running_sink.mails.clear()
    _running_sink.clear_rules()
    settings.MAIL = {**settings.MAIL, "servers": [server_at(_running_sink.port)], "starttls": False}
    return _running_sink


def server_at(port: int, host: str = "127.0.0.1") -> dict:
    """Return an entry of `settings.MAIL["servers"]`."""
    return {"host": host, "port": port, "user": "", "password": ""}
