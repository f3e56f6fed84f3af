"""Two versions of a text beside each other: which lines differ, and in them which words. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

WORDS = re.compile(r"\s+|[\w{}]+|[^\w\s]")


class Piece(NamedTuple):
    words: str
    is_changed: bool


class Change(NamedTuple):
    """Lines that follow each other: the same in both (``same``), or as they were and as they are."""

    same: list[str]
    before: list[Piece]
    after: list[Piece]


def compare(before: str, after: str) -> list[Change]:
    old, new = before.splitlines(), after.splitlines()
    return [
        Change(old[a:b], [], []) if how == "equal" else Change([], *differing("\n".join(old[a:b]), "\n".join(new[c:d])))
        for how, a, b, c, d in opcodes(old, new)
    ]


def differing(before: str, after: str) -> tuple[list[Piece], list[Piece]]:
    """The same lines before and after, with what is not in the other marked."""
    old, new = WORDS.findall(before), WORDS.findall(after)
    steps = opcodes(old, new)
    was = [Piece("".join(old[a:b]), how != "equal") for how, a, b, _, _ in steps if b > a]
    now = [Piece("".join(new[c:d]), how != "equal") for how, _, _, c, d in steps if d > c]
    return was, now


def opcodes(old: Sequence[str], new: Sequence[str]) -> Sequence[tuple[str, int, int, int, int]]:
    return SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
