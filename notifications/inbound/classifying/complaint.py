"""A reader's «this is spam», passed on by the mail provider (ARF, RFC 5965), or in the older words of some."""

from __future__ import annotations

import re
from collections.abc import Iterator

from notifications.inbound.classifying import addresses, fields
from notifications.inbound.classifying.fields import Fields
from notifications.inbound.classifying.reading import Mail
from notifications.inbound.classifying.verdict import Finding, Outcome
from notifications.inbound.classifying.wording import one_line

IN_WORDS = re.compile(r"this is an? (?:[\w.]+ )?(?:e-?mail )?abuse report for an e-?mail", re.IGNORECASE)
JMRP = re.compile(r"complaint about message from \S+", re.IGNORECASE)
#: feedback that takes a complaint back (RFC 6430)
TAKEN_BACK = "not-spam"


def recognise(mail: Mail) -> Finding | None:
    report = next((found for text in mail.of_kind("text/feedback-report") for found in fields.groups(text)), {})
    kind = fields.first(report, "feedback-type").lower()
    in_words = IN_WORDS.search(mail.text[:2000]) or JMRP.fullmatch(mail.header("subject"))
    if kind == TAKEN_BACK or not (report or in_words):
        return None
    reason = one_line(fields.first(report, "feedback-type") or mail.header("subject"))
    return Finding("complaint", [Outcome(one, "delivered", "", reason, True) for one in _who(mail, report)])


def _who(mail: Mail, report: Fields) -> list[str]:
    """Who complains. Many providers black the address out, so the report is asked first and the returned mail last."""
    for names in (("original-rcpt-to", "removal-recipient"), ("x-hmxmroriginalrecipient",), ("to",)):
        source = report if names[0] == "original-rcpt-to" else mail.returned
        if found := list(dict.fromkeys(_addresses(source, names))):
            return found
    return []


def _addresses(source: Fields, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        for value in source.get(name, ()):
            yield from addresses.all_in(value)
