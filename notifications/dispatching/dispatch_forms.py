"""Forms for KIT: first notices, a dispatch, the sending rules, an alarm, and the answer to an incoming mail."""

from __future__ import annotations

from typing import Any

from django import forms

from notifications.dispatching.dispatch_progress import STATE_FILTERS
from notifications.dispatching.first_notices import RecipientFilter
from notifications.dispatching.sending_rules import SendingRules
from notifications.models import Delivery, Dispatch, SendingSettings
from sepo_incident.accounts.models import Membership, User
from sepo_incident.core.forms import FreeText


class RecipientFilterForm(forms.Form):
    """The filter of the recipient list. All fields are optional and live in the URL."""

    forvaltning = forms.IntegerField(required=False)
    mangler = forms.BooleanField(required=False)
    q = forms.CharField(label="Find en modtager", max_length=100, required=False)
    visning = forms.ChoiceField(choices=[("", "Mail"), ("tekst", "Kun tekst")], required=False)

    @property
    def choice(self) -> RecipientFilter:
        """Return the filter; an invalid query string means everybody."""
        asked = self.cleaned_data if self.is_valid() else {}
        return RecipientFilter(asked.get("forvaltning"), asked.get("mangler", False), asked.get("q", ""))

    @property
    def as_text(self) -> bool:
        return self.is_valid() and self.cleaned_data["visning"] == "tekst"


class SendNoticesForm(forms.Form):
    """The number shown on the button, so that nobody sends to more people than the page showed."""

    lovet = forms.IntegerField(min_value=1, error_messages={"required": "Tallet på knappen mangler. Prøv igen."})


class ReasonForm(forms.Form):
    """The reason for pausing, stopping or refusing a dispatch, shown to later readers of the dispatch."""

    grund = FreeText(
        label="Hvorfor?",
        help_text="Dine kolleger kan læse det på udsendelsens side. Det kan en leder også, der selv har bedt om den.",
        widget=forms.Textarea(attrs={"rows": 3, "class": "wide"}),
        max_length=1000,
        error_messages={"required": "Skriv hvorfor."},
    )


class SendingRulesForm(forms.ModelForm):
    """The sending rules. Hidden fields hold the values shown, so that a concurrent change is detected."""

    saa_godkendt = forms.IntegerField(required=False, widget=forms.HiddenInput)
    saa_fart = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = SendingSettings
        fields = ["approval_above", "per_minute"]
        labels = {
            "approval_above": "En anden skal godkende udsendelser på mere end",
            "per_minute": "Højst så mange mails i minuttet",
        }
        help_texts = {
            "approval_above": "Antal varsler. Lad feltet stå tomt, hvis ingen skal godkende.",
            "per_minute": "Lad feltet stå tomt, hvis mailene skal gå ud så hurtigt, som mailserverne kan tage dem.",
        }
        widgets = dict.fromkeys(fields, forms.NumberInput(attrs={"class": "short", "inputmode": "numeric"}))

    def __init__(self, data: Any = None, *, instance: SendingSettings):
        seen = {"saa_godkendt": instance.approval_above, "saa_fart": instance.per_minute}
        super().__init__(data, instance=instance, initial=seen)
        for field in self.fields.values():
            field.error_messages |= {"invalid": "Skriv et helt tal.", "min_value": "Skriv et tal over 0."}

    @property
    def rules(self) -> SendingRules:
        return SendingRules(self.cleaned_data["approval_above"], self.cleaned_data["per_minute"])

    @property
    def seen(self) -> SendingRules:
        return SendingRules(self.cleaned_data["saa_godkendt"], self.cleaned_data["saa_fart"])

    def clean_approval_above(self) -> int | None:
        above: int | None = self.cleaned_data["approval_above"]
        at_kit = User.objects.filter(memberships__role=Membership.Role.KIT_ADMIN, is_active=True, left_on=None)
        if above is not None and at_kit.distinct().count() < 2:
            raise forms.ValidationError("Der skal være mindst to i Koncern IT med adgang, før en anden kan godkende.")
        return above


class RetryDeliveriesForm(forms.Form):
    """The chosen retryable mails of a dispatch, or with ``alle`` every retryable mail that the filter shows."""

    valgt = forms.TypedMultipleChoiceField(
        coerce=int,
        required=False,
        error_messages={
            "invalid_choice": "Nogle af mailene er allerede sendt eller på vej igen. Se listen igennem, og vælg på ny."
        },
    )
    alle = forms.BooleanField(required=False)
    tilstand = forms.ChoiceField(choices=[(one.slug, one.label) for one in STATE_FILTERS], required=False)

    def __init__(self, *args, dispatch: Dispatch, **kwargs):
        super().__init__(*args, **kwargs)
        self.resting = Delivery.objects.filter(notice__dispatch=dispatch).retryable()
        offered = self.resting.values_list("pk", flat=True)
        self.fields["valgt"].choices = [(pk, pk) for pk in offered]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("alle"):
            shown = next(one.shows for one in STATE_FILTERS if one.slug == (said.get("tilstand") or "handling"))
            said["valgt"] = list(self.resting.in_states(shown).values_list("pk", flat=True))
        if not said.get("valgt") and not self.errors:
            raise forms.ValidationError("Vælg mindst én mail, der skal sendes igen.")
        return said
