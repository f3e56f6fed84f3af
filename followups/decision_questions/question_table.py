"""All questions of the decision form, and the questions of a kind of incident in its order."""

from __future__ import annotations

from followups.decision_questions.common_questions import COMMON_QUESTIONS
from followups.decision_questions.kind_questions import KIND_QUESTIONS
from followups.decision_questions.question import IF_DECIDED, Question
from letters.incident_kinds import KindRules

#: In the order of the form. A question comes after its parent.
QUESTIONS = [*COMMON_QUESTIONS, *KIND_QUESTIONS]
QUESTIONS_BY_NAME = {question.name: question for question in QUESTIONS}


def questions_of(rules: KindRules) -> list[Question]:
    """Return the questions that the kind asks, in its order, each followed by the questions that it opens."""

    def root(question: Question) -> str:
        is_nested = question.condition and question.name not in rules.questions and question.condition != IF_DECIDED
        return root(QUESTIONS_BY_NAME[question.condition.parent]) if is_nested else question.name  # type: ignore[union-attr]

    asked = [question for question in QUESTIONS if root(question) in rules.questions]
    return sorted(asked, key=lambda question: rules.questions.index(root(question)))


def number_of(name: str, rules: KindRules) -> int:
    """Return the number of a numbered question in the form, counted from 1."""
    return [one.name for one in questions_of(rules) if one.is_numbered].index(name) + 1
