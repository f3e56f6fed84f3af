"""Classify the bytes of an incoming mail: kind, recipients and outcomes. Pure: no database, no settings.

The first classifier that recognises the mail decides; `mail_parser` and `text_patterns` are shared by all
classifiers.

The return path «bounce+1234-<20 hex digits>@…» names the delivery that the mail is about. Since the return path is
ours and in the envelope, the token is valid however the mail reads. Mail systems may fold the case.
"""

import logging
import re
from dataclasses import replace

from notifications.mail_classifier import author, auto_replies, bounce_wording, delivery_reports, mail_parser
from notifications.mail_classifier.mail_parser import Mail, parse_mail
from notifications.mail_classifier.verdict import Outcome, Verdict

logger = logging.getLogger(__name__)

_MESSAGE_ID = re.compile(r"<[^<>\s]{1,900}>")
_RETURN_TOKEN = re.compile(r"(?<![\w.+-])bounce\+(\d{1,18}-[0-9a-f]{20})@", re.IGNORECASE)
_RECEIVED_FOR = re.compile(r"\bfor\s+<?([^\s<>;]+)", re.IGNORECASE)
_RECIPIENT_HEADERS = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc")


def classify(raw: bytes) -> Verdict:
    """Return the verdict on the mail. Never raises, because every mail sent to us must be counted."""
    try:
        return classify_or_raise(raw)
    except Exception:
        logger.exception("a mail could not be classified")
        return Verdict("other")


def classify_or_raise(raw: bytes) -> Verdict:
    mail = parse_mail(raw)
    verdict = recognise_kind(mail)
    return replace(
        verdict,
        message_id=find_original_message_id(mail, is_report=verdict.kind != "human"),
        token=find_return_token(mail),
        envelope_id=delivery_reports.find_in_report(mail, "original-envelope-id"),
        away_until=auto_replies.find_away_until(mail) if verdict.kind == "auto_reply" else None,
    )


def recognise_kind(mail: Mail) -> Verdict:
    """Return the kind and the recipients. The surest signs come first, and a report comes before its words."""
    if report := delivery_reports.recognise_complaint(mail) or delivery_reports.recognise_dsn(mail):
        return report
    if auto_replies.is_challenge(mail):
        return Verdict("challenge")
    if auto_replies.is_auto_reply(mail):
        return Verdict("auto_reply")
    if author.is_from_mail_server(mail):
        bounce = bounce_wording.recognise_mailman_format(mail) or bounce_wording.recognise_wording(mail)
        if bounce:
            return bounce
    # a person's mail client sends with no null return path (RFC 3834 section 3.3)
    if author.has_null_return_path(mail) and not author.is_from_daemon(mail) and author.unquoted_text(mail):
        return Verdict("auto_reply")
    return Verdict("human" if author.is_from_person(mail) else "other")


def find_original_message_id(mail: Mail, *, is_report: bool) -> str:
    """Return the Message-ID of the mail that this mail is about: from the returned mail, or else the answered mail.

    Enclosures in a person's mail are ignored, because a person may enclose anything.
    """
    named = [mail.header("in-reply-to"), *reversed(_MESSAGE_ID.findall(mail.header("references")))]
    if is_report:
        returned = mail_parser.first_value(mail.returned_headers, "message-id")
        named = [returned, delivery_reports.find_in_report(mail, "x-original-message-id"), *named]
    return next((found[0] for text in named if (found := _MESSAGE_ID.search(text))), "")


def find_return_token(mail: Mail) -> str:
    """Return «1234-<20 hex digits>», or "". The caller checks against the database whether the token is genuine."""
    named = [value for name in _RECIPIENT_HEADERS for value in mail.headers.get(name, ())]
    received = [match[1] for value in mail.headers.get("received", ()) if (match := _RECEIVED_FOR.search(value))]
    found = next((match for value in [*named, *received] if (match := _RETURN_TOKEN.search(value))), None)
    return found[1].lower() if found else ""
