"""Two people act on one letter: the second act waits for the first, and a version that it did not see refuses it."""

from datetime import date
from functools import partial

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from followups import services
from followups.letter import decision_drafts
from followups.models import BulkDecision, Decision, DecisionDraft, FollowUp
from followups.models.answers import HELP, DecisionAnswers, RecordAnswer
from followups.services.state_machine import WITHDRAWN
from letters.models import Letter
from sepo_incident.audit.verification import verify_chain
from sepo_incident.core.database import Conflict
from tests.factories import FollowUpFactory, LetterFactory, at
from tests.followups.decision_answers import (
    HARM_UNHANDLED,
    NEW_LETTER_SENT,
    NEW_LETTER_UNSENT,
    NO_DISPATCH,
    RESENT,
    bulk_result,
    decision_kinds,
    followup_of,
)
from tests.followups.decision_posts import RESEND_POST
from tests.letters.concurrency import act_at_once, act_during

pytestmark = pytest.mark.usefixtures("monday")
committing = pytest.mark.django_db(transaction=True)
Kind = Decision.Kind
TEXT = "Er fristen ikke passeret?"


def decide_with(answers):
    return lambda letter, by, seen: services.decide(letter, answers, by, seen)


def act_with_text(act):
    return lambda letter, by, seen: act(letter, by, seen, TEXT)


def confirm_in_bulk(letter, by, seen):
    """Confirm the letter as one of many. Raise NotPossible with the reason if it was skipped."""
    for _, why in services.confirm_letters({letter: seen}, by).skipped:
        raise services.NotPossible(why)


def decide_by_workbook(letter, by, seen):
    """Decide about the letter as one of many. Raise NotPossible with the reason if it was skipped."""
    asked = {letter: services.RequestedDecision(seen, NO_DISPATCH)}
    _, skipped = bulk_result(services.start_bulk_decision(asked, by, BulkDecision.Way.WORKBOOK))
    for why in skipped.values():
        raise services.NotPossible(why)


