"""A number from an address or a form, before anybody has checked it."""

from __future__ import annotations

import re

NUMBER = re.compile(r"\d{1,18}", re.ASCII)


def parse_int(text: str) -> int | None:
    """The whole number, or ``None`` for what is none or has more digits than a key can have."""
    return int(text) if NUMBER.fullmatch(text) else None
