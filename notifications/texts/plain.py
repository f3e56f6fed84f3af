"""A parsed text as the text part of a mail: 76 characters wide, lists indented, addresses whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from notifications.texts.fields import Field, Form, Row
from notifications.texts.filling import Facts, Part, words
from notifications.texts.lines import folded
from notifications.texts.parsing import Bold, Line, Link, Piece, Slot, Sort

#: a line that is the same in every mail, or what writes it
type Written = str | Callable[[Facts], str]

INDENTS = {Sort.BULLET: "  ", Sort.NUMBER: "   "}
LOUD = {Sort.TITLE, Sort.HEADING}


def compiled(lines: list[Line]) -> list[Written]:
    return [written for line in lines for written in compiled_line(line)]


def render(written: list[Written], facts: Facts) -> str:
    """Never more than one empty line, and none at the ends."""
    lines: list[str] = []
    for one in written:
        line = one if isinstance(one, str) else one(facts)
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).rstrip() + "\n"


def compiled_line(line: Line) -> Iterator[Written]:
    indent = INDENTS.get(line.sort, "")
    match line.sort, line.pieces:
        case Sort.BLANK, _:
            yield ""
        case Sort.SMALL_PRINT, _:
            yield "-- "
        case Sort.BLOCK, [Slot() as slot]:
            yield block(slot.field)
        case Sort.BUTTON, [Link() as link]:
            yield folding([*flat(link.label), ": ", *address(link)])
        case _, [Link(label=label) as link] if not is_bare(link):
            yield folding([mark(line), *flat(label)], indent, line.sort in LOUD)
            yield folding([indent, *address(link)])
        case _:
            yield folding([mark(line), *flat(line.pieces)], indent, line.sort in LOUD)


def mark(line: Line) -> str:
    return {Sort.BULLET: "- ", Sort.NUMBER: f"{line.mark} "}.get(line.sort, "")


def flat(pieces: list[Piece]) -> Iterator[Part]:
    """Without stars; an address stands in brackets after the words that lead to it."""
    for piece in pieces:
        match piece:
            case Bold():
                yield from flat(piece.pieces)
            case Link() if is_bare(piece):
                yield from flat(piece.label)
            case Link():
                yield from flat(piece.label)
                yield " ("
                yield from address(piece)
                yield ")"
            case _:
                yield piece


def is_bare(link: Link) -> bool:
    """An address that stands for itself."""
    return link.label == [link.address]


def address(link: Link) -> Iterator[Part]:
    yield Slot(link.address) if isinstance(link.address, Field) else link.address


def folding(parts: list[Part], indent: str = "", is_loud: bool = False) -> Written:
    def line(facts: Facts) -> str:
        whole = "".join([words(part, facts) for part in parts]).rstrip()
        return folded(whole.upper() if is_loud else whole, indent)

    return line(Facts({}, True)) if all(isinstance(part, str) for part in parts) else line


def block(field: Field) -> Written:
    if field.form is Form.ROWS:
        return lambda facts: "\n".join(map(row, facts.values[field.name]))
    return lambda facts: "\n".join(map(folded, facts.values[field.name]))


def row(one: Row) -> str:
    return f"{folded(f'- {one.name}, {one.details}', '  ')}\n  {one.url}"
