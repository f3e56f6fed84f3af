"""What somebody at the desk writes and chooses: an answer that stands on the letter, a note, and who has the case."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django import forms

from followups.models import Escalation
from sepo_incident.accounts.models import User
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
    """``kind`` is "answer", "ask" or "note"."""

    kind = forms.ChoiceField(
        label="Hvem skal læse det, du skriver?",
        choices=[("answer", "Svar"), ("ask", "Spørgsmål"), ("note", "Intern note")],
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
        kind.choices = [("answer", f"Svar til {who}"), ("ask", f"Spørg {who} om mere"), ("note", "Intern note")]
        kind.widget.hints = {
            "answer": f"Svaret står på brevet, som lægges øverst hos afsenderen. {who} får en mail om, at der er svar.",
            "ask": f"Spørgsmålet står på brevet, og sagen venter på {who}, som får en mail om det.",
            "note": f"Kun {escalation.get_desk_display()} kan se noten.",
        }

    @property
    def is_note(self) -> bool:
        return self.cleaned_data["kind"] == "note"

    @property
    def asks_back(self) -> bool:
        return self.cleaned_data["kind"] == "ask"


class HandOverForm(forms.Form):
    """``seen`` is the id of who had the case when the page was read; empty: nobody."""

    to = forms.TypedChoiceField(
        label="Giv sagen til en kollega",
        coerce=int,
        error_messages={"required": "Vælg en kollega.", "invalid_choice": "Vælg en kollega."},
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, escalation: Escalation, colleagues: Iterable[User], by: User, data: Any = None):
        super().__init__(data, initial={"seen": escalation.owner_id}, auto_id="giv_%s")
        names = [(one.pk, "Mig selv" if one.pk == by.pk else one.name) for one in colleagues]
        to: Any = self.fields["to"]
        to.choices = [("", "Vælg"), *names]


class SendOnForm(forms.Form):
    """To another desk, with a word to them."""

    desk = forms.ChoiceField(
        label="Send sagen videre til",
        widget=forms.RadioSelect,
        error_messages={"required": "Vælg, hvem der skal have sagen."},
    )
    note = FreeText(
        label="Besked til dem (kan udelades)",
        help_text="Spørgeren ser den ikke. Skriv ikke CPR-numre eller navne på borgere.",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
        required=False,
    )

    def __init__(self, escalation: Escalation, data: Any = None):
        super().__init__(data, auto_id="videre_%s")
        desk: Any = self.fields["desk"]
        desk.choices = [(one.value, one.label) for one in escalation.onward]
