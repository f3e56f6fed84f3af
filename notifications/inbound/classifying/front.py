"""The one way in: the classifiers in their order, and the first that recognises the mail has it."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from notifications.inbound.classifying import (
    auto_reply,
    away,
    challenge,
    complaint,
    dsn,
    fields,
    mailman,
    sender,
    told_in_words,
)
from notifications.inbound.classifying.reading import Mail, read
from notifications.inbound.classifying.token import token
from notifications.inbound.classifying.verdict import Finding, Kind, Verdict

logger = logging.getLogger(__name__)

ORDER: list[Callable[[Mail], Finding | None]] = [
    complaint.recognise,
    dsn.recognise,
    challenge.recognise,
    auto_reply.recognise,
    mailman.recognise,
    told_in_words.recognise,
    auto_reply.recognise_by_envelope,
]
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,900}>")


def classify(raw: bytes) -> Verdict:
    """What the mail says. Never raises: whatever it is, somebody sent it to us and it must be counted."""
    try:
        return look(raw)
    except Exception:
        logger.exception("a mail could not be classified")
        return Verdict("other")


def look(raw: bytes) -> Verdict:
    mail = read(raw)
    finding = next((found for recognise in ORDER if (found := recognise(mail))), None)
    finding = finding or Finding("human" if sender.is_a_person(mail) else "other")
    return Verdict(
        finding.kind,
        finding.recipients,
        message_id(mail, finding.kind),
        token(mail),
        dsn.envelope_id(mail),
        away.until(mail) if finding.kind == "auto_reply" else None,
    )


def message_id(mail: Mail, kind: Kind) -> str:
    """Of the mail that it is about: in what came back, else what it answers. What a person encloses may be anything."""
    answered = [mail.header("in-reply-to"), *reversed(_MESSAGE_ID.findall(mail.header("references")))]
    returned = [] if kind == "human" else [fields.first(mail.returned, "message-id"), dsn.original_message_id(mail)]
    return next((found[0] for text in [*returned, *answered] if (found := _MESSAGE_ID.search(text))), "")
