"""A parsed subject and body, compiled once and filled in per mail."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from notifications.markup import html_mail, plain_text
from notifications.markup.field_types import Field, FieldForm, Fields, ListRow, one_line
from notifications.markup.markup_parser import parse_body, parse_subject
from notifications.markup.plain_text import FieldValues, fill_part

#: The length of the database column for the subject.
MAX_SUBJECT_LENGTH = 200


class RenderedMail(NamedTuple):
    subject: str
    text: str
    html: str


class MailTemplate:
    def __init__(self, subject: str, body: str, fields: Fields):
        self.subject, self.body = parse_subject(subject, fields), parse_body(body, fields)

    @property
    def is_sound(self) -> bool:
        return not (self.subject.problems or self.body.problems)

    @cached_property
    def fields(self) -> list[Field]:
        """Return the fields used in subject and body."""
        return list(dict.fromkeys([*self.subject.fields, *self.body.fields]))

    def mail(self, draft: Any, is_one: bool) -> RenderedMail:
        """Return the mail with the field values for ``draft``. ``is_one``: the mail is about a single letter."""
        facts = FieldValues({field.name: field_value(field, draft) for field in self.fields}, is_one)
        subject = one_line("".join([fill_part(part, facts) for part in self._subject]))[:MAX_SUBJECT_LENGTH]
        return RenderedMail(
            subject, plain_text.render_plain_text(self._plain, facts), html_mail.render_html(self._html, facts)
        )

    @cached_property
    def _subject(self) -> list[Any]:
        return list(plain_text.flatten_pieces(self.subject.lines[0].pieces))

    @cached_property
    def _plain(self) -> list[Any]:
        return plain_text.compile_plain_text(self.body.lines)

    @cached_property
    def _html(self) -> list[Any]:
        return html_mail.compile_html(self.subject.lines[0].pieces, self.body.lines)


def field_value(field: Field, draft: Any) -> Any:
    """Return the field's value for the draft, with every text reduced to one line."""
    value = field.value(draft)
    if field.form is FieldForm.ROWS:
        return [ListRow(*map(one_line, row)) for row in value]
    return [one_line(line) for line in value] if field.form is FieldForm.QUOTE else one_line(value)


@lru_cache(maxsize=64)
def parse_template(subject: str, body: str, fields: Fields) -> MailTemplate:
    """Return the parsed template, cached per process."""
    return MailTemplate(subject, body, fields)
