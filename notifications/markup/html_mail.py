"""Render a parsed text as the HTML of a mail, with the template ``notifications/email/mail.html``.

The template is rendered once per text, with marks at the fields. A mail is the pieces between the marks joined with
the field values. Fixed words are escaped at compile time, and values when filled in.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from itertools import groupby, pairwise
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString

from notifications.markup import field_types
from notifications.markup.field_types import ADDRESS_FORMS, Field, FieldForm, ListRow
from notifications.markup.markup_parser import Bold, FieldSlot, Line, LineType, Link, Piece
from notifications.markup.plain_text import FieldValues, TextPart, fill_part, flatten_pieces

MAIL_TEMPLATE_FILE = "notifications/email/mail.html"
#: Delimited by private-use characters, which ``one_line`` removes from all texts and values.
MARK = "\ue000{}\ue001"
MARK_PATTERN = re.compile("\ue000(\\d+)\ue001")

type Filler[Values] = Callable[[Values], str]
type Segments[Values] = list[str | Filler[Values]]


class Block(NamedTuple):
    """Consecutive lines of one type, as drawn by the template.

    ``is_tight``: no blank line follows the block.
    """

    look: str
    lines: list[SafeString]
    marks: list[str]
    is_tight: bool

    @property
    def numbered(self) -> list[tuple[str, SafeString]]:
        return list(zip(self.marks, self.lines, strict=True))


def block_type(line: Line) -> str:
    """Return the name of the line's type, or for a field alone on the line the name of the field's form."""
    match line:
        case Line(LineType.BLOCK, [FieldSlot(field=field)]):
            return field.form.name
    return line.sort.name


def compile_html(subject: list[Piece], lines: list[Line]) -> Segments[FieldValues]:
    drawing = HtmlBuilder()
    body, small_print = drawing.blocks(lines)
    first_box = next((line.pieces for line in lines if line.sort is LineType.BOX), [])
    context = {
        "title": drawing.plain(subject),
        "summary": drawing.plain(first_box),
        "blocks": body,
        "small_print": small_print,
    }
    return split_at_marks(strip_indentation(render_to_string(MAIL_TEMPLATE_FILE, context)), drawing.fillers)


def render_html(compiled: Segments[FieldValues], facts: FieldValues) -> str:
    return "".join([one if isinstance(one, str) else one(facts) for one in compiled])


def split_at_marks[Values](marked: str, fillers: list[Filler[Values]]) -> Segments[Values]:
    """Return the text split at the marks, with every mark replaced by the filler."""
    split = MARK_PATTERN.split(marked)
    return [fillers[int(one)] if number % 2 else one for number, one in enumerate(split)]


def strip_indentation(html: str) -> str:
    """Return the HTML without indentation and empty lines, which saves a third of the size."""
    return "\n".join(filter(None, map(str.strip, html.splitlines()))) + "\n"


class HtmlBuilder:
    """Build HTML with a mark per field. ``fillers`` holds the filler of each mark, by number."""

    def __init__(self) -> None:
        self.fillers: list[Filler[FieldValues]] = []

    def blocks(self, lines: list[Line]) -> tuple[list[Block], list[Block]]:
        """Return the blocks of the body and the blocks of the small print."""
        parts: list[list[Block]] = [[]]
        groups = [(name, list(group)) for name, group in groupby(lines, key=block_type)]
        for (name, group), (after, _) in pairwise([*groups, (LineType.BLANK.name, [])]):
            if name == LineType.SMALL_PRINT.name:
                parts.append([])
            elif name != LineType.BLANK.name:
                drawn, marks = [self.drawn(line) for line in group], [line.mark for line in group]
                parts[-1].append(Block(name, drawn, marks, is_tight=after != LineType.BLANK.name))
        return parts[0], [block for part in parts[1:] for block in part]

    def drawn(self, line: Line) -> SafeString:
        if line.sort is LineType.BUTTON:
            return SafeString("".join(self.link(link, "button") for link in line.pieces if isinstance(link, Link)))
        return SafeString("".join(map(self.piece, line.pieces)))

    def piece(self, piece: Piece) -> str:
        match piece:
            case Bold():
                return f"<strong>{''.join(map(self.piece, piece.pieces))}</strong>"
            case Link():
                return self.link(piece, "link")
            case FieldSlot(field=field) if field.form is FieldForm.ROWS:
                return self.mark(lambda facts: "".join(map(render_html_row, facts.values[field.name])))
            case FieldSlot(field=field) if field.form is FieldForm.QUOTE:
                return self.mark(lambda facts: "<br>".join(map(escape, facts.values[field.name])))
            case FieldSlot(field=field) if field.form in ADDRESS_FORMS:
                return piece.lead + self.link(Link([piece._replace(lead="")], field), "link")
            case _:
                return self.words(piece)

    def words(self, part: TextPart) -> str:
        if isinstance(part, str):
            return escape(part)
        return self.mark(lambda facts: escape(fill_part(part, facts)))

    def plain(self, pieces: list[Piece]) -> SafeString:
        """Return the pieces without markup, for places that allow only text."""
        return SafeString("".join(map(self.words, flatten_pieces(pieces))))

    def link(self, link: Link, partial: str) -> str:
        drawn = {"address": SafeString(self.address(link.address)), "label": self.plain(link.label)}
        return render_to_string(f"{MAIL_TEMPLATE_FILE}#{partial}", drawn).strip()

    def address(self, address: str | Field) -> str:
        if isinstance(address, str):
            return escape(address)
        return self.mark(lambda facts: escape(field_types.link_address(address.form, facts.values[address.name])))

    def mark(self, filler: Filler[FieldValues]) -> str:
        self.fillers.append(filler)
        return MARK.format(len(self.fillers) - 1)


def render_html_row(one: ListRow) -> str:
    return "".join([part if isinstance(part, str) else part(one) for part in compile_html_row()])


@cache
def compile_html_row() -> Segments[ListRow]:
    """Return the compiled HTML of a list row, with marks for name, URL and details."""
    marked = ListRow(*[SafeString(MARK.format(number)) for number in range(len(ListRow._fields))])
    drawn = strip_indentation(render_to_string(f"{MAIL_TEMPLATE_FILE}#row", {"row": marked}))
    return split_at_marks(
        drawn, [lambda one: escape(one.name), lambda one: escape(one.url), lambda one: escape(one.details)]
    )
