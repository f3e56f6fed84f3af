"""Recognise bounces and delays from a mail server's words, and find recipients and reasons.

Finders run from the surest to the vaguest: a header, a list after an introduction, a labelled line, a line that
begins with an address, a transcript, a server reply, the returned mail. `recognise_mailman_format` uses
flufl.bounce, the formats that Mailman has met since 1998, and checks the result.
"""

import logging
from collections.abc import Callable, Iterator
from itertools import islice, pairwise

from flufl.bounce import all_failures

from notifications.mail_classifier import author, text_patterns
from notifications.mail_classifier.mail_parser import Mail
from notifications.mail_classifier.text_patterns import (
    DELAY_WORDS,
    FAILURE_WORDS,
    FINAL_FAILURE_WORDS,
    LABELLED_ADDRESS,
    LINE_STARTING_WITH_ADDRESS,
    RCPT_TO,
    RECIPIENT_LIST_INTRO,
    SERVER_REPLY_LINE,
    TRANSCRIPT_START,
    find_status_code,
    mask_and_shorten,
    mentions_spam,
)
from notifications.mail_classifier.verdict import KIND_BY_FATE, Fate, Outcome, Verdict, combine_outcomes

logger = logging.getLogger(__name__)
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # the library logs every detector that it tries

MAX_RECIPIENTS = 200
MAX_MENTIONS = 5


def recognise_mailman_format(mail: Mail) -> Verdict | None:
    try:
        temporary, permanent = (_keep_plausible(found, mail) for found in all_failures(mail.message))
    except Exception:  # the library's detectors assume a well-formed mail
        logger.info("flufl.bounce stumbled", exc_info=True)
        return None
    if permanent:  # the library may find only the first of several, or addresses merely mentioned
        permanent = find_listed_recipients(mail) or permanent
    fate: Fate = "delayed" if is_delay_warning(mail) else "failed"
    outcomes = [build_outcome(one, fate, mail) for one in permanent]
    outcomes += [build_outcome(one, "delayed", mail) for one in temporary]
    return combine_outcomes(outcomes) if outcomes else None


def _keep_plausible(found: frozenset[bytes], mail: Mail) -> list[str]:
    """Return the addresses whose local part and domain both occur in the mail, except servers' addresses and our own.

    The halves are searched separately, because some providers omit the domain: «bo» from mailer-daemon@kk.example is
    bo@kk.example.
    """
    words = f"{mail.header('from')} {mail.text}".casefold()
    names = (text_patterns.clean_address(one.decode("ascii", "replace")) for one in sorted(found))
    return exclude_servers_and_us(
        (one for one in names if one and all(half in words for half in one.casefold().split("@"))), mail
    )


def recognise_wording(mail: Mail) -> Verdict | None:
    is_a_daemon = author.is_from_daemon(mail)
    says_so = (
        author.SERVER_NOTICE_SUBJECT.match(mail.header("subject"))
        or find_listed_recipients(mail)
        or (is_a_daemon and FAILURE_WORDS.search(mail.server_text))
    )
    found = find_outcomes(mail, "delayed" if is_delay_warning(mail) else "failed") if says_so else None
    return found if found and (found.recipients or is_a_daemon) else None


def find_outcomes(mail: Mail, fate: Fate) -> Verdict:
    """Return the outcomes of the recipients that the words name.

    Without recipients the mail is still a bounce or a delay.
    """
    found = [build_outcome(address, fate, mail) for address in find_recipients(mail)[:MAX_RECIPIENTS]]
    return combine_outcomes(found) if found else Verdict(KIND_BY_FATE[fate])


def is_delay_warning(mail: Mail) -> bool:
    """Return whether the server warns of a delay and still tries.

    A subject about a delay or a failure decides alone.
    """
    subject = mail.header("subject")
    if DELAY_WORDS.search(subject) or FINAL_FAILURE_WORDS.search(subject):
        return bool(DELAY_WORDS.search(subject))
    return bool(DELAY_WORDS.search(" ".join(mail.server_text[:6000].split())))


def build_outcome(address: str, fate: Fate, mail: Mail) -> Outcome:
    reason = find_reason(address, mail)
    status = find_status_code(reason) or find_status_code(mail.server_text)
    return Outcome(address, fate, status, mask_and_shorten(reason), fate == "failed" and mentions_spam(reason, status))


def find_recipients(mail: Mail) -> list[str]:
    return find_listed_recipients(mail) or _first_finding(
        mail,
        _find_labelled,
        _find_at_line_start,
        _find_in_transcript,
        _find_in_server_reply,
        _find_in_returned_mail,
        _find_single_address,
    )


def find_listed_recipients(mail: Mail) -> list[str]:
    """Return the addresses that the server lists as recipients, not addresses merely mentioned."""
    return _first_finding(mail, _find_in_header, _find_in_list)


