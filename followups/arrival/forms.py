"""Forms about the arrival of letters that were sent again."""

from datetime import date
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout
from django import forms
from django.core.exceptions import ValidationError

from followups.decision_questions import NO, NO_NAMES_HINT, YES
from followups.models import Arrival, FollowUp, LetterRow
from followups.proof_files import ACCEPTED_KINDS, MAX_BYTES, FileRefused, Proof, validate_proof
from followups.services.arrivals import ArrivalReport
from sepo_incident.core import danish
from sepo_incident.core.forms import ConditionalQuestion, DanishDateField, FreeText, set_date_bounds

DO_NOT_KNOW = "ved-ikke"
OUTSIDE_PERIOD = "Skriv en dag fra %(first)s til og med i dag."


class ProofFileField(forms.FileField):
    """A file that proves arrival. `clean` returns the `Proof`, None without a file."""

    widget = forms.ClearableFileInput(attrs={"accept": ".png,.jpg,.jpeg,.pdf,.csv,.txt,.xlsx"})
    default_error_messages = {
        "empty": "Filen er tom. Gem den igen, og vælg den nye fil.",
        "max_length": "Filens navn er for langt. Giv den et kortere navn.",
    }

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", f"Højst {MAX_BYTES // 1024**2} MB: {ACCEPTED_KINDS}. Slør CPR-numre først.")
        super().__init__(required=False, max_length=255, **options)

    def clean(self, data: Any, initial: Any = None) -> Proof | None:
        file = super().clean(data, initial)
        if not file:
            return None
        try:
            if file.size > MAX_BYTES:
                size, most = danish.number(round(file.size / 1024**2)), MAX_BYTES // 1024**2
                raise FileRefused(f"Filen fylder {size} MB. Den må højst fylde {most} MB. Gem den mindre.")
            return validate_proof(file.name, file.read())
        except FileRefused as refusal:
            raise ValidationError(str(refusal), code="refused") from refusal


class ArrivalForm(forms.Form):
    """Report about a letter's arrival.

    `seen`: id of the newest active arrival when the form was made, 0 for none; `remedy`: the remedy at that time.
    """

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
        choices=[(YES, "Ja"), (NO, "Nej"), (DO_NOT_KNOW, "Det ved jeg ikke endnu")],
        widget=forms.RadioSelect,
        error_messages={"required": "Vælg et af svarene."},
    )
    arrived_on = DanishDateField(label="Hvornår kom det frem?", required=False)
    text = FreeText(
        label="Hvordan ved du det?",
        help_text=f"For eksempel: »Jeg har talt med modtageren.« {NO_NAMES_HINT}",
        widget=forms.Textarea(attrs={"rows": 3, "class": "wide"}),
        max_length=2000,
        required=False,
    )
    file = ProofFileField(label="Logudtræk, kvittering eller skærmbillede (kan udelades)")

    def __init__(self, letter: LetterRow, newest: Arrival | None, today: date, data: Any = None, files: Any = None):
        super().__init__(data, files, initial=_initial_values(letter, newest), label_suffix="")
        self.today = today
        set_date_bounds(self, (letter.incident.first_day, today), "sent_on", "arrived_on")
        for name in ("sent_on", "arrived_on"):
            self.fields[name].error_messages["outside"] = OUTSIDE_PERIOD
        if letter.followup.remedy == FollowUp.Remedy.NEW_LETTER:
            self.fields["sent_on"].label = "Hvornår blev det nye brev sendt?"
        if letter.followup.remedy == FollowUp.Remedy.PAPER:
            self.fields["has_arrived"].help_text = "Et brev på papir er kommet frem, når det ligger i postkassen."
        if letter.followup.remedy == FollowUp.Remedy.RESEND_AND_NEW:
            self.fields["sent_on"].label = "Hvornår blev det sidste af brevene sendt?"
            self.fields["has_arrived"].label = "Er begge breve kommet frem?"
            self.fields["arrived_on"].label = "Hvornår kom det sidste frem?"
        self.helper = FormHelper()
        self.helper.template = "dkfds/display_form.html"
        self.helper.layout = Layout(
            "seen",
            "remedy",
            "sent_on",
            "way",
            ConditionalQuestion("has_arrived", "arrived_on", opens_on=(YES,)),
            Div("text", "file", css_class="q"),
        )

    def clean(self) -> dict[str, Any]:
        """Require the day of arrival only for an arrived letter, and the explanation only for a known answer."""
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
            self.add_error("text", "Skriv, hvordan du ved det, eller vælg en fil.")
        if answer == DO_NOT_KNOW and self._has_file(data):
            self.add_error("has_arrived", "Svar ja eller nej, når du vælger en fil.")
        return data

    def _has_file(self, data: dict[str, Any]) -> bool:
        return bool(data.get("file")) or "file" in self.errors

    @property
    def report(self) -> ArrivalReport:
        data = self.cleaned_data
        return ArrivalReport(
            sent_on=data["sent_on"],
            way=data["way"],
            has_arrived={YES: True, NO: False, DO_NOT_KNOW: None}[data["has_arrived"]],
            arrived_on=data["arrived_on"],
            text=data["text"],
            file=data["file"],
        )


class TakeBackArrivalForm(forms.Form):
    """Reason why an arrival is wrong."""

    text = FreeText(
        label="Hvad er forkert?",
        help_text=NO_NAMES_HINT,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "class": "wide"}),
        error_messages={"required": "Skriv, hvad der er forkert."},
    )

    def __init__(self, arrival: Arrival, data: Any = None):
        super().__init__(data, label_suffix="", auto_id=f"tilbage-{arrival.pk}-%s")


def _initial_values(letter: LetterRow, newest: Arrival | None) -> dict[str, Any]:
    """Return when and how the letter was sent, and the day of arrival. Whether the letter arrived is left open.

    Before the first report, the way is the usual one, as in one proof for many letters. Digital Post arrives on the day
    of sending; other letters arrive later, so their day is left open. Where a receipt says that the letter did not
    arrive, the sender says when and how the letter was sent since.
    """
    is_refused = newest is not None and newest.kind == Arrival.Kind.REFUSED
    way = "" if newest else Arrival.usual_way(letter.followup.remedy)
    if newest and newest.has_arrived is None and not is_refused:
        way = newest.way
    return {
        "seen": newest.pk if newest else 0,
        "remedy": letter.followup.remedy,
        "sent_on": None if is_refused else letter.sent_again_on,
        "way": way,
        "arrived_on": letter.sent_again_on if way == Arrival.Way.DIGITAL_POST else None,
    }
