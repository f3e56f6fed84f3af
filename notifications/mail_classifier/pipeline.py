"""Run the classifiers in order; the first that recognises the mail decides. Find the delivery that the mail names.

The return path «bounce+1234-<20 hex digits>@…» names the delivery. Since the return path is ours and in the envelope,
the token is valid however the mail reads. Mail systems may fold the case.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from notifications.mail_classifier import author, auto_replies, bounce_wording, delivery_reports, mail_parser
from notifications.mail_classifier.mail_parser import Mail, parse_mail
from notifications.mail_classifier.verdict import Finding, Kind, Verdict

logger = logging.getLogger(__name__)

RECOGNISERS: list[Callable[[Mail], Finding | None]] = [
    delivery_reports.recognise_complaint,
    delivery_reports.recognise_dsn,
    auto_replies.recognise_challenge,
    auto_replies.recognise_auto_reply,
    bounce_wording.recognise_mailman_format,
    bounce_wording.recognise_bounce_wording,
    auto_replies.recognise_null_sender_reply,
]
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,900}>")


def classify(raw: bytes) -> Verdict:
    """Return the verdict on the mail. Never raises, because every mail sent to us must be counted."""
    try:
        return classify_or_raise(raw)
    except Exception:
        logger.exception("a mail could not be classified")
        return Verdict("other")


def classify_or_raise(raw: bytes) -> Verdict:
    mail = parse_mail(raw)
    finding = next((found for recognise in RECOGNISERS if (found := recognise(mail))), None)
    finding = finding or Finding("human" if author.is_from_person(mail) else "other")
    return Verdict(
        finding.kind,
        finding.recipients,
        find_original_message_id(mail, finding.kind),
        find_return_token(mail),
        delivery_reports.find_original_envelope_id(mail),
        auto_replies.find_away_until(mail) if finding.kind == "auto_reply" else None,
    )


def find_original_message_id(mail: Mail, kind: Kind) -> str:
    """Return the Message-ID of the mail that this mail is about: from the returned mail, or else the answered mail.

    Enclosures in a person's mail are ignored, because a person may enclose anything.
    """
    answered = [mail.header("in-reply-to"), *reversed(_MESSAGE_ID.findall(mail.header("references")))]
    returned = (
        []
        if kind == "human"
        else [
            mail_parser.first_value(mail.returned_headers, "message-id"),
            delivery_reports.find_reported_message_id(mail),
        ]
    )
    return next((found[0] for text in [*returned, *answered] if (found := _MESSAGE_ID.search(text))), "")


RETURN_PATH_TOKEN = re.compile(r"(?<![\w.+-])bounce\+(\d{1,18}-[0-9a-f]{20})@", re.IGNORECASE)
RECEIVED_FOR = re.compile(r"\bfor\s+<?([^\s<>;]+)", re.IGNORECASE)
RECIPIENT_HEADERS = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc")


def find_return_token(mail: Mail) -> str:
    """Return «1234-<20 hex digits>», or "". The caller checks against the database whether the token is genuine."""
    named = [value for name in RECIPIENT_HEADERS for value in mail.headers.get(name, ())]
    received = [match[1] for value in mail.headers.get("received", ()) if (match := RECEIVED_FOR.search(value))]
    found = next((match for value in [*named, *received] if (match := RETURN_PATH_TOKEN.search(value))), None)
    return found[1].lower() if found else ""
