"""Forms of the note's pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from letters.models import Incident
from notifications.status_note.contents import chips_for
from notifications.status_note.facts import NoteFacts, note_units
from notifications.status_note.sections import Section
from notifications.status_note.text import UnknownFigures, parse_prose
from notifications.status_note.versions import may_make
from notifications.status_note.word_file import MAX_DOCUMENT_SIZE, TOO_LARGE
from sepo_incident.accounts.models import Unit, User
from sepo_incident.accounts.roles import SignedInRequest
from sepo_incident.core.forms import DanishDateField, FreeText


class NewNoteForm(forms.Form):
    """Form for a new note: unit and date. `units`: those whose note the user may make."""

    enhed = forms.ChoiceField(label="Notatet handler om", error_messages={"invalid_choice": "Vælg en enhed på listen."})
    dato = DanishDateField(
        label="Notatets dato", required=False, help_text="Lad feltet være tomt for at bruge dagens dato."
    )

    def __init__(self, incident: Incident, user: User, data: Any = None):
        super().__init__(data, label_suffix="")
        self._all = note_units(incident)
        self.units = [unit for unit in self._all if may_make(unit, user)]
        self.fields["enhed"].choices = [(str(unit.pk), unit.name) for unit in self.units]  # type: ignore[attr-defined]

    @property
    def names_foreign_unit(self) -> bool:
        """Tell whether the data names a unit whose note the user may not make."""
        return self.data.get("enhed") in {str(unit.pk) for unit in self._all if unit not in self.units}

    @property
    def unit(self) -> Unit:
        return next(unit for unit in self.units if str(unit.pk) == self.cleaned_data["enhed"])


class DocumentForm(forms.Form):
    """A Word document. `fil` becomes its bytes."""

    fil = forms.FileField(
        label="Word-fil",
        help_text="Højst 20 MB.",
        max_length=255,
        widget=forms.ClearableFileInput(attrs={"accept": ".docx"}),
        error_messages={
            "required": "Vælg en Word-fil.",
            "empty": "Filen er tom. Gem den igen i Word, og vælg den.",
            "max_length": "Filens navn er for langt. Giv den et kortere navn.",
        },
    )

    def clean_fil(self) -> bytes:
        file = self.cleaned_data["fil"]
        if file.size > MAX_DOCUMENT_SIZE:
            raise ValidationError(TOO_LARGE)
        self.cleaned_data["name"] = file.name
        return bytes(file.read())


def document_form(request: SignedInRequest) -> DocumentForm:
    """Return the form of the request, bound also to a POST without a file."""
    return DocumentForm(request.POST, request.FILES, label_suffix="") if request.method == "POST" else DocumentForm()


class ProseForm(forms.Form):
    """The text of a section. `version`: of the text that the page was made from, 0 if nobody has written one."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    text = FreeText(
        label="Tekst",
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 14, "class": "wide"}),
        error_messages={"required": "Skriv en tekst."},
    )

    def __init__(self, facts: NoteFacts, section: Section, data: Any = None, **kwargs: Any):
        super().__init__(data, label_suffix="", **kwargs)
        self.facts, self.section = facts, section
        self.chips = chips_for(facts)

    def clean_text(self) -> str:
        text: str = "\n".join(line.rstrip() for line in self.cleaned_data["text"].splitlines()).strip()
        try:
            parse_prose(text, self.chips, {})
        except UnknownFigures as unknown:
            raise ValidationError(str(unknown)) from unknown
        return text
