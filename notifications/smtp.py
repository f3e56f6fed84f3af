"""One SMTP conversation: our own over smtplib, one envelope per recipient, many envelopes over one connection.

Django's backend calls a mail sent when the leader in cc is refused, and drops the queue id (promises.md, *Mail* 3).
Here every reply is kept. No reply is an exception: a refusal, a wait and a lost line are all ``Reply``.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from notifications.inbound.classifying.wording import is_spam
from notifications.models import Attempt

Stage, Outcome = Attempt.Stage, Attempt.Outcome

#: seconds that a conversation may last in all; every wait is cut to what is left (the lease is 120 s, the task 60 s)
PATIENCE = 52
#: longest reply that we keep
REPLY_LENGTH = 1000
ADDRESS = re.compile(r"[!#-'*+\-./0-9=?A-Z^_`a-z{|}~]+@[A-Za-z0-9.\-]+")
#: after 554 it is the mail that is refused, and not a person who may not write
POLICY = re.compile(r"\b5\.7\.1\b")
QUEUED_AS = re.compile(r"queued (?:mail )?(?:as|for delivery|with id)[: ]*<?([\w.@-]+)|\bid=([\w-]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Reply:
    """How one envelope ended: where in the conversation, the server's code and words, and what that means."""

    stage: Attempt.Stage
    outcome: Attempt.Outcome
    code: int | None = None
    text: str = ""
    dsn_offered: bool | None = None

    @property
    def queue_id(self) -> str:
        found = QUEUED_AS.search(self.text) if self.outcome == Outcome.ACCEPTED else None
        return (found[1] or found[2])[:100] if found else ""


@dataclass(frozen=True)
class Envelope:
    """From which return path, to whom, under which id (DSN's ENVID), and the mail with CRLF line ends."""

    return_path: str
    address: str
    envelope_id: str
    mail: bytes


class NotConnected(Exception):
    """No conversation can begin. Carries the reply that every waiting mail gets."""

    def __init__(self, reply: Reply):
        super().__init__(f"{reply.stage}: {reply.code} {reply.text}")
        self.reply = reply


