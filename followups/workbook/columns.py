"""The questions of the decision form as columns of a sheet: answers to cell texts, and cell texts to form data.

The questions, the choices and the validation come from the decision form alone.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import chain, combinations
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError

from followups.decision_form import DecisionForm, initial_from_answers
from followups.decision_questions import IF_DECIDED, Question
from followups.models.answers import DecisionAnswers
from letters.importing.files.cell_cleaning import clean_text
from letters.importing.files.parser.sheet_tables import UNCALCULATED_FORMULA
from letters.incident_kinds import KINDS, KindRules
from sepo_incident.core import cpr, danish
from sepo_incident.core.forms import DanishDateField, KronerField

DATE_HINT = "Skriv datoen som 15-01-2020."
AMOUNT_HINT = "Skriv beløbet som 1.250 eller 1.250,50."
NO_FORMULA = "Cellen har en formel. Skriv selve svaret."

_MIDNIGHT = re.compile(r" 00:00$")  # from a date cell
_NUMBER = re.compile(r"\d+\.\d\d?")  # from a number cell; a Danish thousands separator has three digits after the point


class AnswerColumn(NamedTuple):
    """A question as a column. `hint` says when and how to answer.

    `words` maps the text of a choice to the form value, and is empty for free text.
    """

    name: str
    header: str
    field: forms.Field
    words: dict[str, Any]
    hint: str


class TypedAnswers(NamedTuple):
    """The cells of a row as form data, and for each unreadable cell a Danish sentence about the right format."""

    data: dict[str, Any]
    unread: dict[str, str]

    @property
    def is_empty(self) -> bool:
        return not any(self.data.values())


@cache
def answer_columns(rules: KindRules, *, is_own: bool) -> list[AnswerColumn]:
    """Return the columns in the order of the form for a kind of incident.

    With `is_own` in the words for the sender, else for a leader.
    """
    form = DecisionForm(may_ask=False, is_own=is_own, rules=rules)
    fields_by_question = [(one, form.fields[one.name]) for one in form.questions if one.name in form.fields]
    return [
        AnswerColumn(question.name, str(field.label), field, _choice_words(field), _column_hint(question, form.fields))
        for question, field in fields_by_question
    ]


@cache
def _columns_of_all_kinds() -> list[AnswerColumn]:
    """Return the columns of every kind of incident, in both wordings."""
    return [
        column
        for rules in KINDS.values()
        for is_own in (True, False)
        for column in answer_columns(rules, is_own=is_own)
    ]


def field_of_header(header: str) -> str:
    """Return the name of the question with this header, in any wording, or "" for any other column."""
    return _fields_by_header().get(_normalize(header), "")


def cell_texts(answers: DecisionAnswers | None, questions: Sequence[AnswerColumn]) -> list[str]:
    """Return the cell texts of a letter's answers. Empty texts for an undecided letter."""
    if answers is None:
        return [""] * len(questions)
    values = initial_from_answers(answers)
    return [_cell_text(values[question.name], question) for question in questions]


def parse_cells(texts: Mapping[str, str], rules: KindRules) -> TypedAnswers:
    """Parse the cells of a row, given by question name. A missing question is empty."""
    data: dict[str, Any] = {}
    unread: dict[str, str] = {}
    for question in answer_columns(rules, is_own=True):
        text = texts.get(question.name, "")
        if text.startswith(UNCALCULATED_FORMULA):
            unread[question.name] = NO_FORMULA
        if question.words:
            _parse_choice(question, clean_text(text), data, unread)
        elif isinstance(question.field, DanishDateField):
            _parse_date(question.name, clean_text(text), data, unread)
        elif isinstance(question.field, KronerField):
            data[question.name] = _parse_amount(clean_text(text))
        else:
            data[question.name] = _clean_lines(text)
    return TypedAnswers(data, unread)


def form_data_of(cells: Sequence[str], rules: KindRules) -> dict[str, Any]:
    """Return the form data for cells made by `cell_texts`."""
    names = [question.name for question in answer_columns(rules, is_own=True)]
    return parse_cells(dict(zip(names, cells, strict=True)), rules).data


