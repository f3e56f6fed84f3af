"""Forms for the reminder schedule: the reminder days, and a pause for a unit."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from django import forms

from letters.models import Incident, Letter
from notifications.kinds.reminder_calendar import ReminderSteps
from notifications.models.reminder_schedule import MAX_DAYS_BEFORE_DEADLINE
from sepo_incident.accounts.models import Unit
from sepo_incident.core import danish
from sepo_incident.core.forms import DanishDateField, FreeText

MAX_PAUSE = timedelta(days=365)


class ReminderStepsForm(forms.Form):
    before = FreeText(
        label="Arbejdsdage før fristen",
        help_text="For eksempel 5, 2, 1. På selve dagen får alle, der mangler noget, en påmindelse.",
        required=False,
        max_length=60,
    )
    every = forms.IntegerField(
        label="Efter fristen: hver så mange arbejdsdage",
        min_value=1,
        max_value=20,
        error_messages={"required": "Skriv et tal fra 1 til 20."},
    )
    digest_days = forms.TypedMultipleChoiceField(
        label="Ledernes oversigt",
        choices=list(enumerate(map(danish.capitalized, danish.WEEKDAYS[:5]))),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, steps: ReminderSteps, data: Any = None):
        before = ", ".join(map(str, steps.before))
        initial = {"before": before, "every": steps.every, "digest_days": list(steps.digest_days)}
        super().__init__(data, initial=initial, auto_id="trin_%s")

    def clean_before(self) -> list[int]:
        parts = [part for part in re.split(r"[,;\s]+|\bog\b", self.cleaned_data["before"]) if part]
        if not all(part.isascii() and part.isdigit() and 0 < int(part) <= MAX_DAYS_BEFORE_DEADLINE for part in parts):
            raise forms.ValidationError(
                f"Skriv tal fra 1 til {MAX_DAYS_BEFORE_DEADLINE} med komma imellem, for eksempel 5, 2, 1."
            )
        return [int(part) for part in parts]


class ReminderPauseForm(forms.Form):
    unit = forms.TypedChoiceField(
        label="Enhed",
        coerce=int,
        help_text="Pausen gælder også for enhederne under den.",
        empty_value=None,
        error_messages={"required": "Vælg en enhed."},
    )
    until = DanishDateField(label="Til og med", help_text="Så begynder påmindelserne igen af sig selv.")
    reason = FreeText(
        label="Hvorfor?",
        max_length=300,
        widget=forms.TextInput(attrs={"class": "wide"}),
        error_messages={"required": "Skriv, hvorfor enheden får en pause."},
    )

    def __init__(self, incident: Incident, today: date, data: Any = None):
        super().__init__(data, auto_id="pause_%s")
        self.fields["unit"].choices = [("", "Vælg en enhed"), *unit_choices(incident)]  # type: ignore[attr-defined]
        self.fields["until"].between = (today, today + MAX_PAUSE)  # type: ignore[attr-defined]


def unit_choices(incident: Incident) -> list[tuple[int, str]]:
    """Return every unit with letters in the unit or below, as an indented tree."""
    letters = Letter.objects.filter(incident=incident).active()
    lineages = letters.exclude(unit=None).values_list("unit__lineage", flat=True).distinct()
    units = Unit.objects.in_bulk({pk for lineage in lineages for pk in lineage})
    in_order = sorted(units.values(), key=lambda unit: [(units[pk].sort_key, pk) for pk in unit.lineage])
    return [(unit.pk, f"{'– ' * (len(unit.lineage) - 1)}{unit.name}") for unit in in_order]
