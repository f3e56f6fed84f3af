"""The fields that a mail text may use, the marks that stand for their values, and single lines of text: clean and fold.

Mails from one text differ in the values. A mark stands for a value until the mail is filled in.
"""

import difflib
import re
import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from django.template.loader import render_to_string
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString

from sepo_incident.core import danish

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
    """Fold the line at 76 characters without breaking words. `indent` is put before every line but the first."""
    if len(line) <= LINE_WIDTH:
        return line
    whole = line.replace("kl. ", "kl.\u00a0")  # keep «kl.» and the time together
    folded = textwrap.fill(whole, LINE_WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return folded.replace("\u00a0", " ")


class FieldForm(Enum):
    """The form of a field's value. A field with ROWS stands alone on a line."""

    WORDS = "ord"
    LINK = "link"
    EMAIL = "mailadresse"
    PHONE = "telefonnummer"
    ROWS = "liste"


#: Forms that a link may use as address.
ADDRESS_FORMS = {FieldForm.LINK, FieldForm.EMAIL, FieldForm.PHONE}


class ListRow(NamedTuple):
    """A row of a list: a name, its `url` or "", and details. `mark`: what cannot wait, shown first and in bold."""

    name: str
    url: str
    details: str
    mark: str = ""


@dataclass(frozen=True)
class Field:
    """A field that a mail text may use.

    `value`: returns the value for a `MailDraft`: one line of text, or `list[ListRow]` for ROWS.
    `in_subject`: the value is not personal, so the field may stand in the subject, which everybody can read.
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
        return danish.phone_url(value)
    return value


MAIL_TEMPLATE_FILE = "notifications/email/mail.html"
#: Delimited by private-use characters, which `one_line` removes from all texts and values.
MARK_PATTERN = re.compile("\ue000(\\d+)\ue001")


class FieldValues(NamedTuple):
    """The field values of a mail by name. `is_one`: the mail is about a single letter."""

    values: Mapping[str, Any]
    is_one: bool


#: Returns plain text, or HTML as a SafeString.
type Filler = Callable[[FieldValues], str]


class Slots:
    """The slots of a text. Every method but `compile` adds a slot and returns the mark to write in the text."""

    def __init__(self) -> None:
        self.fillers: list[Filler] = []

    def mark(self, filler: Filler) -> str:
        self.fillers.append(filler)
        return f"\ue000{len(self.fillers) - 1}\ue001"

    def value(self, field: Field, lead: str = "", is_capital: bool = False) -> str:
        """Mark the value of a field, preceded by `lead` unless the value is empty."""

        def fill(facts: FieldValues) -> str:
            value = facts.values[field.name]
            return f"{lead}{danish.capitalized(value) if is_capital else value}" if value else ""

        return self.mark(fill)

    def href(self, field: Field) -> str:
        return self.mark(lambda facts: link_address(field.form, facts.values[field.name]))

    def choice(self, one: str, more: str) -> str:
        return self.mark(lambda facts: one if facts.is_one else more)

    def rows(self, field: Field) -> tuple[str, str]:
        """Mark a list, as plain text and as HTML."""
        return (
            self.mark(lambda facts: "\n".join(map(row_as_text, facts.values[field.name]))),
            self.mark(lambda facts: SafeString("".join(map(row_as_html, facts.values[field.name])))),
        )

    def compile(self, marked: str, is_html: bool = False) -> Filler:
        """Return a function that fills the marks. In HTML, plain text is escaped."""
        finish = conditional_escape if is_html else str
        split = MARK_PATTERN.split(marked)
        parts = [self.fillers[int(part)] if number % 2 else part for number, part in enumerate(split)]
        return lambda facts: "".join([part if isinstance(part, str) else finish(part(facts)) for part in parts])


def strip_indentation(html: str) -> str:
    """Return the HTML without indentation and empty lines, which saves a third of the size."""
    return "\n".join(filter(None, map(str.strip, html.splitlines()))) + "\n"


def row_as_text(row: ListRow) -> str:
    mark = f" – {row.mark} –" if row.mark else ","
    line = fold_line(f"- {row.name}{mark} {row.details}", "  ")
    return f"{line}\n  {row.url}" if row.url else line


def row_as_html(row: ListRow) -> str:
    return format_html(row_format(bool(row.url), bool(row.mark)), **row._asdict())


@cache
def row_format(has_url: bool, has_mark: bool) -> str:
    """Return the HTML of a list row, with the names of the parts in braces."""
    row = ListRow("{name}", "{url}" if has_url else "", "{details}", "{mark}" if has_mark else "")
    return strip_indentation(render_to_string("notifications/email/row.html", {"row": row}))
