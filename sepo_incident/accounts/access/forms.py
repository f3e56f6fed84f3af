"""The forms of Koncern IT's pages about access."""

from __future__ import annotations

from typing import Any

from django import forms

from sepo_incident.accounts.models import Membership, RoleRequest, Unit
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
        choices=[("", "Vælg en rolle"), *((one.value, capitalized(one.label)) for one in Membership.Role)],
        error_messages={"required": "Vælg en rolle."},
    )
    unit = forms.TypedChoiceField(
        label="Enhed",
        coerce=int,
        help_text="Rollen gælder også enhederne under den.",
        error_messages={"required": "Vælg en enhed."},
    )
    field_order = ["role", "unit", "reason"]

    def __init__(self, data: Any = None, **kwargs: Any):
        super().__init__(data, auto_id="giv_%s", **kwargs)
        set_choices(self, "unit", [("", "Vælg en enhed"), *Unit.objects.as_indented_choices()])

    def to_request(self, **fields: Any) -> RoleRequest:
        """Return an unsaved request, without a reason, of a valid form."""
        role, unit = self.cleaned_data["role"], self.cleaned_data["unit"]
        return RoleRequest(act=RoleRequest.Act.GIVE, role=role, unit_id=unit, **fields)


class GroupRoleForm(RoleForm):
    """Asks for a group at the municipality's sign-in, and the role that the group gives."""

    group = FreeText(
        label="Gruppe",
        help_text="Præcis som kommunens login skriver den: et navn eller et id.",
        max_length=200,
        error_messages={"required": "Skriv, hvad gruppen hedder i kommunens login."},
    )
    field_order = ["group", "role", "unit", "reason"]
