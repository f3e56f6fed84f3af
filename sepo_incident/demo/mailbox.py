"""The demo's mailbox: a folder with two files per mail, the raw message (.eml) and the envelope (.json).

File names begin with the time of receipt in nanoseconds, so sorting by name sorts by time.
"""

import json
import os
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from functools import cached_property, lru_cache
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sepo_incident import embedded

if TYPE_CHECKING:
    from aiosmtpd.smtp import Envelope

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
        return all(word in everything for word in words.lower().split())


class MailboxMail:
    """A stored mail: the list entry, the raw message and the parsed parts."""

    def __init__(self, entry: MailboxEntry, raw: bytes) -> None:
        self.entry = entry
        self.raw = raw

    @cached_property
    def message(self) -> EmailMessage:
        return BytesParser(policy=policy.default).parsebytes(self.raw)

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


def store_mail(envelope: "Envelope") -> None:
    """Write the mail, then the envelope.

    The list shows only mails with an envelope file, so a listed mail is complete.
    """
    folder().mkdir(mode=0o700, exist_ok=True)
    mail = f"{time.time_ns():019d}-{os.urandom(3).hex()}"
    raw = envelope.original_content or b""
    headers = BytesParser(policy=policy.default).parsebytes(raw, headersonly=True)
    note = {
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


def backdate_mails(since: int, by: timedelta) -> None:
    """Shift the time of receipt of mails received at or after ``since`` (nanoseconds) back by ``by``.

    Used for mails that the demo sends as of a past day.
    """
    for path in list(folder().glob("*")):
        came, _, rest = path.name.partition("-")
        if int(came) >= since:
            path.rename(path.with_name(f"{int(came) - by // timedelta(microseconds=1) * 1000:019d}-{rest}"))


class StoredEnvelope(NamedTuple):
    """A stored envelope with the raw message and the time of receipt."""

    mail_from: str
    recipients: list[str]
    options: list[str]
    raw: bytes
    at: datetime


def list_envelopes_since(moment: int) -> Iterator[StoredEnvelope]:
    """Yield the envelopes of mails received at or after ``moment`` (nanoseconds), oldest first."""
    for path in sorted(folder().glob("*.json")):
        came = int(path.name.partition("-")[0])
        if came >= moment:
            note = json.loads(path.read_text())
            at = datetime.fromtimestamp(came / 1e9, tz=UTC)
            yield StoredEnvelope(
                note["mail_from"], note["recipients"], note["mail_options"], path.with_suffix(".eml").read_bytes(), at
            )


def list_mails(words: str = "") -> list[MailboxEntry]:
    """Return the entries that mention all ``words``, newest first."""
    return [entry for entry in map(_read_entry, _list_mail_ids()) if entry.mentions(words)]


def _list_mail_ids() -> Iterator[str]:
    if folder().is_dir():
        yield from sorted((path.stem for path in folder().glob("*.json")), reverse=True)


@lru_cache(maxsize=20_000)
def _read_entry(mail: str) -> MailboxEntry:
    note = json.loads((folder() / f"{mail}.json").read_text())
    return MailboxEntry(
        id=mail,
        received_at=datetime.fromtimestamp(int(mail.partition("-")[0]) / 1e9, tz=UTC),
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
