"""The elements that a notice text should contain, so that KIT is warned about missing elements.

The first notice should contain every element of Bilag I, in order; a text of another kind should use the fields of
the default text. A missing element gives a warning. Only a missing letter list, and in the first notice the deadline,
is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from notifications.composing.notice_texts import default_source
from notifications.kinds.notice_kinds import Kind
from notifications.markup.field_types import BLOCK_FORMS
from notifications.markup.mail_template import MailTemplate


class TextElement(NamedTuple):
    """An element of a text.

    ``name`` completes «Der mangler …». ``is_in`` returns whether a text contains the element. ``is_needed``: a text
    without the element is refused.
    """

    name: str
    is_in: Callable[[MailTemplate], bool]
    is_needed: bool = False


def element_by_field(name: str, *fields: str, is_needed: bool = False) -> TextElement:
    """Return an element that is present when the body uses any of the fields."""
    return TextElement(name, lambda wording: any(field.name in fields for field in wording.body.fields), is_needed)


def element_by_pattern(name: str, pattern: str) -> TextElement:
    """Return an element that is present when the words match the pattern.

    Wordings vary, so the pattern may miss a valid wording; a wrong warning does no harm.
    """
    found = re.compile(pattern, re.IGNORECASE).search
    return TextElement(name, lambda wording: bool(found(" ".join(wording.body.fixed_words))))


def has_three_needs(wording: MailTemplate) -> bool:
    return {"1)", "2)", "3)"} <= {line.mark for line in wording.body.lines}


#: The elements of Bilag I, in order.
BILAG_I = [
    element_by_field("hilsenen med navn: {navn}", "navn"),
    element_by_field("hvad der blev fundet: {system}", "system"),
    element_by_field("hvilke dage det var: {perioden}", "perioden"),
    element_by_pattern("at brevene ikke kom frem", r"(ikke|aldrig) .{0,30}(frem|e-boks)|ligger ikke"),
    element_by_pattern("at I er kede af det", r"ked(e)? af|beklager|undskyld"),
    element_by_pattern("at man skal gå i gang nu", r"i dag|straks|med det samme|omgående"),
    element_by_field("listen med brevene: {breve}", "breve", is_needed=True),
    element_by_field("linket til guiden: {guide}", "guide"),
    element_by_field("hvem der får kopi og følger op: {om lederen}", "om lederen", "leder"),
    element_by_field("fristen: {frist}", "frist", "kort frist", is_needed=True),
    TextElement("de tre ting, der skal tages stilling til: 1), 2) og 3)", has_three_needs),
    element_by_pattern("at man skal holde øje med frister, der er gået", r"frister"),
    element_by_field("hvem man ringer til i en personalesag: {telefon til personalejura}", "telefon til personalejura"),
    element_by_field("hvor man får hjælp: {support}", "support"),
    element_by_pattern("at ændringer skal journaliseres", r"journalis"),
    element_by_field("linket til et udkast til modtageren: {udkast}", "udkast"),
    element_by_pattern("at det skal gå så hurtigt som muligt", r"hurtig"),
    element_by_field("hvem mailen er fra: {underskrift}", "underskrift"),
]


def elements_for_kind(kind: str) -> list[TextElement]:
    if kind == Kind.FIRST_NOTICE:
        return BILAG_I
    default = default_source(kind).parse(kind)
    return [
        element_by_field(f"{field.meaning}: {{{field.name}}}", field.name, is_needed=field.form in BLOCK_FORMS)
        for field in default.body.fields
    ]


def missing_elements(kind: str, wording: MailTemplate) -> list[TextElement]:
    """Return the elements missing from the text, in the order in which the elements should come."""
    return [element for element in elements_for_kind(kind) if not element.is_in(wording)]
