"""The form for a new person who is to answer for letters."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from letters.assigning import candidates
from sepo_incident.accounts.models import Unit, User
from sepo_incident.core.forms import FreeText


class NewPersonForm(forms.Form):
    """Name, address and unit of a new person. `finder`: the user who looks for the person."""

    name = FreeText(label="Navn", max_length=200, error_messages={"required": "Skriv personens navn."})
    email = FreeText(
        label="E-mail",
        help_text="Den e-mail, personen bruger på arbejdet. Hertil bliver varslet sendt.",
        max_length=254,
        validators=[EmailValidator("E-mailen er ikke hel. Ret den.")],
        error_messages={"required": "Skriv personens e-mail."},
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    unit = forms.ModelChoiceField(
        Unit.objects.none(),
        label="Enhed",
        empty_label="Vælg den enhed, personen arbejder i",
        error_messages={"required": "Vælg, hvor personen arbejder."},
    )

    def __init__(self, *args: Any, finder: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.finder = finder
        self.fields["unit"].queryset = candidates.choosable_units(finder).in_order()  # type: ignore[attr-defined]

    def clean_email(self) -> str:
        """Return the address in lower case. Refuse a known person outside the finder's choice."""
        email: str = self.cleaned_data["email"].lower()
        known = User.objects.filter(email__iexact=email).first()
        if known and not candidates.choosable_people(self.finder).filter(pk=known.pk).exists():
            raise ValidationError(
                "Personen med den e-mail er fratrådt eller hører ikke under din forvaltning. Spørg Koncern IT."
            )
        return email
