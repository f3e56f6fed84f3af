"""Recognise machine-readable reports: delivery reports (DSN, RFC 3464 and RFC 6533) and complaints (ARF, RFC 5965).

A DSN is read wherever the fields occur, because many servers use a part of the wrong type or the text. The Action
field decides and not the first digit of Status (RFC 3464 section 2.3.3): a delayed mail with 5.4.7 is still under
way. A complaint is a reader's «this is spam», forwarded by the mail provider, also in the older wording of some
providers.
"""

import re

from notifications.mail_classifier import author, bounce_wording, mail_parser, text_patterns
from notifications.mail_classifier.mail_parser import Fields, Mail
from notifications.mail_classifier.text_patterns import find_status_code, mask_and_shorten, mentions_spam
from notifications.mail_classifier.verdict import Fate, Outcome, Verdict, combine_outcomes

DSN_TYPES = ("text/delivery-status", "text/global-delivery-status")
FATE_BY_ACTION: dict[str, Fate] = {
    "fail": "failed",
    "error": "failed",  # OpenSMTPD
    "expired": "failed",
    "undeliver": "failed",
    "delay": "delayed",
    "defer": "delayed",
    "deliver": "delivered",
    "relay": "relayed",
    "expand": "relayed",  # delivered to the members of a list, without a word about any member
}
#: recipients read at most; no mail of ours has as many
MAX_RECIPIENTS = 200
MAX_REPLY_LINES = 8
FATE_BY_STATUS_CLASS: dict[str, Fate] = {"5": "failed", "4": "delayed", "2": "delivered"}
_DSN_FIELD = re.compile(r"^(?:Final-Recipient|Original-Recipient)[ \t]*:", re.IGNORECASE | re.MULTILINE)
_DIAGNOSTIC_TYPE = re.compile(r"\s*(?:smtp|x-[\w-]+|lmtp|unix|dns)\s*;\s*", re.IGNORECASE)


def recognise_dsn(mail: Mail) -> Verdict | None:
    reports = _report_groups(mail)
    outcomes = [outcome for report in reports[:MAX_RECIPIENTS] if (outcome := _outcome_of_group(report, mail))]
    if outcomes:
        return combine_outcomes(outcomes)
    fate = next((fate for report in reports if (fate := _fate_of_group(report))), None)
    return bounce_wording.find_outcomes(mail, fate) if fate else None


def find_in_report(mail: Mail, name: str) -> str:
    """Return the first value of the field `name` in the report, or "", also for a mail without a report."""
    return next((found for group in _report_groups(mail) if (found := mail_parser.first_value(group, name))), "")


def _report_groups(mail: Mail) -> list[Fields]:
    """Return the field groups of the report part, or else of a text that looks like a report.

    A report wrapped whole by a virus scanner counts too.
    """
    if not author.is_from_mail_server(mail):  # a person has forwarded the report
        return []
    texts = list(mail.of_kind(*DSN_TYPES))
    if not texts:
        is_wrapped = "report-type" in mail.header("content-type").lower()
        candidates = (part.text for part in mail.parts if part.kind != "text/rfc822" or is_wrapped)
        # The fields of a group may come in any order, so the group begins where the paragraph begins.
        texts = [
            text[max(text.rfind("\n\n", 0, found.start()), 0) :]
            for text in candidates
            if (found := _DSN_FIELD.search(text))
        ]
    return [group for text in texts for group in mail_parser.parse_field_groups(text)]


def _outcome_of_group(group: Fields, mail: Mail) -> Outcome | None:
    """Return the outcome, or None for the group about the whole mail or a group with an unknown Action."""
    fate, address = _fate_of_group(group), _address_of_group(group)
    if not fate or not address:
        return None
    status = find_status_code(mail_parser.first_value(group, "status"))
    diagnosis = _DIAGNOSTIC_TYPE.sub("", mail_parser.first_value(group, "diagnostic-code", "x-supplementary-info"), 1)
    diagnosis = _find_whole_reply(diagnosis.strip(), mail)
    explanation = bounce_wording.find_reason(address, mail)
    spam = fate == "failed" and mentions_spam(diagnosis, explanation, status)
    reason = mask_and_shorten(diagnosis or explanation)
    return Outcome(address, fate, status or find_status_code(diagnosis), reason, spam)


def _find_whole_reply(diagnosis: str, mail: Mail) -> str:
    """Return the reply that the diagnosis begins: Sendmail reports the first line only, and writes a transcript."""
    if diagnosis[3:4] != "-":
        return diagnosis
    transcript = [line.removeprefix("<<< ") for line in mail.lines if line.startswith("<<< ")]
    begin = transcript.index(diagnosis) if diagnosis in transcript else len(transcript)
    lines = transcript[begin : begin + MAX_REPLY_LINES]
    last = next((at for at, line in enumerate(lines) if line[3:4] != "-"), MAX_REPLY_LINES)
    return " ".join(lines[: last + 1]) or diagnosis


def _fate_of_group(group: Fields) -> Fate | None:
    action = mail_parser.first_value(group, "action").lower()
    if not action and ("final-recipient" in group or "original-recipient" in group):
        return FATE_BY_STATUS_CLASS.get(mail_parser.first_value(group, "status", "diagnostic-code")[:1])
    return next((fate for beginning, fate in FATE_BY_ACTION.items() if action.startswith(beginning)), None)


def _address_of_group(group: Fields) -> str:
    """Return the address that we wrote to, or else the final address (RFC 3464 sections 2.3.1 and 2.3.2).

    Some servers give the address only in other fields.
    """
    for name in ("original-recipient", "final-recipient", "x-actual-recipient", "x-original-to"):
        for value in group.get(name, ()):
            if found := text_patterns.clean_address(value):
                return found
    return ""


COMPLAINT_WORDS = re.compile(r"this is an? (?:[\w.]+ )?(?:e-?mail )?abuse report for an e-?mail", re.IGNORECASE)
JMRP_SUBJECT = re.compile(r"complaint about message from \S+", re.IGNORECASE)


def recognise_complaint(mail: Mail) -> Verdict | None:
    report = next(
        (found for text in mail.of_kind("text/feedback-report") for found in mail_parser.parse_field_groups(text)), {}
    )
    kind = mail_parser.first_value(report, "feedback-type").lower()
    in_words = COMPLAINT_WORDS.search(mail.text[:2000]) or JMRP_SUBJECT.fullmatch(mail.header("subject"))
    if kind == "not-spam" or not (report or in_words):  # RFC 6430: the reader withdraws a complaint
        return None
    reason = mask_and_shorten(mail_parser.first_value(report, "feedback-type") or mail.header("subject"))
    complainants = [Outcome(one, "delivered", "", reason, True) for one in _find_complainants(mail, report)]
    return Verdict("complaint", complainants)


def _find_complainants(mail: Mail, report: Fields) -> list[str]:
    """Return the addresses of the people who complain.

    Many providers black out the address, so the report is searched first and the returned mail last.
    """
    for source, names in (
        (report, ("original-rcpt-to", "removal-recipient")),
        (mail.returned_headers, ("x-hmxmroriginalrecipient",)),
        (mail.returned_headers, ("to",)),
    ):
        values = [value for name in names for value in source.get(name, ())]
        if found := [address for value in values for address in text_patterns.find_addresses(value)]:
            return list(dict.fromkeys(found))
    return []
