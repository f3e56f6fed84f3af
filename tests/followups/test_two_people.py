"""Two people have read the same letter, and both act: every pair of acts, in both orders."""

from datetime import date
from itertools import permutations

import pytest
from django.db import transaction

from followups import services
from followups.models import BulkDecision, Decision, FollowUp
from followups.models.answers import HELP, DecisionAnswers, RecordAnswer
from letters.models import Letter
from tests.followups.test_consequences import OWED
from tests.followups.test_services import HARMED, NEW_LATER, NEW_SENT, NOT_AGAIN, SENT_AGAIN, kinds, standing

pytestmark = pytest.mark.usefixtures("monday")
Kind = Decision.Kind
TEXT = "Er fristen ikke passeret?"


def confirm_with_others(letter, by, seen):
    """It goes on with the rest, and says of this letter why it was left alone."""
    for _, why in services.confirm_letters({letter: seen}, by).skipped:
        raise services.NotPossible(why)


def decide(answers):
    return lambda letter, by, seen: services.decide(letter, answers, by, seen)


def decide_with_others(letter, by, seen):
    """As ``confirm_with_others``."""
    asked = {letter: services.RequestedDecision(seen, NOT_AGAIN)}
    for _, why in services.decide_many(asked, by, BulkDecision.Way.WORKBOOK).skipped:
        raise services.NotPossible(why)


def say(act):
    return lambda letter, by, seen: act(letter, by, seen, TEXT)


def put_on_record(letter, by, seen):
    services.put_on_record(letter, by, seen, RecordAnswer(record_number="2020-0000000"))


def set_date(letter, by, seen):
    services.set_due_date(letter, date(2020, 2, 3), by, seen)


