"""What *Mit fravær* and *Overdrag breve* ask: from when until when, or for good."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms

from sepo_incident.forms import DanishDateField, HintedRadios, Options

A_WHILE, FOR_GOOD = "periode", "altid"
HOW = [(A_WHILE, "I en periode"), (FOR_GOOD, "For altid")]
#: so far ahead somebody says that they will be away
LONGEST_AHEAD = timedelta(days=731)


class AwayForm(forms.Form):
    """From when until when; without a last day until it is taken back."""

    first_day = DanishDateField(label="Første dag", error_messages={"required": "Skriv den første dag."})
    last_day = DanishDateField(
        label="Sidste dag (kan udelades)",
        help_text="Lad feltet være tomt, hvis dagen ikke er kendt. Så gælder det, til det bliver taget tilbage.",
        required=False,
    )

    def __init__(self, data: Any = None, *, today: date):
        super().__init__(data, initial={"first_day": today})
        self.today = today
        for name in ("first_day", "last_day"):
            self.fields[name].between = (today, today + LONGEST_AHEAD)  # type: ignore[attr-defined]
        self.helper = FormHelper()
        self.helper.template = "dkfds/display_form.html"
        self.helper.layout = self.laid_out()

    def laid_out(self) -> Layout:
        return Layout("first_day", "last_day")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        first, last = data.get("first_day"), data.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", "Sidste dag ligger før første dag.")
        return data

    @property
    def is_for_good(self) -> bool:
        return False


class HandOverForm(AwayForm):
    """Of somebody else's letters: for a while where ``is_led``, for good so many as ``number``."""

    how = forms.ChoiceField(
        label="Hvor længe?",
        choices=HOW,
        widget=HintedRadios,
        error_messages={"required": "Vælg, om det er i en periode eller for altid."},
    )
    number = forms.IntegerField(widget=forms.HiddenInput, required=False)
    field_order = ["how"]

    def __init__(self, data: Any = None, *, today: date, hints: dict[str, str], number: int, is_led: bool):
        super().__init__(data, today=today)
        self.fields["how"].widget.hints = hints
        self.initial["number"] = number
        possible = {A_WHILE: is_led, FOR_GOOD: bool(number)}
        choices = [(how, label) for how, label in HOW if possible[how]]
        self.fields["how"].choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1:
            self.initial["how"] = choices[0][0]

    def laid_out(self) -> Layout:
        return Layout("number", Options("how", under={A_WHILE: ["first_day", "last_day"]}))

    def clean(self) -> dict[str, Any]:
        """The days were not shown to whoever chose for good."""
        if self.is_for_good:
            for name in ("first_day", "last_day"):
                self.errors.pop(name, None)
            return self.cleaned_data
        return super().clean()

    @property
    def is_for_good(self) -> bool:
        return self.cleaned_data.get("how") == FOR_GOOD
