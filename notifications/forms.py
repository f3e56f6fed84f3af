"""What the sending desk asks its reader for."""

from __future__ import annotations

from django import forms
from django.http import QueryDict

from notifications.desk import Choice
from notifications.following import FILTERS
from notifications.models import Alarm
from sepo_incident.accounts.models import User
from sepo_incident.forms import FreeText


class ChooseForm(forms.Form):
    """Which recipients the list shows; all optional, all in the URL."""

    forvaltning = forms.IntegerField(required=False)
    mangler = forms.BooleanField(required=False)
    q = forms.CharField(label="Find en modtager", max_length=100, required=False)
    visning = forms.ChoiceField(choices=[("", "Mail"), ("tekst", "Kun tekst")], required=False)

    @property
    def choice(self) -> Choice:
        """What was asked for; an address that makes no sense asks for everybody."""
        asked = self.cleaned_data if self.is_valid() else {}
        return Choice(asked.get("forvaltning"), asked.get("mangler", False), asked.get("q", ""))

    @property
    def as_text(self) -> bool:
        return self.is_valid() and self.cleaned_data["visning"] == "tekst"


class SendForm(forms.Form):
    """The number that stood on the button comes along, so that nobody sends to more people than they saw."""

    lovet = forms.IntegerField(min_value=1, error_messages={"required": "Tallet på knappen mangler. Prøv igen."})


class RetryForm(forms.Form):
    """The chosen mails, or (``alle``) every one that the filter shows."""

    valgt = forms.TypedMultipleChoiceField(coerce=int, required=False)
    alle = forms.BooleanField(required=False)
    tilstand = forms.ChoiceField(choices=[(one.slug, one.label) for one in FILTERS], required=False)

    def __init__(self, *args, offered: list[int], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["valgt"].choices = [(pk, pk) for pk in offered]  # type: ignore[attr-defined]


class EndAlarmForm(forms.Form):
    """Why the alarm is over. Each alarm on the page has its own, so the field's id carries its number."""

    reason = FreeText(
        label="Hvad var der galt, og hvorfor er det i orden nu?",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Skriv, hvad der var galt, og hvorfor alarmen kan lukkes."},
    )

    def __init__(self, alarm: Alarm, data: QueryDict | None = None):
        super().__init__(data, auto_id=f"alarm_{alarm.pk}_%s")


class AnswerForm(forms.Form):
    """An answer to somebody who wrote to us, signed beforehand."""

    text = FreeText(
        label="Dit svar",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Svaret sendes som en mail. Skriv ikke CPR-numre eller navne på modtagere af breve.",
        error_messages={"required": "Skriv et svar."},
    )

    def __init__(self, *args, sender: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["text"].initial = f"\n\nVenlig hilsen\n{sender.name}, Koncern IT"
