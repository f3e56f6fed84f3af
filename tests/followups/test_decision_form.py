"""The decision form: required answers, ignored answers and refused answers."""

from datetime import date
from decimal import Decimal

import pytest

from followups.decision_form import DecisionForm, initial_from_answers
from followups.models.answers import HELP, DecisionAnswers
from sepo_incident.core.forms import CPR_REFUSAL, KronerField
from tests.followups.decision_answers import HARM_HANDLED, NEW_LETTER_UNSENT, NO_DISPATCH, RESENT
from tests.followups.decision_posts import HARM_POST, RESEND_POST


def filled_form(**answers) -> DecisionForm:
    form = DecisionForm(RESEND_POST | answers)
    form.is_valid()
    return form


def test_shortest_valid_form():
    assert filled_form().answers == RESENT


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ({"remedy": ""}, {"remedy"}),
        ({"is_resent": ""}, {"is_resent"}),
        ({"remedy": "NEW_LETTER"}, {"is_new_sent"}),
        ({"remedy": "NEW_LETTER", "is_new_sent": "ja"}, {"journalised"}),
        ({"remedy": "NEW_LETTER", "is_new_sent": "nej"}, set()),
        ({"journalised": "ja"}, {"record_number"}),
        ({"journalised": "ikke-noedvendigt"}, {"no_record_reason"}),
        ({"remedy": "NO_DISPATCH"}, {"no_dispatch_reason"}),
        ({"remedy": HELP}, {"question"}),
        ({"deadline_missed": ""}, {"deadline_missed"}),
        ({"deadline_missed": "ja"}, {"missed_on"}),
        ({"consequence_review": ""}, {"consequence_review"}),
        ({"consequence_review": "FOUND"}, {"parties", "severity", "consequence_text", "is_handled"}),
        (HARM_POST | {"is_handled": "ja"}, {"handled_text"}),
    ],
)
def test_only_shown_questions_are_required(answers, asked):
    assert set(filled_form(**answers).errors) == asked


def test_answers_to_hidden_questions_are_ignored():
    hidden = {
        "no_dispatch_reason": "070761-4285",
        "question": "Hvad nu?",
        "missed_on_day": "99",
        "missed_on_month": "x",
        "amount": "meget",
        "parties": ["NOBODY"],
        "consequence_text": "070761-4285",
    }
    form = filled_form(**hidden)
    assert form.errors == {}
    assert form.answers == RESENT


def test_asking_for_help_needs_only_the_question():
    form = filled_form(remedy=HELP, question="Skal det sendes?", consequence_review="", deadline_missed="", note="x")
    assert form.answers == DecisionAnswers(remedy=HELP, question="Skal det sendes?")


@pytest.mark.parametrize(
    "name",
    ["no_dispatch_reason", "question", "consequence_text", "handled_text", "record_number", "no_record_reason", "note"],
)
def test_cpr_number_is_refused_in_every_field(name):
    ways = {"no_dispatch_reason": {"remedy": "NO_DISPATCH"}, "question": {"remedy": HELP}}
    ways |= {"record_number": {"journalised": "ja"}, "no_record_reason": {"journalised": "ikke-noedvendigt"}}
    way = ways.get(name, HARM_POST)
    form = filled_form(**way | {"is_handled": "ja", "handled_text": "Udsat"} | {name: "Om 070761-4285"})
    assert form.errors == {name: [CPR_REFUSAL]}


def test_new_date_must_be_after_the_old_date():
    old = {"deadline_missed": "ja", "missed_on_day": "6", "missed_on_month": "1", "missed_on_year": "2020"}
    new = {"new_deadline_day": "6", "new_deadline_month": "1", "new_deadline_year": "2020"}
    assert set(filled_form(**old, **new).errors) == {"new_deadline", "journalised"}
    new |= {"new_deadline_day": "27"}
    assert set(filled_form(**old, **new).errors) == {"journalised"}, "a new date is a fact that has changed"
    assert not filled_form(**old, **new, is_resent="nej").errors, "and not before the letter is sent"
    on_record = {"journalised": "ja", "record_number": "2020-0000000"}
    assert filled_form(**old, **new, **on_record).answers.new_deadline == date(2020, 1, 27)
    assert set(filled_form(**old | {"missed_on_day": "31", "missed_on_month": "4"}).errors) == {"missed_on"}


@pytest.mark.parametrize(
    ("typed", "amount"),
    [("1250", "1250"), ("1.250", "1250"), ("1.250,50", "1250.50"), ("12,5 kr.", "12.5"), ("1 250", "1250"), ("", None)],
)
def test_danish_amounts_are_parsed(typed, amount):
    assert KronerField(required=False).clean(typed) == (Decimal(amount) if amount else None)


@pytest.mark.parametrize("typed", ["meget", "-5", "12.5"])
def test_other_amounts_are_refused(typed):
    assert set(filled_form(**HARM_POST, amount=typed).errors) == {"amount"}


@pytest.mark.parametrize("answers", [NEW_LETTER_UNSENT, NO_DISPATCH, HARM_HANDLED])
def test_fetched_decision_fills_the_form(answers):
    posted = {}
    for name, value in initial_from_answers(answers).items():
        if isinstance(value, date):
            posted |= {f"{name}_day": value.day, f"{name}_month": value.month, f"{name}_year": value.year}
        elif value not in (None, False):
            posted[name] = KronerField().prepare_value(value)
    form = DecisionForm(
        posted
        | {"version": 0, "deadline_missed": "ja" if answers.deadline_missed else "nej"}
        | ({} if answers.consequence_review else {"consequence_review": "NONE"})
    )
    assert form.is_valid(), form.errors
    assert form.answers.as_json() | answers.as_json() == form.answers.as_json()


def test_old_decision_is_fetched_and_missing_answers_are_required():
    """As in histories from before the question: a tick without a number, a number without a tick, neither."""
    old = RESENT.as_json()
    for more, journalised in (({"is_journalised": True}, "ja"), ({"record_number": "2020-0000000"}, "ja"), ({}, "")):
        assert initial_from_answers(DecisionAnswers.from_json(old | more))["journalised"] == journalised


def test_second_question_is_refused_while_one_is_open():
    form = DecisionForm(RESEND_POST | {"remedy": HELP, "question": "Hallo?"}, may_ask=False)
    assert set(form.errors) == {"remedy"}


@pytest.mark.parametrize("name", ["missed_on", "new_deadline"])
@pytest.mark.parametrize(("year", "is_refused"), [("2017", True), ("2019", False), ("9999", True)])
def test_date_must_be_near_the_incident(name, year, is_refused):
    dates = {"missed_on_day": "9", "missed_on_month": "12", "missed_on_year": "2018"} | {
        f"{name}_{part}": value for part, value in (("day", "12"), ("month", "12"), ("year", year))
    }
    on_record = {"journalised": "ja", "record_number": "2020-0000000"}
    form = DecisionForm(
        RESEND_POST | on_record | {"deadline_missed": "ja"} | dates, between=(date(2018, 12, 9), date(2021, 12, 19))
    )
    message = "Datoen skal ligge mellem 9. december 2018 og 19. december 2021. Er årstallet rigtigt?"
    assert form.errors == ({name: [message]} if is_refused else {})
