"""The fields that a mail text may use, and helpers for single lines of text: clean and fold."""

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
    """Return the text on one line without control and format characters, so the text cannot start a mail header."""
    if text.isprintable():
        return " ".join(text.split())
    spaced = "".join(" " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char for char in text)
    return " ".join("".join(char for char in spaced if unicodedata.category(char) not in UNSEEN_CATEGORIES).split())


#: Format, surrogate and private-use characters. No mail can show surrogates and private-use characters.
UNSEEN_CATEGORIES = {"Cf", "Cs", "Co"}


def fold_line(line: str, indent: str = "") -> str:
    """Fold the line at 76 characters without breaking words. ``indent`` is put before every line but the first."""
    if len(line) <= LINE_WIDTH:
        return line
    whole = line.replace("kl. ", "kl.\u00a0")  # keep «kl.» and the time together
    folded = textwrap.fill(whole, LINE_WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return folded.replace("\u00a0", " ")


class FieldForm(Enum):
    """The form of a field's value. Fields with a form in ``BLOCK_FORMS`` stand alone on a line."""

    WORDS = "ord"
    LINK = "link"
    EMAIL = "mailadresse"
    PHONE = "telefonnummer"
    ROWS = "liste"
    QUOTE = "citat"


#: Forms that a link may use as address.
ADDRESS_FORMS = {FieldForm.LINK, FieldForm.EMAIL, FieldForm.PHONE}
BLOCK_FORMS = {FieldForm.ROWS, FieldForm.QUOTE}


class ListRow(NamedTuple):
    """A row of a list: a name that links to ``url``, and details."""

    name: str
    url: str
    details: str


@dataclass(frozen=True)
class Field:
    """A field that a mail text may use.

    ``value``: returns the value for a ``MailDraft``: one line of text, ``list[ListRow]`` for ROWS, ``list[str]`` for
    QUOTE. ``in_subject``: the value is not personal, so the field may stand in the subject, which everybody can read.
    """

    name: str
    meaning: str
    value: Callable[[Any], Any]
    form: FieldForm = FieldForm.WORDS
    in_subject: bool = False


class Fields:
    """The fields that a kind of mail offers, by name. Case, spaces and underscores in names do not matter."""

    def __init__(self, fields: Iterable[Field]):
        self.all = list(fields)
        self._named = {normalize_name(field.name): field for field in self.all}

    def __getitem__(self, name: str) -> Field | None:
        return self._named.get(normalize_name(name))

    def nearest(self, name: str, form: Iterable[FieldForm] = FieldForm) -> str | None:
        """Return the name of the most similar field in the wanted forms, or None."""
        offered = {key: field.name for key, field in self._named.items() if field.form in form}
        close = difflib.get_close_matches(normalize_name(name), offered, n=1, cutoff=0.5)
        return offered[close[0]] if close else None


def normalize_name(name: str) -> str:
    return " ".join(name.replace("_", " ").casefold().split())


def link_address(form: FieldForm, value: str) -> str:
    """Return the href for a value: «mailto:dit@kk.example», «tel:+4570808000», or the address itself."""
    if form is FieldForm.EMAIL:
        return f"mailto:{value}"
    if form is FieldForm.PHONE:
        digits = "".join(filter(str.isdigit, value))
        return f"tel:+45{digits}" if len(digits) == 8 else f"tel:{digits}"
    return value
