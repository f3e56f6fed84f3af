"""The form for a notice text, with the elements that a text should contain.

Invalid texts are refused on saving, so no dispatch fails because of a text. The first notice should contain every
element of Bilag I, in order; a text of another kind should use the fields of the default text. A missing element gives
a warning. Only a missing letter list, and in the first notice the deadline, is refused.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, NamedTuple

from django import forms
from django.contrib.sessions.backends.base import SessionBase

from letters.incident_kinds import WENT_WRONG_SHORT, WHAT_WENT_WRONG, KindRules
from letters.models import Incident
from notifications.kinds.notice_kinds import Kind
from notifications.markup.fields import FieldForm, one_line
from notifications.markup.mail_template import MAX_SUBJECT_LENGTH, MailTemplate
from notifications.texts.notice_texts import TextSource, default_source
from notifications.texts.text_preview import extreme_drafts
from sepo_incident.core.forms import FreeText, parse_int

MAX_BODY_LENGTH = 20_000


class TextForm(forms.Form):
    """The form for a text. `version`: the version shown. `til`: the receiver of the preview."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    til = forms.IntegerField(required=False)
    subject = FreeText(
        label="Emne",
        max_length=300,
        widget=forms.TextInput(attrs={"class": "wide", "data-fields": True}),
        error_messages={"required": "Skriv et emne."},
    )
    body = FreeText(
        label="Tekst",
        max_length=MAX_BODY_LENGTH,
        widget=forms.Textarea(attrs={"class": "wide source", "rows": 26, "spellcheck": "true", "data-fields": True}),
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
        return parse_int(self.value("til"))

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
        needed = [
            f"Der mangler {one.name}."
            for one in missing_elements(self.kind, self.wording, self.incident.rules)
            if one.is_needed
        ]
        raise_if_problems([*problems, *needed])
        return self.source.body

    def clean(self) -> dict[str, Any]:
        """Try the text on extreme drafts: a subject may not become empty or too long."""
        if not self.errors:
            subjects = [self.wording.mail(draft, draft.is_one).subject for draft in extreme_drafts(self.incident)]
            if not all(subjects):
                self.add_error("subject", "Emnet er tomt i nogle mails. Skriv også fast tekst.")
            if max(map(len, subjects)) >= MAX_SUBJECT_LENGTH:
                self.add_error("subject", f"Emnet må højst fylde {MAX_SUBJECT_LENGTH} tegn i mailen.")
        return self.cleaned_data


def raise_if_problems(problems: Iterable[str]) -> None:
    if said := list(problems):
        raise forms.ValidationError(said)


SESSION_KEY = "texts"
#: The number of tabs that may hold an unsaved text at the same time.
MAX_UNSAVED_TEXTS = 4


def keep_unsaved_text(session: SessionBase, form: TextForm) -> str:
    """Keep the typed text in the session, and return its name there."""
    typed = {name: form.value(name) for name in ("version", "til", "subject", "body")}
    name = hashlib.sha256(repr((form.kind, typed)).encode()).hexdigest()[:16]
    others = {one: said for one, said in session.get(SESSION_KEY, {}).items() if one != name}
    session[SESSION_KEY] = dict(list(others.items())[1 - MAX_UNSAVED_TEXTS :]) | {name: typed}
    return name


class TextElement(NamedTuple):
    """An element of a text.

    `name` completes «Der mangler …». `is_in` returns whether a text contains the element. `is_needed`: a text
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


#: The elements of a first notice in Bilag I, in order.
FIRST_NOTICE_ELEMENTS = [
    element_by_field("hilsenen med navn: {navn}", "navn"),
    element_by_field("hvad der blev fundet: {system}", "system"),
    element_by_field("hvilke dage det var: {perioden}", "perioden"),
    element_by_field("hvad der gik galt: {hvad der gik galt}", WHAT_WENT_WRONG, WENT_WRONG_SHORT),
    element_by_pattern("at I beklager", r"ked(e)? af|beklager|undskyld"),
    element_by_pattern("at man skal gå i gang nu", r"i dag|straks|med det samme|omgående"),
    element_by_pattern("at I har registreret, hvad der er afsendt", r"registreret"),
    element_by_field("om fejlen er rettet: {om fejlen er rettet}", "om fejlen er rettet"),
    element_by_field("listen med brevene: {breve}", "breve", is_needed=True),
    element_by_field("linket til vejledningen: {find mailen}", "find mailen", "vejledning"),
    element_by_field("hvem der får kopi: {om lederen}", "om lederen", "leder"),
    element_by_field("fristen: {senest}", "senest", "kort senest", "frist", "kort frist", is_needed=True),
    TextElement(
        "de tre ting, man skal tage stilling til: 1), 2) og 3)",
        lambda wording: {"1)", "2)", "3)"} <= {line.mark for line in wording.body.lines},
    ),
    element_by_pattern("at man skal holde øje med overskredne frister", r"frister"),
    element_by_field("telefonnummeret i en personalesag: {telefon til personalejura}", "telefon til personalejura"),
    element_by_field("hvor man får hjælp: {support}", "support"),
    element_by_field("hvor man ser, at mailen er ægte: {om mailen er ægte}", "om mailen er ægte"),
    element_by_pattern("at ændringer skal journaliseres", r"journalis"),
    element_by_field("linket til et udkast til modtageren: {udkast}", "udkast"),
    element_by_pattern("at man skal følge op så hurtigt som muligt", r"hurtig"),
    element_by_field("hvem mailen er fra: {underskrift}", "underskrift"),
]


def elements_for_kind(kind: str, rules: KindRules) -> list[TextElement]:
    """Return the elements that a text of the kind of notice must have, in order. `rules`: those of the incident."""
    if kind == Kind.FIRST_NOTICE:
        return FIRST_NOTICE_ELEMENTS
    default = default_source(kind, rules).parse(kind)
    return [
        element_by_field(f"{field.meaning}: {{{field.name}}}", field.name, is_needed=field.form is FieldForm.ROWS)
        for field in default.body.fields
    ]


def missing_elements(kind: str, wording: MailTemplate, rules: KindRules) -> list[TextElement]:
    """Return the elements missing from the text, in the order in which the elements should come."""
    return [element for element in elements_for_kind(kind, rules) if not element.is_in(wording)]
