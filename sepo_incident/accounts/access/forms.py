"""The forms of Koncern IT's pages about access."""

from __future__ import annotations

from typing import Any

from django import forms

from sepo_incident.accounts.models import Unit, User
from sepo_incident.accounts.roles import GIVERS
from sepo_incident.core.danish import capitalized
from sepo_incident.core.forms import FreeText, set_choices


class ReasonForm(forms.Form):
    """Asks why."""

    reason = FreeText(
        label="Hvorfor?",
        help_text="Skriv ikke CPR-numre.",
        max_length=300,
        widget=forms.TextInput(attrs={"class": "wide"}),
        error_messages={"required": "Skriv en begrundelse."},
    )


class RoleForm(ReasonForm):
    """Asks for a role at a unit, and why."""

    role = forms.ChoiceField(
        label="Rolle",
        error_messages={"required": "Vælg en rolle."},
    )
    unit = forms.TypedChoiceField(
        label="Enhed",
        coerce=int,
        help_text="Rollen gælder også enhederne under den.",
        error_messages={"required": "Vælg en enhed."},
    )
    field_order = ["role", "unit", "reason"]

    def __init__(self, data: Any = None, *, by: User):
        """`by`: the reader, who chooses among the roles that the reader gives."""
        super().__init__(data, auto_id="giv_%s")
        given = [(one.value, capitalized(one.label)) for one, giver in GIVERS.items() if giver in by.roles]
        set_choices(self, "role", [("", "Vælg en rolle"), *given])
        set_choices(self, "unit", [("", "Vælg en enhed"), *Unit.objects.as_indented_choices()])


class GroupRoleForm(RoleForm):
    """Asks for a group at the municipality's sign-in, and the role that the group gives."""

    group = FreeText(
        label="Gruppe",
        help_text="Præcis som kommunens login skriver den: et navn eller et id.",
        max_length=200,
        error_messages={"required": "Skriv, hvad gruppen hedder i kommunens login."},
    )
    field_order = ["group", "role", "unit", "reason"]
