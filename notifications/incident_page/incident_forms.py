"""Forms for a new incident and for a new deadline. The constraints of the model refuse impossible dates."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from letters.models import Incident
from sepo_incident.core.forms import DanishDateField, FreeText


class IncidentForm(forms.ModelForm):
    first_day = DanishDateField(label="Første dag, hvor breve ikke kom frem", help_text="For eksempel 9 12 2019")
    last_day = DanishDateField(label="Sidste dag")
    deadline = DanishDateField(label="Frist for at følge op", help_text="Dagen er med: fristen er ved dagens udgang.")

    class Meta:
        model = Incident
        fields = ["title", "first_day", "last_day", "deadline"]
        field_classes = {"title": FreeText}
        widgets = {"title": forms.TextInput(attrs={"class": "wide"})}
        labels = {"title": "Hvad er der sket?"}
        help_texts = {
            "title": "En kort titel, for eksempel »Sikker post, der ikke kom frem«. Den står øverst på siderne."
        }
        error_messages = {"title": {"required": "Skriv en titel."}}


class DeadlineForm(forms.ModelForm):
    deadline = DanishDateField(label="Ny frist", help_text="Dagen er med: fristen er ved dagens udgang.")
    reason = FreeText(
        label="Hvorfor flyttes fristen?",
        widget=forms.Textarea(attrs={"rows": 3, "class": "wide"}),
        max_length=1000,
        error_messages={"required": "Skriv, hvorfor fristen flyttes."},
    )

    class Meta:
        model = Incident
        fields = ["deadline"]

    def __init__(self, incident: Incident, data: Any = None):
        self.was = incident.deadline
        super().__init__(data, instance=incident, initial={"deadline": None})

    def clean_deadline(self) -> Any:
        new = self.cleaned_data["deadline"]
        if new == self.was:
            raise forms.ValidationError("Det er den frist, der står i forvejen.")
        self._must_fit(new)
        return new

    def _must_fit(self, new: date) -> None:
        """Check the model's constraints. Django skips constraints on fields outside the form."""
        self.instance.deadline = new
        try:
            self.instance.validate_constraints()
        except forms.ValidationError as refusal:
            raise forms.ValidationError(refusal.messages) from refusal
