"""Render a parsed text as plain text: 76 characters wide, lists indented, addresses unbroken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from notifications.markup.field_types import Field, FieldForm, ListRow, fold_line
from notifications.markup.markup_parser import Bold, FieldSlot, Line, LineType, Link, Piece, SingularOrPlural
from sepo_incident.core import danish


class FieldValues(NamedTuple):
    """The field values of a mail by name. ``is_one``: the mail is about a single letter."""

    values: Mapping[str, Any]
    is_one: bool


type TextPart = str | FieldSlot | SingularOrPlural


def fill_part(part: TextPart, facts: FieldValues) -> str:
    """Return the text of a part. For an empty value return "" without the leading space."""
    if isinstance(part, str):
        return part
    if isinstance(part, SingularOrPlural):
        filled = part.one if facts.is_one else part.more
    else:
        filled = facts.values[part.field.name]
        filled = danish.capitalized(filled) if part.is_capital else filled
    return f"{part.lead}{filled}" if filled else ""


#: A line that is the same in every mail, or a function that fills in the line.
type PlainLine = str | Callable[[FieldValues], str]

INDENTS = {LineType.BULLET: "  ", LineType.NUMBER: "   "}
UPPERCASE_LINE_TYPES = {LineType.TITLE, LineType.HEADING}


def compile_plain_text(lines: list[Line]) -> list[PlainLine]:
    return [written for line in lines for written in compile_line(line)]


def render_plain_text(written: list[PlainLine], facts: FieldValues) -> str:
    """Return the plain text, with at most one blank line in a row and none at either end."""
    lines: list[str] = []
    for one in written:
        line = one if isinstance(one, str) else one(facts)
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).rstrip() + "\n"


def compile_line(line: Line) -> Iterator[PlainLine]:
    indent = INDENTS.get(line.sort, "")
    match line.sort, line.pieces:
        case LineType.BLANK, _:
            yield ""
        case LineType.SMALL_PRINT, _:
            yield "-- "
        case LineType.BLOCK, [FieldSlot() as slot]:
            yield render_block(slot.field)
        case LineType.BUTTON, [Link() as link]:
            yield fold_parts([*flatten_pieces(link.label), ": ", *link_address_parts(link)])
        case _, [Link(label=label) as link] if not is_bare_address(link):
            yield fold_parts([line_marker(line), *flatten_pieces(label)], indent, line.sort in UPPERCASE_LINE_TYPES)
            yield fold_parts([indent, *link_address_parts(link)])
        case _:
            yield fold_parts(
                [line_marker(line), *flatten_pieces(line.pieces)], indent, line.sort in UPPERCASE_LINE_TYPES
            )


def line_marker(line: Line) -> str:
    return {LineType.BULLET: "- ", LineType.NUMBER: f"{line.mark} "}.get(line.sort, "")


def flatten_pieces(pieces: list[Piece]) -> Iterator[TextPart]:
    """Yield the pieces without bold; the address of a link follows the label in parentheses."""
    for piece in pieces:
        match piece:
            case Bold():
                yield from flatten_pieces(piece.pieces)
            case Link() if is_bare_address(piece):
                yield from flatten_pieces(piece.label)
            case Link():
                yield from flatten_pieces(piece.label)
                yield " ("
                yield from link_address_parts(piece)
                yield ")"
            case _:
                yield piece


def is_bare_address(link: Link) -> bool:
    """Return whether the link's label is the address itself."""
    return link.label == [link.address]


def link_address_parts(link: Link) -> Iterator[TextPart]:
    yield FieldSlot(link.address) if isinstance(link.address, Field) else link.address


def fold_parts(parts: list[TextPart], indent: str = "", is_loud: bool = False) -> PlainLine:
    def line(facts: FieldValues) -> str:
        whole = "".join([fill_part(part, facts) for part in parts]).rstrip()
        return fold_line(whole.upper() if is_loud else whole, indent)

    return line(FieldValues({}, True)) if all(isinstance(part, str) for part in parts) else line


def render_block(field: Field) -> PlainLine:
    if field.form is FieldForm.ROWS:
        return lambda facts: "\n".join(map(render_plain_row, facts.values[field.name]))
    return lambda facts: "\n".join(map(fold_line, facts.values[field.name]))


def render_plain_row(one: ListRow) -> str:
    return f"{fold_line(f'- {one.name}, {one.details}', '  ')}\n  {one.url}"
