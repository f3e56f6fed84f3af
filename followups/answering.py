"""What somebody at the desk writes: an answer that stands on the letter, or a note for the desk alone."""

from __future__ import annotations

from typing import Any, NamedTuple

from django import forms

from followups.models import Escalation
from sepo_incident.forms import FreeText, HintedRadios


class StandardAnswer(NamedTuple):
    title: str
    text: str


#: To copy and adjust. Issue *What a desk needs* makes them editable.
STANDARD_ANSWERS = [
    StandardAnswer(
        "Find et brev uden emne",
        "Åbn Sendt post i Outlook, og sortér efter dato. Find den dag og det klokkeslæt, der står på brevet. "
        "Er der to breve tæt på hinanden, så åbn dem, og se, hvilket der har bilaget med. Send kun det.",
    ),
    StandardAnswer(
        "Modtageren har ikke Digital Post",
        "Vælg »Skriv et nyt brev«, og send det med almindelig post. Brevet skal have dags dato, og en frist i det "
        "gamle brev skal regnes fra den dag, det nye brev kommer frem.",
    ),
    StandardAnswer(
        "Flyt en frist",
        "Brevet er ikke kommet frem, så fristen i det er ikke begyndt at løbe. Skriv et nyt brev med en ny frist, "
        "forklar kort hvorfor, og journalisér begge breve.",
    ),
]


class AnswerForm(forms.Form):
    """``kind`` is "answer" or "note"."""

    kind = forms.ChoiceField(
        label="Hvem skal læse det, du skriver?",
        choices=[("answer", "Svar"), ("note", "Intern note")],
        widget=HintedRadios,
        initial="answer",
    )
    text = FreeText(
        label="Tekst",
        help_text="Skriv ikke CPR-numre eller navne på borgere.",
        widget=forms.Textarea(attrs={"rows": 6, "class": "wide"}),
        max_length=4000,
        error_messages={"required": "Skriv en tekst."},
    )

    def __init__(self, escalation: Escalation, data: Any = None):
        super().__init__(data)
        who = escalation.raised_by.first_name
        kind: Any = self.fields["kind"]
        kind.choices = [("answer", f"Svar til {who}"), ("note", "Intern note")]
        kind.widget.hints = {
            "answer": f"Svaret står på brevet, som lægges øverst hos afsenderen. {who} får ingen mail om det.",
            "note": f"Kun {escalation.get_desk_display()} kan se noten.",
        }

    @property
    def is_note(self) -> bool:
        return self.cleaned_data["kind"] == "note"
