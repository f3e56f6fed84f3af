"""Whether our own mail server vouches for the author of a mail (RFC 8601).

Everybody can write any author, and an `Authentication-Results` header too. The one that counts begins with the name of
our mail server, which removes foreign headers with its name before it writes its own (RFC 8601, 5).
"""

from __future__ import annotations

import re

from notifications.mail_classifier import text_patterns
from notifications.mail_classifier.mail_parser import parse_mail

#: Comments and quoted strings repeat what strangers wrote, so nothing in them is a result.
NOT_A_RESULT = re.compile(r'\([^()]*\)|"(?:[^"\\]|\\.)*"')
RESULT = re.compile(r"\s*([a-z0-9-]+)\s*=\s*([a-z]+)\b", re.IGNORECASE)
DOMAINS = re.compile(r"\bheader\.(?:from|d|i)\s*=\s*(?:[^\s;@]*@)?([a-z0-9.-]+)", re.IGNORECASE)


def is_author_authenticated(raw: bytes, server: str) -> bool:
    """Return whether `server`, the name of our mail server, says that the author's domain sent the mail.

    DMARC must have passed, or DKIM for the domain of the author. Without a name nobody is authenticated.
    """
    mail = parse_mail(raw)
    domain = text_patterns.parse_mailbox(mail.header("from"))[1].rpartition("@")[2].lower()
    ours = (one for one in mail.headers.get("authentication-results", []) if _server_of(one) == server.lower())
    said = NOT_A_RESULT.sub(" ", next(ours, ""))
    return bool(server and domain and any(_vouches(result, domain) for result in said.split(";")[1:]))


def _server_of(header: str) -> str:
    """Return the name of the server that wrote the header; a version may follow it."""
    return next(iter(header.partition(";")[0].lower().split()), "")


def _vouches(result: str, domain: str) -> bool:
    method = RESULT.match(result)
    named = DOMAINS.search(result)
    if not method or method[2].lower() != "pass" or not named:
        return False
    return method[1].lower() in ("dmarc", "dkim") and named[1].lower() == domain
