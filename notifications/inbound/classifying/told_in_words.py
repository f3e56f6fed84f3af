"""Bounces and delays that a mail server only tells in words: whom they are about, and why.

Servers say it in a few ways, tried here from the surest to the vaguest: a header, a list after an introduction, a line
with a label, a line that begins with the address, the transcript of a conversation, the mail that came back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice, pairwise

from notifications.inbound.classifying import addresses, sender
from notifications.inbound.classifying.phrases import (
    BEGINS,
    DELAYED,
    GIVEN_UP,
    INTRODUCTION,
    LABELLED,
    RCPT_TO,
    REFUSED,
    REPLY_LINE,
    TRANSCRIPT,
)
from notifications.inbound.classifying.reading import Mail
from notifications.inbound.classifying.verdict import KINDS, Fate, Finding, Outcome, about
from notifications.inbound.classifying.wording import is_spam, one_line, status_in

type Way = Callable[[Mail], Iterator[str]]

MOST_RECIPIENTS = 200
MOST_MENTIONS = 5


def recognise(mail: Mail) -> Finding | None:
    if not sender.is_a_mail_server(mail):
        return None
    is_a_daemon = sender.is_a_daemon(mail)
    says_so = sender.NOTICE.match(mail.header("subject")) or listed(mail) or (is_a_daemon and REFUSED.search(mail.told))
    found = about_whom(mail, "delayed" if is_under_way(mail) else "failed") if says_so else None
    return found if found and (found.recipients or is_a_daemon) else None


def about_whom(mail: Mail, fate: Fate) -> Finding:
    """The recipients that the words name. A mail that names none is still a bounce or a delay."""
    found = [outcome(address, fate, mail) for address in recipients(mail)[:MOST_RECIPIENTS]]
    return about(found) if found else Finding(KINDS[fate])


def is_under_way(mail: Mail) -> bool:
    """A warning that the server still tries is no failure; a subject that says it is over decides."""
    subject = mail.header("subject")
    if DELAYED.search(subject) or GIVEN_UP.search(subject):
        return bool(DELAYED.search(subject))
    return bool(DELAYED.search(" ".join(mail.told[:6000].split())))


def outcome(address: str, fate: Fate, mail: Mail) -> Outcome:
    reason = reason_for(address, mail)
    status = status_in(reason) or status_in(mail.told)
    return Outcome(address, fate, status, reason, fate == "failed" and is_spam(reason, status))


def recipients(mail: Mail) -> list[str]:
    return listed(mail) or _first(mail, _labelled, _at_the_beginning, _in_transcript, _in_reply, _came_back, _only_one)


def listed(mail: Mail) -> list[str]:
    """Those whom the server lists as recipients, and not only mentions."""
    return _first(mail, _in_header, _in_list)


def _first(mail: Mail, *ways: Way) -> list[str]:
    for way in ways:
        if found := others(way(mail), mail):
            return found
    return []


def reason_for(address: str, mail: Mail) -> str:
    """The words beside the address and just below it, else the first that sound like a refusal."""
    beside = (at for at, line in enumerate(mail.lines) if address and address in line)
    for at in islice(beside, MOST_MENTIONS):
        paragraph = " ".join(_paragraph(mail.lines[at : at + 8]))
        if REFUSED.search(paragraph) or REPLY_LINE.search(paragraph):
            return one_line(paragraph)
    return one_line(mail.reply)


def _paragraph(lines: list[str]) -> Iterator[str]:
    for at, line in enumerate(lines):
        if at > 1 and not line.strip():
            return
        yield line


def others(found: Iterator[str], mail: Mail) -> list[str]:
    """Each once, as first written; neither a server nor the one this mail was sent to, unless he wrote to himself."""
    to_us = {one.casefold() for one in addresses.all_in(mail.header("to"))}
    to_us -= {one.casefold() for one in addresses.all_in(" ".join(mail.returned.get("to", ())))}
    kept: dict[str, str] = {}
    for address in found:
        if not addresses.is_daemon(address) and address.casefold() not in to_us:
            kept.setdefault(address.casefold(), address)
    return list(kept.values())


def _in_header(mail: Mail) -> Iterator[str]:
    """Exim and Google."""
    for value in mail.headers.get("x-failed-recipients", ()):
        yield from addresses.all_in(value)


def _in_list(mail: Mail) -> Iterator[str]:
    """Lines below «The following addresses failed:» that begin with an address and stand as far in as the first."""
    margin: int | None = None
    is_listing = False
    for before, line in pairwise(["", *mail.lines]):
        if is_listing and (match := BEGINS.match(line)):
            margin = match.start(1) if margin is None else margin
            if abs(match.start(1) - margin) <= 1:
                yield match[1]
        elif INTRODUCTION.search(f"{before} {line}"):
            is_listing, margin = True, None
        elif is_listing and TRANSCRIPT.search(line):
            is_listing = False


def _labelled(mail: Mail) -> Iterator[str]:
    """«Unable to deliver message to: <bo@kk.example>», on one line or on two."""
    for line, after in pairwise([*mail.lines, ""]):
        if match := LABELLED.search(line) or LABELLED.search(f"{line} {after.strip()}"):
            yield match[1]


def _at_the_beginning(mail: Mail) -> Iterator[str]:
    """qmail, Postfix, Courier, Notes: «<bo@kk.example>:» or the address alone, with the reason behind or below."""
    for at, line in enumerate(mail.lines):
        match = BEGINS.match(line)
        if match and REFUSED.search(" ".join(mail.lines[max(0, at - 3) : at + 6])):
            yield match[1]


def _in_transcript(mail: Mail) -> Iterator[str]:
    """«>>> RCPT TO:<bo@kk.example>» and soon after it «<<< 550 …»."""
    for at, line in enumerate(mail.lines):
        match = RCPT_TO.search(line)
        if match and any(REPLY_LINE.search(after) for after in mail.lines[at : at + 6]):
            yield match[1]


def _in_reply(mail: Mail) -> Iterator[str]:
    """«550 5.1.1 <bo@kk.example>: user unknown»."""
    for line in filter(REPLY_LINE.search, mail.lines):
        yield from addresses.all_in(line)


def _came_back(mail: Mail) -> Iterator[str]:
    """A mail that was to one only cannot have failed for another."""
    for names in (("x-failed-recipients", "x-rcpt-to", "envelope-to", "delivered-to"), ("to", "cc", "bcc")):
        values = [list(addresses.all_in(value)) for name in names for value in mail.returned.get(name, ())]
        to = {one.casefold(): one for value in values for one in value}
        if len(to) == 1 and all(values):
            yield from to.values()
            return


def _only_one(mail: Mail) -> Iterator[str]:
    """The only address in the subject, or in the words, that is not ours."""
    for text in (mail.header("subject"), "\n".join(mail.lines)[:20000]):
        found = others(addresses.all_in(text), mail)
        if len(found) == 1:
            yield from found
            return
