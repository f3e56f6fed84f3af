"""What is kept of a mail's words: a reason on one line without CPR numbers, a status, and whether it speaks of spam."""

from __future__ import annotations

import re
import unicodedata

from notifications.inbound.classifying.addresses import ADDRESS
from sepo_incident import cpr


def any_of(*phrases: str, before: str = "", after: str = "", lines: bool = False) -> re.Pattern[str]:
    """One pattern of several phrases, without regard to case. ``lines``: ^ and $ are those of a line."""
    return re.compile(f"{before}(?:{'|'.join(phrases)}){after}", re.IGNORECASE | (re.MULTILINE if lines else 0))


REASON_LENGTH = 300
STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
#: a refusal because of what the mail is like, or of where it comes from
SPAM = any_of(
    r"spam|junk|unsolicited|(?:bulk|mass) ?-?(?:e-?)?mail|reputation|bl[ao]ck[- ]?list|\b(?:DNSB|RB|URIB|SB)L\b",
    r"message content|content (?:rejected|filter)",
    r"policy (?:reason|violation|restriction)|(?:against|violat\w*|due to) (?:\w+ )?polic",
    r"DMARC|\bSPF\b",
    r"\b5\.7\.(?:26|350|509|51\d)\b",
)


def one_line(text: str, length: int = REASON_LENGTH) -> str:
    """Without control characters, at most ``length`` long, no CPR number shown."""
    spaced = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in text[: 4 * length])
    masked = cpr.mask(" ".join(spaced.split()))
    return masked if len(masked) <= length else masked[: length - 1].rstrip() + "…"


def status_in(text: str) -> str:
    found = STATUS.search(text)
    return found[1] if found else ""


def is_spam(*texts: str) -> bool:
    """Addresses are left out of it: junk@kk.example may just be full."""
    return any(SPAM.search(ADDRESS.sub("", text)) for text in texts)
