"""What is asked about a letter that was sent again: when, how, whether it arrived, and how one knows."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout
from django import forms
from django.core.exceptions import ValidationError

from followups.arriving import checking
from followups.arriving.checking import Proof
from followups.arriving.recording import Said
from followups.arriving.refusing import KINDS, Refused
from followups.arriving.standing import sent_on_of
from followups.forms import NO, NO_NAMES, YES
from followups.models import Arrival, FollowUp
from sepo_incident import danish
from sepo_incident.forms import Asks, DanishDateField, FreeText

UNKNOWN = "ved-ikke"
OUTSIDE = "Skriv en dag fra %(first)s, hvor de første breve forsvandt, og til og med i dag."
HAS_ARRIVED = {YES: True, NO: False, UNKNOWN: None}


class ArrivalForm(forms.Form):
    """``seen``: the id of the newest that stood when the form was made, 0 for none; ``remedy``: what was sent then."""

    #: what is said where that is not answered
    how_one_knows: ClassVar[str] = "Skriv, hvordan du ved det, eller vælg en fil."
    seen = forms.IntegerField(widget=forms.HiddenInput)
    remedy = forms.ChoiceField(choices=FollowUp.Remedy.choices, widget=forms.HiddenInput, required=False)
    sent_on = DanishDateField(label="Hvornår blev brevet sendt igen?")
    way = forms.ChoiceField(
        label="Hvordan blev det sendt?",
        choices=[(value, danish.capitalized(label)) for value, label in Arrival.Way.choices],
        widget=forms.RadioSelect,
        error_messages={"required": "Vælg, hvordan brevet blev sendt."},
    )
    has_arrived = forms.ChoiceField(
        label="Er det kommet frem?",
        help_text="Et digitalt brev er kommet frem, når det ligger i modtagerens postkasse.",
        choices=[(YES, "Ja"), (NO, "Nej"), (UNKNOWN, "Det ved jeg ikke endnu")],
        widget=forms.RadioSelect,
        error_messages={"required": "Vælg et af svarene."},
    )
    arrived_on = DanishDateField(label="Hvornår kom det frem?", required=False)
    text = FreeText(
        label="Hvordan ved du det?",
        help_text=f"For eksempel: »Jeg har talt med modtageren, som har læst brevet.« {NO_NAMES}",
        widget=forms.Textarea(attrs={"rows": 3, "class": "wide"}),
        max_length=2000,
        required=False,
    )
    file = forms.FileField(
        label="Logudtræk, kvittering eller skærmbillede (kan udelades)",
        help_text=f"Højst {checking.MAX_BYTES // 1024**2} MB: {KINDS}. Slør CPR-numre først.",
        error_messages={
            "empty": "Filen er tom. Gem den igen, og vælg den nye fil.",
            "max_length": "Filens navn er for langt. Giv den et kortere navn.",
        },
        max_length=255,
        widget=forms.ClearableFileInput(attrs={"accept": ".png,.jpg,.jpeg,.pdf,.csv,.txt,.xlsx"}),
        required=False,
    )

    def __init__(self, followup: FollowUp, newest: Arrival | None, today: date, data: Any = None, files: Any = None):
        super().__init__(data, files, initial=_initial(followup, newest), label_suffix="")
        self.today = today
        between = (followup.letter.incident.first_day, today)
        for name in ("sent_on", "arrived_on"):
            self.fields[name].between = between  # type: ignore[attr-defined]
            self.fields[name].error_messages["outside"] = OUTSIDE
        if followup.remedy == FollowUp.Remedy.NEW_LETTER:
            self.fields["sent_on"].label = "Hvornår blev det nye brev sendt?"
        self.helper = FormHelper()
        self.helper.template = "dkfds/display_form.html"
        self.helper.layout = Layout(
            "seen",
            "remedy",
            "sent_on",
            "way",
            Asks("has_arrived", "arrived_on", opens_on=(YES,)),
            Div("text", "file", css_class="q"),
        )

    def clean_file(self) -> Proof | None:
        file = self.cleaned_data["file"]
        if not file:
            return None
        try:
            if refusal := checking.too_big(file.size):
                raise Refused(refusal)
            return checking.checked(file.name, file.read())
        except Refused as refusal:
            raise ValidationError(str(refusal), code="refused") from refusal

    def clean(self) -> dict[str, Any]:
        """The day it arrived is only asked where it did, and how one knows only where one does."""
        data: dict[str, Any] = super().clean() or {}
        answer = data.get("has_arrived")
        if answer != YES:
            data["arrived_on"] = None
            self.errors.pop("arrived_on", None)
        elif not data.get("arrived_on") and "arrived_on" not in self.errors:
            self.add_error("arrived_on", "Skriv en dato.")
        sent_on, arrived_on = data.get("sent_on"), data.get("arrived_on")
        if sent_on and arrived_on and arrived_on < sent_on:
            self.add_error("arrived_on", "Brevet kan ikke være kommet frem, før det blev sendt.")
        if answer in (YES, NO) and not data.get("text") and "text" not in self.errors and not self._has_file(data):
            self.add_error("text", self.how_one_knows)
        if answer == UNKNOWN and self._has_file(data):
            self.add_error("has_arrived", "Svar ja eller nej, når du vælger en fil.")
        return data

    def _has_file(self, data: dict[str, Any]) -> bool:
        return bool(data.get("file")) or "file" in self.errors

    @property
    def said(self) -> Said:
        data = self.cleaned_data
        return Said(
            sent_on=data["sent_on"],
            way=data["way"],
            has_arrived=HAS_ARRIVED[data["has_arrived"]],
            arrived_on=data["arrived_on"],
            text=data["text"],
            file=data["file"],
        )


class TakeBackForm(forms.Form):
    """Why what was said is wrong."""

    text = FreeText(
        label="Hvad er forkert?",
        help_text=NO_NAMES,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "class": "wide"}),
        error_messages={"required": "Skriv, hvad der er forkert."},
    )

    def __init__(self, arrival: Arrival, data: Any = None):
        super().__init__(data, label_suffix="", auto_id=f"tilbage-{arrival.pk}-%s")


def _initial(followup: FollowUp, newest: Arrival | None) -> dict[str, Any]:
    """When it was sent, as far as is known; nothing of whether it arrived."""
    return {
        "seen": newest.pk if newest else 0,
        "remedy": followup.remedy,
        "sent_on": sent_on_of(followup, newest) if followup.is_sent_again else None,
        "way": newest.way if newest and newest.has_arrived is None else "",
    }
