"""Parse numbers from URLs and forms that have not been validated yet."""

from __future__ import annotations

import re

NUMBER = re.compile(r"\d{1,18}", re.ASCII)


def parse_int(text: str) -> int | None:
    """Return the text as an int, or None if the text is not 1 to 18 ASCII digits (the most digits of a primary key)."""
    return int(text) if NUMBER.fullmatch(text) else None


def parse_version(text: str) -> int:
    """Return the version that a page was made from, or -1, which matches no version, for anything but a number."""
    version = parse_int(text)
    return -1 if version is None else version
