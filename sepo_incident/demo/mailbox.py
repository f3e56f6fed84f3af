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
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from sepo_incident import embedded
from sepo_incident.core.forms import search_words

MAIL_ID = re.compile(r"[0-9]{19}-[0-9a-f]{6}")
URL = re.compile(r"https?://[^\s<>\"']+")
HREF_URL = re.compile(r"""href=["'](https?://[^"']+)["']""")


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

    def mentions(self, words: str) -> bool:
        """Return whether every word occurs in an address, a name or the subject, ignoring case."""
        everything = " ".join([self.sender, self.to, self.cc, self.subject, self.mail_from, *self.recipients]).lower()
        return all(word in everything for word in search_words(words.lower()))


class MailboxMail:
    """A stored mail: the list entry and the parsed parts."""

    def __init__(self, entry: MailboxEntry, raw: bytes) -> None:
        self.entry = entry
        self.message = BytesParser(policy=policy.default).parsebytes(raw)

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.message.items()]

    @property
    def text(self) -> str:
        return self._body("plain")

    @property
    def html(self) -> str:
        return self._body("html")

    @property
    def links(self) -> list[str]:
        """Return every URL in the text and the HTML, without duplicates, in reading order."""
        found = URL.findall(self.text) + [unescape(one) for one in HREF_URL.findall(self.html)]
        return list(dict.fromkeys(address.rstrip(".,)") for address in found))

    def _body(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return part.get_content() if part is not None else ""


def folder() -> Path:
    return embedded.data_folder() / "postkasse"


def store_mail(envelope: Envelope) -> None:
    """Write the mail, then the envelope.

    The list shows only mails with an envelope file, so a listed mail is complete.
    """
    folder().mkdir(mode=0o700, exist_ok=True)
    mail = f"{time.time_ns():019d}-{os.urandom(3).hex()}"
    raw = envelope.original_content or b""
    headers = BytesParser(policy=policy.default).parsebytes(raw, headersonly=True)
    date = headers["Date"]  # the fill of a demo sends as of a past day
    note = {
        "at": (date.datetime if date else datetime.now(UTC)).isoformat(),
        "mail_from": envelope.mail_from,
        "recipients": envelope.rcpt_tos,
        "mail_options": envelope.mail_options,
        "rcpt_options": envelope.rcpt_options,
        **{name: str(headers[name] or "") for name in ("From", "To", "Cc", "Subject")},
    }
    _write(folder() / f"{mail}.eml", raw)
    _write(folder() / f"{mail}.json", json.dumps(note, ensure_ascii=False).encode())


def _write(path: Path, content: bytes) -> None:
    draft = path.with_suffix(f"{path.suffix}.new")
    draft.write_bytes(content)
    draft.rename(path)


def list_envelopes(since: int) -> Iterator[tuple[str, list[str], list[str], bytes]]:
    """Yield (sender, recipients, mail options, raw message) of mails received at or after `since` (nanoseconds)."""
    for path in sorted(folder().glob("*.json")):
        if int(path.stem.partition("-")[0]) >= since:
            note = json.loads(path.read_text())
            yield note["mail_from"], note["recipients"], note["mail_options"], path.with_suffix(".eml").read_bytes()


def list_mails(words: str = "") -> list[MailboxEntry]:
    """Return the entries that mention all `words`, newest first."""
    newest_first = sorted((path.stem for path in folder().glob("*.json")), reverse=True)
    return [entry for entry in map(_read_entry, newest_first) if entry.mentions(words)]


def find_first_mail_to(name: str, newest_first: Sequence[MailboxEntry]) -> MailboxMail | None:
    """Return the oldest of the mails to the person, or None."""
    oldest = next((entry for entry in reversed(newest_first) if entry.to.startswith(name)), None)
    return find_mail(oldest.id) if oldest else None


@lru_cache(maxsize=20_000)
def _read_entry(mail: str) -> MailboxEntry:
    note = json.loads((folder() / f"{mail}.json").read_text())
    return MailboxEntry(
        id=mail,
        received_at=datetime.fromisoformat(note["at"]),
        mail_from=note["mail_from"],
        recipients=note["recipients"],
        sender=note["From"],
        to=note["To"],
        cc=note["Cc"],
        subject=note["Subject"],
    )


def find_mail(mail: str) -> MailboxMail | None:
    """Return the mail with that id, or None."""
    path = folder() / f"{mail}.eml"
    if not MAIL_ID.fullmatch(mail) or not path.with_suffix(".json").exists():
        return None
    return MailboxMail(_read_entry(mail), path.read_bytes())


DSN_PARAMETERS = {"RET", "ENVID", "NOTIFY", "ORCPT"}


class DsnSmtp(SMTP):
    """aiosmtpd's SMTP with DSN parameters, stored in the envelope as received.

    aiosmtpd itself refuses DSN parameters as unknown and converts other parameters to upper case.
    `envelope.mail_options` is a list of parameters, `envelope.rcpt_options` a string per recipient.
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
