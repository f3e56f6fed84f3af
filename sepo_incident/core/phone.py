"""Phone numbers: one written form, checked when read, shown as a link that calls."""

from __future__ import annotations

import re

#: «7080 1234», or a foreign number in the international form of E.164: «+46812345678».
STORED_FORM = r"^([0-9]{4} [0-9]{4}|\+[0-9]{8,15})$"
MAX_LENGTH = 16
_BETWEEN_DIGITS = re.compile(r"[\s().\-‐‑–]")
_DANISH = re.compile(r"(?:(?:\+|00)45)?([2-9][0-9]{3})([0-9]{4})")
_FOREIGN = re.compile(r"(?:\+|00)([1-9][0-9]{7,14})")


def parse_phone(text: str) -> str | None:
    """Return the number in its stored form, "" for an empty text, or None if the text is no whole phone number."""
    compact = _BETWEEN_DIGITS.sub("", text)
    if not compact:
        return ""
    if danish := _DANISH.fullmatch(compact):
        return " ".join(danish.groups())
    foreign = None if compact.startswith(("+45", "0045")) else _FOREIGN.fullmatch(compact)
    return f"+{foreign[1]}" if foreign else None


def phone_url(phone: str) -> str:
    """Return the address that calls the number: «tel:+4570801234»."""
    digits = _BETWEEN_DIGITS.sub("", phone)
    return f"tel:{digits}" if digits.startswith("+") else f"tel:+45{digits}"
