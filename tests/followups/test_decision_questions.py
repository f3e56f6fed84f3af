"""The table of questions agrees with the plain answers, the columns, the constraints and the erasable texts."""

from dataclasses import fields
from itertools import product

import pytest
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.utils import timezone

from followups.decision_form import DecisionForm
from followups.decision_questions import IF_DECIDED, NOT_NEEDED, QUESTIONS, YES
from followups.models import FollowUp
from followups.models.answers import DecisionAnswers
from followups.models.decision import PERSONAL_ANSWERS
from followups.services.decisions import decision_fields
from sepo_incident.core.forms import FreeText
from tests.followups.decision_answers import HARM_HANDLED, NO_DISPATCH, followup_of

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
    "no_record_reason": "Intet er ændret",
    "note": "Talt med lederen",
}


def is_column(name: str) -> bool:
    try:
        return bool(FollowUp._meta.get_field(name))
    except FieldDoesNotExist:
        return False


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


@pytest.mark.parametrize("answers", [HARM_HANDLED, NO_DISPATCH])
def test_each_answer_with_a_column_is_stored(cast, answers):
    followup = decided_followup(cast, answers)
    columns = {question.answer_name for question in QUESTIONS if is_column(question.answer_name)}
    assert {name: getattr(followup, name) for name in columns} == {name: getattr(answers, name) for name in columns}
    assert columns >= {"remedy", "no_dispatch_reason", "handled_text", "record_number", "note"}


def test_each_typed_text_can_be_erased():
    texts = [question.answer_name for question in QUESTIONS if isinstance(question.field, FreeText)]
    paths = {f"answers.{name}" for name in texts} | {f"before.{name}" for name in texts if is_column(name)}
    assert paths <= set(PERSONAL_ANSWERS)


def test_every_valid_form_satisfies_the_constraints(cast):
    """All questions are answered, also the hidden questions; the form drops what the database must not hold."""
    valid = 0
    for remedy, sent, missed, review, handled, record in product(
        IF_DECIDED.answers, ("ja", "nej"), ("ja", "nej"), FollowUp.ConsequenceReview, ("ja", "nej"), (YES, NOT_NEEDED)
    ):
        posted = {
            "remedy": remedy,
            "is_resent": sent,
            "is_new_sent": sent,
            "are_both_sent": sent,
            "deadline_missed": missed,
        }
        posted |= {"consequence_review": review.value, "is_handled": handled, "journalised": record}
        form = DecisionForm(TYPED | posted)
        assert form.is_valid(), form.errors
        decided_followup(cast, form.answers).validate_constraints()
        valid += 1
    assert valid == 192


@pytest.mark.parametrize(
    ("hidden", "constraint"),
    [
        ({"no_dispatch_reason": "x"}, "Skriv, hvorfor brevet ikke skal sendes igen"),
        ({"remedy": "NO_DISPATCH"}, "Skriv, hvorfor brevet ikke skal sendes igen"),
        ({"deadline_missed": False}, "En passeret dato"),
        ({"consequence_review": "NONE"}, "Skriv kun, hvad der er gjort"),
        ({"no_record_reason": "x"}, "Enten er det skrevet på sagen"),
    ],
)
def test_constraints_refuse_the_answer_to_a_hidden_question(cast, hidden, constraint):
    followup = decided_followup(cast, HARM_HANDLED)
    followup.validate_constraints()
    for name, value in hidden.items():
        setattr(followup, name, value)
    with pytest.raises(ValidationError, match=constraint):
        followup.validate_constraints()
