"""The demo's mailbox: an SMTP server that accepts every mail, and a folder with the mails.

A mail is two files, the raw message (.eml) and the envelope (.json). File names begin with the real time of receipt in
nanoseconds, so sorting by name sorts by time. The mailbox shows the date that the mail carries.
"""

import asyncio
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from sepo_incident import embedded
from sepo_incident.core.forms import search_words

MAIL_ID = re.compile(r"[0-9]{19}-[0-9a-f]{6}")
DSN_PARAMETERS = {"RET", "ENVID", "NOTIFY", "ORCPT"}


class MailboxEntry(NamedTuple):
    """A line of the mailbox list: the envelope and the main headers."""

    id: str
    received_at: datetime
    mail_from: str
    recipients: list[str]
    sender: str
    to: str
    cc: str
    subject: str
    options: list[str]


class MailboxMail(NamedTuple):
    """A stored mail: the list entry, the headers and the two parts."""

    entry: MailboxEntry
    headers: list[tuple[str, str]]
    text: str
    html: str


def folder() -> Path:
    return embedded.data_folder() / "postkasse"


def store_mail(envelope: Envelope) -> None:
    """Write the mail, then the envelope.

    The list shows only mails with an envelope file, so a listed mail is complete.
    """
    folder().mkdir(mode=0o700, exist_ok=True)
    path = folder() / f"{time.time_ns():019d}-{os.urandom(3).hex()}.eml"
    raw = envelope.original_content or b""
    headers = BytesParser(policy=policy.default).parsebytes(raw, headersonly=True)
    date = headers["Date"]  # the fill of a demo sends as of a past day
    note = {
        "received_at": (date.datetime if date else datetime.now(UTC)).isoformat(),
        "mail_from": envelope.mail_from,
        "recipients": envelope.rcpt_tos,
        "options": envelope.mail_options,
        "sender": str(headers["From"] or ""),
        **{name: str(headers[name] or "") for name in ("to", "cc", "subject")},
    }
    path.write_bytes(raw)
    path.with_suffix(".new").write_text(json.dumps(note, ensure_ascii=False))
    path.with_suffix(".new").rename(path.with_suffix(".json"))


def list_raw_mails(since: int) -> Iterator[tuple[MailboxEntry, bytes]]:
    """Yield the mails received at or after `since` (nanoseconds), oldest first."""
    for path in sorted(folder().glob("*.json")):
        if int(path.stem.partition("-")[0]) >= since:
            yield _read_entry(path.stem), path.with_suffix(".eml").read_bytes()


def list_mails(words: str = "") -> list[MailboxEntry]:
    """Return the entries in which all `words` occur in an address, a name or the subject, newest first."""
    wanted = search_words(words.lower())
    entries = [_read_entry(path.stem) for path in sorted(folder().glob("*.json"), reverse=True)]
    return [entry for entry in entries if all(word in " ".join(map(str, entry[2:-1])).lower() for word in wanted)]


@lru_cache(maxsize=20_000)
def _read_entry(mail: str) -> MailboxEntry:
    note = json.loads((folder() / f"{mail}.json").read_text())
    return MailboxEntry(mail, **note | {"received_at": datetime.fromisoformat(note["received_at"])})


def find_mail(mail: str) -> MailboxMail | None:
    path = folder() / f"{mail}.eml"
    if not MAIL_ID.fullmatch(mail) or not path.with_suffix(".json").exists():
        return None
    message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    headers = [(name, str(value)) for name, value in message.items()]
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    return MailboxMail(
        _read_entry(mail), headers, plain.get_content() if plain else "", html.get_content() if html else ""
    )


class DsnSmtp(SMTP):
    """aiosmtpd's SMTP with DSN parameters, stored in the envelope as received.

    aiosmtpd itself refuses DSN parameters as unknown and converts other parameters to upper case.
    `envelope.mail_options` is a list of parameters.
    """

    def _getparams(self, params: Sequence[str]) -> dict[str, str | bool] | None:
        return super()._getparams([one for one in params if one.partition("=")[0] not in DSN_PARAMETERS])

    async def smtp_MAIL(self, arg: str | None) -> None:
        await super().smtp_MAIL(arg)
        if arg and self.envelope and self.envelope.mail_from:
            self.envelope.mail_options = arg.partition(">")[2].split()


class SmtpReceiver:
    """aiosmtpd handler: offers DSN and PIPELINING in EHLO and passes each mail to `keep` before answering 250."""

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
    """Controller that runs the server in a thread between `start` and `stop`. `port` is known after `start`."""

    server_class: type[SMTP] = DsnSmtp

    def __init__(self, receiver: Any, **how: Any) -> None:
        """`how`: keyword arguments of aiosmtpd's SMTP."""
        size = 10 * 1024 * 1024
        super().__init__(receiver, hostname="127.0.0.1", port=0, ident="Postkasse", data_size_limit=size, **how)

    def factory(self) -> SMTP:
        return self.server_class(self.handler, **self.SMTP_kwargs)

    def _trigger_server(self) -> None:
        if isinstance(self.server, asyncio.Server):
            self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()
