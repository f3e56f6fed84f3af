"""A delivery status notification: the report that mail servers write for programs (RFC 3464, RFC 6533).

Read wherever it stands, for many servers put it in a part of the wrong type or into the text. The Action decides and
not the digit of the Status (section 2.3.3): a delayed mail with 5.4.7 is still under way.
"""

from __future__ import annotations

import re

from notifications.inbound.classifying import addresses, fields, sender, told_in_words
from notifications.inbound.classifying.fields import Fields
from notifications.inbound.classifying.reading import Mail
from notifications.inbound.classifying.verdict import Fate, Finding, Outcome, about
from notifications.inbound.classifying.wording import is_spam, one_line, status_in

REPORT = ("text/delivery-status", "text/global-delivery-status")
ACTIONS: dict[str, Fate] = {
    "fail": "failed",
    "error": "failed",  # OpenSMTPD
    "expired": "failed",
    "undeliver": "failed",
    "delay": "delayed",
    "defer": "delayed",
    "deliver": "delivered",
    "relay": "relayed",
    "expand": "relayed",  # to the members of a list, about whom nothing is said
}
#: more are not looked at; no mail of ours has so many
MOST_RECIPIENTS = 200
BY_STATUS: dict[str, Fate] = {"5": "failed", "4": "delayed", "2": "delivered"}
_LOOKS_LIKE_ONE = re.compile(r"^(?:Final-Recipient|Original-Recipient)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_DIAGNOSTIC_TYPE = re.compile(r"\s*(?:smtp|x-[\w-]+|lmtp|unix|dns)\s*;\s*", re.IGNORECASE)


def recognise(mail: Mail) -> Finding | None:
    reports = _groups(mail)
    outcomes = [outcome for report in reports[:MOST_RECIPIENTS] if (outcome := _outcome(report, mail))]
    if outcomes:
        return about(outcomes)
    fate = next((fate for report in reports if (fate := _fate(report))), None)
    return told_in_words.about_whom(mail, fate) if fate else None


def envelope_id(mail: Mail) -> str:
    """Original-Envelope-Id (section 2.2.1): what we gave as ENVID."""
    return next((found for group in _groups(mail) if (found := fields.first(group, "original-envelope-id"))), "")


def original_message_id(mail: Mail) -> str:
    return next((found for group in _groups(mail) if (found := fields.first(group, "x-original-message-id"))), "")


def _groups(mail: Mail) -> list[Fields]:
    """Of the report; else of a text that reads like one, be it wrapped whole by a virus scanner."""
    if not sender.is_a_mail_server(mail):  # somebody passes one on
        return []
    texts = list(mail.of_kind(*REPORT))
    if not texts:
        is_wrapped = "report-type" in mail.header("content-type").lower()
        candidates = (part.text for part in mail.parts if part.kind != "text/rfc822" or is_wrapped)
        texts = [text[_paragraph(text, found) :] for text in candidates if (found := _LOOKS_LIKE_ONE.search(text))]
    return [group for text in texts for group in fields.groups(text)]


def _paragraph(text: str, match: re.Match[str]) -> int:
    """Where the one begins that the match is in: the fields of a group may stand in any order."""
    return max(text.rfind("\n\n", 0, match.start()), 0)


def _outcome(group: Fields, mail: Mail) -> Outcome | None:
    """None of the group that is about the mail as a whole, or whose action says nothing."""
    fate, address = _fate(group), _address(group)
    if not fate or not address:
        return None
    status = status_in(fields.first(group, "status"))
    diagnosis = _DIAGNOSTIC_TYPE.sub("", fields.first(group, "diagnostic-code", "x-supplementary-info"), 1)
    reason = one_line(diagnosis) or told_in_words.reason_for(address, mail)
    spam = fate == "failed" and is_spam(diagnosis or reason, status)
    return Outcome(address, fate, status or status_in(diagnosis), reason, spam)


def _fate(group: Fields) -> Fate | None:
    action = fields.first(group, "action").lower()
    if not action and ("final-recipient" in group or "original-recipient" in group):
        return BY_STATUS.get(fields.first(group, "status", "diagnostic-code")[:1])
    return next((fate for beginning, fate in ACTIONS.items() if action.startswith(beginning)), None)


def _address(group: Fields) -> str:
    """To whom we wrote, else where that led to (sections 2.3.1 and 2.3.2); some only tell it in other fields."""
    for name in ("original-recipient", "final-recipient", "x-actual-recipient", "x-original-to"):
        for value in group.get(name, ()):
            if found := addresses.clean(value):
                return found
    return ""
