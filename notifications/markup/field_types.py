"""One line of words: cleaned, and folded for a mail.

What may stand in braces in a text: the fields of a kind of mail, found by name.
"""

from __future__ import annotations

import difflib
import textwrap
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

LINE_WIDTH = 76


def one_line(text: str) -> str:
    """The text on one line without control, format and line-break characters: nothing that could start a header."""
    if text.isprintable():
        return " ".join(text.split())
    spaced = "".join(" " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in text)
    return " ".join("".join(char for char in spaced if unicodedata.category(char) not in UNSEEN_CATEGORIES).split())


#: format characters; halves of a character and private ones, which no mail can show
UNSEEN_CATEGORIES = {"Cf", "Cs", "Co"}


def fold_line(line: str, indent: str = "") -> str:
    """At most 76 characters each, but for a word that is longer; ``indent`` stands before every line but the first."""
    if len(line) <= LINE_WIDTH:
        return line
    whole = line.replace("kl. ", "kl.\u00a0")  # the clock is not torn from its time
    folded = textwrap.fill(whole, LINE_WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return folded.replace("\u00a0", " ")


class FieldForm(Enum):
    """What a field becomes. Of those in ``BLOCKS`` each stands alone on its line."""

    WORDS = "ord"
    LINK = "link"
    EMAIL = "mailadresse"
    PHONE = "telefonnummer"
    ROWS = "liste"
    QUOTE = "citat"


#: what a link may lead to
ADDRESS_FORMS = {FieldForm.LINK, FieldForm.EMAIL, FieldForm.PHONE}
BLOCK_FORMS = {FieldForm.ROWS, FieldForm.QUOTE}


class ListRow(NamedTuple):
    """A line of a list: a name that is a link, and what is said of it."""

    name: str
    url: str
    details: str


@dataclass(frozen=True)
class Field:
    """``value`` of the facts of a mail: one line of words, or ``list[Row]`` for ROWS and ``list[str]`` for QUOTE.
    ``in_subject``: nothing personal, so that it may stand where everybody can read it."""

    name: str
    meaning: str
    value: Callable[[Any], Any]
    form: FieldForm = FieldForm.WORDS
    in_subject: bool = False


class Fields:
    """The fields that one kind of mail offers."""

    def __init__(self, fields: Iterable[Field]):
        self.all = list(fields)
        self._named = {normalize_name(field.name): field for field in self.all}

    def __getitem__(self, name: str) -> Field | None:
        return self._named.get(normalize_name(name))

    def nearest(self, name: str, form: Iterable[FieldForm] = FieldForm) -> str | None:
        """The name that was most likely meant."""
        offered = {key: field.name for key, field in self._named.items() if field.form in form}
        close = difflib.get_close_matches(normalize_name(name), offered, n=1, cutoff=0.5)
        return offered[close[0]] if close else None


def normalize_name(name: str) -> str:
    return " ".join(name.replace("_", " ").casefold().split())


def link_address(form: FieldForm, value: str) -> str:
    """What stands in the href: «mailto:dit@kk.example», «tel:+4570808000»."""
    if form is FieldForm.EMAIL:
        return f"mailto:{value}"
    if form is FieldForm.PHONE:
        digits = "".join(filter(str.isdigit, value))
        return f"tel:+45{digits}" if len(digits) == 8 else f"tel:{digits}"
    return value
