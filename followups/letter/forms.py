"""Forms of the letter page besides the decision form.

Statements with one text (send back, uphold, remedial action, hand to HR), the answer about the record (question 4 of
the decision form), the due date, and the classification of the letter.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any, ClassVar

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms

from followups.decision_form import DecisionForm, QuestionForm, set_question_dates
from followups.decision_questions import NO_NAMES_HINT, QUESTIONS
from followups.models import Escalation, FollowUp
from followups.models.answers import DeletionAnswer, RecordAnswer
from followups.models.followup import followup_of
from followups.rules.rights import LetterRights
from followups.services.state_machine import TRANSITIONS, Kind
from letters.categories import category_rules
from letters.models import Letter
from sepo_incident.accounts.models import User
from sepo_incident.core.forms import (
    ConditionalQuestion,
    DanishDateField,
    FreeText,
    OptionCards,
    set_choices,
    set_date_bounds,
)

Review = FollowUp.ConsequenceReview


class StatementForm(forms.Form):
    """A form with one text. `name` is the form's key on the page; `missing` is the error message for an empty text."""

    name: ClassVar[str]
    asks: ClassVar[str]
    missing: ClassVar[str]
    text = FreeText(help_text=NO_NAMES_HINT, max_length=2000, widget=forms.Textarea(attrs={"rows": 3, "class": "wide"}))

    def __init__(self, followup: FollowUp, data: Any = None):
        super().__init__(data, label_suffix="", auto_id=f"{self.name}-%s")
        self.fields["text"].label = self.label_for(followup)
        self.fields["text"].error_messages["required"] = self.missing

    def label_for(self, followup: FollowUp) -> str:
        return self.asks

    @property
    def answer(self) -> str:
        return self.cleaned_data["text"]

    @property
    def typed_text(self) -> str:
        return self["text"].value()


class SendBackForm(StatementForm):
    name = "question_form"
    asks = "Hvad skal afsenderen svare på eller rette?"
    missing = "Skriv, hvad afsenderen skal svare på eller rette."


class UpholdForm(StatementForm):
    name = "uphold_form"
    asks = "Hvorfor fastholder du beslutningen?"
    missing = "Skriv, hvorfor du fastholder beslutningen."


class RemedialActionForm(StatementForm):
    """The remedial action for the consequences, or the findings about unknown consequences, after the decision."""

    name = "handled_form"
    asks = "Hvad har I gjort?"
    missing = "Skriv det kort."

    def label_for(self, followup: FollowUp) -> str:
        return "Hvad har I fundet ud af?" if followup.consequence_review == Review.UNKNOWN else self.asks


class HandToHrForm(StatementForm):
    """Hand a personnel case over to Personalejura."""

    name = "hr_form"
    asks = "Hvad skal Personalejura vide?"
    missing = "Skriv kort, hvad Personalejura skal vide."


Status = FollowUp.Status


class RecordForm(QuestionForm):
    """The answer about the record: a record number, or the reason why none is needed.

    `name` is the form's key on the page, as in StatementForm. Before the letter is sent, the question stands beside
    the button that marks the letter as sent, and the answer may wait.
    """

    name: ClassVar[str] = "record_form"
    ASKED_OF = (Status.DECIDED, Status.DONE, Status.SENT_BACK)

    def __init__(self, followup: FollowUp, data: Any = None):
        super().__init__(data, label_suffix="", auto_id="paa-sagen-%s")
        for name in ("journalised", "record_number", "no_record_reason"):
            self.fields[name] = deepcopy(DecisionForm.base_fields[name])
        self.fields["journalised"].label = "Er ændringen journaliseret?"
        is_sent = followup.status != Status.DECIDED
        self.fields["journalised"].help_text = "" if is_sent else "Du kan svare senere, men før lederen bekræfter."
        self.helper = FormHelper()
        self.helper.template = "dkfds/display_form.html"
        self.helper.layout = Layout(ConditionalQuestion("journalised", "record_number", otherwise=["no_record_reason"]))

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not data.get("journalised") and "journalised" not in self.errors:
            self.add_error("journalised", self.fields["journalised"].error_messages["required"])
        return data

    @property
    def answer(self) -> RecordAnswer:
        return RecordAnswer(self.cleaned_data["record_number"] or "", self.cleaned_data["no_record_reason"] or "")

    @property
    def typed_text(self) -> str:
        return self["record_number"].value() or self["no_record_reason"].value() or ""


class DeletionForm(QuestionForm):
    """The answer whether the wrong recipient has confirmed the deletion, for a letter that waits for it.

    `name` is the form's key on the page, as in StatementForm.
    """

    name: ClassVar[str] = "deletion_form"

    def __init__(self, followup: FollowUp, data: Any = None):
        super().__init__(data, label_suffix="", auto_id="sletning-%s")
        for name in DeletionAnswer._fields:
            self.fields[name] = deepcopy(DecisionForm.base_fields[name])
        self.fields["deletion"].required = True
        set_question_dates(self, followup.letter.incident.plausible_dates)
        self.helper = FormHelper()
        self.helper.template = "dkfds/display_form.html"
        opened = [
            (one.condition.answers[0], one.name)
            for one in QUESTIONS
            if one.condition and one.condition.parent == "deletion"
        ]
        self.helper.layout = Layout(OptionCards("deletion", {answer: [name] for answer, name in opened}))

    @property
    def answer(self) -> DeletionAnswer:
        return DeletionAnswer(**{name: value for name, value in self.cleaned_data.items() if value})

    @property
    def typed_text(self) -> str:
        return self["no_deletion_reason"].value() or ""


