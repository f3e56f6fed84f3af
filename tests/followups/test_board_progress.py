"""Progress of a board: the plan, the rate and the panel, in every situation."""

from collections import Counter
from datetime import date, timedelta

import pytest

from followups import services
from followups.boards import call_suggestions, progress
from followups.boards.board import Board
from followups.boards.followed_up import build_followed_up, progress_sentence
from followups.boards.progress import FollowUpTimeline
from followups.reporting.letter_figures import Tally
from letters.models import Incident
from sepo_incident.core import calendar

FIRST, DEADLINE, MONDAY = date(2020, 1, 7), date(2020, 1, 15), date(2020, 1, 13)


def followed_up(by_day, today=MONDAY):
    return FollowUpTimeline(FIRST, today, {}, followed_up=Counter(by_day))


def pace(today=MONDAY, **counted):
    """Return the sentence where every followed up letter was followed up on the first day."""
    numbers = Tally(counted)
    return progress_sentence(followed_up({FIRST: numbers["FOLLOWED_UP"]}, today=today), numbers, DEADLINE)


def panel(*, is_open=True, is_closed=False, may_confirm=False, **counted):
    return build_followed_up(7, Tally(counted), None, is_open=is_open, is_closed=is_closed, may_confirm=may_confirm)


# --- The plan -----------------------------------------------------------------------------------------------------


def plan_of_one_list(first, deadline, total):
    """Return the plan of letters that all came on the first day."""
    return progress.planned_by_day(FollowUpTimeline(first, first, {}), deadline, total)


def test_plan_falls_on_working_days_only():
    planned = [left for _, left in plan_of_one_list(FIRST, DEADLINE, 1600)]
    assert planned == [1600, 1334, 1067, 800, 800, 800, 534, 267, 0]


def test_plan_is_flat_over_christmas():
    planned = dict(plan_of_one_list(date(2026, 12, 14), date(2027, 1, 8), 150))
    assert [planned[date(2026, 12, day)] for day in range(23, 32)] == [80, 80, 80, 80, 80, 70, 60, 50, 50]
    assert [planned[date(2027, 1, day)] for day in range(1, 9)] == [50, 50, 50, 40, 30, 20, 10, 0]


def test_plan_without_working_days_is_due_on_the_deadline():
    friday, sunday = date(2020, 1, 10), date(2020, 1, 12)
    assert [left for _, left in plan_of_one_list(friday, sunday, 10)] == [10, 10, 0]
    assert plan_of_one_list(sunday, friday, 10) == [(sunday, 10)]


# --- Exactly on pace ----------------------------------------------------------------------------------------------


def steady_progress(first, deadline, total, a_day):
    """Yield (timeline, tally) at 8 and at 16 of each day, with a fixed number of letters per working day."""
    done = Counter()
    for n in range((deadline - first).days + 1):
        today = first + timedelta(days=n)
        for number in (0, a_day if calendar.is_working_day(today) else 0):
            done += Counter({today: number})
            counted = Tally(ALL=total, OPEN=total - done.total(), FOLLOWED_UP=done.total())
            yield FollowUpTimeline(first, today, {1: done.copy()}, followed_up=done.copy()), counted


STEADY = [
    (date(2026, 12, 7), date(2026, 12, 18), 100, 10),
    (date(2026, 12, 14), date(2027, 1, 8), 160, 10),  # over Christmas
    (date(2026, 12, 7), date(2026, 12, 18), 30, 3),
]


@pytest.mark.parametrize("steady", STEADY)
def test_exact_pace_gives_no_warning(steady):
    deadline = steady[1]
    for days, counted in steady_progress(*steady):
        assert not _is_warned(days, counted, deadline), days.today
        candidate = call_suggestions.CallCandidate(1, ["Jens Ågård"], "Svalevejens Skole", counted, 1, {})
        assert not any(call_suggestions.calls_by_kind([candidate], days, lambda units: {1: steady[1]}))


def test_one_letter_less_a_day_warns_from_the_second_morning():
    first, deadline = date(2026, 12, 7), date(2026, 12, 18)
    warned = {
        days.today for days, counted in steady_progress(first, deadline, 100, 9) if _is_warned(days, counted, deadline)
    }
    assert warned == {first + timedelta(days=n) for n in range(1, 12)}


def _is_warned(days, counted, deadline):
    said = progress_sentence(days, counted, deadline)
    return "er bagud" in said or "nås fristen ikke" in said


def test_rounded_rates_agree_with_the_verdict():
    """Rates are compared unrounded: 9.6 a day is too slow for 9.7 and sufficient for 9.5."""
    slow, enough = progress.DailyRate(9.6, 9.7), progress.DailyRate(9.6, 9.5)
    assert (slow.is_too_slow, slow.so_far_whole, slow.needed_whole) == (True, 9, 10)
    assert (enough.is_too_slow, enough.so_far_whole, enough.needed_whole) == (False, 10, 10)


