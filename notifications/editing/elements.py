"""What a notice ought to say, so that KIT hears of it when a text does not say it any more.

Bilag I has every element in its order; the other kinds ought to have the fields of their default. A text without
one is saved with a warning, but what a mail is about must stay: its list, and in the first notice the deadline.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from notifications.kinds import Kind
from notifications.texts.fields import BLOCKS
from notifications.texts.parsing import Sort
from notifications.texts.wording import Wording
from notifications.writing.wordings import default_source


class Element(NamedTuple):
    """``name`` goes on «Der mangler …»; ``is_in`` sees it in a text."""

    name: str
    is_in: Callable[[Wording], bool]
    is_needed: bool = False


def by_field(name: str, *fields: str, is_needed: bool = False) -> Element:
    """One of the fields stands in the body."""
    return Element(name, lambda wording: any(field.name in fields for field in wording.body.fields), is_needed)


def by_words(name: str, pattern: str) -> Element:
    """People may say it in many ways: a warning that is wrong does no harm."""
    found = re.compile(pattern, re.IGNORECASE).search
    return Element(name, lambda wording: bool(found(wording.body.words)))


def has_three_needs(wording: Wording) -> bool:
    return {"1)", "2)", "3)"} <= {line.mark for line in wording.body.lines if line.sort is Sort.NUMBER}


#: domain.md, *Bilag I, element by element*
BILAG_I = [
    by_field("hilsenen med navn: {navn}", "navn"),
    by_field("hvad der blev fundet: {system}", "system"),
    by_field("hvilke dage det var: {perioden}", "perioden"),
    by_words("at brevene ikke kom frem", r"(ikke|aldrig) .{0,30}(frem|e-boks)|ligger ikke"),
    by_words("at I er kede af det", r"ked(e)? af|beklager|undskyld"),
    by_words("at man skal gå i gang nu", r"i dag|straks|med det samme|omgående"),
    by_field("listen med brevene: {breve}", "breve", is_needed=True),
    by_field("linket til guiden: {guide}", "guide"),
    by_field("hvem der får kopi og følger op: {om lederen}", "om lederen", "leder"),
    by_field("fristen: {frist}", "frist", "kort frist", is_needed=True),
    Element("de tre ting, der skal tages stilling til: 1), 2) og 3)", has_three_needs),
    by_words("at man skal holde øje med frister, der er gået", r"frister"),
    by_field("hvem man ringer til i en personalesag: {telefon til personalejura}", "telefon til personalejura"),
    by_field("hvor man får hjælp: {support}", "support"),
    by_words("at ændringer skal journaliseres", r"journalis"),
    by_field("linket til et udkast til modtageren: {udkast}", "udkast"),
    by_words("at det skal gå så hurtigt som muligt", r"hurtig"),
    by_field("hvem mailen er fra: {underskrift}", "underskrift"),
]


def elements_of(kind: str) -> list[Element]:
    if kind == Kind.FIRST_NOTICE:
        return BILAG_I
    default = default_source(kind).understood(kind)
    return [
        by_field(f"{field.meaning}: {{{field.name}}}", field.name, is_needed=field.form in BLOCKS)
        for field in default.body.fields
    ]


def missing(kind: str, wording: Wording) -> list[Element]:
    """In the order in which they ought to come."""
    return [element for element in elements_of(kind) if not element.is_in(wording)]
