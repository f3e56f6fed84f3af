"""Progress of a board: the plan, the rate and the banner, in every situation."""

from collections import Counter
from datetime import date, timedelta

import pytest

from followups import services
from followups.boards import call_suggestions, progress
from followups.boards.banner import build_banner
from followups.boards.board import Board
from followups.boards.progress import DecisionTimeline
from followups.reporting.letter_figures import Tally
from letters.models import Incident
from sepo_incident.core import calendar

FIRST, DEADLINE, MONDAY = date(2020, 1, 7), date(2020, 1, 15), date(2020, 1, 13)


def banner(today=MONDAY, opened=True, **counted):
    """Return the banner where every decided letter was decided on the first day."""
    numbers = Tally(counted)
    whole = Counter({FIRST: numbers["ALL"] - numbers["OPEN"]})
    return build_banner(numbers, DecisionTimeline(FIRST, today, whole, {}) if opened else None, DEADLINE, today)


# --- The plan -----------------------------------------------------------------------------------------------------


def plan_of_one_list(first, deadline, total):
    """Return the plan of letters that all came on the first day."""
    return progress.planned_by_day(DecisionTimeline(first, first, Counter(), {}), deadline, total)


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
    """Yield (timeline, tally) at 8 and at 16 of each day, with a fixed number of decisions per working day."""
    decided = Counter()
    for n in range((deadline - first).days + 1):
        today = first + timedelta(days=n)
        for done in (0, a_day if calendar.is_working_day(today) else 0):
            decided += Counter({today: done})
            left = total - decided.total()
            yield DecisionTimeline(first, today, decided.copy(), {1: decided.copy()}), Tally(ALL=total, OPEN=left)


STEADY = [
    (date(2026, 12, 7), date(2026, 12, 18), 100, 10),
    (date(2026, 12, 14), date(2027, 1, 8), 160, 10),  # over Christmas
    (date(2026, 12, 7), date(2026, 12, 18), 30, 3),
]


@pytest.mark.parametrize("steady", STEADY)
def test_exact_pace_gives_no_warning(steady):
    deadline = steady[1]
    for days, counted in steady_progress(*steady):
        said = build_banner(counted, days, deadline, days.today)
        assert said.tone in ("info", "success"), (days.today, said)
        candidate = call_suggestions.CallCandidate(1, "Jens Ågård", "Svalevejens Skole", counted, 1, {})
        assert not any(call_suggestions.calls_by_kind([candidate], days, deadline))


def test_one_decision_less_a_day_warns_from_the_second_morning():
    first, deadline = date(2026, 12, 7), date(2026, 12, 18)
    warned = {
        days.today for days, counted in steady_progress(first, deadline, 100, 9) if _is_warned(days, counted, deadline)
    }
    assert warned == {first + timedelta(days=n) for n in range(1, 12)}


def _is_warned(days, counted, deadline):
    return build_banner(counted, days, deadline, days.today).tone == "warning"


def test_rounded_rates_agree_with_the_verdict():
    """Rates are compared unrounded: 9.6 a day is too slow for 9.7 and sufficient for 9.5."""
    slow, enough = progress.DecisionRate(9.6, 9.7), progress.DecisionRate(9.6, 9.5)
    assert (slow.is_too_slow, slow.so_far_whole, slow.needed_whole) == (True, 9, 10)
    assert (enough.is_too_slow, enough.so_far_whole, enough.needed_whole) == (False, 10, 10)


# --- The banner ---------------------------------------------------------------------------------------------------


def test_banner_says_how_far_behind():
    """On Monday morning the count is compared with the plan for Friday evening: 800."""
    said = banner(ALL=1600, OPEN=879, CONFIRMED=721)
    assert said.tone == "warning"
    assert said.heading == "Frist onsdag den 15. januar – om 2 dage. I er bagud med 79 breve"
    assert said.text == (
        "879 af 1.600 breve mangler en beslutning. I skal nå cirka 293 om dagen. Hidtil har I nået cirka 180 om dagen."
    )


def test_banner_is_calm_on_the_first_day():
    said = banner(FIRST, ALL=20, OPEN=20)
    assert (said.tone, said.heading.endswith("I er lige begyndt")) == ("info", True)
    assert "Hidtil" not in said.text


def test_banner_warns_of_a_slow_pace():
    """On the second day the plan is low, but two decisions a day are still too few."""
    said = banner(date(2020, 1, 8), ALL=20, OPEN=18, CONFIRMED=2)
    assert (said.tone, said.heading.endswith("I når ikke fristen i det tempo")) == ("warning", True)
    assert "nå cirka 3 om dagen" in said.text
    assert "Hidtil har I nået cirka 2 om dagen" in said.text


def test_banner_says_on_plan():
    said = banner(ALL=1600, OPEN=400, DECIDED=40, CONFIRMED=1160)
    assert (said.tone, said.heading) == ("info", "Frist onsdag den 15. januar – om 2 dage. I følger planen")
    assert said.text.startswith("400 af 1.600 breve mangler en beslutning. 40 er besluttet, men ikke sendt.")


@pytest.mark.parametrize(
    ("today", "heading"),
    [
        (date(2020, 1, 15), "Frist onsdag den 15. januar – i dag. I er bagud med 1 brev"),
        (date(2020, 1, 16), "Fristen var onsdag den 15. januar – i går. 3 breve mangler stadig en beslutning"),
    ],
)
def test_the_deadline_is_the_end_of_its_day(today, heading):
    assert banner(today, ALL=10, OPEN=3, CONFIRMED=7).heading == heading


def test_banner_before_the_opening():
    said = banner(opened=False, ALL=12, OPEN=12)
    assert said.heading == "Opfølgningen er ikke åbnet endnu"
    assert said.text.startswith("12 breve er på listen.")


def test_banner_with_unconfirmed_decisions():
    said = banner(ALL=20, DECIDED=3, DONE=2, CONFIRMED=15)
    assert said.heading == "Alle 20 breve har en beslutning"
    assert "3 er ikke sendt endnu og 2 venter på lederens bekræftelse" in said.text


# --- Later lists --------------------------------------------------------------------------------------------------


def test_letters_of_a_later_list_count_from_the_day_they_came():
    """800 letters on the first day, 200 more on Monday: neither the curve nor the plan has them before."""
    later = Counter({MONDAY: 200})
    timeline = DecisionTimeline(FIRST, MONDAY, Counter({FIRST: 300}), {}, later)
    curve = dict(progress.undecided_by_day(timeline, timeline.overall, 1000, later))
    assert [curve[date(2020, 1, day)] for day in (7, 12, 13)] == [500, 500, 700]
    plan = dict(progress.planned_by_day(timeline, DEADLINE, 1000))
    assert [plan[date(2020, 1, day)] for day in (7, 12, 13, 14, 15)] == [800, 400, 467, 234, 0]


def test_who_only_counts_reads_the_name_of_the_unit_and_a_closed_incident_has_no_pace(cast, monday):
    services.open_followups(cast.incident)
    shown = Board(cast.buf, cast.incident, cast.sofie).banner
    assert cast.buf.name in shown.heading + shown.text
    assert " I " not in f"{shown.heading} {shown.text}"
    Incident.objects.filter(pk=cast.incident.pk).update(status=Incident.Status.CLOSED)
    closed = Board(cast.buf, Incident.objects.get(pk=cast.incident.pk), cast.sofie).banner
    assert (closed.heading, closed.text) == ("Hændelsen er lukket", "6 af 6 breve mangler en beslutning.")
