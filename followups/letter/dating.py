"""A letter's own date, as those who decide about it may set it on its page."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from followups import duties
from followups.models import FollowUp
from followups.services.moving import POSSIBLE_FROM, Kind
from letters.models import Letter
from sepo_incident.accounts.models import User
from sepo_incident.forms import DanishDateField

#: the button that gives the date back to subject and rules
GIVE_BACK = "tilbage"


class DateForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    due_on = DanishDateField(
        label="Brevets frist",
        help_text="Mødets dag, eller den sidste dag, der er i tide. Den gælder, uanset emnet og reglerne.",
    )

    def __init__(self, followup: FollowUp, data: Any = None):
        initial = {"version": followup.version, "due_on": followup.due_on}
        super().__init__(data, initial=initial, label_suffix="", auto_id="frist_%s")
        self.fields["due_on"].between = followup.letter.incident.dates_about_it  # type: ignore[attr-defined]
        self.fields["due_on"].required = GIVE_BACK not in (data or {})  # that is a button of its own
        self.is_set = followup.due_by_id is not None

    @property
    def said(self) -> date | None:
        """The date; ``None`` is given back."""
        return None if GIVE_BACK in self.data else self.cleaned_data["due_on"]


def form_for(letter: Letter, reader: User) -> DateForm | None:
    """The form on the page of a letter; ``None`` for who may not, and when it is too late."""
    followup = getattr(letter, "followup", None)
    may = letter.may_be_read and letter.withdrawn_at is None and duties.may_decide(reader, letter)
    return DateForm(followup) if may and followup and followup.status in POSSIBLE_FROM[Kind.DATE_SET] else None
