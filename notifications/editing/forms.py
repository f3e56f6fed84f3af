"""What KIT writes for a kind of notice. A text that could not be sent is refused here, so no dispatch fails for one."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django import forms

from letters.models import Incident
from notifications.editing.elements import missing
from notifications.editing.samples import extremes
from notifications.models import Kind
from notifications.texts.lines import one_line
from notifications.texts.wording import LONGEST_SUBJECT, Wording
from notifications.writing.wordings import Source
from sepo_incident.forms import FreeText

MOST = 20_000


class TextForm(forms.Form):
    """``version`` is the one that was read; ``til`` and ``soeg`` choose whose mail the preview shows."""

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
        max_length=MOST,
        widget=forms.Textarea(attrs={"class": "wide source", "rows": 26, "spellcheck": "true"}),
        error_messages={"required": "Skriv en tekst."},
    )

    def __init__(self, kind: Kind, incident: Incident, data: Any = None, initial: Any = None):
        self.kind, self.incident = kind, incident
        super().__init__(data, initial=initial)

    def value(self, name: str) -> str:
        """As it stands in the form, right or wrong."""
        return str(self[name].value() or "")

    @property
    def receiver_id(self) -> int | None:
        """None where nobody, or nonsense, was asked for."""
        asked = self.value("til")
        return int(asked) if asked.isdecimal() and len(asked) < 19 else None

    @cached_property
    def source(self) -> Source:
        lines = [line.rstrip() for line in self.value("body").strip().splitlines()]
        return Source(one_line(self.value("subject")), "\n".join(lines))

    @property
    def wording(self) -> Wording:
        return self.source.understood(self.kind)

    def clean_subject(self) -> str:
        refuse(one.text for one in self.wording.subject.problems)
        return self.source.subject

    def clean_body(self) -> str:
        problems = [f"Linje {one.line}: {one.text}" for one in self.wording.body.problems]
        needed = [f"Der mangler {one.name}." for one in missing(self.kind, self.wording) if one.is_needed]
        refuse([*problems, *needed])
        return self.source.body

    def clean(self) -> dict[str, Any]:
        """Tried on letters and people as extreme as they come."""
        if not self.errors:
            subjects = [self.wording.mail(draft, draft.is_one).subject for draft in extremes(self.incident)]
            if not all(subjects):
                self.add_error("subject", "Emnet er tomt i nogle af mailene.")
            if max(map(len, subjects)) >= LONGEST_SUBJECT:
                self.add_error("subject", f"Emnet bliver for langt. Det må højst fylde {LONGEST_SUBJECT} tegn.")
        return self.cleaned_data


def refuse(problems: Iterable[str]) -> None:
    if said := list(problems):
        raise forms.ValidationError(said)
