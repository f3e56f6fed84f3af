"""Forms of *Ikke nået*: the correct address, a different recipient, a phone call, or why no mail is needed."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.validators import EmailValidator

from notifications.delivery_problems.unreached_people import alternative_recipients
from notifications.models import Delivery
from sepo_incident.accounts.models import User
from sepo_incident.core.forms import DanishDateField, FreeText


class ResolutionForm(forms.Form):
    """The base of the forms about ``delivery`` and the failed mails to the same person at the same address."""

    def __init__(self, data: Any = None, *, delivery: Delivery, today: date):
        self.delivery, self.today = delivery, today
        super().__init__(data)

    def field(self, name: str) -> Any:
        return self.fields[name]


class CorrectAddressForm(ResolutionForm):
    adresse = FreeText(
        label="Den rigtige adresse",
        max_length=254,
        validators=[EmailValidator("Det er ikke en hel e-mailadresse. Den skal ligne navn@kk.example.")],
        widget=forms.EmailInput(attrs={"class": "wide", "autocomplete": "off"}),
        error_messages={"required": "Skriv den rigtige adresse."},
    )

    def clean_adresse(self) -> str:
        address: str = self.cleaned_data["adresse"].lower()
        if address == self.delivery.address.lower():
            raise forms.ValidationError("Det er den adresse, mailen ikke nåede frem til.")
        return address


class OtherRecipientForm(ResolutionForm):
    person = forms.ModelChoiceField(
        User.objects.none(),
        label="Hvem skal have mailen i stedet?",
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={
            "required": "Vælg, hvem der skal have mailen.",
            "invalid_choice": "Personen kan ikke få mailen længere. Vælg en anden.",
        },
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.others = alternative_recipients(self.delivery)
        self.field("person").queryset = User.objects.filter(pk__in=[one.pk for one in self.others]).order_by("name")


class ToldForm(ResolutionForm):
    hvem = FreeText(
        label="Hvem har du talt med?",
        max_length=200,
        widget=forms.TextInput(attrs={"class": "wide"}),
        error_messages={"required": "Skriv, hvem du har talt med."},
    )
    dag = DanishDateField(label="Hvilken dag?")
    note = FreeText(
        label="Note (kan udelades)", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        person = self.delivery.recipient
        self.initial = {"hvem": person.name if person else "", "dag": self.today}

    def clean_dag(self) -> date:
        day: date = self.cleaned_data["dag"]
        if day > self.today:
            raise forms.ValidationError("Den dag er ikke kommet endnu.")
        return day


class NeedlessForm(ResolutionForm):
    grund = FreeText(
        label="Hvorfor er det ikke nødvendigt?",
        help_text="For eksempel fordi en anden har fået brevene.",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "class": "wide"}),
        error_messages={"required": "Skriv, hvorfor ingen behøver at høre om det."},
    )