class Conversation:
    """A connection that opens when the first mail is sent, opens once more when it was lost, and closes at the end.

    ``config`` is ``settings.MAIL``.
    """

    def __init__(self, config: dict[str, Any], patience: float = PATIENCE):
        self.config = config
        self.deadline = time.monotonic() + patience
        self.server: smtplib.SMTP | None = None
        self.offers_dsn = False

    def __enter__(self) -> Conversation:
        return self

    def __exit__(self, *exc: object) -> None:
        if self.server:
            with suppress(smtplib.SMTPException, OSError):  # all is settled; a server that has gone is no news
                self.wait_less().quit()
        self.hang_up()

    def send(self, envelope: Envelope) -> Reply:
        """Bring one envelope to its end. Raises ``NotConnected`` when no conversation can begin."""
        if not ADDRESS.fullmatch(envelope.address):  # also what keeps a line break out of the conversation
            return Reply(Stage.PREPARE, Outcome.REFUSED, text="Adressen er ikke en e-mailadresse, som kan bruges.")
        if self.server is None:
            self.connect()
        reply = self.converse(envelope)
        if reply.outcome != Outcome.ACCEPTED:
            self.start_afresh()
        return reply

    def converse(self, envelope: Envelope) -> Reply:
        stage = Stage.MAIL
        try:
            mail_options, rcpt_options = self.dsn_options(envelope)
            code, words = self.wait_less().mail(envelope.return_path, mail_options)
            if code != 250:
                return self.refusal(stage, code, words)
            stage = Stage.RCPT
            code, words = self.wait_less().rcpt(envelope.address, rcpt_options)
            if code not in (250, 251):
                return self.refusal(stage, code, words)
            stage = Stage.DATA
            code, words = self.wait_less().docmd("DATA")
            if code != 354:
                return self.refusal(stage, code, words)
            self.wait_less().send(dotted(envelope.mail))
        except (smtplib.SMTPException, OSError) as problem:
            # The dot was not handed over, so the server cannot have taken the mail: it is safe to try again.
            self.hang_up()
            return Reply(stage, Outcome.DEFERRED, text=words_of(problem), dsn_offered=self.offers_dsn)
        return self.verdict()

    def verdict(self) -> Reply:
        """What the server says after the dot. Silence here means that nobody knows."""
        try:
            code, words = self.wait_less().getreply()
        except (smtplib.SMTPException, OSError) as problem:
            self.hang_up()
            return Reply(Stage.DATA, Outcome.UNKNOWN, text=words_of(problem), dsn_offered=self.offers_dsn)
        if 200 <= code <= 299:
            return Reply(Stage.DONE, Outcome.ACCEPTED, code, text_of(words) or "OK", self.offers_dsn)
        if not 400 <= code <= 599:
            return Reply(Stage.DATA, Outcome.UNKNOWN, None, text_of(words), self.offers_dsn)
        return self.refusal(Stage.DATA, code, words)

    def dsn_options(self, envelope: Envelope) -> tuple[list[str], list[str]]:
        """Ask to be told what becomes of the mail, where the server offers it (RFC 3461)."""
        if not self.offers_dsn:
            return [], []
        return (
            ["RET=HDRS", f"ENVID={xtext(envelope.envelope_id)}"],
            ["NOTIFY=SUCCESS,FAILURE,DELAY", f"ORCPT=rfc822;{xtext(envelope.address)}"],
        )

    def refusal(self, stage: Attempt.Stage, code: int, words: bytes) -> Reply:
        text = text_of(words)
        return Reply(stage, meaning(code, text), code if code > 0 else None, text, self.offers_dsn)

    # --- the connection -------------------------------------------------------------------------------------------

    def connect(self) -> None:
        server = smtplib.SMTP(local_hostname=socket.gethostname(), timeout=self.time_left())
        self.server = server
        self.step(Stage.CONNECT, 220, lambda: server.connect(self.config["host"], self.config["port"]))
        self.step(Stage.EHLO, 250, server.ehlo)
        if self.config["starttls"]:
            server._host = self.config["host"]  # type: ignore[attr-defined]  # the name that the certificate must bear
            self.step(Stage.STARTTLS, 220, lambda: server.starttls(context=ssl.create_default_context()))
            self.step(Stage.EHLO, 250, server.ehlo)
        if self.config["user"]:
            self.step(Stage.LOGIN, 235, lambda: server.login(self.config["user"], self.config["password"]))
        self.offers_dsn = server.has_extn("dsn")

    def step(self, stage: Attempt.Stage, wanted: int, act: Callable[[], tuple[int, bytes]]) -> None:
        """One step before the first mail. Whatever goes wrong here concerns no single mail: all of them wait."""
        try:
            self.wait_less()
            code, words = act()
        except smtplib.SMTPResponseException as problem:
            raw = problem.smtp_error
            code, words = problem.smtp_code, raw if isinstance(raw, bytes) else str(raw).encode()
        except (smtplib.SMTPException, OSError) as problem:
            self.hang_up()
            raise NotConnected(Reply(stage, Outcome.DEFERRED, text=words_of(problem))) from problem
        if code != wanted:
            self.hang_up()
            raise NotConnected(Reply(stage, Outcome.DEFERRED, code if code > 0 else None, text_of(words)))

    def start_afresh(self) -> None:
        """After anything but a 250: RSET, so that nothing of this envelope sticks to the next; else a new line."""
        if self.server is None:
            return
        try:
            code, _ = self.wait_less().rset()
        except (smtplib.SMTPException, OSError):
            code = 0  # the next mail opens a new connection and tells what is wrong
        if code != 250:
            self.hang_up()

    def hang_up(self) -> None:
        if self.server:
            self.server.close()
        self.server = None

    def wait_less(self) -> smtplib.SMTP:
        """The server, told to wait no longer than what is left of our patience."""
        if self.server is None:
            raise smtplib.SMTPServerDisconnected("Forbindelsen er lukket")
        if self.server.sock:
            self.server.sock.settimeout(self.time_left())
        return self.server

    def time_left(self) -> float:
        return max(1.0, min(self.config["timeout"], self.deadline - time.monotonic()))


def meaning(code: int, text: str) -> Attempt.Outcome:
    """What a reply that is no acceptance means. 421 and every 4xx: wait. 5xx: no; and some of them mean spam."""
    if not 500 <= code <= 599:
        return Outcome.DEFERRED
    if is_spam(text) or (code == 554 and POLICY.search(text)):
        return Outcome.REFUSED_SPAM
    return Outcome.REFUSED


def dotted(mail: bytes) -> bytes:
    """The mail with its dots doubled at line starts, and the dot that ends it."""
    body = re.sub(rb"(?m)^\.", b"..", mail)
    return body + (b"" if body.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def xtext(value: str) -> str:
    """RFC 3461: + and = and what is not visible ASCII as +XX."""
    return "".join(char if "!" <= char <= "~" and char not in "+=" else f"+{ord(char):02X}" for char in value)


def text_of(words: bytes) -> str:
    """A reply as text, without what PostgreSQL cannot hold."""
    return words.decode("utf-8", "replace").replace("\0", "").strip()[:REPLY_LENGTH]


def words_of(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}".replace("\0", "")[:REPLY_LENGTH]
