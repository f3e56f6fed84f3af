"""The form for a notice text. Invalid texts are refused on saving, so no dispatch fails because of a text.

An unsaved text is kept in the session for the preview frame: the latest few, keyed by a hash of the content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django import forms
from django.contrib.sessions.backends.base import SessionBase

from letters.models import Incident
from notifications.composing.notice_texts import TextSource
from notifications.markup.field_types import one_line
from notifications.markup.mail_template import MAX_SUBJECT_LENGTH, MailTemplate
from notifications.models import Kind
from notifications.texts.required_elements import missing_elements
from notifications.texts.text_preview import extreme_drafts
from sepo_incident.core.forms import FreeText

MAX_BODY_LENGTH = 20_000


class TextForm(forms.Form):
    """The form for a text. ``version``: the version shown. ``til`` and ``soeg``: choose the receiver of the preview."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    til = forms.IntegerField(required=False)
    soeg = FreeText(label="Find en afsender", max_length=100, required=False)
    subject = FreeText(
        label="Emne",
        max_length=300,
        widget=forms.TextInput(attrs={"class": "wide"}),
        error_messages={"required": "Skriv et emne."},
    )
    body = FreeText(
        label="Tekst",
        max_length=MAX_BODY_LENGTH,
        widget=forms.Textarea(attrs={"class": "wide source", "rows": 26, "spellcheck": "true"}),
        error_messages={"required": "Skriv en tekst."},
    )

    def __init__(self, kind: Kind, incident: Incident, data: Any = None, initial: Any = None):
        self.kind, self.incident = kind, incident
        super().__init__(data, initial=initial)

    def value(self, name: str) -> str:
        """Return the field's value as typed, valid or not."""
        return str(self[name].value() or "")

    @property
    def receiver_id(self) -> int | None:
        """Return the id of the preview's receiver, or None if absent or invalid."""
        asked = self.value("til")
        return int(asked) if asked.isdecimal() and len(asked) < 19 else None

    @cached_property
    def source(self) -> TextSource:
        lines = [line.rstrip() for line in self.value("body").strip().splitlines()]
        return TextSource(one_line(self.value("subject")), "\n".join(lines))

    @property
    def wording(self) -> MailTemplate:
        return self.source.parse(self.kind)

    def clean_subject(self) -> str:
        raise_if_problems(one.text for one in self.wording.subject.problems)
        return self.source.subject

    def clean_body(self) -> str:
        problems = [f"Linje {one.line}: {one.text}" for one in self.wording.body.problems]
        needed = [f"Der mangler {one.name}." for one in missing_elements(self.kind, self.wording) if one.is_needed]
        raise_if_problems([*problems, *needed])
        return self.source.body

    def clean(self) -> dict[str, Any]:
        """Try the text on extreme drafts: a subject may not become empty or too long."""
        if not self.errors:
            subjects = [self.wording.mail(draft, draft.is_one).subject for draft in extreme_drafts(self.incident)]
            if not all(subjects):
                self.add_error("subject", "Emnet er tomt i nogle af mailene.")
            if max(map(len, subjects)) >= MAX_SUBJECT_LENGTH:
                self.add_error("subject", f"Emnet bliver for langt. Det må højst fylde {MAX_SUBJECT_LENGTH} tegn.")
        return self.cleaned_data


def raise_if_problems(problems: Iterable[str]) -> None:
    if said := list(problems):
        raise forms.ValidationError(said)


SESSION_KEY = "texts"
#: The number of tabs that may hold an unsaved text at the same time.
MAX_UNSAVED_TEXTS = 4


def keep_unsaved_text(session: SessionBase, form: TextForm) -> str:
    """Keep the typed text in the session, and return the name for ``load_unsaved_text``."""
    typed = {name: form.value(name) for name in ("version", "til", "subject", "body")}
    name = hashlib.sha256(repr((form.kind, typed)).encode()).hexdigest()[:16]
    others = {one: said for one, said in session.get(SESSION_KEY, {}).items() if one != name}
    session[SESSION_KEY] = dict(list(others.items())[1 - MAX_UNSAVED_TEXTS :]) | {name: typed}
    return name


def load_unsaved_text(session: SessionBase, name: str) -> dict[str, Any] | None:
    """Return the kept text as the form's ``initial``, or None if the session has dropped the text."""
    kept: dict[str, Any] | None = session.get(SESSION_KEY, {}).get(name)
    return kept