#: act → (decision kind, person, function that acts on a letter read at a version)
ACTS = {
    "decide": (Kind.DECIDED, "karen", decide_with(NO_DISPATCH)),
    "decide with others": (Kind.DECIDED, "jens", decide_by_workbook),
    "correct": (
        Kind.CORRECTED,
        "karen",
        lambda letter, *seen: services.correct_decision(letter, NO_DISPATCH, *seen, TEXT),
    ),
    "ask for help": (Kind.HELP_ASKED, "karen", decide_with(DecisionAnswers(remedy=HELP, question="Skal det sendes?"))),
    "set the date": (
        Kind.DATE_SET,
        "jens",
        lambda letter, *seen: services.set_due_date(letter, date(2020, 2, 3), *seen),
    ),
    "original gone": (Kind.ORIGINAL_GONE, "karen", services.mark_original_missing),
    "original found": (Kind.ORIGINAL_FOUND, "jens", services.mark_original_found),
    "undo": (Kind.UNDONE, "karen", services.undo_decision),
    "sent": (Kind.DONE, "jens", services.mark_done),
    "handled": (Kind.HANDLED, "karen", act_with_text(services.record_remedial_action)),
    "on record": (
        Kind.RECORDED,
        "karen",
        lambda *seen: services.put_on_record(*seen, RecordAnswer(record_number="2020-0000000")),
    ),
    "send back": (Kind.SENT_BACK, "birgitte", act_with_text(services.send_back)),
    "uphold": (Kind.UPHELD, "karen", act_with_text(services.uphold)),
    "confirm": (Kind.CONFIRMED, "jens", services.confirm_letter),
    "confirm with others": (Kind.CONFIRMED, "birgitte", confirm_in_bulk),
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


def letter_in_state(cast, start):
    """Return a new letter of Karen's in the starting state."""
    known = {"incident": cast.incident, "batch": cast.plain.batch, "sender": cast.karen, "leader": cast.jens}
    letter = FollowUpFactory(letter=LetterFactory(**known)).letter
    for version, (act, who) in enumerate(STARTS[start][0]):
        act(letter, getattr(cast, who), version)
    return letter


def run(cast, name, letter, seen):
    _, who, act = ACTS[name]
    return act(letter, getattr(cast, who), seen)


def followup_values(letter):
    return FollowUp.objects.filter(letter=letter).values().get()


@pytest.mark.parametrize("start", STARTS)
def test_second_act_on_a_seen_version_is_refused(cast, start):
    """The first act leaves the status as it is, so that only the version refuses the second."""
    letter, possible = letter_in_state(cast, start), STARTS[start][1]
    seen = followup_of(letter).version
    assert {ACTS[name][0] for name in ACTS if is_possible(cast, name, letter, seen)} == possible
    first = "correct" if possible == {Kind.CORRECTED} else "set the date"
    run(cast, first, letter, seen)
    after, kinds = followup_values(letter), decision_kinds(letter)
    for name in [name for name, (kind, _, _) in ACTS.items() if kind in possible]:
        with pytest.raises((Conflict, services.NotPossible), match=r"\w") as told, transaction.atomic():
            run(cast, name, letter, seen)
        if isinstance(told.value, Conflict):
            assert told.value.current.version == after["version"]
        else:
            assert "with others" in name, f"{name}: the one act says what changed"
        assert (followup_values(letter), decision_kinds(letter)) == (after, kinds), name


def is_possible(cast, name, letter, seen) -> bool:
    """Return whether the act is possible. The act is rolled back."""
    with transaction.atomic():
        try:
            run(cast, name, Letter.objects.get(pk=letter.pk), seen)
        except services.NotPossible:
            return False
        finally:
            transaction.set_rollback(True)
    return True


@committing
def test_second_act_waits_for_the_lock_and_is_refused(cast):
    for name, (kind, _, _) in ACTS.items():
        start, (until, possible) = next(one for one in STARTS.items() if kind in one[1][1])
        letter, seen = letter_in_state(cast, start), len(until)
        first = "correct" if possible == {Kind.CORRECTED} else "set the date"
        with pytest.raises((Conflict, services.NotPossible), match=r"\w"):
            act_during(partial(run, cast, first, letter, seen), partial(run, cast, name, letter, seen))
    assert verify_chain().rows > 0


@committing
def test_bulk_acts_in_opposite_order_do_not_deadlock(cast):
    letters = [letter_in_state(cast, "done") for _ in range(4)]
    asked = {letter: services.RequestedDecision(1, NO_DISPATCH) for letter in reversed(letters)}
    confirmed, decided = act_at_once(
        lambda act: act(),
        [
            partial(services.confirm_letters, dict.fromkeys(letters, 1), cast.jens),
            partial(services.start_bulk_decision, asked, cast.karen, BulkDecision.Way.WORKBOOK),
        ],
    )
    assert {len(confirmed.skipped), len(bulk_result(decided)[1])} == {0, 4}


@committing
def test_bulk_confirmation_waits_for_a_withdrawal(cast):
    letter = letter_in_state(cast, "done")
    withdraw = partial(Letter.objects.filter(pk=letter.pk).update, withdrawn_at=at(2020, 1, 12))
    confirmed = act_during(withdraw, partial(services.confirm_letters, {letter: 1}, cast.jens))
    assert [why for _, why in confirmed.skipped] == [WITHDRAWN]


@committing
def test_draft_kept_during_a_save_is_refused(cast):
    keep = partial(decision_drafts.keep_draft, cast.plain.followup, cast.karen, {"note": "Halvt"}, 0, 0)
    with pytest.raises(decision_drafts.DraftNotKept, match="Du har gemt brevet"):
        act_during(partial(services.decide, cast.plain, NO_DISPATCH, cast.karen, 0), keep)
    assert not DecisionDraft.objects.exists()


@committing
def test_bulk_decision_posted_twice_is_made_once(cast):
    letters = [cast.plain, cast.soon]
    posted = RESEND_POST | {"trin": "gem", "breve": " ".join(f"{letter.pk}:0" for letter in letters)}
    clients = [Client(), Client()]
    for client in clients:
        client.force_login(cast.karen)
    answers = act_at_once(lambda client: client.post(reverse("decide_my_letters"), posted), clients)
    bulk = BulkDecision.objects.get()
    assert [one.url.split("?")[0] for one in answers] == [reverse("bulk_decision", args=[bulk.pk])] * 2
    assert [decision_kinds(letter) for letter in letters] == [["DECIDED"]] * 2
