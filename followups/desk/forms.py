"""Forms of the desk: answer, note, handover to a colleague, forwarding to another desk."""

from collections.abc import Iterable
from typing import Any

from django import forms

from followups.models import Escalation, StandardAnswer
from letters.models import Incident
from sepo_incident.accounts.models import User
from sepo_incident.core.forms import FreeText, HintedRadios, set_choices


class StandardAnswerTextForm(forms.Form):
    """Text with a choice of the desk's standard answers. A button inserts the chosen answer, with or without script."""

    standard = forms.ModelChoiceField(
        StandardAnswer.objects.none(), label="Standardsvar", required=False, empty_label="Vælg et"
    )
    text = FreeText(
        label="Tekst",
        help_text="Skriv ikke CPR-numre eller navne på borgere.",
        widget=forms.Textarea(attrs={"rows": 6, "class": "wide"}),
        max_length=4000,
        error_messages={"required": "Skriv en tekst."},
    )

    #: end of the text, which stays below an inserted standard answer
    signature = ""

    def __init__(self, *desks: str, data: Any = None, initial: dict[str, str] | None = None):
        super().__init__(data, initial=initial)
        standard: Any = self.fields["standard"]
        standard.queryset = StandardAnswer.objects.filter(desk__in=desks)

    def text_with_standard_answer(self, incidents: Iterable[Incident]) -> dict[str, str]:
        """Return initial values for the form: the typed text followed by the chosen standard answer.

        `incidents`: those of the letters that the answer is about. Errors in the typed values are ignored.
        """
        self.full_clean()
        chosen = self.cleaned_data.get("standard")
        typed = (self["text"].value() or "").replace("\r\n", "\n").removesuffix(self.signature)
        texts = [typed.strip(), chosen.text_about(incidents) if chosen else ""]
        others = {name: self[name].value() for name in self.fields if name not in ("standard", "text")}
        return others | {"text": "\n\n".join(filter(None, texts)) + self.signature}


class EscalationAnswerForm(StandardAnswerTextForm):
    """Answer, question or note of the desk: `kind` is "answer", "ask" or "note"."""

    kind = forms.ChoiceField(
        label="Hvem skriver du til?",
        widget=HintedRadios,
        initial="answer",
    )

    def __init__(self, escalation: Escalation, data: Any = None, initial: dict[str, str] | None = None):
        super().__init__(escalation.desk, data=data, initial=initial)
        who = escalation.raised_by.first_name
        choices = [("answer", f"Svar til {who}"), ("ask", f"Spørg {who} om mere"), ("note", "Intern note")]
        set_choices(self, "kind", choices)
        self.fields["kind"].widget.hints = {
            "answer": f"{who} får en mail.",
            "ask": f"{who} får en mail.",
            "note": f"Kun {escalation.get_desk_display()} kan se noten.",
        }


class BulkAnswerForm(StandardAnswerTextForm):
    """The same answer to several escalations."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["text"].label = "Svar til alle"


class HandOverEscalationForm(forms.Form):
    """Handover to a colleague. `seen`: id of the owner when the page was read; empty for nobody."""

    to = forms.TypedChoiceField(
        label="Giv henvendelsen til",
        coerce=int,
        error_messages={
            "required": "Vælg, hvem der skal have henvendelsen.",
            "invalid_choice": "Vælg, hvem der skal have henvendelsen.",
        },
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, escalation: Escalation, colleagues: Iterable[User], by: User, data: Any = None):
        super().__init__(data, initial={"seen": escalation.owner_id}, auto_id="giv_%s")
        names = [(one.pk, "Mig selv" if one.pk == by.pk else one.name) for one in colleagues]
        set_choices(self, "to", [("", "Vælg"), *names])


class ForwardEscalationForm(forms.Form):
    """Forwarding to another desk, with a message to that desk."""

    desk = forms.ChoiceField(
        label="Send henvendelsen videre til",
        widget=forms.RadioSelect,
        error_messages={"required": "Vælg, hvem der skal have henvendelsen."},
    )
    note = FreeText(
        label="Note til dem (kan udelades)",
        help_text="Kollegaen ser den ikke. Skriv ikke CPR-numre eller navne på borgere.",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
        required=False,
    )

    def __init__(self, escalation: Escalation, data: Any = None):
        super().__init__(data, auto_id="videre_%s")
        set_choices(self, "desk", [(one.value, one.label) for one in escalation.forwardable_desks])
