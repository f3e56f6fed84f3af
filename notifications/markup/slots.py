"""The places where the mails from one text differ. A mark stands for such a slot until the mail is filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from django.template.loader import render_to_string
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString

from notifications.markup.field_types import Field, FieldForm, ListRow, fold_line, link_address
from sepo_incident.core import danish

MAIL_TEMPLATE_FILE = "notifications/email/mail.html"
#: Delimited by private-use characters, which ``one_line`` removes from all texts and values.
MARK_PATTERN = re.compile("\ue000(\\d+)\ue001")


class FieldValues(NamedTuple):
    """The field values of a mail by name. ``is_one``: the mail is about a single letter."""

    values: Mapping[str, Any]
    is_one: bool


#: Returns plain text, or HTML as a SafeString.
type Filler = Callable[[FieldValues], str]


class Slots:
    """The slots of a text. Every method but ``compile`` adds a slot and returns the mark to write in the text."""

    def __init__(self) -> None:
        self.fillers: list[Filler] = []

    def mark(self, filler: Filler) -> str:
        self.fillers.append(filler)
        return f"\ue000{len(self.fillers) - 1}\ue001"

    def value(self, field: Field, lead: str = "", is_capital: bool = False) -> str:
        """Mark the value of a field, preceded by ``lead`` unless the value is empty."""

        def fill(facts: FieldValues) -> str:
            value = facts.values[field.name]
            return f"{lead}{danish.capitalized(value) if is_capital else value}" if value else ""

        return self.mark(fill)

    def href(self, field: Field) -> str:
        return self.mark(lambda facts: link_address(field.form, facts.values[field.name]))

    def choice(self, one: str, more: str) -> str:
        return self.mark(lambda facts: one if facts.is_one else more)

    def block(self, field: Field) -> tuple[str, str]:
        """Mark a list or a quote, as plain text and as HTML."""
        as_text, as_html, line_break = BLOCK_STYLES[field.form]
        return (
            self.mark(lambda facts: "\n".join(map(as_text, facts.values[field.name]))),
            self.mark(lambda facts: SafeString(line_break.join(map(as_html, facts.values[field.name])))),
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
    return f"{fold_line(f'- {row.name}, {row.details}', '  ')}\n  {row.url}"


def row_as_html(row: ListRow) -> str:
    return format_html(row_format(), **row._asdict())


@cache
def row_format() -> str:
    """Return the HTML of a list row, with the names of the parts in braces."""
    row = ListRow(*(f"{{{name}}}" for name in ListRow._fields))
    return strip_indentation(render_to_string(f"{MAIL_TEMPLATE_FILE}#row", {"row": row}))


#: {form: (a line as plain text, a line as HTML, line break in HTML)}.
BLOCK_STYLES: dict[FieldForm, tuple[Callable[[Any], str], Callable[[Any], str], str]] = {
    FieldForm.ROWS: (row_as_text, row_as_html, ""),
    FieldForm.QUOTE: (fold_line, escape, "<br>"),
}
