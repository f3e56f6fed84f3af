"""A subject and a body, understood once and then filled in for each mail."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from notifications.texts import html, plain
from notifications.texts.fields import Field, Fields, Form, Row
from notifications.texts.filling import Facts, words
from notifications.texts.lines import one_line
from notifications.texts.parsing import parse, parse_subject

#: what a subject line is stored in
LONGEST_SUBJECT = 200


class Mail(NamedTuple):
    subject: str
    text: str
    html: str


class Wording:
    def __init__(self, subject: str, body: str, fields: Fields):
        self.subject, self.body = parse_subject(subject, fields), parse(body, fields)

    @property
    def is_sound(self) -> bool:
        return not (self.subject.problems or self.body.problems)

    @cached_property
    def fields(self) -> list[Field]:
        """Those that are used."""
        return list(dict.fromkeys([*self.subject.fields, *self.body.fields]))

    def mail(self, draft: Any, is_one: bool) -> Mail:
        """Filled in with what the fields say of a draft. ``is_one``: it is about one letter."""
        facts = Facts({field.name: value_of(field, draft) for field in self.fields}, is_one)
        subject = one_line("".join([words(part, facts) for part in self._subject]))[:LONGEST_SUBJECT]
        return Mail(subject, plain.render(self._plain, facts), html.render(self._html, facts))

    @cached_property
    def _subject(self) -> list[Any]:
        return list(plain.flat(self.subject.lines[0].pieces))

    @cached_property
    def _plain(self) -> list[Any]:
        return plain.compiled(self.body.lines)

    @cached_property
    def _html(self) -> list[Any]:
        return html.compiled(self.subject.lines[0].pieces, self.body.lines)


def value_of(field: Field, draft: Any) -> Any:
    """Each word of it on one line, whatever it holds."""
    value = field.value(draft)
    if field.form is Form.ROWS:
        return [Row(*map(one_line, row)) for row in value]
    return [one_line(line) for line in value] if field.form is Form.QUOTE else one_line(value)


@lru_cache(maxsize=64)
def wording(subject: str, body: str, fields: Fields) -> Wording:
    """Understood once per process."""
    return Wording(subject, body, fields)
