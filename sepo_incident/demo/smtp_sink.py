"""An SMTP server on a free loopback port that accepts every mail and passes the mail to a function.

The server offers DSN and pipelining as Exchange does. The demo stores the mails (`mailbox.store_mail`); the tests add
scripted refusals.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

DSN_PARAMETERS = {"RET", "ENVID", "NOTIFY", "ORCPT"}


class DsnSmtp(SMTP):
    """aiosmtpd's SMTP with DSN parameters, stored in the envelope as received.

    aiosmtpd itself refuses DSN parameters as unknown and converts other parameters to upper case.
    ``envelope.mail_options`` is a list of parameters, ``envelope.rcpt_options`` a string per recipient.
    """

    def _getparams(self, params: Sequence[str]) -> dict[str, str | bool] | None:
        return super()._getparams([one for one in params if one.partition("=")[0] not in DSN_PARAMETERS])

    async def smtp_MAIL(self, arg: str | None) -> None:
        await super().smtp_MAIL(arg)
        if arg and self.envelope and self.envelope.mail_from:
            self.envelope.mail_options = arg.partition(">")[2].split()

    async def smtp_RCPT(self, arg: str | None) -> None:
        before = list(self.envelope.rcpt_options) if self.envelope else []
        await super().smtp_RCPT(arg)
        if arg and self.envelope and len(self.envelope.rcpt_tos) > len(before):
            self.envelope.rcpt_options = [*before, arg.partition(">")[2].strip()]


class SmtpReceiver:
    """aiosmtpd handler: offers DSN and PIPELINING in EHLO and passes each mail to ``keep`` before answering 250."""

    def __init__(self, keep: Callable[[Envelope], None]) -> None:
        self.keep = keep
        self.extensions = ["DSN", "PIPELINING"]

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, answers: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*answers[:-1], *(f"250-{offer}" for offer in self.extensions), answers[-1]]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.keep(envelope)
        return "250 2.0.0 Modtaget"


class SmtpSink(Controller):
    """Controller that runs the server in a thread between `start` and `stop`. ``port`` is known after `start`."""

    server_class: type[SMTP] = DsnSmtp

    def __init__(self, receiver: Any, **how: Any) -> None:
        """``how``: keyword arguments of aiosmtpd's SMTP."""
        size = 10 * 1024 * 1024
        super().__init__(receiver, hostname="127.0.0.1", port=0, ident="Postkasse", data_size_limit=size, **how)

    def factory(self) -> SMTP:
        return self.server_class(self.handler, **self.SMTP_kwargs)

    def _trigger_server(self) -> None:
        if isinstance(self.server, asyncio.Server):
            self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()
