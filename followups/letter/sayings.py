"""The forms of what is said about a decision in a text of its own: the leader's question, the sender's answer to it,
what was done about the consequences, and why Personalejura is to decide."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from followups.forms import NO_NAMES
from followups.models import FollowUp
from sepo_incident.forms import FreeText

Review = FollowUp.ConsequenceReview


class Saying(forms.Form):
    """One text. The page knows the form by ``name``; ``missing`` is said when there is no text."""

    name: ClassVar[str]
    asks: ClassVar[str]
    missing: ClassVar[str]
    text = FreeText(help_text=NO_NAMES, max_length=2000, widget=forms.Textarea(attrs={"rows": 3, "class": "wide"}))

    def __init__(self, followup: FollowUp, data: Any = None):
        super().__init__(data, label_suffix="", auto_id=f"{self.name}-%s")
        self.fields["text"].label = self.label_for(followup)
        self.fields["text"].error_messages["required"] = self.missing

    def label_for(self, followup: FollowUp) -> str:
        return self.asks

    @property
    def said(self) -> str:
        return self.cleaned_data["text"]

    @property
    def typed(self) -> str:
        return self["text"].value()


class QuestionForm(Saying):
    name = "question_form"
    asks = "Hvad skal afsenderen svare på eller rette?"
    missing = "Skriv, hvad afsenderen skal svare på eller rette."


class UpholdForm(Saying):
    name = "uphold_form"
    asks = "Hvorfor skal beslutningen blive stående?"
    missing = "Skriv, hvorfor beslutningen skal blive stående."


class HandledForm(Saying):
    """What was done about the consequences, or what became known of them, once the decision has been made."""

    name = "handled_form"
    asks = "Hvad er der gjort ved følgerne?"
    missing = "Skriv det kort."

    def label_for(self, followup: FollowUp) -> str:
        return "Hvad har I fundet ud af?" if followup.consequence_review == Review.UNKNOWN else self.asks


class HandToHrForm(Saying):
    """A personnel case is left to Personalejura."""

    name = "hr_form"
    asks = "Hvad skal Personalejura vide?"
    missing = "Skriv kort, hvad Personalejura skal vide."
