"""«Name: value» lines as they stand in headers, reports (RFC 3464, RFC 5965) and returned mails."""

from __future__ import annotations

import re
from collections.abc import Iterator

MOST_GROUPS = 1000
MOST_TEXT = 128 * 1024
_LINE = re.compile(r"([A-Za-z][\w.-]*)[ \t]*:[ \t]*(.*)")
_BLANK = re.compile(r"\n[ \t\n]*\n")

type Fields = dict[str, list[str]]


def groups(text: str) -> Iterator[Fields]:
    """Each block between blank lines as {name in lower case: values}; lines that are no field are left out."""
    for block in _BLANK.split(text[:MOST_TEXT], MOST_GROUPS):
        if found := fields(block):
            yield found


def fields(block: str) -> Fields:
    found: Fields = {}
    values: list[str] = []  # of the field that a folded line goes on
    for line in block.split("\n"):
        if match := _LINE.match(line):
            values = found.setdefault(match[1].lower(), [])
            values.append(match[2].strip())
        elif values and line[:1] in " \t":
            values[-1] = f"{values[-1]} {line.strip()}"[:4000]
    return found


def first(found: Fields, *names: str) -> str:
    """The first value that says something, of the names in this order."""
    return next((value for name in names for value in found.get(name, ()) if value), "")
