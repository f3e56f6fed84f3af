"""What may stand in braces in a text: the fields of a kind of mail, found by name."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple


class Form(Enum):
    """What a field becomes. Of those in ``BLOCKS`` each stands alone on its line."""

    WORDS = "ord"
    LINK = "link"
    EMAIL = "mailadresse"
    PHONE = "telefonnummer"
    ROWS = "liste"
    QUOTE = "citat"


#: what a link may lead to
ADDRESSES = {Form.LINK, Form.EMAIL, Form.PHONE}
BLOCKS = {Form.ROWS, Form.QUOTE}


class Row(NamedTuple):
    """A line of a list: a name that is a link, and what is said of it."""

    name: str
    url: str
    details: str


@dataclass(frozen=True)
class Field:
    """``value`` of the facts of a mail: one line of words, or ``list[Row]`` for ROWS and ``list[str]`` for QUOTE.
    ``in_subject``: nothing personal, so that it may stand where everybody can read it."""

    name: str
    meaning: str
    value: Callable[[Any], Any]
    form: Form = Form.WORDS
    in_subject: bool = False


class Fields:
    """The fields that one kind of mail offers."""

    def __init__(self, fields: Iterable[Field]):
        self.all = list(fields)
        self._named = {normal(field.name): field for field in self.all}

    def __getitem__(self, name: str) -> Field | None:
        return self._named.get(normal(name))

    def nearest(self, name: str, form: Iterable[Form] = Form) -> str | None:
        """The name that was most likely meant."""
        offered = {key: field.name for key, field in self._named.items() if field.form in form}
        close = difflib.get_close_matches(normal(name), offered, n=1, cutoff=0.5)
        return offered[close[0]] if close else None


def normal(name: str) -> str:
    return " ".join(name.replace("_", " ").casefold().split())


def address(form: Form, value: str) -> str:
    """What stands in the href: «mailto:dit@kk.example», «tel:+4570808000»."""
    if form is Form.EMAIL:
        return f"mailto:{value}"
    if form is Form.PHONE:
        digits = "".join(filter(str.isdigit, value))
        return f"tel:+45{digits}" if len(digits) == 8 else f"tel:{digits}"
    return value
