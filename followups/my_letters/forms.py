"""Forms of *Mine breve* about many ticked letters: the day of sending, and one proof of arrival."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms

from followups.arrival.forms import OUTSIDE_PERIOD, ProofFileField
from followups.decision_questions import NO_NAMES_HINT
from followups.services.arrivals import ArrivalReport
from letters.models import Incident, Letter
from sepo_incident.core import calendar
from sepo_incident.core.forms import ConditionalQuestion, DanishDateField, FreeText, set_date_bounds


class DayForm(forms.Form):
    """A form about the ticked letters with a day between the first day of the incident and today.

    `list_id`: the heading above the letters. `none_ticked`: the error when no letter is ticked.
    """

    day_field: str
    list_id: str
    none_ticked: str

    def __init__(self, incident: Incident, data: Any = None, files: Any = None, ticked: Collection[Letter] = ()):
        super().__init__(data, files, label_suffix="", auto_id=f"{self.day_field}-%s")
        self.ticked = ticked
        set_date_bounds(self, (incident.first_day, calendar.today()), self.day_field)
        self.fields[self.day_field].error_messages["outside"] = OUTSIDE_PERIOD

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.ticked:
            self.add_error(None, self.none_ticked)
        return data


class SentForm(DayForm):
    """The day on which the ticked letters were sent; today without a day."""

    day_field, list_id = "sent_on", "send"
    none_ticked = "Sæt kryds ved de breve, du har sendt."
    sent_on = DanishDateField(label="Sendt den", required=False)

    def clean_sent_on(self) -> Any:
        return self.cleaned_data["sent_on"] or calendar.today()


FILE, SPOKEN = "fil", "talt"
PROOFS = {FILE: "Jeg har en kvittering, en log eller et skærmbillede", SPOKEN: "Jeg har talt med modtagerne"}


class ProofForm(DayForm):
    """One proof that the ticked letters have arrived: a file that names each letter, or the writer's word."""

    day_field, list_id = "arrived_on", "bevis"
    none_ticked = "Sæt kryds ved de breve, beviset viser."
    proof = forms.ChoiceField(
        label="Bevis",
        choices=PROOFS,
        widget=forms.RadioSelect,
        error_messages={"required": "Vælg, hvilket bevis du har."},
    )
    file = ProofFileField(
        label="Fil", help_text="Filen skal nævne hvert brev og vise, at det er afleveret. Slør CPR-numre først."
    )
    text = FreeText(label="Bemærkning (kan udelades)", help_text=NO_NAMES_HINT, max_length=1000, required=False)
    arrived_on = DanishDateField(label="Kom frem den", required=False)

    def __init__(self, incident: Incident, data: Any = None, files: Any = None, ticked: Collection[Letter] = ()):
        super().__init__(incident, data, files, ticked)
        self.helper = FormHelper()
        self.helper.template = "dkfds/display_form.html"
        self.helper.layout = Layout(ConditionalQuestion("proof", "file", opens_on=(FILE,)))

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("proof") == FILE and not data.get("file") and "file" not in self.errors:
            self.add_error("file", "Vælg filen.")
        return data

    @property
    def report(self) -> ArrivalReport:
        """The report about the ticked letters; without a day, a letter arrived on the day of sending."""
        data = self.cleaned_data
        has_file = data["proof"] == FILE
        words = "" if has_file else PROOFS[SPOKEN] + "."
        return ArrivalReport(
            has_arrived=True,
            arrived_on=data["arrived_on"],
            text=" ".join(filter(None, [words, data["text"]])),
            file=data["file"] if has_file else None,
        )
