"""The table of questions agrees with the plain answers, the columns, the constraints and the erasable texts."""

from copy import deepcopy
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from followups.decision_form import DecisionForm, set_question_dates
from followups.decision_questions import IF_DECIDED, NOT_NEEDED, QUESTIONS, YES, Condition, Days, questions_of
from followups.models import FollowUp
from followups.models.answers import HELP, DecisionAnswers
from followups.models.decision import PERSONAL_ANSWERS
from followups.services.decisions import decision_fields
from followups.services.state_machine import UNDECIDED_FIELDS
from followups.workbook.columns import answer_columns
from letters.incident_kinds import KINDS
from sepo_incident.core import calendar
from sepo_incident.core.forms import DanishDateField, FreeText, KronerField
from tests.followups.decision_answers import HARM_HANDLED, followup_of

TYPED = {
    "version": 0,
    "no_dispatch_reason": "Ligger på Aula",
    "missed_on_day": "6",
    "missed_on_month": "1",
    "missed_on_year": "2020",
    "new_deadline_day": "27",
    "new_deadline_month": "1",
    "new_deadline_year": "2020",
    "parties": ["RECIPIENT"],
    "severity": "SOME",
    "consequence_text": "Familien kunne ikke svare",
    "amount": "1.250",
    "handled_text": "Afgørelsen er udsat",
    "record_number": "2020-0000000",
    "no_record_reason": "Der er ikke ændret noget",
    "note": "Talt med lederen",
}


def decided_followup(cast, answers: DecisionAnswers) -> FollowUp:
    """Return the follow-up as after the decision, not saved."""
    followup = followup_of(cast.plain)
    for name, value in decision_fields(followup, answers, cast.karen, timezone.now()).items():
        setattr(followup, name, value)
    return followup


def test_questions_and_answers_are_the_same():
    assert {question.answer_name for question in QUESTIONS} == {field.name for field in fields(DecisionAnswers)}


def test_parent_comes_first():
    names = [question.name for question in QUESTIONS]
    conditions = {question.name: question.condition for question in QUESTIONS if question.condition}
    assert all(condition.parent in names[: names.index(name)] for name, condition in conditions.items())


def example_of(question):
    """Return an answer that the field of the question may get."""
    if isinstance(question.field, DanishDateField):
        return date(2020, 1, 13)
    if isinstance(question.field, KronerField):
        return Decimal(1250)
    if isinstance(question.field, forms.MultipleChoiceField):
        return (question.field.choices[0][0],)
    if isinstance(getattr(DecisionAnswers(""), question.answer_name), bool | None):
        return True
    return question.field.choices[0][0] if getattr(question.field, "choices", None) else "Ringet"


COLUMNS = {field.name for field in FollowUp._meta.fields}
WITH_COLUMN = [question for question in QUESTIONS if question.answer_name in COLUMNS]


def test_every_answer_survives_the_history():
    for question in QUESTIONS:
        answers = DecisionAnswers(**{"remedy": "RESEND", question.answer_name: example_of(question)})
        assert DecisionAnswers.from_json(answers.as_json()) == answers


def test_decision_writes_every_column_and_undo_empties_it(cast):
    for question in WITH_COLUMN:
        name, example = question.answer_name, example_of(question)
        assert getattr(decided_followup(cast, replace(HARM_HANDLED, **{name: example})), name) == example
        assert UNDECIDED_FIELDS[name] == getattr(DecisionAnswers(""), name)


def test_undecided_followup_has_no_answer(cast):
    constraint = next(one for one in FollowUp._meta.constraints if one.name == "followup_status_has_its_fields")
    for question in WITH_COLUMN:
        followup = followup_of(cast.plain)
        constraint.validate(FollowUp, followup)
        setattr(followup, question.answer_name, example_of(question))
        with pytest.raises(ValidationError, match="passer ikke sammen"):
            constraint.validate(FollowUp, followup)


def test_every_typed_text_can_be_erased():
    for question in QUESTIONS:
        paths = {f"answers.{question.answer_name}"}
        paths |= {f"before.{question.answer_name}"} if question.answer_name in COLUMNS else set()
        assert paths <= set(PERSONAL_ANSWERS) or not isinstance(question.field, FreeText), question.name


def test_every_date_has_bounds():
    first, last, today = date(2019, 12, 1), date(2020, 6, 30), calendar.today()
    bounds = {Days.ANY: (first, last), Days.UNTIL_TODAY: (first, today), Days.FROM_TODAY: (today, last)}
    for question in QUESTIONS:
        if isinstance(question.field, DanishDateField):
            form = forms.Form()
            form.fields[question.name] = deepcopy(question.field)
            set_question_dates(form, (first, last))
            assert form.fields[question.name].between == bounds[question.days], question.name
        else:
            assert question.days == Days.ANY


def test_kind_that_asks_a_question_has_its_cell_and_words():
    for question in QUESTIONS:
        asked_in = [rules for rules in KINDS.values() if question in questions_of(rules)]
        assert asked_in, "no kind asks the question"
        cells = {column.name for rules in asked_in for column in answer_columns(rules, is_own=True)}
        assert question.name in cells or question.condition == Condition("remedy", (HELP,))
        has_parent = question.condition not in (None, IF_DECIDED)
        assert question.heading or has_parent, "the summary shows the answer, or the row of its parent does"


def test_every_valid_form_satisfies_the_constraints(cast):
    """All questions are answered, also the hidden questions; the form drops what the database must not hold."""
    records = (("ja", YES), ("nej", NOT_NEEDED))
    for remedy, sent, missed, review, (handled, record) in product(
        IF_DECIDED.answers, ("ja", "nej"), ("ja", "nej"), FollowUp.ConsequenceReview, records
    ):
        if (sent == missed) == (handled == "ja"):
            continue
        posted = {
            "remedy": remedy,
            "is_resent": sent,
            "is_new_sent": sent,
            "are_both_sent": sent,
            "is_sent_on_paper": sent,
            "paper_reason": "DEAD",
            "is_decision_changed": "ja",
            "deadline_missed": missed,
        }
        posted |= {"consequence_review": review.value, "is_handled": handled, "journalised": record}
        form = DecisionForm(TYPED | posted)
        assert form.is_valid(), form.errors
        decided_followup(cast, form.answers).validate_constraints()


@pytest.mark.parametrize(
    ("hidden", "constraint"),
    [
        ({"no_dispatch_reason": "x"}, "Skriv, hvorfor brevet ikke skal sendes igen"),
        ({"remedy": "NO_DISPATCH"}, "Skriv, hvorfor brevet ikke skal sendes igen"),
        ({"paper_reason": "DEAD"}, "Vælg, hvorfor brevet sendes på papir"),
        ({"remedy": "PAPER"}, "Vælg, hvorfor brevet sendes på papir"),
        (
            {"consequence_review": "", "handled_at": None, "handled_by": None, "is_decision_changed": True},
            "En ændret afgørelse er en konsekvens",
        ),
        ({"deadline_missed": False}, "En passeret dato"),
        ({"consequence_review": "NONE"}, "Skriv kun, hvad der er gjort"),
        ({"no_record_reason": "x"}, "Enten er det journaliseret"),
    ],
)
def test_constraints_refuse_the_answer_to_a_hidden_question(cast, hidden, constraint):
    followup = decided_followup(cast, HARM_HANDLED)
    followup.validate_constraints()
    for name, value in hidden.items():
        setattr(followup, name, value)
    with pytest.raises(ValidationError, match=constraint):
        followup.validate_constraints()
