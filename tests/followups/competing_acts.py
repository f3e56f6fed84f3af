"""Every act on a follow-up, and the states of a letter in which two people may act at the same time."""

from datetime import date

from followups import services
from followups.models import BulkDecision, Decision, FollowUp
from followups.models.answers import HELP, DecisionAnswers, RecordAnswer
from tests.followups.decision_answers import (
    HARM_HANDLED,
    HARM_UNHANDLED,
    NEW_LETTER_SENT,
    NEW_LETTER_UNSENT,
    NO_DISPATCH,
    RESENT,
    bulk_result,
)

Kind = Decision.Kind
TEXT = "Er fristen ikke passeret?"


def confirm_in_bulk(letter, by, seen):
    """Confirm the letter as one of many. Raise NotPossible with the reason if it was skipped."""
    for _, why in services.confirm_letters({letter: seen}, by).skipped:
        raise services.NotPossible(why)


def decide_with(answers):
    return lambda letter, by, seen: services.decide(letter, answers, by, seen)


def decide_by_workbook(letter, by, seen):
    """Decide about the letter as one of many. Raise NotPossible with the reason if it was skipped."""
    asked = {letter: services.RequestedDecision(seen, NO_DISPATCH)}
    _, skipped = bulk_result(services.start_bulk_decision(asked, by, BulkDecision.Way.WORKBOOK))
    for why in skipped.values():
        raise services.NotPossible(why)


def act_with_text(act):
    return lambda letter, by, seen: act(letter, by, seen, TEXT)


def put_on_record(letter, by, seen):
    services.put_on_record(letter, by, seen, RecordAnswer(record_number="2020-0000000"))


def set_due_date(letter, by, seen):
    services.set_due_date(letter, date(2020, 2, 3), by, seen)


#: act → (decision kind, person, function that acts on a letter read at a version)
ACTS = {
    "decide": (Kind.DECIDED, "karen", decide_with(NO_DISPATCH)),
    "decide on behalf": (Kind.DECIDED, "jens", decide_with(HARM_HANDLED)),
    "decide with others": (Kind.DECIDED, "karen", decide_by_workbook),
    "decide with others on behalf": (Kind.DECIDED, "jens", decide_by_workbook),
    "correct": (
        Kind.CORRECTED,
        "karen",
        lambda letter, by, seen: services.correct_decision(letter, NO_DISPATCH, by, seen, TEXT),
    ),
    "correct on behalf": (
        Kind.CORRECTED,
        "jens",
        lambda letter, by, seen: services.correct_decision(letter, HARM_HANDLED, by, seen, TEXT),
    ),
    "ask for help": (Kind.HELP_ASKED, "karen", decide_with(DecisionAnswers(remedy=HELP, question="Skal det sendes?"))),
    "set the date": (Kind.DATE_SET, "karen", set_due_date),
    "set the date on behalf": (Kind.DATE_SET, "jens", set_due_date),
    "original gone": (Kind.ORIGINAL_GONE, "karen", services.mark_original_missing),
    "original gone on behalf": (Kind.ORIGINAL_GONE, "jens", services.mark_original_missing),
    "original found": (Kind.ORIGINAL_FOUND, "jens", services.mark_original_found),
    "undo": (Kind.UNDONE, "karen", services.undo_decision),
    "undo on behalf": (Kind.UNDONE, "jens", services.undo_decision),
    "sent": (Kind.DONE, "karen", services.mark_done),
    "sent on behalf": (Kind.DONE, "jens", services.mark_done),
    "handled": (Kind.HANDLED, "karen", act_with_text(services.record_remedial_action)),
    "handled on behalf": (Kind.HANDLED, "jens", act_with_text(services.record_remedial_action)),
    "on record": (Kind.RECORDED, "karen", put_on_record),
    "on record on behalf": (Kind.RECORDED, "jens", put_on_record),
    "send back": (Kind.SENT_BACK, "jens", act_with_text(services.send_back)),
    "send back from above": (Kind.SENT_BACK, "birgitte", act_with_text(services.send_back)),
    "uphold": (Kind.UPHELD, "karen", act_with_text(services.uphold)),
    "uphold on behalf": (Kind.UPHELD, "jens", act_with_text(services.uphold)),
    "confirm": (Kind.CONFIRMED, "jens", services.confirm_letter),
    "confirm from above": (Kind.CONFIRMED, "birgitte", services.confirm_letter),
    "confirm with others": (Kind.CONFIRMED, "jens", confirm_in_bulk),
}
#: starting state of the letter → (acts done before, decision kinds possible from there)
STARTS = {
    "open": ([], {Kind.DECIDED, Kind.HELP_ASKED, Kind.DATE_SET, Kind.ORIGINAL_GONE}),
    "original gone": (
        [(services.mark_original_missing, "karen")],
        {Kind.DECIDED, Kind.HELP_ASKED, Kind.DATE_SET, Kind.ORIGINAL_FOUND},
    ),
    "decided": (
        [(decide_with(NEW_LETTER_UNSENT), "karen")],
        {Kind.DECIDED, Kind.HELP_ASKED, Kind.DATE_SET, Kind.ORIGINAL_GONE, Kind.UNDONE, Kind.DONE, Kind.HANDLED},
    ),
    "done": (
        [(decide_with(RESENT), "karen")],
        {Kind.DECIDED, Kind.HELP_ASKED, Kind.DATE_SET, Kind.UNDONE, Kind.SENT_BACK, Kind.CONFIRMED},
    ),
    "done with harm": (
        [(decide_with(HARM_UNHANDLED), "karen")],
        {Kind.DECIDED, Kind.HELP_ASKED, Kind.DATE_SET, Kind.UNDONE, Kind.HANDLED, Kind.SENT_BACK},
    ),
    "done and changed": (
        [(decide_with(NEW_LETTER_SENT), "karen")],
        {Kind.DECIDED, Kind.HELP_ASKED, Kind.DATE_SET, Kind.UNDONE, Kind.RECORDED, Kind.SENT_BACK},
    ),
    "sent back with harm": (
        [(decide_with(HARM_UNHANDLED), "karen"), (act_with_text(services.send_back), "jens")],
        {Kind.DECIDED, Kind.HELP_ASKED, Kind.DATE_SET, Kind.UNDONE, Kind.HANDLED, Kind.UPHELD},
    ),
    "confirmed": ([(decide_with(RESENT), "karen"), (services.confirm_letter, "jens")], {Kind.CORRECTED}),
}


def followup_values(letter):
    return FollowUp.objects.filter(letter=letter).values().get()