def _choice_words(field: forms.Field) -> dict[str, Any]:
    choices = {str(label): value for value, label in getattr(field, "choices", ())}
    if not isinstance(field, forms.MultipleChoiceField):
        return choices
    several = chain.from_iterable(combinations(choices, many) for many in range(1, len(choices) + 1))
    return {danish.join_with_and(labels): [choices[label] for label in labels] for labels in several}


@cache
def _fields_by_header() -> dict[str, str]:
    return {_normalize(question.header): question.name for question in _columns_of_all_kinds()}


@cache
def _values_by_word(name: str) -> dict[str, Any]:
    """Return {text of a choice: form value} of a question, in every wording."""
    questions = [question for question in _columns_of_all_kinds() if question.name == name]
    return {_normalize(word): value for question in questions for word, value in question.words.items()}


def _normalize(text: str) -> str:
    return clean_text(text).casefold()


def _column_hint(question: Question, fields: Mapping[str, forms.Field]) -> str:
    how = {DanishDateField: DATE_HINT, KronerField: AMOUNT_HINT}.get(type(question.field), "")
    return " ".join(filter(None, [_condition_hint(question, fields), str(question.field.help_text), how]))


def _condition_hint(question: Question, fields: Mapping[str, forms.Field]) -> str:
    if question.condition in (None, IF_DECIDED):
        return ""
    above = fields[question.condition.parent]
    words = [word for word, value in _choice_words(above).items() if value in question.condition.answers]
    return f"Svar kun, når svaret på »{above.label}« er »{'« eller »'.join(words)}«."


def _cell_text(value: Any, question: AnswerColumn) -> str:
    if question.words:
        return next((word for word, code in question.words.items() if _is_same_value(code, value)), "")
    if isinstance(value, date):
        return f"{value:%d-%m-%Y}"
    if isinstance(value, Decimal):
        return _format_kroner(value)
    return cpr.mask(_clean_lines(value or ""))


def _is_same_value(code: Any, value: Any) -> bool:
    return set(code) == set(value) if isinstance(code, list) and isinstance(value, Collection) else code == value


def _clean_lines(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()


def _parse_choice(question: AnswerColumn, text: str, data: dict[str, Any], unread: dict[str, str]) -> None:
    meaning = _values_by_word(question.name).get(_normalize(text)) if text else None
    data[question.name] = text if meaning is None else meaning
    if text and meaning is None:
        unread[question.name] = f"Vælg et af svarene: »{'« eller »'.join(question.words)}«."


def _parse_date(name: str, text: str, data: dict[str, Any], unread: dict[str, str]) -> None:
    """Parse a date into the three fields of the form. The form refuses any other text too, so it stays as it is."""
    parts = [_parse_date_part(part) for part in re.split(r"[-./\s]+", _MIDNIGHT.sub("", text))]
    if not text:
        parts = ["", "", ""]
    if len(parts) != 3:
        parts, unread[name] = [text, "", ""], DATE_HINT
    elif len(parts[0]) == 4:
        parts.reverse()
    data |= {f"{name}_{part}": value for part, value in zip(("day", "month", "year"), parts, strict=True)}


def _parse_amount(text: str) -> str:
    """Return «1.250,50» and Excel's 1250.5 in one format, and any other text as it is."""
    with suppress(ValidationError):
        amount = KronerField().to_python(text.replace(".", ",") if _NUMBER.fullmatch(text) else text)
        return _format_kroner(amount) if amount is not None else ""
    return text


def _format_kroner(amount: Decimal) -> str:
    return str(KronerField().prepare_value(amount.normalize()))


def _parse_date_part(part: str) -> str:
    month = part.casefold()
    if month in danish.MONTHS:
        return str(danish.MONTHS.index(month) + 1)
    return part.lstrip("0") or "0" if part.isascii() and part.isdecimal() else part
