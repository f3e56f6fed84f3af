"""Question 4 of the decision form alone: for a letter that is being sent, or was, where nobody has answered it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, ClassVar

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms

from followups.answers import OnRecord
from followups.forms import MUST_ANSWER, NOT_NEEDED, YES, DecisionForm
from followups.models import FollowUp
from sepo_incident.forms import Asks

Status = FollowUp.Status
#: answer → the field that it opens
OPENS = {YES: "record_number", NOT_NEEDED: "no_record_reason"}


class OnRecordForm(forms.Form):
    """The page knows it by ``name``, as a ``Saying``. Before the letter is sent it is asked beside the button that says
    so, and may wait."""

    name: ClassVar[str] = "record_form"
    ASKED_OF = (Status.DECIDED, Status.DONE, Status.SENT_BACK)

    def __init__(self, followup: FollowUp, data: Any = None):
        super().__init__(data, label_suffix="", auto_id="paa-sagen-%s")
        for name in ("journalised", *OPENS.values()):
            self.fields[name] = deepcopy(DecisionForm.base_fields[name])
            self.fields[name].required = False
        self.fields["no_record_reason"].widget = forms.Textarea(attrs={"rows": 3, "class": "wide"})
        self.fields["record_number"].widget.attrs["class"] = "short"
        self.fields["journalised"].label = "Er ændringen skrevet på sagen?"
        is_sent = followup.status != Status.DECIDED
        self.fields["journalised"].help_text = (
            "" if is_sent else "Du kan svare senere, men først da kan lederen bekræfte."
        )
        self.helper = FormHelper()
        self.helper.template = "dkfds/display_form.html"
        self.helper.layout = Layout(Asks("journalised", "record_number", otherwise=["no_record_reason"]))

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        answer = data.get("journalised") or ""
        if not answer and "journalised" not in self.errors:
            self.add_error("journalised", "Vælg et af svarene.")
        for opening, name in OPENS.items():
            if answer != opening:
                data[name] = ""
                self.errors.pop(name, None)
            elif not data.get(name) and name not in self.errors:
                self.add_error(name, MUST_ANSWER[name])
        return data

    @property
    def said(self) -> OnRecord:
        return OnRecord(self.cleaned_data["record_number"], self.cleaned_data["no_record_reason"])

    @property
    def typed(self) -> str:
        return self["record_number"].value() or self["no_record_reason"].value() or ""