#: act → (its kind, who, what they do to a letter that they have read at this version)
ACTS = {
    "decide": (Kind.DECIDED, "karen", decide(NOT_AGAIN)),
    "decide on behalf": (Kind.DECIDED, "jens", decide(HARMED)),
    "decide with others": (Kind.DECIDED, "karen", decide_with_others),
    "correct": (
        Kind.CORRECTED,
        "karen",
        lambda letter, by, seen: services.correct_decision(letter, NOT_AGAIN, by, seen, TEXT),
    ),
    "correct on behalf": (
        Kind.CORRECTED,
        "jens",
        lambda letter, by, seen: services.correct_decision(letter, HARMED, by, seen, TEXT),
    ),
    "ask for help": (Kind.HELP_ASKED, "karen", decide(DecisionAnswers(remedy=HELP, question="Skal det sendes?"))),
    "set the date": (Kind.DATE_SET, "karen", set_date),
    "set the date on behalf": (Kind.DATE_SET, "jens", set_date),
    "original gone": (Kind.ORIGINAL_GONE, "karen", services.mark_original_missing),
    "original gone on behalf": (Kind.ORIGINAL_GONE, "jens", services.mark_original_missing),
    "original found": (Kind.ORIGINAL_FOUND, "jens", services.mark_original_found),
    "undo": (Kind.UNDONE, "karen", services.undo_decision),
    "undo on behalf": (Kind.UNDONE, "jens", services.undo_decision),
    "sent": (Kind.DONE, "karen", services.mark_done),
    "sent on behalf": (Kind.DONE, "jens", services.mark_done),
    "handled": (Kind.HANDLED, "karen", say(services.record_remedial_action)),
    "handled on behalf": (Kind.HANDLED, "jens", say(services.record_remedial_action)),
    "on record": (Kind.RECORDED, "karen", put_on_record),
    "on record on behalf": (Kind.RECORDED, "jens", put_on_record),
    "send back": (Kind.SENT_BACK, "jens", say(services.send_back)),
    "send back from above": (Kind.SENT_BACK, "birgitte", say(services.send_back)),
    "uphold": (Kind.UPHELD, "karen", say(services.uphold)),
    "uphold on behalf": (Kind.UPHELD, "jens", say(services.uphold)),
    "confirm": (Kind.CONFIRMED, "jens", services.confirm_letter),
    "confirm from above": (Kind.CONFIRMED, "birgitte", services.confirm_letter),
    "confirm with others": (Kind.CONFIRMED, "jens", confirm_with_others),
}
#: where the letter stands when both read it → what was done until then, and what is possible now
STARTS = {
    "open": ([], {Kind.DECIDED, Kind.HELP_ASKED, Kind.DATE_SET, Kind.ORIGINAL_GONE}),
    "original gone": (
        [(services.mark_original_missing, "karen")],
        {Kind.DECIDED, Kind.HELP_ASKED, Kind.DATE_SET, Kind.ORIGINAL_FOUND},
    ),
    "decided": (
        [(decide(NEW_LATER), "karen")],
        {Kind.DECIDED, Kind.HELP_ASKED, Kind.DATE_SET, Kind.ORIGINAL_GONE, Kind.UNDONE, Kind.DONE, Kind.HANDLED},
    ),
    "done": (
        [(decide(SENT_AGAIN), "karen")],
        {Kind.DECIDED, Kind.HELP_ASKED, Kind.DATE_SET, Kind.UNDONE, Kind.SENT_BACK, Kind.CONFIRMED},
    ),
    "done with harm": (
        [(decide(OWED), "karen")],
        {Kind.DECIDED, Kind.HELP_ASKED, Kind.DATE_SET, Kind.UNDONE, Kind.HANDLED, Kind.SENT_BACK},
    ),
    "done and changed": (
        [(decide(NEW_SENT), "karen")],
        {Kind.DECIDED, Kind.HELP_ASKED, Kind.DATE_SET, Kind.UNDONE, Kind.RECORDED, Kind.SENT_BACK},
    ),
    "sent back with harm": (
        [(decide(OWED), "karen"), (say(services.send_back), "jens")],
        {Kind.DECIDED, Kind.HELP_ASKED, Kind.DATE_SET, Kind.ORIGINAL_GONE, Kind.UNDONE, Kind.HANDLED, Kind.UPHELD},
    ),
    "confirmed": ([(decide(SENT_AGAIN), "karen"), (services.confirm_letter, "jens")], {Kind.CORRECTED}),
}


def row_of(letter):
    return FollowUp.objects.filter(letter=letter).values().get()


@pytest.mark.parametrize("start", STARTS)
def test_one_wins_the_other_is_told_and_nothing_is_lost(cast, start):
    until, possible = STARTS[start]
    letter = cast.plain
    for act, who in until:
        act(letter, getattr(cast, who), standing(letter).version)
    seen, before = standing(letter).version, kinds(letter)
    assert {kind for kind, who, act in ACTS.values() if does(act, letter, getattr(cast, who), seen)} == possible
    acts = [name for name, (kind, _, _) in ACTS.items() if kind in possible]
    for pair in permutations(acts, 2):
        with transaction.atomic():
            (_, winner, wins), (_, loser, loses) = (ACTS[name] for name in pair)
            wins(letter, getattr(cast, winner), seen)
            after, since = row_of(letter), kinds(letter)[len(before) :]
            with pytest.raises((services.FollowUpConflict, services.NotPossible), match=r"\w") as told:
                loses(letter, getattr(cast, loser), seen)
            if isinstance(told.value, services.FollowUpConflict):
                assert told.value.followup.version == after["version"]
            assert row_of(letter) == after, pair
            assert kinds(letter) == before + since, pair
            assert ACTS[pair[0]][0] in since, pair
            transaction.set_rollback(True)


def does(act, letter, by, seen) -> bool:
    """Is the act possible? What it did is rolled back."""
    with transaction.atomic():
        try:
            act(Letter.objects.get(pk=letter.pk), by, seen)
        except services.NotPossible:
            return False
        finally:
            transaction.set_rollback(True)
    return True
