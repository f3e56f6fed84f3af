"""The forms of a new incident, of its deadline, and of closing and reopening."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from letters.models import Incident
from sepo_incident.core.forms import ConstraintErrorsMixin, DanishDateField, FreeText


class IncidentForm(ConstraintErrorsMixin):
    first_day = DanishDateField(label="Første dag, hvor det gik galt", help_text="For eksempel 9 12 2019")
    last_day = DanishDateField(label="Sidste dag")
    deadline = DanishDateField(label="Frist for at følge op", help_text="Fristen er ved dagens udgang.")

    class Meta:
        model = Incident
        fields = ["title", "kind", "first_day", "last_day", "deadline"]
        field_classes = {"title": FreeText}
        widgets = {"title": forms.TextInput(attrs={"class": "wide"})}
        labels = {"title": "Hvad er der sket?"}
        help_texts = {"title": "En kort titel, for eksempel »Sikker post, der ikke kom frem«."}
        error_messages = {"title": {"required": "Skriv en titel."}}


class DeadlineForm(forms.ModelForm):
    deadline = DanishDateField(label="Ny frist", help_text="Fristen er ved dagens udgang.")
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

    def clean_deadline(self) -> date:
        new: date = self.cleaned_data["deadline"]
        if new == self.was:
            raise forms.ValidationError("Det er den nuværende frist. Vælg en anden dag.")
        self.instance.deadline = new
        try:
            self.instance.validate_constraints()  # Django skips constraints on fields outside the form
        except forms.ValidationError as refusal:
            raise forms.ValidationError(refusal.messages) from refusal
        return new


class StatusReasonForm(forms.Form):
    """The reason for closing an incident, mandatory while something is open, or for reopening."""

    reason = FreeText(
        label="Begrundelse",
        widget=forms.Textarea(attrs={"rows": 4, "class": "wide"}),
        max_length=1000,
    )

    def __init__(self, *args: Any, is_mandatory: bool, help_text: str = "", **kwargs: Any):
        super().__init__(*args, **kwargs)
        reason = self.fields["reason"]
        reason.required, reason.help_text = is_mandatory, help_text
        reason.error_messages["required"] = "Skriv en begrundelse."