#: Name of the button that lets the due date follow the subject and the rules again.
RESET_BUTTON = "tilbage"


class DueDateForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    due_on = DanishDateField(
        label="Brevets dato",
        help_text="Mødedagen eller den sidste dag i fristen. Den erstatter den automatiske dato.",
    )

    def __init__(self, followup: FollowUp, data: Any = None):
        initial = {"version": followup.version, "due_on": followup.due_on}
        super().__init__(data, initial=initial, label_suffix="", auto_id="frist_%s")
        set_date_bounds(self, followup.letter.incident.plausible_dates, "due_on")
        self.fields["due_on"].required = RESET_BUTTON not in (data or {})  # the reset button sends no date
        self.is_set = followup.due_by_id is not None

    @property
    def due_date(self) -> date | None:
        """Return the date, or None to let the due date follow the subject and the rules again."""
        return None if RESET_BUTTON in self.data else self.cleaned_data["due_on"]


def due_date_form_for(letter: Letter) -> DueDateForm | None:
    """Return the form to set the letter's due date, or None if the letter is confirmed or not opened."""
    followup = followup_of(letter)
    return DueDateForm(followup) if followup and followup.status in TRANSITIONS[Kind.DATE_SET] else None


READ_BY_FEW = "I en personalesag kan kun afsenderen, brevets leder og Personalejura læse emnet."
HR_LOSES_SIGHT = (
    "Fjerner du krydset, kan Personalejura ikke se brevet mere. Kun afsenderen, brevets leder eller Koncern IT kan "
    "sætte krydset igen."
)
CANNOT_BE_UNTICKED = f"{READ_BY_FEW} Kun de kan fjerne krydset igen."


class ClassifyForm(forms.Form):
    """Set the letter's category and whether the letter is a personnel case.

    The choices are the categories of the incident and the letter's present category. Some readers may not set the
    personnel case; Koncern IT may only tick the box, not untick. `advice` explains the effect of the box.
    """

    category = forms.ChoiceField(label="Emneområde")
    is_personnel_case = forms.BooleanField(label="Det er en personalesag", required=False)

    def __init__(self, data: Any, letter: Letter, reader: User, allowed: LetterRights):
        super().__init__(data, initial={"category": letter.category, "is_personnel_case": letter.is_personnel_case})
        names = dict.fromkeys([letter.category, *category_rules.list_category_names(letter.incident)])
        set_choices(self, "category", [(name, name or "Intet") for name in names])
        self.fields["category"].required = bool(letter.category)
        self.may_set_personnel_case = allowed.set_personnel_case
        self.advice = CANNOT_BE_UNTICKED
        if self.may_set_personnel_case:
            self.advice = HR_LOSES_SIGHT if letter.would_become_invisible_to(reader) else READ_BY_FEW
        elif not allowed.mark_personnel_case:
            del self.fields["is_personnel_case"]

    @property
    def classification(self) -> tuple[str, bool | None]:
        """Return (category or "", is a personnel case).

        The second value is None if the reader was not asked, or left the box empty without the right to untick.
        """
        is_one = self.cleaned_data.get("is_personnel_case")
        return self.cleaned_data["category"], is_one if self.may_set_personnel_case else is_one or None


type ActForm = StatementForm | RecordForm | DeletionForm


def statement_forms(letter: Letter, allowed: LetterRights) -> dict[str, ActForm]:
    """Return the forms for the statements that a reader with the rights may make now about the decision, by name."""
    followup = followup_of(letter)
    if followup is None or not letter.accepts_changes:
        return {}
    is_shown_by_form: dict[type[ActForm], bool] = {
        SendBackForm: allowed.confirm and followup.status == Status.DONE,
        UpholdForm: allowed.decide and followup.is_sent_back,
        HandToHrForm: followup.is_open and allowed.hand_to_hr and not is_handed_over(followup),
        RecordForm: allowed.decide and followup.status in RecordForm.ASKED_OF and followup.has_unrecorded_change,
        DeletionForm: allowed.decide and followup.awaits_deletion,
        RemedialActionForm: allowed.decide and followup.is_review_open and followup.status != Status.CONFIRMED,
    }
    return {form.name: form(followup) for form, is_asked in is_shown_by_form.items() if is_asked}


def is_handed_over(followup: FollowUp) -> bool:
    """Return whether the letter is with Personalejura, who decide. One query."""
    return Escalation.objects.handed_over().filter(followup=followup).exists()
