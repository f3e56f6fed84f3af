"""The return path that the mail was sent to, «bounce+1234-<20 hex digits>@…», says which delivery it is about.

It is ours and in the envelope, so it holds whatever the mail says. Mail systems may fold its case.
"""

from __future__ import annotations

import re

from notifications.inbound.classifying.reading import Mail

RETURN_PATH = re.compile(r"(?<![\w.+-])bounce\+(\d{1,18}-[0-9a-f]{20})@", re.IGNORECASE)
RECEIVED_FOR = re.compile(r"\bfor\s+<?([^\s<>;]+)", re.IGNORECASE)
NAMED_IN = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc")


def token(mail: Mail) -> str:
    """«1234-<20 hex digits>», or empty. Whether it is genuine is for the one who has the database."""
    named = [value for name in NAMED_IN for value in mail.headers.get(name, ())]
    received = [match[1] for value in mail.headers.get("received", ()) if (match := RECEIVED_FOR.search(value))]
    found = next((match for value in [*named, *received] if (match := RETURN_PATH.search(value))), None)
    return found[1].lower() if found else ""
