"""Parse mail markup into lines of pieces, and collect the problems. Pure; never raises."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from notifications.markup.field_types import ADDRESS_FORMS, BLOCK_FORMS, Field, FieldForm, Fields, one_line


class FieldSlot(NamedTuple):
    """A field to fill in. ``lead``: the space before the field, dropped when the value is empty.

    ``is_capital``: capitalise the value.
    """

    field: Field
    is_capital: bool = False
    lead: str = ""


class SingularOrPlural(NamedTuple):
    """A choice of words: ``one`` for a mail about one letter, ``more`` for several."""

    one: str
    more: str
    lead: str = ""


class Link(NamedTuple):
    label: list[Piece]
    address: str | Field


class Bold(NamedTuple):
    pieces: list[Piece]


type Piece = str | FieldSlot | SingularOrPlural | Link | Bold


class LineType(Enum):
    """The type of a line. The value is the prefix of the line, where the line has a prefix."""

    TITLE = "# "
    HEADING = "## "
    BULLET = "- "
    NUMBER = "1) "
    BOX = "! "
    BUTTON = "[["
    SMALL_PRINT = "--"
    BLOCK = "{}"
    TEXT = ""
    BLANK = "\n"


class Line(NamedTuple):
    """A parsed line. ``mark``: the number of a NUMBER line as written, for example «1)»."""

    sort: LineType
    pieces: list[Piece] = []
    mark: str = ""


class ParseProblem(NamedTuple):
    """A reason for refusing the text, in Danish. ``line`` counts from 1."""

    line: int
    text: str


@dataclass
class ParsedText:
    lines: list[Line] = field(default_factory=list)
    problems: list[ParseProblem] = field(default_factory=list)

    @property
    def fields(self) -> list[Field]:
        """Return the fields used, in order of first use."""
        used = [one for line in self.lines for one in iter_fields(line.pieces)]
        return list(dict.fromkeys(used))

    @property
    def words(self) -> str:
        """Return the fixed words of the text without field values. Of a singular/plural choice, both are included."""
        return "\n".join(" ".join(iter_words(line.pieces)) for line in self.lines)


#: A link address may contain one level of parentheses.
ADDRESS_PATTERN = r"(?:[^()]|\([^()]*\))*"
INLINE_PATTERN = re.compile(
    rf"\[(?P<label>[^\[\]]+)\]\((?P<address>{ADDRESS_PATTERN})\)"
    r"|\{(?P<name>[^{}]*)\}"
    r"|(?P<url>https?://[^\s<>()\[\]{}]+[^\s<>()\[\]{}.,:;!?»«\"'])"
    r"|(?P<brace>[{}])"
)
NUMBERED_PATTERN = re.compile(r"(\d{1,2}\)) +(.*)")
BUTTON_PATTERN = re.compile(rf"\[\[([^\[\]]+)\]\]\(({ADDRESS_PATTERN})\)")
PREFIXED_LINE_TYPES = (LineType.HEADING, LineType.TITLE, LineType.BULLET, LineType.BOX)


def parse_body(source: str, fields: Fields) -> ParsedText:
    """Parse the body of a mail."""
    parsed = ParsedText()
    for number, raw in enumerate(source.splitlines(), 1):
        parsed.lines.append(LineParser(fields, number, parsed.problems).line(one_line(raw)))
    return parsed


def parse_subject(source: str, fields: Fields) -> ParsedText:
    """Parse the subject: a single line of words and fields. Refuse fields that may not stand in a subject."""
    parsed = ParsedText()
    reader = LineParser(fields, 1, parsed.problems)
    pieces = reader.words(one_line(source))
    parsed.lines.append(Line(LineType.TEXT, pieces))
    for used in parsed.fields:
        if not used.in_subject:
            reader.refuse(f"Feltet {{{used.name}}} kan ikke stå i emnet, som andre kan læse.")
    return parsed


def iter_fields(pieces: list[Piece]) -> Iterator[Field]:
    for piece in pieces:
        match piece:
            case FieldSlot():
                yield piece.field
            case Link():
                yield from iter_fields(piece.label)
                if isinstance(piece.address, Field):
                    yield piece.address
            case Bold():
                yield from iter_fields(piece.pieces)


def iter_words(pieces: list[Piece]) -> Iterator[str]:
    for piece in pieces:
        match piece:
            case str():
                yield piece
            case SingularOrPlural():
                yield f"{piece.one} {piece.more}"
            case Link():
                yield from iter_words(piece.label)
            case Bold():
                yield from iter_words(piece.pieces)


class LineParser:
    """Parse one line, and append the problems found to ``problems``."""

    def __init__(self, fields: Fields, number: int, problems: list[ParseProblem]):
        self.fields, self.number, self.problems = fields, number, problems

    def refuse(self, text: str) -> None:
        self.problems.append(ParseProblem(self.number, text))

    def line(self, text: str) -> Line:
        if not text:
            return Line(LineType.BLANK)
        if text == "--":
            return Line(LineType.SMALL_PRINT)
        if button := BUTTON_PATTERN.fullmatch(text):
            return Line(LineType.BUTTON, [Link(self.words(button[1]), self.address(button[2]))])
        if numbered := NUMBERED_PATTERN.fullmatch(text):
            return Line(LineType.NUMBER, self.inline(numbered[2]), numbered[1])
        for sort in PREFIXED_LINE_TYPES:
            if text.startswith(sort.value):
                return Line(sort, self.inline(text.removeprefix(sort.value)))
        block = self.fields[text[1:-1]] if text[0] + text[-1] == "{}" else None
        if block and block.form in BLOCK_FORMS:
            return Line(LineType.BLOCK, [FieldSlot(block)])
        return Line(LineType.TEXT, self.inline(text))

    def inline(self, text: str) -> list[Piece]:
        """Return words, fields, links and bold pieces. A star pair without a closing pair is plain text."""
        parts = text.split("**")
        if len(parts) % 2 == 0:
            parts[-2:] = ["**".join(parts[-2:])]
        pieces: list[Piece] = []
        for number, part in enumerate(parts):
            inner = self.words(part)
            pieces += [Bold(inner)] if number % 2 and inner else inner
        return pieces

    def words(self, text: str) -> list[Piece]:
        pieces: list[Piece] = []
        at = 0
        for found in INLINE_PATTERN.finditer(text):
            pieces += self.found(found, text[at : found.start()])
            at = found.end()
        return [*pieces, text[at:]] if text[at:] else pieces

    def found(self, found: re.Match[str], before: str) -> list[Piece]:
        """Return the words before the match, and the piece. A piece that cannot be parsed stays as written."""
        piece: Piece | None = None
        if found["label"] is not None:
            piece = Link(self.words(found["label"]), self.address(found["address"]))
        elif found["url"]:
            piece = Link([found["url"]], found["url"])
        elif found["name"] is not None:
            piece = self.braces(found["name"], lead=" " if before.endswith(" ") else "")
        else:
            self.refuse("En klamme mangler sin mage. Et felt skrives med en klamme på hver side, som i {navn}.")
        if isinstance(piece, FieldSlot | SingularOrPlural) and piece.lead:
            before = before[:-1]
        return [part for part in (before, found[0] if piece is None else piece) if part]

    def braces(self, name: str, lead: str) -> Piece | None:
        if "|" in name:
            return self.choice(name, lead)
        known = self.fields[name]
        if known is None:
            self.unknown(name, FieldForm)
            return None
        if known.form in BLOCK_FORMS:
            self.refuse(f"Feltet {{{known.name}}} skal stå alene på sin linje.")
            return None
        return FieldSlot(known, name.strip()[:1].isupper(), lead)

    def choice(self, words: str, lead: str) -> Piece | None:
        if words.count("|") != 1:
            self.refuse(f"Skriv to udgaver med én streg imellem, som i {{brevet|brevene}}, og ikke {{{words}}}.")
            return None
        one, more = words.split("|")
        return SingularOrPlural(one.strip(), more.strip(), lead)

    def unknown(self, name: str, form: Iterable[FieldForm]) -> None:
        near = self.fields.nearest(name, form)
        proposal = f" Mente du {{{near}}}?" if near else " Se felterne i listen."
        self.refuse(f"Feltet {{{name}}} findes ikke.{proposal}")

    def address(self, text: str) -> str | Field:
        """Return the target of a link: a field with an address form, or a web address. "" if invalid."""
        text = text.strip()
        if re.fullmatch(r"https?://[^\s<>\"]+", text):
            return text
        named = re.fullmatch(r"\{([^{}]*)\}", text)
        known = self.fields[named[1]] if named else None
        if known and known.form in ADDRESS_FORMS:
            return known
        if named and not known:
            self.unknown(named[1], ADDRESS_FORMS)
        else:
            self.refuse("Et link skal føre til et felt som {guide} eller til en adresse, der begynder med https://.")
        return ""
