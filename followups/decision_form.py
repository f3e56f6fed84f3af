"""The decision form: the questions of `followups.decision_questions`, about one letter or about many.

CSS alone opens the questions, so the browser also sends answers to hidden questions; `clean` ignores such answers.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from crispy_forms.bootstrap import InlineCheckboxes, InlineRadios
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout
from django import forms

from followups.decision_questions import (
    HELP_CHOICE,
    IF_DECIDED,
    NO,
    NO_NAMES_HINT,
    QUESTIONS,
    QUESTIONS_BY_NAME,
    REMEDIES,
    REMEDY_LABEL,
    REVIEW_CHOICES,
    SENT_LATER,
    YES,
    Condition,
    Question,
    Review,
    Wording,
    questions_of,
)
from followups.models.answers import HELP, DecisionAnswers
from followups.rules.due_dates import DeadlineProposal
from followups.services import refusal_without_original
from letters.incident_kinds import USUAL_RULES, KindRules
from sepo_incident.core import calendar
from sepo_incident.core.forms import (
    ConditionalQuestion,
    DanishDateField,
    FreeText,
    Hint,
    OptionCards,
    set_choices,
    set_date_bounds,
)

HELP_HINT = {
    False: "DIT svarer dig her på siden.",
    True: "Personalejura og Forhandling svarer dig her på siden.",
}
#: The questions about sending, one for each remedy that sends something.
SENT_QUESTIONS = [question.name for question in QUESTIONS if question.answer_name == "is_sent"]


class QuestionForm(forms.Form):
    """Form with some of the questions. A question whose parent is not in the form is always asked."""

    def clean(self) -> dict[str, Any]:
        """Drop answers to questions that are not asked; then require the remaining answers."""
        data: dict[str, Any] = super().clean() or {}
        for question in QUESTIONS:
            name, condition = question.name, question.condition
            if condition is None or name not in self.fields or condition.parent not in self.fields:
                continue
            if data.get(condition.parent) not in condition.answers:
                data[name] = None
                self.errors.pop(name, None)
            elif not (question.is_optional or data.get(name) or name in self.errors):
                self.add_error(name, question.field.error_messages["required"])
        return data


def set_question_dates(form: forms.Form, between: tuple[date, date] | None) -> None:
    """Set the first and last day that the date questions of the form accept, of the days `between`."""
    for question in QUESTIONS:
        if between and isinstance(form.fields.get(question.name), DanishDateField):
            set_date_bounds(form, question.days.within(*between, calendar.today()), question.name)


class DecisionForm(QuestionForm):
    """Decision about a letter, or the question for a desk."""

    is_about_many: ClassVar[bool] = False

    version = forms.IntegerField(widget=forms.HiddenInput)
    correction_reason = FreeText(
        label="Hvorfor retter du den bekræftede beslutning?",
        help_text=NO_NAMES_HINT,
        widget=forms.Textarea(attrs={"rows": 3, "class": "wide"}),
        max_length=1000,
        error_messages={"required": "Skriv en begrundelse."},
    )

    def __init__(
        self,
        data: Any = None,
        *,
        initial: Mapping[str, Any] | None = None,
        is_personnel_case: bool = False,
        may_ask: bool = True,
        is_own: bool = True,
        passed_on: date | None = None,
        proposal: DeadlineProposal | None = None,
        between: tuple[date, date] | None = None,
        corrects: bool = False,
        is_original_gone: bool = False,
        rules: KindRules = USUAL_RULES,
        **kwargs: Any,
    ):
        """Build the form for a reader and a letter.

        - `may_ask`: offer the choice to ask for help.
        - `is_own`: the sender fills the form in, not a leader.
        - `passed_on`: the letter's own date if it has passed.
        - `proposal`: a new date instead of `passed_on`.
        - `between`: first and last day allowed for dates in the form.
        - `corrects`: the leader has confirmed, so the form asks why the decision changes.
        - `is_original_gone`: nobody can find the letter, so it cannot be sent again.
        - `rules`: which questions and remedies the kind of the incident sets.
        """
        super().__init__(data, initial=dict(initial or {}), **kwargs)
        self.rules, self.questions = rules, questions_of(rules)
        for question in QUESTIONS:
            if question not in self.questions:
                del self.fields[question.name]
        self.order_fields(["version", "correction_reason", *(question.name for question in self.questions)])
        self.label_suffix = ""
        self.is_original_gone = is_original_gone
        if not corrects:
            del self.fields["correction_reason"]
        set_question_dates(self, between)
        self._set_remedy_wording(
            is_own=is_own, may_ask=may_ask and not self.is_about_many, is_personnel_case=is_personnel_case
        )
        for name in filter(self.fields.__contains__, SENT_QUESTIONS):
            is_about_many = self.is_about_many or name == "are_both_sent"
            later = SENT_LATER.pick(is_own=is_own, is_about_many=is_about_many)
            set_choices(self, name, [(YES, "Ja"), (NO, later)])
        if self.is_about_many:
            self._use_wording_for_many()
        for name, labels in rules.labels.items():
            self.fields[name].label = labels[self.is_about_many]
        numbered = [question.name for question in self.questions if question.is_numbered]
        for number, name in enumerate(numbered, start=1):
            self.fields[name].label = f"{number}. {self.fields[name].label}"
        self._drop_questions_never_asked()
        self.proposal = proposal  # the text has words from a person, so it is no part of a template
        self.helper = FormHelper()
        # The page's template holds form tag, CSRF token, summary and buttons.
        self.helper.template = "dkfds/display_form.html"
        self.helper.layout = self._build_layout(passed_on)

    def _set_remedy_wording(self, *, is_own: bool, may_ask: bool, is_personnel_case: bool) -> None:
        field = self.fields["remedy"]
        field.label = REMEDY_LABEL.pick(is_own=is_own, is_about_many=self.is_about_many)
        offers = self.rules.remedies.items()
        choices = [
            (
                remedy,
                (Wording(*offer.choice) if offer.choice else REMEDIES[remedy].choice).pick(
                    is_own=is_own, is_about_many=self.is_about_many
                ),
            )
            for remedy, offer in offers
        ]
        set_choices(self, "remedy", [*choices, HELP_CHOICE] if may_ask else choices)
        hints = {remedy: offer.hint or REMEDIES[remedy].hint for remedy, offer in offers}
        field.widget.hints = hints | {HELP: HELP_HINT[is_personnel_case]}

    def _use_wording_for_many(self) -> None:
        """Word the form for many letters. Harm, and a doubt, is about a single letter, so neither is a choice."""
        del self.fields["version"]
        for question in self.questions:
            field = self.fields[question.name]
            field.label = question.label_for_many or field.label
            field.help_text = question.hint_for_many or field.help_text
        set_choices(self, "consequence_review", [choice for choice in REVIEW_CHOICES if choice[0] != Review.FOUND])

    def _drop_questions_never_asked(self) -> None:
        for question in self.questions:
            if question.condition:
                parent = self.fields.get(question.condition.parent)
                choices = {str(value) for value, _ in parent.widget.choices} if parent else set()
                if choices.isdisjoint(question.condition.answers):
                    del self.fields[question.name]

    def _build_layout(self, passed_on: date | None) -> Layout:
        """Return the questions in page order: under the card of the remedy that opens the question, or below."""
        self.hints_before = {"is_resent": Hint("passed_date", day=passed_on)} if passed_on else {}
        self.hints_after = dict.fromkeys(SENT_QUESTIONS, Hint("proof_later", is_about_many=self.is_about_many))
        if self.proposal:
            self.hints_after["new_deadline"] = Hint("proposed_date", proposal=self.proposal)
        remedies = [str(value) for value, _ in self.fields["remedy"].widget.choices]
        above, below = self._layout_around_remedy()
        return Layout(
            *(["version"] if "version" in self.fields else []),
            *([Div("correction_reason", css_class="block")] if "correction_reason" in self.fields else []),
            *([Div(*above, css_class="unless-help")] if above else []),
            OptionCards("remedy", {remedy: self._layout_under(Condition("remedy", (remedy,))) for remedy in remedies}),
            Div(*below, css_class="unless-help"),
        )

    def _layout_around_remedy(self) -> tuple[list[Any], list[Any]]:
        """Return the questions above the remedies and those below."""
        remedy = self.questions.index(QUESTIONS_BY_NAME["remedy"])
        above, below = (
            [
                Div(one, css_class="q") if isinstance(one, str) else one
                for one in self._layout_under(IF_DECIDED, questions)
            ]
            for questions in (self.questions[:remedy], self.questions[remedy:])
        )
        return above, below

    def _layout_under(self, condition: Condition, questions: Sequence[Question] = QUESTIONS) -> list[Any]:
        """Return the questions asked under the condition, and below each the questions that it opens."""
        shown: list[Any] = []
        for question in questions:
            name = question.name
            if question.condition == condition and name in self.fields:
                shown += [self.hints_before[name]] if name in self.hints_before else []
                shown.append(self._layout_of(question))
                shown += [self.hints_after[name]] if name in self.hints_after else []
        return shown

    def _layout_of(self, question: Question) -> Any:
        name = question.name
        opened = [one.condition for one in QUESTIONS if one.condition and one.condition.parent == name]
        if opened:
            first, *others = dict.fromkeys(opened)
            if len(others) > 1:
                return OptionCards(name, {one.answers[0]: self._layout_under(one) for one in (first, *others)})
            otherwise = [layout for condition in others for layout in self._layout_under(condition)]
            more = self._layout_under(first)
            return ConditionalQuestion(name, *more, opens_on=first.answers, otherwise=otherwise)
        if isinstance(question.field, forms.MultipleChoiceField):
            return InlineCheckboxes(name)
        if question.is_numbered and isinstance(question.field, forms.ChoiceField):
            return ConditionalQuestion(name)
        return InlineRadios(name) if isinstance(question.field, forms.ChoiceField) else name

    def clean(self) -> dict[str, Any]:
        """Check the remaining answers against each other."""
        data = super().clean()
        old, new = data.get("missed_on"), data.get("new_deadline")
        if old and new and new <= old:
            self.add_error("new_deadline", "Den nye dato skal være senere end den gamle.")
        is_sent = YES in map(data.get, SENT_QUESTIONS)
        answers = DecisionAnswers(data.get("remedy") or "", is_sent, new_deadline=new)
        if refusal := refusal_without_original(answers, is_gone=self.is_original_gone):
            self.add_error("remedy", refusal)
        if not data.get("journalised") and answers.lacks_record_answer:
            self.add_error("journalised", "Svar, om ændringen er journaliseret.")
        return data

    @property
    def answers(self) -> DecisionAnswers:
        """Return the answers of the valid form."""
        typed = [(question, self.cleaned_data.get(question.name)) for question in QUESTIONS]
        given = [(question, value) for question, value in typed if value not in (None, "", [])]
        return DecisionAnswers(**{question.answer_name: question.answer_from(value) for question, value in given})


# On the class, so that a draft and a test find the fields without a form.
DecisionForm.base_fields |= {question.name: question.field for question in QUESTIONS}


class BulkDecisionForm(DecisionForm):
    """The same decision about many letters, without the questions that only a single letter can answer."""

    is_about_many = True


def initial_from_answers(answers: DecisionAnswers) -> dict[str, Any]:
    """Return initial values from a decision in the history: the inverse of `DecisionForm.answers`."""
    return {question.name: question.value_from(answers) for question in QUESTIONS}
