"""An SMTP client over smtplib: one envelope per recipient, many envelopes over one connection.

Django's backend counts a mail as sent when a leader in Cc is refused, and drops the queue id. This client keeps every
reply with the stage of the conversation, also with pipelining (RFC 2920). With pipelining MAIL, RCPT and DATA go in
one packet, and the commands of the next envelope follow directly after the final dot. If the server has answered the
next DATA already, the next text is sent while the caller settles. Only the final dot hands a mail over, and the dot
is sent only by `send` for that mail: a caller that settles between two calls is never unsure of more than one mail.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache

from notifications.models import Attempt
from notifications.outbox.mail_servers import Server
from notifications.outbox.replies_and_retries import (
    NotConnected,
    Outcome,
    Reply,
    Stage,
    decode_reply,
    describe_exception,
    outcome_of_reply,
)

#: after this many mails in a row without an answer the server is taken to be down
MAX_UNANSWERED = 2
SENDABLE_ADDRESS = re.compile(r"[!#-'*+\-./0-9=?A-Z^_`a-z{|}~]+@[A-Za-z0-9.\-]+")
INVALID_ADDRESS_REPLY = Reply(Stage.PREPARE, Outcome.REFUSED, text="Adressen er ikke en e-mailadresse, som kan bruges.")
DOT = b".\r\n"
#: characters that xtext (RFC 3461) writes as +XX: "+", "=" and anything but visible ASCII
NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")
#: the stages of an envelope's commands, and the reply codes that mean success
ENVELOPE_STEPS = ((Stage.MAIL, (250,)), (Stage.RCPT, (250, 251)), (Stage.DATA, (354,)))
#: three successful replies to ENVELOPE_STEPS
ENVELOPE_ACCEPTED = re.compile(rb"250 .*\n25[01] .*\n354 .*\n")


@dataclass(frozen=True)
class Envelope:
    """Return path, recipient, envelope id (ENVID of RFC 3461) and the mail with CRLF line ends."""

    return_path: str
    address: str
    envelope_id: str
    mail: bytes

    @property
    def can_be_sent(self) -> bool:
        """Return whether the address is usable. The check also keeps line breaks out of the SMTP commands."""
        return bool(SENDABLE_ADDRESS.fullmatch(self.address))


class ReplyBuffer:
    """A file for `smtplib` to read replies from.

    `unread` holds the bytes already received, available without waiting.
    """

    def __init__(self, line: socket.socket):
        self.line, self.unread = line, b""

    def readline(self, most: int) -> bytes:
        while b"\n" not in self.unread and len(self.unread) < most and (received := self.line.recv(8192)):
            self.unread += received
        end = min(most, self.unread.find(b"\n") + 1 or len(self.unread))
        read, self.unread = self.unread[:end], self.unread[end:]
        return read

    def close(self) -> None:
        """Do nothing: the owner of the socket closes the socket."""


class Conversation:
    """An SMTP session that connects at the first mail, reconnects after a lost connection, and quits at the end."""

    def __init__(self, config: Server, max_duration: float = 52):
        """`max_duration`: seconds that the whole conversation may last. Every wait is cut to the time left."""
        self.config = config
        self.deadline = time.monotonic() + max_duration
        self.server: smtplib.SMTP | None = None
        self.offers_dsn = self.offers_pipelining = False
        #: the envelope whose MAIL, RCPT and DATA were sent ahead; the text was not
        self.announced: Envelope | None = None
        #: the unsent part of the announced envelope's text, at least the dot; None if the server has not answered DATA
        self.unsent_text: memoryview | None = None
        self.unanswered: list[Reply] = []
        self.answers: ReplyBuffer | None = None

    def __enter__(self) -> Conversation:
        return self

    def __exit__(self, *exc: object) -> None:
        if self.server and not self.announced:
            with suppress(smtplib.SMTPException, OSError):  # every mail is settled, so a lost server does not matter
                self.server_within_deadline().quit()
        self.hang_up()

    def send(self, envelope: Envelope, following: Envelope | None = None) -> Reply:
        """Send one envelope and return the reply. Raise `NotConnected` if no conversation can begin.

        `following` is the envelope of the next call. With pipelining the commands for `following` may be sent
        already.
        """
        if not envelope.can_be_sent:
            return INVALID_ADDRESS_REPLY
        was_announced = self.announced is envelope
        if self.announced and not was_announced:
            self.hang_up()  # a server that waits for a text accepts no other command
        reply = self.converse(envelope, following)
        if was_announced and reply.stage == Stage.MAIL:
            self.hang_up()  # the reply may concern the mail before, so repeat on a new connection
            reply = self.converse(envelope, following)
        if reply.outcome != Outcome.ACCEPTED and not self.announced:
            self.reset_session()
        self.unanswered = [*self.unanswered, reply] if reply.code in (None, 421) else []
        return reply

    def converse(self, envelope: Envelope, following: Envelope | None) -> Reply:
        if self.server is None:
            if len(self.unanswered) >= MAX_UNANSWERED:
                raise NotConnected(replace(self.unanswered[-1], outcome=Outcome.DEFERRED))
            self.connect()
        if self.unsent_text is None and (refusal := self.open_envelope(envelope)):
            return refusal
        is_together = self.offers_pipelining and following and following.can_be_sent
        behind = b"".join(self.commands(following)) if is_together and following else b""
        text, self.unsent_text = self.unsent_text or memoryview(stuff_dots(envelope.mail)), None
        try:
            self.send_text(text, behind)
        except (smtplib.SMTPException, OSError) as problem:
            return self.close_lost_connection(Stage.DATA, problem)
        self.announced = following if is_together else None
        reply = self.verdict()
        if self.announced and reply.outcome == Outcome.ACCEPTED:
            self.send_text_early(self.announced)
        return reply

    def open_envelope(self, envelope: Envelope) -> Reply | None:
        """Send MAIL, RCPT and DATA. Return the refusal, or None when the server waits for the text."""
        is_in_one_breath = self.offers_pipelining
        commands = [] if self.announced is envelope else self.commands(envelope)
        if is_in_one_breath and commands:
            with suppress(smtplib.SMTPException, OSError):  # a lost connection shows when the replies are read
                self.write(b"".join(commands))
        self.announced = None
        refusal, code = None, 0
        for number, (stage, welcome) in enumerate(ENVELOPE_STEPS):
            try:
                if not is_in_one_breath:
                    self.write(commands[number])
                code, words = self.server_within_deadline().getreply()
            except (smtplib.SMTPException, OSError) as problem:
                loss = self.close_lost_connection(stage, problem)
                return refusal or loss
            if code not in welcome:
                refusal = refusal or self.refusal(stage, code, words)
                if not is_in_one_breath:
                    break
        if refusal and code == 354:
            self.send_empty_text()
        return refusal

    def commands(self, envelope: Envelope) -> list[bytes]:
        """Return the commands of `ENVELOPE_STEPS`.

        The commands ask for a delivery report if the server offers DSN (RFC 3461).
        """
        mail, rcpt = f"MAIL FROM:<{envelope.return_path}>", f"RCPT TO:<{envelope.address}>"
        if self.offers_dsn:
            mail += f" RET=HDRS ENVID={encode_xtext(envelope.envelope_id)}"
            rcpt += f" NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;{encode_xtext(envelope.address)}"
        return [f"{words}\r\n".encode("ascii") for words in (mail, rcpt, "DATA")]

    def send_text_early(self, envelope: Envelope) -> None:
        """Send as much of the text as the socket takes at once, but never the dot.

        Does nothing unless the server has already answered DATA.
        """
        server = self.server
        if not (server and server.sock and self.answers and ENVELOPE_ACCEPTED.fullmatch(self.answers.unread)):
            return
        self.answers.unread = b""
        self.unsent_text = memoryview(stuff_dots(envelope.mail))
        server.sock.settimeout(0)
        with suppress(OSError):  # the socket is full; or lost, and sending the rest shows that
            self.unsent_text = self.unsent_text[server.sock.send(self.unsent_text[: -len(DOT)]) :]

    def send_text(self, text: memoryview, following_commands: bytes) -> None:
        """Send `text` with the final dot, and `following_commands` in the same packets.

        Raise `OSError` if the connection fails before the dot is sent. A later failure shows when the reply is
        read.
        """
        words, gone = memoryview(b"".join((text, following_commands))), 0
        try:
            while gone < len(words):
                gone += self.socket_within_deadline().send(words[gone:])
        except OSError:
            if gone < len(text):
                raise

    def send_empty_text(self) -> None:
        """Send a dot alone after the server refused the recipient but accepted DATA.

        The mail then goes to nobody (RFC 2920, 3.1).
        """
        try:
            self.write(DOT)
            self.server_within_deadline().getreply()
        except (smtplib.SMTPException, OSError):
            self.hang_up()

    def verdict(self) -> Reply:
        """Return the server's reply to the dot. Without a reply the outcome is unknown."""
        try:
            code, words = self.server_within_deadline().getreply()
        except (smtplib.SMTPException, OSError) as problem:
            return self.close_lost_connection(Stage.DATA, problem, Outcome.UNKNOWN)
        if 200 <= code <= 299:
            return self.reply(Stage.DONE, Outcome.ACCEPTED, code, decode_reply(words) or "OK")
        if not 400 <= code <= 599:
            self.hang_up()
            return self.reply(Stage.DATA, Outcome.UNKNOWN, None, decode_reply(words))
        return self.refusal(Stage.DATA, code, words)

    def refusal(self, stage: Attempt.Stage, code: int, words: bytes) -> Reply:
        text = decode_reply(words)
        return self.reply(stage, outcome_of_reply(code, text), code if code > 0 else None, text)

    def close_lost_connection(
        self, stage: Attempt.Stage, problem: Exception, outcome: Attempt.Outcome = Outcome.DEFERRED
    ) -> Reply:
        """Close the lost connection and return a reply.

        Before the dot the server cannot have accepted the mail, so the default outcome is deferred.
        """
        self.hang_up()
        return self.reply(stage, outcome, None, describe_exception(problem))

    def reply(self, stage: Attempt.Stage, outcome: Attempt.Outcome, code: int | None, text: str) -> Reply:
        return Reply(stage, outcome, code, text, self.offers_dsn, self.config.name)

    # --- the connection -------------------------------------------------------------------------------------------

    def connect(self) -> None:
        config, server = self.config, smtplib.SMTP(local_hostname=socket.gethostname(), timeout=self.time_left())
        self.server = server
        self.step(Stage.CONNECT, 220, lambda: server.connect(config.host, config.port))
        self.step(Stage.EHLO, 250, server.ehlo)
        if config.starttls:
            server._host = config.host  # type: ignore[attr-defined]  # the name that the certificate must bear
            self.step(Stage.STARTTLS, 220, lambda: server.starttls(context=ssl.create_default_context()))
            self.step(Stage.EHLO, 250, server.ehlo)
        if config.user:
            self.step(Stage.LOGIN, 235, lambda: server.login(config.user, config.password))
        self.offers_dsn, self.offers_pipelining = server.has_extn("dsn"), server.has_extn("pipelining")
        if server.sock:  # commands after a dot must not wait for the server's TCP acknowledgement
            server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.answers = ReplyBuffer(server.sock)
            server.file = self.answers  # smtplib only calls readline

    def step(self, stage: Attempt.Stage, wanted: int, act: Callable[[], tuple[int, bytes]]) -> None:
        """Run one step before the first mail.

        Raise `NotConnected` on any failure, since a failure here concerns all mails.
        """
        try:
            self.server_within_deadline()
            code, words = act()
        except smtplib.SMTPResponseException as problem:
            raw = problem.smtp_error
            code, words = problem.smtp_code, raw if isinstance(raw, bytes) else str(raw).encode()
        except (smtplib.SMTPException, OSError) as problem:
            self.hang_up()
            raise NotConnected(self.reply(stage, Outcome.DEFERRED, None, describe_exception(problem))) from problem
        if code != wanted:
            self.hang_up()
            raise NotConnected(self.reply(stage, Outcome.DEFERRED, code if code > 0 else None, decode_reply(words)))

    def reset_session(self) -> None:
        """Send RSET after any reply but 250, so that nothing carries over to the next envelope.

        Hang up if RSET fails.
        """
        if self.server is None:
            return
        try:
            code, _ = self.server_within_deadline().rset()
        except (smtplib.SMTPException, OSError):
            code = 0  # the next mail opens a new connection and reports the error
        if code != 250:
            self.hang_up()

    def hang_up(self) -> None:
        if self.server:
            self.server.close()
        self.server = self.announced = self.unsent_text = None

    def write(self, words: bytes) -> None:
        """Send all of `words`. Raise `OSError` if the end of `words` was not handed over."""
        self.socket_within_deadline().sendall(words)

    def socket_within_deadline(self) -> socket.socket:
        server = self.server_within_deadline()
        if server.sock is None:
            raise smtplib.SMTPServerDisconnected("Forbindelsen er lukket")
        return server.sock

    def server_within_deadline(self) -> smtplib.SMTP:
        """Return the server with the socket timeout cut to the time left. Raise if the connection is closed."""
        if self.server is None:
            raise smtplib.SMTPServerDisconnected("Forbindelsen er lukket")
        if self.server.sock and self.server.sock.gettimeout() != (seconds := self.time_left()):
            self.server.sock.settimeout(seconds)
        return self.server

    def time_left(self) -> float:
        return max(1.0, min(self.config.timeout, self.deadline - time.monotonic()))


@lru_cache(maxsize=1)  # the recipients of a notice follow directly and share the mail
def stuff_dots(mail: bytes) -> bytes:
    """Return the mail with dots doubled at line starts, and the final dot."""
    body = (b"." if mail.startswith(b".") else b"") + mail.replace(b"\r\n.", b"\r\n..")
    return body + (b"" if body.endswith(b"\r\n") else b"\r\n") + DOT


def encode_xtext(value: str) -> str:
    return NOT_XTEXT.sub(lambda found: f"+{ord(found[0]):02X}", value)
