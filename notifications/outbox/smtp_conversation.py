"""One SMTP conversation: our own over smtplib, one envelope per recipient, many envelopes over one connection.

Django's backend calls a mail sent when the leader in cc is refused, and drops the queue id (promises.md, *Mail* 3).
Here every reply is kept, each with its stage, also where the server offers pipelining (RFC 2920): then MAIL, RCPT and
DATA go in one breath, and those of the next envelope right behind the dot of this one; and the next text too, while we
settle, if the server has asked for it by then. It is the dot alone that hands a mail over, and it leaves us only when
``send`` is called for the mail: whoever settles in between has never more than one mail in doubt.
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
from notifications.outbox.smtp_replies import (
    NotConnected,
    Outcome,
    Reply,
    Stage,
    decode_reply,
    describe_exception,
    outcome_of_reply,
)

#: so many mails in a row without an answer, and the server is taken for one that is not there
MAX_UNANSWERED = 2
SENDABLE_ADDRESS = re.compile(r"[!#-'*+\-./0-9=?A-Z^_`a-z{|}~]+@[A-Za-z0-9.\-]+")
INVALID_ADDRESS_REPLY = Reply(Stage.PREPARE, Outcome.REFUSED, text="Adressen er ikke en e-mailadresse, som kan bruges.")
DOT = b".\r\n"
#: what RFC 3461 writes as +XX: + and = and what is not visible ASCII
NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")
#: what is said for an envelope: at which stage, and which codes mean yes
ENVELOPE_STEPS = ((Stage.MAIL, (250,)), (Stage.RCPT, (250, 251)), (Stage.DATA, (354,)))
#: the same three, all answered with yes
ENVELOPE_ACCEPTED = re.compile(rb"250 .*\n25[01] .*\n354 .*\n")


@dataclass(frozen=True)
class Envelope:
    """From which return path, to whom, under which id (DSN's ENVID), and the mail with CRLF line ends."""

    return_path: str
    address: str
    envelope_id: str
    mail: bytes

    @property
    def can_be_sent(self) -> bool:
        """Also what keeps a line break out of the conversation."""
        return bool(SENDABLE_ADDRESS.fullmatch(self.address))


class ReplyBuffer:
    """What the server says, for ``smtplib`` to read as a file; and what of it has come, without waiting for more."""

    def __init__(self, line: socket.socket):
        self.line, self.unread = line, b""

    def readline(self, most: int) -> bytes:
        while b"\n" not in self.unread and len(self.unread) < most and (said := self.line.recv(8192)):
            self.unread += said
        end = min(most, self.unread.find(b"\n") + 1 or len(self.unread))
        read, self.unread = self.unread[:end], self.unread[end:]
        return read

    def close(self) -> None:
        """The line is closed by whoever opened it."""


class Conversation:
    """A connection that opens when the first mail is sent, opens once more when it was lost, and closes at the end."""

    def __init__(self, place: Server, patience: float = 52):
        """``patience``: seconds that it may last in all; every wait is cut to what is left."""
        self.place = place
        self.deadline = time.monotonic() + patience
        self.server: smtplib.SMTP | None = None
        self.offers_dsn = self.offers_pipelining = False
        #: the server has its MAIL, RCPT and DATA, and waits for its text
        self.announced: Envelope | None = None
        #: it has asked for its text, and this much of it is still here: its dot at least
        self.rest: memoryview | None = None
        self.unanswered: list[Reply] = []
        self.answers: ReplyBuffer | None = None

    def __enter__(self) -> Conversation:
        return self

    def __exit__(self, *exc: object) -> None:
        if self.server and not self.announced:
            with suppress(smtplib.SMTPException, OSError):  # all is settled; a server that has gone is no news
                self.server_within_deadline().quit()
        self.hang_up()

    def send(self, envelope: Envelope, following: Envelope | None = None) -> Reply:
        """Bring one envelope to its end. Raises ``NotConnected`` when no conversation can begin.

        ``following`` is the one that will be sent next; it may be announced already.
        """
        if not envelope.can_be_sent:
            return INVALID_ADDRESS_REPLY
        was_announced = self.announced is envelope
        if self.announced and not was_announced:
            self.hang_up()  # nothing else can be said to a server that waits for a text
        reply = self.converse(envelope, following)
        if was_announced and reply.stage == Stage.MAIL:
            self.hang_up()  # what is said here may be about the mail before: alone and on a new line we know
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
        if self.rest is None and (refusal := self.open(envelope)):
            return refusal
        is_together = self.offers_pipelining and following and following.can_be_sent
        behind = b"".join(self.commands(following)) if is_together and following else b""
        text, self.rest = self.rest or memoryview(stuff_dots(envelope.mail)), None
        try:
            self.hand_over(text, behind)
        except (smtplib.SMTPException, OSError) as problem:
            return self.lost(Stage.DATA, problem)
        self.announced = following if is_together else None
        reply = self.verdict()
        if self.announced and reply.outcome == Outcome.ACCEPTED:
            self.send_text_early(self.announced)
        return reply

    def open(self, envelope: Envelope) -> Reply | None:
        """MAIL, RCPT and DATA; None when the server waits for the text."""
        is_in_one_breath = self.offers_pipelining
        to_say = [] if self.announced is envelope else self.commands(envelope)
        if is_in_one_breath and to_say:
            with suppress(smtplib.SMTPException, OSError):  # that the line is lost shows where the answers should come
                self.write(b"".join(to_say))
        self.announced = None
        refusal, code = None, 0
        for number, (stage, welcome) in enumerate(ENVELOPE_STEPS):
            try:
                if not is_in_one_breath:
                    self.write(to_say[number])
                code, words = self.server_within_deadline().getreply()
            except (smtplib.SMTPException, OSError) as problem:
                loss = self.lost(stage, problem)
                return refusal or loss
            if code not in welcome:
                refusal = refusal or self.refusal(stage, code, words)
                if not is_in_one_breath:
                    break
        if refusal and code == 354:
            self.send_empty_text()
        return refusal

    def commands(self, envelope: Envelope) -> list[bytes]:
        """The words of each of ``STEPS``. Asks to be told what becomes of the mail, where the server offers it
        (RFC 3461)."""
        mail, rcpt = f"MAIL FROM:<{envelope.return_path}>", f"RCPT TO:<{envelope.address}>"
        if self.offers_dsn:
            mail += f" RET=HDRS ENVID={encode_xtext(envelope.envelope_id)}"
            rcpt += f" NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;{encode_xtext(envelope.address)}"
        return [f"{words}\r\n".encode("ascii") for words in (mail, rcpt, "DATA")]

    def send_text_early(self, envelope: Envelope) -> None:
        """If the server has asked for its text already, as much of that as the line takes at once; never its dot."""
        server = self.server
        if not (server and server.sock and self.answers and ENVELOPE_ACCEPTED.fullmatch(self.answers.unread)):
            return
        self.answers.unread = b""
        self.rest = memoryview(stuff_dots(envelope.mail))
        server.sock.settimeout(0)
        with suppress(OSError):  # it takes nothing now; or it is lost, which shows when the rest is said
            self.rest = self.rest[server.sock.send(self.rest[: -len(DOT)]) :]

    def hand_over(self, text: memoryview, behind: bytes) -> None:
        """The text to its dot, and in the same packets what is said behind it. Raises ``OSError`` as long as the dot
        has not left us; later the line shows it where the answer should come."""
        words, gone = memoryview(b"".join((text, behind))), 0
        try:
            while gone < len(words):
                gone += self.line().send(words[gone:])
        except OSError:
            if gone < len(text):
                raise

    def send_empty_text(self) -> None:
        """It said no to the recipient and yes to DATA: a dot alone, which brings nothing to nobody (RFC 2920, 3.1)."""
        try:
            self.write(DOT)
            self.server_within_deadline().getreply()
        except (smtplib.SMTPException, OSError):
            self.hang_up()

    def verdict(self) -> Reply:
        """What the server says after the dot. Silence here means that nobody knows."""
        try:
            code, words = self.server_within_deadline().getreply()
        except (smtplib.SMTPException, OSError) as problem:
            return self.lost(Stage.DATA, problem, Outcome.UNKNOWN)
        if 200 <= code <= 299:
            return self.reply(Stage.DONE, Outcome.ACCEPTED, code, decode_reply(words) or "OK")
        if not 400 <= code <= 599:
            self.hang_up()
            return self.reply(Stage.DATA, Outcome.UNKNOWN, None, decode_reply(words))
        return self.refusal(Stage.DATA, code, words)

    def refusal(self, stage: Attempt.Stage, code: int, words: bytes) -> Reply:
        text = decode_reply(words)
        return self.reply(stage, outcome_of_reply(code, text), code if code > 0 else None, text)

    def lost(self, stage: Attempt.Stage, problem: Exception, outcome: Attempt.Outcome = Outcome.DEFERRED) -> Reply:
        """The line is lost. Before the dot was handed over the server cannot have taken the mail: it waits."""
        self.hang_up()
        return self.reply(stage, outcome, None, describe_exception(problem))

    def reply(self, stage: Attempt.Stage, outcome: Attempt.Outcome, code: int | None, text: str) -> Reply:
        return Reply(stage, outcome, code, text, self.offers_dsn, self.place.name)

    # --- the connection -------------------------------------------------------------------------------------------

    def connect(self) -> None:
        place, server = self.place, smtplib.SMTP(local_hostname=socket.gethostname(), timeout=self.time_left())
        self.server = server
        self.step(Stage.CONNECT, 220, lambda: server.connect(place.host, place.port))
        self.step(Stage.EHLO, 250, server.ehlo)
        if place.starttls:
            server._host = place.host  # type: ignore[attr-defined]  # the name that the certificate must bear
            self.step(Stage.STARTTLS, 220, lambda: server.starttls(context=ssl.create_default_context()))
            self.step(Stage.EHLO, 250, server.ehlo)
        if place.user:
            self.step(Stage.LOGIN, 235, lambda: server.login(place.user, place.password))
        self.offers_dsn, self.offers_pipelining = server.has_extn("dsn"), server.has_extn("pipelining")
        if server.sock:  # what is written behind a dot must not wait until that has arrived
            server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.answers = ReplyBuffer(server.sock)
            server.file = self.answers  # of which it reads nothing but lines

    def step(self, stage: Attempt.Stage, wanted: int, act: Callable[[], tuple[int, bytes]]) -> None:
        """One step before the first mail. Whatever goes wrong here concerns no single mail: all of them wait."""
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
        """After anything but a 250: RSET, so that nothing of this envelope sticks to the next; else a new line."""
        if self.server is None:
            return
        try:
            code, _ = self.server_within_deadline().rset()
        except (smtplib.SMTPException, OSError):
            code = 0  # the next mail opens a new connection and tells what is wrong
        if code != 250:
            self.hang_up()

    def hang_up(self) -> None:
        if self.server:
            self.server.close()
        self.server = self.announced = self.rest = None

    def write(self, words: bytes) -> None:
        """All of it. Raises ``OSError`` when its end was not handed over."""
        self.line().sendall(words)

    def line(self) -> socket.socket:
        server = self.server_within_deadline()
        if server.sock is None:
            raise smtplib.SMTPServerDisconnected("Forbindelsen er lukket")
        return server.sock

    def server_within_deadline(self) -> smtplib.SMTP:
        """The server, told to wait no longer than what is left of our patience."""
        if self.server is None:
            raise smtplib.SMTPServerDisconnected("Forbindelsen er lukket")
        if self.server.sock and self.server.sock.gettimeout() != (seconds := self.time_left()):
            self.server.sock.settimeout(seconds)
        return self.server

    def time_left(self) -> float:
        return max(1.0, min(self.place.timeout, self.deadline - time.monotonic()))


@lru_cache(maxsize=1)  # a notice's recipients come one behind the other, and get the same
def stuff_dots(mail: bytes) -> bytes:
    """The mail with its dots doubled at line starts, and the dot that ends it."""
    body = (b"." if mail.startswith(b".") else b"") + mail.replace(b"\r\n.", b"\r\n..")
    return body + (b"" if body.endswith(b"\r\n") else b"\r\n") + DOT


def encode_xtext(value: str) -> str:
    return NOT_XTEXT.sub(lambda found: f"+{ord(found[0]):02X}", value)