def _first_finding(mail: Mail, *finders: Callable[[Mail], Iterator[str]]) -> list[str]:
    results = (exclude_servers_and_us(find(mail), mail) for find in finders)
    return next(filter(None, results), [])


def find_reason(address: str, mail: Mail) -> str:
    """Return the failure text beside or just below the address, or else the first line that looks like a refusal."""
    beside = (at for at, line in enumerate(mail.lines) if address and address in line)
    for at in islice(beside, MAX_MENTIONS):
        paragraph = " ".join(_until_blank_line(mail.lines[at : at + 8]))
        if FAILURE_WORDS.search(paragraph) or SERVER_REPLY_LINE.search(paragraph):
            return paragraph
    return mail.reply


def _until_blank_line(lines: list[str]) -> Iterator[str]:
    for at, line in enumerate(lines):
        if at > 1 and not line.strip():
            return
        yield line


def exclude_servers_and_us(found: Iterator[str], mail: Mail) -> list[str]:
    """Return the addresses without duplicates, mail servers and the address that this mail was sent to.

    The last is kept if the returned mail was sent to the same address. The first spelling of an address is kept.
    """
    excluded = {one.casefold() for one in text_patterns.find_addresses(mail.header("to"))}
    excluded -= {one.casefold() for one in text_patterns.find_addresses(" ".join(mail.returned_headers.get("to", ())))}
    kept: dict[str, str] = {}
    for address in found:
        if not text_patterns.is_daemon_address(address) and address.casefold() not in excluded:
            kept.setdefault(address.casefold(), address)
    return list(kept.values())


def _find_in_header(mail: Mail) -> Iterator[str]:
    """Find addresses in the header of Exim and Google."""
    for value in mail.headers.get("x-failed-recipients", ()):
        yield from text_patterns.find_addresses(value)


def _find_in_list(mail: Mail) -> Iterator[str]:
    """Find lines below «The following addresses failed:» that begin with an address and are indented like the first."""
    margin: int | None = None
    is_listing = False
    for before, line in pairwise(["", *mail.lines]):
        if is_listing and (match := LINE_STARTING_WITH_ADDRESS.match(line)):
            margin = match.start(1) if margin is None else margin
            if abs(match.start(1) - margin) <= 1:
                yield match[1]
        elif RECIPIENT_LIST_INTRO.search(f"{before} {line}"):
            is_listing, margin = True, None
        elif is_listing and TRANSCRIPT_START.search(line):
            is_listing = False


def _find_labelled(mail: Mail) -> Iterator[str]:
    """Find «Unable to deliver message to: <bo@kk.example>», on one line or two."""
    for line, after in pairwise([*mail.lines, ""]):
        if match := LABELLED_ADDRESS.search(line) or LABELLED_ADDRESS.search(f"{line} {after.strip()}"):
            yield match[1]


def _find_at_line_start(mail: Mail) -> Iterator[str]:
    """Find lines of qmail, Postfix, Courier and Notes: «<bo@kk.example>:» or an address alone, with a reason nearby."""
    for at, line in enumerate(mail.lines):
        match = LINE_STARTING_WITH_ADDRESS.match(line)
        if match and FAILURE_WORDS.search(" ".join(mail.lines[max(0, at - 3) : at + 6])):
            yield match[1]


def _find_in_transcript(mail: Mail) -> Iterator[str]:
    """Find «>>> RCPT TO:<bo@kk.example>» soon followed by «<<< 550 …»."""
    for at, line in enumerate(mail.lines):
        match = RCPT_TO.search(line)
        if match and any(SERVER_REPLY_LINE.search(after) for after in mail.lines[at : at + 6]):
            yield match[1]


def _find_in_server_reply(mail: Mail) -> Iterator[str]:
    """Find «550 5.1.1 <bo@kk.example>: user unknown»."""
    for line in filter(SERVER_REPLY_LINE.search, mail.lines):
        yield from text_patterns.find_addresses(line)


def _find_in_returned_mail(mail: Mail) -> Iterator[str]:
    """Find the recipient of the returned mail, if the mail had a single recipient."""
    for names in (("x-failed-recipients", "x-rcpt-to", "envelope-to", "delivered-to"), ("to", "cc", "bcc")):
        values = [value for name in names for value in mail.returned_headers.get(name, ())]
        named = [list(text_patterns.find_addresses(value)) for value in values]
        to = {address.casefold(): address for addresses in named for address in addresses}
        if len(to) == 1 and all(named):
            yield from to.values()
            return


def _find_single_address(mail: Mail) -> Iterator[str]:
    """Find the only foreign address in the subject, or else in the text."""
    for text in (mail.header("subject"), "\n".join(mail.lines)[:20000]):
        found = exclude_servers_and_us(text_patterns.find_addresses(text), mail)
        if len(found) == 1:
            yield from found
            return
