"""One line of words: cleaned, and folded for a mail."""

from __future__ import annotations

import textwrap
import unicodedata

WIDTH = 76


def one_line(text: str) -> str:
    """The text on one line without control, format and line-break characters: nothing that could start a header."""
    if text.isprintable():
        return " ".join(text.split())
    spaced = "".join(" " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in text)
    return " ".join("".join(char for char in spaced if unicodedata.category(char) not in UNSEEN).split())


#: format characters; halves of a character and private ones, which no mail can show
UNSEEN = {"Cf", "Cs", "Co"}


def folded(line: str, indent: str = "") -> str:
    """At most 76 characters each, but for a word that is longer; ``indent`` stands before every line but the first."""
    if len(line) <= WIDTH:
        return line
    whole = line.replace("kl. ", "kl.\u00a0")  # the clock is not torn from its time
    folded = textwrap.fill(whole, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return folded.replace("\u00a0", " ")
