"""What stands outside on a mail, and whether a person wrote it to be answered."""

from __future__ import annotations

from dataclasses import dataclass

from notifications.inbound.classifying import addresses, sender
from notifications.inbound.classifying.reading import Mail, read
from notifications.inbound.classifying.wording import one_line

#: it is given back in a header of ours, whose lines have at most 998 characters
LONGEST_ID = 900


@dataclass(frozen=True)
class Heading:
    """On one line each, without CPR numbers. ``reply_to`` is where an answer goes, empty for a mail that nobody may
    answer: one without a sender, from a program, a list or in bulk (promises.md, *Mail* 6; RFC 3834)."""

    author: str = ""
    name: str = ""
    subject: str = ""
    message_id: str = ""
    reply_to: str = ""
    #: where a bounce of it would go, as the server that took it in wrote down; the author where it did not
    returns_to: str = ""


def heading(raw: bytes) -> Heading:
    mail = read(raw)
    name, author = addresses.mailbox(mail.header("from"))
    return Heading(
        author,
        one_line(name, 120),
        one_line(mail.header("subject")),
        one_line(mail.header("message-id"), LONGEST_ID),
        _reply_to(mail),
        "" if sender.has_null_return_path(mail) else addresses.clean(mail.header("return-path", "from")),
    )


def _reply_to(mail: Mail) -> str:
    lists = any(name.startswith("list-") for name in mail.headers)
    if lists or sender.has_null_return_path(mail) or not sender.is_a_person(mail):
        return ""
    return addresses.clean(mail.header("reply-to")) or sender.address(mail)
