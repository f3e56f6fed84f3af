"""Parse mail markup into lines, and collect the problems. Never raises.

Words are written as plain text and as HTML at once, with marks of `fields.py` where the mails differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString

from notifications.markup.fields import (
    ADDRESS_FORMS,
    Field,
    FieldForm,
    Fields,
    Slots,
    one_line,
)


class Link(NamedTuple):
    """A link. `address`: as shown in plain text, where `href` may begin with «mailto:» or «tel:»."""

    label: str
    address: str
    href: str

    def html(self, look: str = "link") -> str:
        context = {"address": SafeString(escape(self.href)), "label": SafeString(escape(self.label))}
        return render_to_string(f"notifications/email/{look}.html", context).strip()


class Inline(NamedTuple):
    """Words, fields and links as plain text and as HTML. `link`: set if the inline is a single link with a label."""

    text: str = ""
    html: str = ""
    link: Link | None = None


def join_inlines(inlines: Iterable[Inline]) -> Inline:
    """Return one inline. Only an inline that stands alone keeps its link."""
    some = [inline for inline in inlines if inline.text]
    return some[0] if len(some) == 1 else Inline("".join(one.text for one in some), "".join(one.html for one in some))


class Line(NamedTuple):
    """A parsed line.

    `type`: a type of block in `mail.html`, or BLANK, or SMALL_PRINT for the line above the small print.
    `mark`: the prefix of the line as written, for example «1)».
    """

    type: str
    inline: Inline = Inline()
    mark: str = ""


class ParseProblem(NamedTuple):
    """A reason for refusing the text, in Danish. `line` counts from 1."""

    line: int
    text: str


#: A link address may contain one level of parentheses.
ADDRESS_PATTERN = r"(?:[^()]|\([^()]*\))*"
INLINE_PATTERN = re.compile(
    rf"\[(?P<label>[^\[\]]+)\]\((?P<address>{ADDRESS_PATTERN})\)"
    r"|(?P<lead> ?)\{(?P<name>[^{}]*)\}"
    r"|(?P<url>https?://[^\s<>()\[\]{}]+[^\s<>()\[\]{}.,:;!?»«\"'])"
    r"|(?P<brace>[{}])"
)
BUTTON_PATTERN = re.compile(rf"\[\[([^\[\]]+)\]\]\(({ADDRESS_PATTERN})\)")
PREFIX_PATTERN = re.compile(r"(##?|-|!|\d{1,2}\)) (.*)")
#: {prefix: type of line}. Any other prefix is a number.
LINE_TYPES = {"": "TEXT", "#": "TITLE", "##": "HEADING", "-": "BULLET", "!": "BOX"}


def parse_body(source: str, fields: Fields, slots: Slots) -> MarkupParser:
    parser = MarkupParser(fields, slots)
    for raw in source.splitlines():
        parser.lines.append(parser.parse_line(one_line(raw)))
        parser.fixed_words.append("\n")
    return parser


def parse_subject(source: str, fields: Fields, slots: Slots) -> MarkupParser:
    """Parse the subject: a single line of words and fields. Refuse fields that may not stand in a subject."""
    parser = MarkupParser(fields, slots)
    inline = parser.parse_inline(one_line(source))
    for used in parser.fields:
        if not used.in_subject:
            parser.refuse(f"Feltet {{{used.name}}} må ikke være i emnet, som andre kan læse.")
    parser.lines.append(Line("TEXT", inline))
    return parser


class MarkupParser:
    """A parser, and what the parser has found: lines, problems, and `fields` in order of first use.

    `fixed_words`: the words without field values. Of a singular/plural choice, both are included.
    """

    def __init__(self, offered: Fields, slots: Slots):
        self.offered, self.slots = offered, slots
        self.lines: list[Line] = []
        self.problems: list[ParseProblem] = []
        self.fields: list[Field] = []
        self.fixed_words: list[str] = []

    def refuse(self, text: str) -> None:
        self.problems.append(ParseProblem(len(self.lines) + 1, text))

    def add_field(self, field: Field) -> None:
        if field not in self.fields:
            self.fields.append(field)

    def parse_line(self, text: str) -> Line:
        if not text:
            return Line("BLANK")
        if text == "--":
            return Line("SMALL_PRINT", Inline("-- "))
        if button := BUTTON_PATTERN.fullmatch(text):
            link = self.parse_link(*button.groups())
            return Line("BUTTON", Inline(f"{link.label}: {link.address}", link.html("button")))
        block = self.offered[text[1:-1]] if text[0] + text[-1] == "{}" else None
        if block and block.form is FieldForm.ROWS:
            self.add_field(block)
            return Line("ROWS", Inline(*self.slots.rows(block)))
        prefixed = PREFIX_PATTERN.fullmatch(text)
        mark, rest = prefixed.groups() if prefixed else ("", text)
        return Line(LINE_TYPES.get(mark, "NUMBER"), self.parse_bold(rest), mark)

    def parse_bold(self, text: str) -> Inline:
        """Parse words, some of them bold. A star pair without a closing pair is plain text."""
        parts = text.split("**")
        if len(parts) % 2 == 0:
            parts[-2:] = ["**".join(parts[-2:])]
        pieces = [self.parse_inline(part) for part in parts]
        pieces[1::2] = [Inline(bold.text, f"<strong>{bold.html}</strong>") for bold in pieces[1::2]]
        return join_inlines(pieces)

    def parse_inline(self, text: str) -> Inline:
        """Parse words, fields and links. What cannot be parsed stays as written."""
        pieces: list[Inline] = []
        at = 0
        for found in INLINE_PATTERN.finditer(text):
            pieces += [self.literal(text[at : found.start()]), self.parse_match(found) or self.literal(found[0])]
            at = found.end()
        return join_inlines([*pieces, self.literal(text[at:])])

    def literal(self, text: str) -> Inline:
        if text:
            self.fixed_words.append(text)
        return Inline(text, escape(text))

    def parse_match(self, found: re.Match[str]) -> Inline | None:
        """Return the link, the field or the choice, or None if the piece cannot be parsed."""
        if found["label"]:
            link = self.parse_link(found["label"], found["address"])
            return Inline(f"{link.label} ({link.address})", link.html(), link)
        if url := found["url"]:
            return Inline(self.literal(url).text, Link(url, url, url).html())
        if found["name"] is not None:
            return self.parse_braces(found["name"], found["lead"])
        self.refuse("En klamme mangler. Skriv felter med klamme på begge sider, fx {navn}.")
        return None

    def parse_braces(self, name: str, lead: str) -> Inline | None:
        """Return a field or a choice. `lead`: the space before, dropped when the value is empty."""
        if "|" in name:
            return self.parse_choice(name, lead)
        known = self.offered[name]
        if known is None:
            self.refuse_unknown(name, FieldForm)
            return None
        if known.form is FieldForm.ROWS:
            self.refuse(f"Skriv {{{known.name}}} alene på en linje.")
            return None
        self.add_field(known)
        is_capital = name.strip()[:1].isupper()
        mark = self.slots.value(known, lead, is_capital)
        if known.form in ADDRESS_FORMS:
            link = Link(self.slots.value(known, "", is_capital), "", self.slots.href(known))
            return Inline(mark, lead + link.html())
        return Inline(mark, mark)

    def parse_choice(self, words: str, lead: str) -> Inline | None:
        if words.count("|") != 1:
            self.refuse(f"{{{words}}} skal være to udgaver med én streg imellem, fx {{brevet|brevene}}.")
            return None
        one, more = map(str.strip, words.split("|"))
        self.fixed_words += [one, more]
        mark = self.slots.choice(one and lead + one, more and lead + more)
        return Inline(mark, mark)

    def refuse_unknown(self, name: str, forms: Iterable[FieldForm]) -> None:
        near = self.offered.nearest(name, forms)
        proposal = f" Mente du {{{near}}}?" if near else " Vælg et felt i listen."
        self.refuse(f"Feltet {{{name}}} findes ikke.{proposal}")

    def parse_link(self, label: str, target: str) -> Link:
        """Return the link to a field with an address form or to a web address. An invalid address becomes ""."""
        text, target = self.parse_inline(label).text, target.strip()
        if re.fullmatch(r"https?://[^\s<>\"]+", target):
            return Link(text, target, target)
        named = re.fullmatch(r"\{([^{}]*)\}", target)
        known = self.offered[named[1]] if named else None
        if known and known.form in ADDRESS_FORMS:
            self.add_field(known)
            return Link(text, self.slots.value(known), self.slots.href(known))
        if named and not known:
            self.refuse_unknown(named[1], ADDRESS_FORMS)
        else:
            self.refuse("Et link skal føre til et felt, fx {vejledning}, eller en adresse med https://.")
        return Link(text, "", "")
