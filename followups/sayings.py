"""The forms of what is said about a decision in a text of its own: the leader's question, the sender's answer to it,
and what was done about the consequences."""

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
    missing: ClassVar[str]
    text = FreeText(help_text=NO_NAMES, max_length=2000, widget=forms.Textarea(attrs={"rows": 3, "class": "wide"}))

    def __init__(self, followup: FollowUp, data: Any = None):
        super().__init__(data, label_suffix="", auto_id=f"{self.name}-%s")
        self.fields["text"].label = self.asks(followup)
        self.fields["text"].error_messages["required"] = self.missing

    def asks(self, followup: FollowUp) -> str:
        raise NotImplementedError


class QuestionForm(Saying):
    name, missing = "question_form", "Skriv, hvad afsenderen skal svare på eller rette."

    def asks(self, followup: FollowUp) -> str:
        return "Hvad skal afsenderen svare på eller rette?"


class UpholdForm(Saying):
    name, missing = "uphold_form", "Skriv, hvorfor beslutningen står ved magt."

    def asks(self, followup: FollowUp) -> str:
        return "Hvorfor står beslutningen ved magt?"


class HandledForm(Saying):
    """What was done about the consequences, or what became known of them, once the decision has been made."""

    name, missing = "handled_form", "Skriv det kort."

    def asks(self, followup: FollowUp) -> str:
        is_known = followup.consequence_review != Review.UNKNOWN
        return "Hvad er der gjort ved følgerne?" if is_known else "Hvad har I fundet ud af?"
