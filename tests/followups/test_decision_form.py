"""The decision form: what it demands, what it ignores, and what it never lets through."""

from datetime import date
from decimal import Decimal

import pytest

from followups.decision_form import DecisionForm, KronerField, initial_from_answers
from followups.models.answers import HELP, DecisionAnswers
from sepo_incident.core.forms import CPR_REFUSAL
from tests.followups.test_services import HARMED, NEW_LATER, NOT_AGAIN, SENT_AGAIN

RESEND = {
    "version": "0",
    "remedy": "RESEND",
    "is_resent": "ja",
    "deadline_missed": "nej",
    "consequence_review": "NONE",
}
HARM = {
    "consequence_review": "FOUND",
    "parties": ["RECIPIENT"],
    "severity": "GRAVE",
    "consequence_text": "Familien mistede pladsen",
    "is_handled": "nej",
}


def filled(**answers) -> DecisionForm:
    form = DecisionForm(RESEND | answers)
    form.is_valid()
    return form


def test_the_shortest_way_through():
    assert filled().answers == SENT_AGAIN


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
        (HARM | {"is_handled": "ja"}, {"handled_text"}),
    ],
)
def test_only_what_was_shown_must_be_answered(answers, asked):
    assert set(filled(**answers).errors) == asked


def test_answers_to_questions_that_were_not_shown_are_ignored_whatever_is_in_them():
    hidden = {
        "no_dispatch_reason": "070761-4285",
        "question": "Hvad nu?",
        "missed_on_day": "99",
        "missed_on_month": "x",
        "amount": "meget",
        "parties": ["NOBODY"],
        "consequence_text": "070761-4285",
    }
    form = filled(**hidden)
    assert form.errors == {}
    assert form.answers == SENT_AGAIN


def test_asking_for_help_asks_for_nothing_else():
    form = filled(remedy=HELP, question="Skal det sendes?", consequence_review="", deadline_missed="", note="x")
    assert form.answers == DecisionAnswers(remedy=HELP, question="Skal det sendes?")


@pytest.mark.parametrize(
    "name",
    [
        "no_dispatch_reason",
        "question",
        "consequence_text",
        "handled_text",
        "record_number",
        "no_record_reason",
        "note",
    ],
)
@pytest.mark.parametrize("number", ["070761-4285", "0707614285", "070761 4285"])
def test_a_cpr_number_is_refused_wherever_it_is_typed(name, number):
    ways = {"no_dispatch_reason": {"remedy": "NO_DISPATCH"}, "question": {"remedy": HELP}}
    ways |= {"record_number": {"journalised": "ja"}, "no_record_reason": {"journalised": "ikke-noedvendigt"}}
    way = ways.get(name, HARM)
    form = filled(**way | {"is_handled": "ja", "handled_text": "Udsat"} | {name: f"Om {number}"})
    assert form.errors == {name: [CPR_REFUSAL]}


def test_a_new_date_lies_after_the_old_one():
    old = {"deadline_missed": "ja", "missed_on_day": "6", "missed_on_month": "1", "missed_on_year": "2020"}
    new = {"new_deadline_day": "6", "new_deadline_month": "1", "new_deadline_year": "2020"}
    assert set(filled(**old, **new).errors) == {"new_deadline", "journalised"}
    new |= {"new_deadline_day": "27"}
    assert set(filled(**old, **new).errors) == {"journalised"}, "a new date is a fact that has changed"
    assert not filled(**old, **new, is_resent="nej").errors, "and not before the letter is sent"
    on_record = {"journalised": "ja", "record_number": "2020-0000000"}
    assert filled(**old, **new, **on_record).answers.new_deadline == date(2020, 1, 27)
    assert set(filled(**old | {"missed_on_day": "31", "missed_on_month": "4"}).errors) == {"missed_on"}


@pytest.mark.parametrize(
    ("typed", "amount"),
    [("1250", "1250"), ("1.250", "1250"), ("1.250,50", "1250.50"), ("12,5 kr.", "12.5"), ("1 250", "1250"), ("", None)],
)
def test_amounts_are_written_as_danes_write_them(typed, amount):
    assert KronerField(required=False).clean(typed) == (Decimal(amount) if amount else None)


@pytest.mark.parametrize("typed", ["meget", "-5", "12.5", "1,250.00", "1.2.3"])
def test_other_amounts_are_sent_back(typed):
    assert set(filled(**HARM, amount=typed).errors) == {"amount"}


@pytest.mark.parametrize("answers", [SENT_AGAIN, NEW_LATER, NOT_AGAIN, HARMED])
def test_a_decision_fetched_from_the_ledger_fills_the_form_it_came_from(answers):
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


def test_an_old_decision_is_fetched_and_asked_for_what_it_lacks():
    """As they stand in ledgers from before: a tick without a number, a number without a tick, neither."""
    old = SENT_AGAIN.as_json()
    for more, journalised in (({"is_journalised": True}, "ja"), ({"record_number": "2020-0000000"}, "ja"), ({}, "")):
        assert initial_from_answers(DecisionAnswers.from_json(old | more))["journalised"] == journalised


def test_whoever_waits_for_an_answer_cannot_ask_again():
    form = DecisionForm(RESEND | {"remedy": HELP, "question": "Hallo?"}, may_ask=False)
    assert set(form.errors) == {"remedy"}


@pytest.mark.parametrize("name", ["missed_on", "new_deadline"])
@pytest.mark.parametrize(
    ("year", "is_refused"), [("1000", True), ("2017", True), ("2019", False), ("2021", False), ("9999", True)]
)
def test_a_date_lies_about_the_incident(name, year, is_refused):
    dates = {"missed_on_day": "9", "missed_on_month": "12", "missed_on_year": "2018"} | {
        f"{name}_{part}": value for part, value in (("day", "12"), ("month", "12"), ("year", year))
    }
    on_record = {"journalised": "ja", "record_number": "2020-0000000"}
    form = DecisionForm(
        RESEND | on_record | {"deadline_missed": "ja"} | dates, between=(date(2018, 12, 9), date(2021, 12, 19))
    )
    message = "Datoen skal ligge mellem 9. december 2018 og 19. december 2021. Er årstallet rigtigt?"
    assert form.errors == ({name: [message]} if is_refused else {})
