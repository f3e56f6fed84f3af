"""From what people wrote to lines of pieces, and what is wrong with it. Pure; never raises."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from notifications.texts.fields import ADDRESSES, BLOCKS, Field, Fields, Form
from notifications.texts.lines import one_line


class Slot(NamedTuple):
    """A place that each mail fills in. ``lead``: the space before it, which goes when there is nothing to fill in."""

    field: Field
    is_capital: bool = False
    lead: str = ""


class Choice(NamedTuple):
    """One of two wordings: about one letter, or about more."""

    one: str
    more: str
    lead: str = ""


class Link(NamedTuple):
    label: list[Piece]
    address: str | Field


class Bold(NamedTuple):
    pieces: list[Piece]


type Piece = str | Slot | Choice | Link | Bold


class Sort(Enum):
    """What a line is, and what it begins with."""

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
    """``mark``: the number of a NUMBER, as it is written."""

    sort: Sort
    pieces: list[Piece] = []
    mark: str = ""


class Problem(NamedTuple):
    """Why a text is refused; ``line`` counts from 1."""

    line: int
    text: str


@dataclass
class Parsed:
    lines: list[Line] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def fields(self) -> list[Field]:
        """Each that is used, in the order of the text."""
        used = [one for line in self.lines for one in fields_in(line.pieces)]
        return list(dict.fromkeys(used))

    @property
    def words(self) -> str:
        """What it says itself, whatever the fields become; of two wordings both."""
        return "\n".join(" ".join(words_in(line.pieces)) for line in self.lines)


#: with a pair of brackets in it, if need be
ADDRESS = r"(?:[^()]|\([^()]*\))*"
INLINE = re.compile(
    rf"\[(?P<label>[^\[\]]+)\]\((?P<address>{ADDRESS})\)"
    r"|\{(?P<name>[^{}]*)\}"
    r"|(?P<url>https?://[^\s<>()\[\]{}]+[^\s<>()\[\]{}.,:;!?»«\"'])"
    r"|(?P<brace>[{}])"
)
NUMBERED = re.compile(r"(\d{1,2}\)) +(.*)")
BUTTON = re.compile(rf"\[\[([^\[\]]+)\]\]\(({ADDRESS})\)")
BEGINNINGS = (Sort.HEADING, Sort.TITLE, Sort.BULLET, Sort.BOX)


def parse(source: str, fields: Fields) -> Parsed:
    """The body of a mail."""
    parsed = Parsed()
    for number, raw in enumerate(source.splitlines(), 1):
        parsed.lines.append(Reader(fields, number, parsed.problems).line(one_line(raw)))
    return parsed


def parse_subject(source: str, fields: Fields) -> Parsed:
    """One line of words and fields."""
    parsed = Parsed()
    reader = Reader(fields, 1, parsed.problems)
    pieces = reader.words(one_line(source))
    parsed.lines.append(Line(Sort.TEXT, pieces))
    for used in parsed.fields:
        if not used.in_subject:
            reader.refuse(f"Feltet {{{used.name}}} kan ikke stå i emnet, som andre kan læse.")
    return parsed


def fields_in(pieces: list[Piece]) -> Iterator[Field]:
    for piece in pieces:
        match piece:
            case Slot():
                yield piece.field
            case Link():
                yield from fields_in(piece.label)
                if isinstance(piece.address, Field):
                    yield piece.address
            case Bold():
                yield from fields_in(piece.pieces)


def words_in(pieces: list[Piece]) -> Iterator[str]:
    for piece in pieces:
        match piece:
            case str():
                yield piece
            case Choice():
                yield f"{piece.one} {piece.more}"
            case Link():
                yield from words_in(piece.label)
            case Bold():
                yield from words_in(piece.pieces)


class Reader:
    """Reads one line, and notes what is wrong with it."""

    def __init__(self, fields: Fields, number: int, problems: list[Problem]):
        self.fields, self.number, self.problems = fields, number, problems

    def refuse(self, text: str) -> None:
        self.problems.append(Problem(self.number, text))

    def line(self, text: str) -> Line:
        if not text:
            return Line(Sort.BLANK)
        if text == "--":
            return Line(Sort.SMALL_PRINT)
        if button := BUTTON.fullmatch(text):
            return Line(Sort.BUTTON, [Link(self.words(button[1]), self.address(button[2]))])
        if numbered := NUMBERED.fullmatch(text):
            return Line(Sort.NUMBER, self.inline(numbered[2]), numbered[1])
        for sort in BEGINNINGS:
            if text.startswith(sort.value):
                return Line(sort, self.inline(text.removeprefix(sort.value)))
        block = self.fields[text[1:-1]] if text[0] + text[-1] == "{}" else None
        if block and block.form in BLOCKS:
            return Line(Sort.BLOCK, [Slot(block)])
        return Line(Sort.TEXT, self.inline(text))

    def inline(self, text: str) -> list[Piece]:
        """Words, fields, links and **bold**; a pair of stars without another is only stars."""
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
        for found in INLINE.finditer(text):
            pieces += self.found(found, text[at : found.start()])
            at = found.end()
        return [*pieces, text[at:]] if text[at:] else pieces

    def found(self, found: re.Match[str], before: str) -> list[Piece]:
        """The words before it, and the piece; what cannot be understood stays as it was written."""
        piece: Piece | None = None
        if found["label"] is not None:
            piece = Link(self.words(found["label"]), self.address(found["address"]))
        elif found["url"]:
            piece = Link([found["url"]], found["url"])
        elif found["name"] is not None:
            piece = self.braces(found["name"], lead=" " if before.endswith(" ") else "")
        else:
            self.refuse("En klamme mangler sin mage. Et felt skrives med en klamme på hver side, som i {navn}.")
        if isinstance(piece, Slot | Choice) and piece.lead:
            before = before[:-1]
        return [part for part in (before, found[0] if piece is None else piece) if part]

    def braces(self, name: str, lead: str) -> Piece | None:
        if "|" in name:
            return self.choice(name, lead)
        known = self.fields[name]
        if known is None:
            self.unknown(name, Form)
            return None
        if known.form in BLOCKS:
            self.refuse(f"Feltet {{{known.name}}} skal stå alene på sin linje.")
            return None
        return Slot(known, name.strip()[:1].isupper(), lead)

    def choice(self, words: str, lead: str) -> Piece | None:
        if words.count("|") != 1:
            self.refuse(f"Skriv to udgaver med én streg imellem, som i {{brevet|brevene}}, og ikke {{{words}}}.")
            return None
        one, more = words.split("|")
        return Choice(one.strip(), more.strip(), lead)

    def unknown(self, name: str, form: Iterable[Form]) -> None:
        near = self.fields.nearest(name, form)
        proposal = f" Mente du {{{near}}}?" if near else " Se felterne i listen."
        self.refuse(f"Feltet {{{name}}} findes ikke.{proposal}")

    def address(self, text: str) -> str | Field:
        """Where a link leads: a field of that form, or an address on the web."""
        text = text.strip()
        if re.fullmatch(r"https?://[^\s<>\"]+", text):
            return text
        named = re.fullmatch(r"\{([^{}]*)\}", text)
        known = self.fields[named[1]] if named else None
        if known and known.form in ADDRESSES:
            return known
        if named and not known:
            self.unknown(named[1], ADDRESSES)
        else:
            self.refuse("Et link skal føre til et felt som {guide} eller til en adresse, der begynder med https://.")
        return ""
