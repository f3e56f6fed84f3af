"""A parsed subject and body, compiled once and filled in per mail.

The HTML comes from the template `notifications/email/mail.html`. The plain text is 76 characters wide, with indented
lists and unbroken addresses.
"""

from collections.abc import Iterator
from functools import cached_property, lru_cache
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from notifications.markup.fields import (
    MAIL_TEMPLATE_FILE,
    MARK_PATTERN,
    Field,
    FieldForm,
    Fields,
    FieldValues,
    Filler,
    ListRow,
    Slots,
    fold_line,
    one_line,
    strip_indentation,
)
from notifications.markup.markup_parser import Line, parse_body, parse_subject

#: The length of the database column for the subject.
MAX_SUBJECT_LENGTH = 200
INDENTS = {"BULLET": "  ", "NUMBER": "   "}
UPPERCASE_TYPES = {"TITLE", "HEADING"}
UNFOLDED_TYPES = {"SMALL_PRINT", "ROWS"}


class RenderedMail(NamedTuple):
    subject: str
    text: str
    html: str


class MailTemplate:
    def __init__(self, subject: str, body: str, fields: Fields):
        self._slots = Slots()
        self.subject = parse_subject(subject, fields, self._slots)
        self.body = parse_body(body, fields, self._slots)

    @property
    def is_sound(self) -> bool:
        return not (self.subject.problems or self.body.problems)

    @cached_property
    def fields(self) -> list[Field]:
        """Return the fields used in subject and body."""
        return list(dict.fromkeys([*self.subject.fields, *self.body.fields]))

    def mail(self, draft: Any, is_one: bool) -> RenderedMail:
        """Return the mail with the field values for `draft`. `is_one`: the mail is about a single letter."""
        facts = FieldValues({field.name: field_value(field, draft) for field in self.fields}, is_one)
        subject = one_line(self._subject(facts))[:MAX_SUBJECT_LENGTH]
        return RenderedMail(subject, join_lines(line(facts) for line in self._plain_lines), self._html(facts))

    @cached_property
    def _subject(self) -> Filler:
        return self._slots.compile(self.subject.lines[0].inline.text)

    @cached_property
    def _plain_lines(self) -> list[Filler]:
        return [filler for line in self.body.lines for filler in compile_plain_lines(line, self._slots)]

    @cached_property
    def _html(self) -> Filler:
        return self._slots.compile(draw_html(self.subject.lines[0], self.body.lines), is_html=True)


def field_value(field: Field, draft: Any) -> Any:
    """Return the field's value for the draft, with every text reduced to one line."""
    value = field.value(draft)
    return [ListRow(*map(one_line, row)) for row in value] if field.form is FieldForm.ROWS else one_line(value)


@lru_cache(maxsize=64)
def parse_template(subject: str, body: str, fields: Fields) -> MailTemplate:
    """Return the parsed template, cached per process."""
    return MailTemplate(subject, body, fields)


def compile_plain_lines(line: Line, slots: Slots) -> Iterator[Filler]:
    """Yield the line of plain text. The address of a link alone on the line gets a line of its own."""
    if line.type in UNFOLDED_TYPES:
        yield slots.compile(line.inline.text)
        return
    indent = INDENTS.get(line.type, "")
    text = line.inline.link.label if line.inline.link else line.inline.text
    text = f"{line.mark} {text}" if indent else text
    yield compile_folded(text, slots, indent, is_uppercase=line.type in UPPERCASE_TYPES)
    if line.inline.link:
        yield compile_folded(indent + line.inline.link.address, slots)


def join_lines(lines: Iterator[str]) -> str:
    """Return the plain text, with at most one blank line in a row and none at either end."""
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).rstrip() + "\n"


def compile_folded(marked: str, slots: Slots, indent: str = "", is_uppercase: bool = False) -> Filler:
    fill = slots.compile(marked)

    def fold(facts: FieldValues) -> str:
        text = fill(facts).rstrip()
        return fold_line(text.upper() if is_uppercase else text, indent)

    if MARK_PATTERN.search(marked):
        return fold
    fixed = fold(FieldValues({}, True))
    return lambda facts: fixed


class Block(NamedTuple):
    """Consecutive lines of one type. `is_tight`: no blank line follows the block."""

    type: str
    lines: list[SafeString]
    numbered: list[tuple[str, SafeString]]
    is_tight: bool


def draw_html(subject: Line, lines: list[Line]) -> str:
    """Return the HTML of the mail, with marks."""
    parts: list[list[Block]] = [[]]
    groups = [(line_type, list(group)) for line_type, group in groupby(lines, key=lambda line: line.type)]
    for (line_type, group), (after, _) in pairwise([*groups, ("BLANK", [])]):
        if line_type == "SMALL_PRINT":
            parts.append([])
        elif line_type != "BLANK":
            html = [SafeString(line.inline.html) for line in group]
            numbered = list(zip([line.mark for line in group], html, strict=True))
            parts[-1].append(Block(line_type, html, numbered, is_tight=after != "BLANK"))
    context = {
        "title": subject.inline.text,
        "summary": next((line.inline.text for line in lines if line.type == "BOX"), ""),
        "blocks": parts[0],
        "small_print": [block for part in parts[1:] for block in part],
    }
    return strip_indentation(render_to_string(MAIL_TEMPLATE_FILE, context))
