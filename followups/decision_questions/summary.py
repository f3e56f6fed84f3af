"""The answers of a decision as rows of a summary and as clauses of the history."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from followups.decision_questions.question import Question
from followups.decision_questions.question_table import QUESTIONS
from followups.models.answers import DecisionAnswers
from letters.models import Letter
from sepo_incident.core import danish
from sepo_incident.core.forms import DanishDateField


class AnswerRow(NamedTuple):
    question: str
    answer: str


def summarize_decision(answers: DecisionAnswers, letter: Letter) -> list[AnswerRow]:
    """Return the answers of a decision, in the order of the form, for readers who are not shown the form.

    A reader who may not read the personnel case gets only the row about the remedy.
    """
    shown = QUESTIONS if letter.reader_may_read else QUESTIONS[:1]
    rows = [AnswerRow(question.heading, question.summary(answers)) for question in shown if question.heading]
    return [row for row in rows if row.answer]


def history_clause(answers: dict[str, str], conjunction: str) -> str:
    """Return for example «, at ændringen er journaliseret (2020-0000000)» about a row of the history.

    `conjunction` is the beginning, for example «, at». "" if no question with such a clause was answered.
    """
    clauses = (
        question.history.format(_history_text(question, answers[question.name]))
        for question in QUESTIONS
        if question.history and answers.get(question.name)
    )
    return next((f"{conjunction} {clause}" for clause in clauses), "")


def _history_text(question: Question, answer: str) -> str:
    is_date = isinstance(question.field, DanishDateField)
    return danish.date(date.fromisoformat(answer)) if is_date else answer
