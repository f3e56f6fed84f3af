"""Random histories of letters: what the database keeps of them and what boards count equal a plain count in Python.

`make histories` runs 200 of them.
"""

import os
import threading
from collections import Counter
from contextlib import suppress
from random import Random

import pytest
from django.db import connection

from followups import services
from followups.boards.board import Board
from followups.boards.board_letters import units_with_board_for
from followups.models import Arrival, FollowUp
from followups.reporting.letter_figures import BOARD_FIGURES, CONFIRMER_FIGURES
from followups.services import arrivals
from letters.models import Letter
from sepo_incident.core import danish
from sepo_incident.core.database import Conflict
from tests.followups.arrival_reports import ARRIVED, NOT_ARRIVED
from tests.followups.decision_answers import RESENT, followup_of
from tests.plain_counts import count_in_python, letters_on
from tests.random_incident import fill_incident

HISTORIES = range(100, 100 + int(os.environ.get("HISTORIES", "2")))
pytestmark = [pytest.mark.usefixtures("monday"), pytest.mark.slow]


@pytest.mark.parametrize("seed", HISTORIES)
def test_boards_count_as_a_plain_count(cast, seed):
    """For everybody, on each board they may open, as a list and as figures."""
    people, chance, wrong = fill_incident(cast, seed), Random(seed), []
    for letter in chance.sample(list(Letter.objects.order_by("pk")), 6):
        Letter.objects.filter(pk=letter.pk).update(leader=chance.choice([*people, None]))
    for person in people:
        for unit in units_with_board_for(person):
            board = Board(unit, cast.incident, person, counts_people=True)
            wrong += [(person, unit, *one) for one in differences(board, letters_on(unit, person, cast.incident))]
    assert wrong == []


def differences(board, letters):
    """Yield (group, figures only in the board's count, figures only in the plain count)."""
    counted = board.counted
    shown = [((), board.counts)]
    shown += [(group["unit__lineage"][-1], counts) for group, counts in counted.by_unit]
    shown += [(f"sender {group['sender_id']}", counts) for group, counts in counted.by_sender]
    plain = [((), letters)]
    plain += [(pk, [one for one in letters if one.unit_id == pk]) for pk in {one.unit_id for one in letters}]
    senders = {one.sender_id for one in letters}
    plain += [(f"sender {pk}", [one for one in letters if one.sender_id == pk]) for pk in senders]
    assert {name for name, _ in shown} == {name for name, _ in plain}
    for name, rows in plain:
        expected, found = count_in_python(rows, board.reader), Counter(dict(shown)[name])
        found["CONFIRMABLE"] = found["MINE"] + found["THEIRS"]
        expected["DONE"] = sum(found[part] for part in CONFIRMER_FIGURES)
        compared = {"CONFIRMABLE", *BOARD_FIGURES} & (expected.keys() | COMPARED)
        if wrong := {one: (found[one], expected[one]) for one in compared if found[one] != expected[one]}:
            yield name, wrong


#: Figures of a board that the plain count counts too, also where it finds none.
COMPARED = {"FOLLOWED_UP", "LACKS_DECISION", "DECIDED", "TO_ANSWER", "NO_LEADER", "OTHERS"}
COMPARED |= {
    "OPEN",
    "SENT_BACK",
    "HELP",
    "PASSED",
    "GONE",
    "TOGETHER",
    "ARRIVED",
    "ARRIVING",
    "NOT_ARRIVED",
    "CONFIRMABLE",
}


@pytest.mark.parametrize("seed", HISTORIES)
def test_followups_keep_what_their_rows_say(cast, seed):
    fill_incident(cast, seed)
    newest = {one.followup_id: one for one in Arrival.objects.active().order_by("pk").select_related("followup")}
    for followup in FollowUp.objects.all():
        days = [followup.opened_on, followup.decided_on, followup.done_on]
        moments = [followup.opened_at, followup.decided_at, followup.done_at]
        assert days == [danish.local_date(at) if at else None for at in moments]
        arrival = newest.get(followup.pk)
        if arrival and arrival.remedy != followup.remedy:
            arrival = None
        kept = followup.has_arrived, followup.arrived_on, followup.reported_sent_on
        assert kept == ((arrival.has_arrived, arrival.arrived_on, arrival.sent_on) if arrival else (None, None, None))
    assert arrivals.count_stale_arrivals() == 0


@pytest.mark.django_db(transaction=True)
def test_two_reports_at_once_leave_the_newest(cast):
    """Two people report about one letter from two connections: the follow-up keeps the report that came last."""
    services.decide(cast.plain, RESENT, cast.karen, 0)
    followup, start = followup_of(cast.plain), threading.Barrier(2)

    def report(answer) -> None:
        start.wait(10)
        try:
            for _ in range(10):
                letter = Letter.objects.visible_to(cast.karen).get(pk=cast.plain.pk)
                newest = arrivals.newest_arrival_of(followup)
                with suppress(Conflict, services.NotPossible):
                    arrivals.record_arrival(letter, answer, cast.karen, newest.pk if newest else 0)
                with suppress(Conflict, services.NotPossible):  # a letter that did not arrive is sent once more
                    services.mark_done(letter, cast.karen, followup_of(letter).version)
        finally:
            connection.close()

    threads = [threading.Thread(target=report, args=[answer]) for answer in (ARRIVED, NOT_ARRIVED)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert Arrival.objects.filter(followup=followup).count() > 4
    assert arrivals.count_stale_arrivals() == 0