# --- The sentence -------------------------------------------------------------------------------------------------


def test_sentence_says_how_far_behind():
    """On Monday morning the count is compared with the plan for Friday evening: 800."""
    assert pace(ALL=1600, FOLLOWED_UP=721) == (
        "I er bagud med 79 breve. I skal nå cirka 293 om dagen. Hidtil har I nået cirka 180 om dagen."
    )


def test_sentence_is_calm_on_the_first_day():
    assert pace(FIRST, ALL=20, FOLLOWED_UP=0) == "Opfølgningen er lige begyndt. I skal nå cirka 3 om dagen."


def test_sentence_warns_of_a_slow_pace():
    """On the second day the plan is low, but two letters a day are still too few."""
    assert pace(date(2020, 1, 8), ALL=20, FOLLOWED_UP=2) == (
        "Med det hidtidige tempo nås fristen ikke. I skal nå cirka 3 om dagen. Hidtil har I nået cirka 2 om dagen."
    )


def test_sentence_says_on_plan_and_a_decision_alone_is_not_on_plan():
    assert pace(ALL=1600, FOLLOWED_UP=1200).startswith("I følger planen. ")
    assert pace(ALL=1600, DONE=1600).startswith("I er bagud med 800 breve. ")


def test_the_deadline_is_the_end_of_its_day():
    assert pace(date(2020, 1, 15), ALL=10, FOLLOWED_UP=7).startswith("I er bagud med 1 brev. ")
    assert pace(date(2020, 1, 16), ALL=10, FOLLOWED_UP=7) == ""
    assert pace(date(2020, 1, 15), ALL=10, FOLLOWED_UP=10) == ""


# --- The panel ----------------------------------------------------------------------------------------------------


def test_panel_before_the_opening():
    said = panel(is_open=False, ALL=12, OPEN=12)
    assert (said.heading, said.turns) == ("Opfølgningen er ikke åbnet endnu", [])
    assert said.text.startswith("12 breve er på listen.")


def turns(shown):
    return {whose: {one.label: one.number for one in numbers} for whose, numbers in shown.turns}


def test_panel_divides_what_is_missing_by_whose_turn_it_is():
    counted = {"ALL": 29, "FOLLOWED_UP": 8, "LACKS_DECISION": 6, "DECIDED": 2, "TO_ANSWER": 1, "DONE": 12}
    said = panel(**counted)
    assert (said.heading, said.text) == ("Fulgt op 8 af 29", "21 breve mangler.")
    senders = {"mangler beslutning": 6, "skal sendes": 2, "mangler svar om konsekvenser": 1}
    assert turns(said) == {"Afsenderens tur": senders, "Lederens tur": {"venter på lederen": 12}}
    assert [one.fill for one in said.bar.segments] == ["s-done", "s-decide", "s-send", "s-answer", "s-leader"]
    mine = panel(**counted, MINE=10, OTHERS=2, ARRIVED=5, may_confirm=True)
    assert mine.text == "21 breve mangler. 5 er kommet frem."
    assert list(turns(mine).items()) == [
        ("Din tur", {"venter på din bekræftelse": 10}),
        ("Afsenderens tur", senders),
        ("Lederens tur", {"skal bekræftes af en anden": 2}),
    ]


# --- Later lists --------------------------------------------------------------------------------------------------


def test_letters_of_a_later_list_count_from_the_day_they_came():
    """800 letters on the first day, 200 more on Monday: neither the curve nor the plan has them before."""
    later = Counter({MONDAY: 200})
    timeline = FollowUpTimeline(FIRST, MONDAY, {}, later, followed_up=Counter({FIRST: 300}))
    curve = dict(progress.missing_by_day(timeline, timeline.followed_up, 1000, later))
    assert [curve[date(2020, 1, day)] for day in (7, 12, 13)] == [500, 500, 700]
    plan = dict(progress.planned_by_day(timeline, DEADLINE, 1000))
    assert [plan[date(2020, 1, day)] for day in (7, 12, 13, 14, 15)] == [800, 400, 467, 234, 0]


def test_who_only_counts_reads_the_name_of_the_unit_and_a_closed_incident_has_no_pace(cast, monday):
    services.open_followups(cast.incident)
    said = Board(cast.buf, cast.incident, cast.sofie).progress_sentence
    assert cast.buf.name in said
    assert " I " not in f" {said}"
    Incident.objects.filter(pk=cast.incident.pk).update(status=Incident.Status.CLOSED)
    closed = Board(cast.buf, Incident.objects.get(pk=cast.incident.pk), cast.sofie)
    assert closed.progress_sentence == ""
    assert closed.followed_up[:2] == (
        "Hændelsen er lukket",
        [("6 af 6 breve er ikke fulgt op", "NOT_FOLLOWED_UP"), (".", "")],
    )
