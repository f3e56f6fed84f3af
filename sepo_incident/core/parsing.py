"""Parse numbers from URLs and forms that have not been validated yet."""

from __future__ import annotations

import re

NUMBER = re.compile(r"\d{1,18}", re.ASCII)


def parse_int(text: str) -> int | None:
    """Return the text as an int, or None if the text is not 1 to 18 ASCII digits (the most digits of a primary key)."""
    return int(text) if NUMBER.fullmatch(text) else None
