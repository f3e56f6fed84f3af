"""*Opkald i dag* and *Udvikling*: stalled groups, slow groups and missing leaders."""

from collections import Counter
from datetime import date, timedelta

import pytest
from django.urls import reverse

from followups import services
from followups.boards import call_suggestions, progress
from followups.boards.board import Board
from followups.boards.call_suggestions import calls_by_kind, first_of_each_kind_first, suggest_calls
from followups.boards.progress import FollowUpTimeline
from followups.models import FollowUp
from followups.reporting.letter_figures import Tally, missing_letters
from letters.models import DeadlineExtension, Letter
from sepo_incident.accounts import users
from sepo_incident.accounts.models import Membership, User
from tests.factories import FollowUpFactory, LetterFactory, MembershipFactory, UnitFactory, UserFactory, at
from tests.followups.decision_answers import RESENT
from tests.followups.many_letters import create_many_letters

TUESDAY, DEADLINE, MONDAY = date(2020, 1, 7), date(2020, 1, 15), date(2020, 1, 13)


def january(day):
    return date(2020, 1, day)


def follow_up_timeline(today=MONDAY, **decided):
    """Build a timeline. `s8=[(9, 3)]`: group 8 decided three letters on the 9th, and all were confirmed."""
    groups = {int(name[1:]): Counter({january(day): n for day, n in pairs}) for name, pairs in decided.items()}
    whole = sum(groups.values(), Counter())
    return FollowUpTimeline(TUESDAY, today, groups, followed_up=whole, followed_up_groups=groups)


def candidate(group, open_letters, total=None, **figures):
    counts = Tally({"OPEN": open_letters, "ALL": total or open_letters, **figures})
    return call_suggestions.CallCandidate(group, [f"Leder {group}"], f"Enhed {group}", counts, group, {})


def call_texts(candidates, days_so_far, extended=None):
    """`extended`: {group: deadline} of the groups with another deadline than DEADLINE."""
    deadlines = dict.fromkeys((one.unit_id for one in candidates), DEADLINE) | (extended or {})
    return [
        (call.badge.label, call.name, call.linked + call.text)
        for call in first_of_each_kind_first(calls_by_kind(candidates, days_so_far, lambda units: deadlines))
    ]


# --- Who stands still ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "last", "is_still"),
    [
        (9, None, False),  # Thursday: only Wednesday was silent
        (10, None, True),  # Friday: Wednesday and Thursday
        (13, 9, False),  # Monday: only Friday was silent, and the weekend does not count
        (14, 9, True),  # Tuesday: Friday and Monday
        (12, 8, True),  # a Sunday
    ],
)
def test_two_silent_working_days_are_a_stall(today, last, is_still):
    decided = [(last, 1)] if last else []
    assert follow_up_timeline(january(today), s1=decided).has_stalled(1) is is_still


def test_largest_stalled_group_is_named_with_passed_dates():
    still = [candidate(1, 5), candidate(2, 88, total=90, PASSED=9), candidate(3, 200, total=900)]
    assert call_texts(still, follow_up_timeline(january(14), s2=[(8, 2)], s3=[(14, 700)]))[0] == (
        "Ingen beslutning siden onsdag den 8. januar",
        "Leder 2",
        "88 breve mangler, og 9 har en dato, der er passeret.",
    )


def test_stall_without_decisions_counts_from_the_opening():
    assert call_texts([candidate(1, 1, PASSED=1)], follow_up_timeline())[0][::2] == (
        "Ingen beslutning siden åbningen tirsdag den 7. januar",
        "1 brev mangler, og datoen er passeret.",
    )


def test_group_waiting_for_answers_is_not_called():
    assert call_texts([candidate(1, 3, HELP=3)], follow_up_timeline()) == []


def test_no_calls_before_and_on_the_first_day():
    assert call_texts([candidate(1, 200)], follow_up_timeline(TUESDAY)) == []
    assert call_texts([candidate(1, 200)], None) == []


# --- Who will not make it -----------------------------------------------------------------------------------------


def test_slow_pace_is_a_call():
    assert call_texts([candidate(1, 112, total=142)], follow_up_timeline(s1=[(13, 30)])) == [
        (
            "Bagud i forhold til fristen",
            "Leder 1",
            "112 breve mangler. Fristen kræver cirka 38 om dagen. Hidtil er det cirka 6.",
        )
    ]


def test_sufficient_pace_is_no_call():
    assert call_texts([candidate(1, 12, total=42)], follow_up_timeline(s1=[(13, 30)])) == []
    assert call_texts([candidate(1, 3, total=4)], follow_up_timeline(s1=[(13, 1)])) == []


def test_group_with_most_open_letters_is_called_after_the_deadline():
    moving = [candidate(1, 4, total=9), candidate(2, 31, total=99)]
    assert call_texts(moving, follow_up_timeline(january(16), s1=[(16, 5)], s2=[(16, 68)])) == [
        ("Over fristen", "Leder 2", "31 breve mangler. Fristen var onsdag den 15. januar."),
        ("Over fristen", "Leder 1", "4 breve mangler. Fristen var onsdag den 15. januar."),
    ]


def test_leader_with_an_extended_deadline_is_not_late_for_the_earlier_one():
    moving = [candidate(1, 4, total=9), candidate(2, 3, total=9)]
    days = follow_up_timeline(january(16), s1=[(16, 5)], s2=[(16, 6)])
    assert [name for _, name, _ in call_texts(moving, days, {1: january(24)})] == ["Leder 2"]


# --- The small curve ----------------------------------------------------------------------------------------------


def test_trend_counts_from_the_last_working_day():
    """Friday's decisions belong to Friday; decisions of the weekend and of Monday are counted."""
    trend = progress.group_trend(follow_up_timeline(s1=[(10, 4), (11, 1), (13, 5)]), 1, Tally(ALL=20, OPEN=10))
    assert (trend.words, trend.is_still) == ("−6 siden fredag", False)
    assert len(trend.points.split()) == 7


@pytest.mark.parametrize(("decided", "since"), [([(11, 4)], "11. januar"), ([], "7. januar")])
def test_stalled_group_is_marked_in_the_table(decided, since):
    """The trend counts from the latest decision; decisions on a weekend count."""
    course_so_far, counts = follow_up_timeline(january(15), s1=decided), Tally(ALL=20, OPEN=16)
    trend = progress.group_trend(course_so_far, 1, counts)
    assert (trend.words, trend.is_still) == (f"0 siden {since}", True)
    assert call_texts([candidate(1, 16, total=20)], course_so_far)[0][0].startswith("Ingen beslutning siden ")


def test_group_waiting_for_support_has_not_stalled():
    quiet = follow_up_timeline(january(15), s1=[(9, 4)])
    assert not progress.group_trend(quiet, 1, Tally(ALL=20)).is_still
    assert not progress.group_trend(quiet, 1, Tally(ALL=20, OPEN=2, HELP=2)).is_still


# --- On the page --------------------------------------------------------------------------------------------------


@pytest.fixture
def opened(cast, monday):
    FollowUp.objects.update(opened_at=at(2020, 1, 7, 12, 30))
    return cast


SINCE_OPENING = "Ingen beslutning siden åbningen tirsdag den 7. januar"


def call_cards(unit, stage, reader):
    return [
        (call.badge.label, call.name, call.unit_name)
        for call in suggest_calls(Board(unit, stage.incident, reader)).shown
    ]


def test_coordinator_is_told_to_call_the_leader(opened):
    jens, torben = ("Jens Ågård", "Svalevejens Skole"), ("Torben Kjær", "Lærkeparkens Skole")
    assert call_cards(opened.buf, opened, opened.birgitte) == [(SINCE_OPENING, *jens), (SINCE_OPENING, *torben)]
    services.decide(opened.plain, RESENT, opened.karen, 0)
    assert call_cards(opened.buf, opened, opened.birgitte)[0] == (SINCE_OPENING, *torben)


def test_card_has_a_phone_number_to_call(opened, as_user):
    User.objects.filter(pk=opened.jens.pk).update(phone="7080 1234")
    page = as_user(opened.birgitte).get(reverse("board", args=[opened.buf.pk])).text
    chip = '<span class="chip is-late">' + SINCE_OPENING + "</span>"
    whom = '<span class="sr-only">Ring til Jens Ågård, </span>'
    link = f'<a class="nowrap" href="tel:+4570801234">{whom}7080 1234</a>'
    assert f'Jens Ågård</strong> {chip}<span class="sub">{link}</span>' in page
    assert f'Torben Kjær</strong> {chip}<span class="sub">Intet telefonnummer</span>' in page


def test_page_shows_three_calls_and_folds_the_rest(opened, as_user):
    for number in range(6):
        unit = UnitFactory(name=f"Skole {number}", parent=opened.area)
        leader = UserFactory(name=f"Leder {number}", unit=unit)
        MembershipFactory(user=leader, unit=unit, role=Membership.Role.LEADER)
        FollowUpFactory(letter=LetterFactory(incident=opened.incident, unit=unit, leader=leader))
    FollowUp.objects.update(opened_at=at(2020, 1, 7, 12, 30))
    calls = suggest_calls(Board(opened.buf, opened.incident, opened.birgitte))
    assert (len(calls.shown), len(calls.more)) == (3, 5)
    assert "Vis flere (5)" in as_user(opened.birgitte).get(reverse("board", args=[opened.buf.pk])).text


def test_leader_is_told_to_call_employees_but_not_herself(opened):
    assert call_cards(opened.svalevej, opened, opened.jens) == [
        (SINCE_OPENING, "Karen Bülow Møller", "Svalevejens Skole")
    ]
    Letter.objects.filter(sender=opened.karen).update(sender=opened.jens)
    assert call_cards(opened.svalevej, opened, opened.jens) == []


def test_the_substitute_is_called_for_an_absent_employee(opened, as_user, monday):
    mads = UserFactory(name="Mads Lyng", phone="7080 4321", unit=opened.svalevej)
    users.register_absence(opened.karen, mads, MONDAY, MONDAY, by=opened.karen)
    [call] = suggest_calls(Board(opened.svalevej, opened.incident, opened.jens)).shown
    assert call.name == "Karen Bülow Møller"
    assert call.unit_name == "Svalevejens Skole. Væk til og med 13. januar 2020: Mads Lyng svarer"
    assert (
        'Mads Lyng: <a class="nowrap" href="tel:+4570804321">'
        in as_user(opened.jens).get(reverse("board", args=[opened.svalevej.pk])).text
    )


def test_letter_without_a_leader_is_a_call_from_the_first_day(opened, monday, as_user):
    monday.move_to(at(2020, 1, 7, 13, 0))
    assert call_cards(opened.root, opened, opened.mette) == [("Breve uden leder", "Borgercenter Øst", "")]
    assert f"{reverse('unassigned')}?mangler=leder" in as_user(opened.mette).get(f"/enhed/{opened.root.pk}/").text
    (call,) = suggest_calls(Board(opened.borgercenter, opened.incident, opened.ulla)).shown
    assert call.linked + call.text == "1 åbent brev har ingen leder."
    listed = as_user(opened.ulla).get(call.url.removesuffix("#breve"))
    assert list(listed.context["page_obj"]) == [opened.ullas]


def test_call_of_a_unit_names_its_extended_deadline(opened, monday):
    monday.move_to(at(2020, 1, 16, 9, 0))
    services.decide(opened.plain, RESENT, opened.karen, 0)
    monday.move_to(at(2020, 1, 17, 9, 0))
    assert ("Over fristen", "Jens Ågård", "Svalevejens Skole") in call_cards(opened.buf, opened, opened.birgitte)
    later = {"deadline": date(2020, 1, 24), "reason": "Skolen er lukket.", "by": opened.birgitte}
    DeadlineExtension.objects.create(incident=opened.incident, unit=opened.svalevej, **later)
    calls = call_cards(opened.buf, opened, opened.birgitte)
    assert "Jens Ågård" not in [name for badge, name, _ in calls if badge == "Over fristen"]


def test_two_leaders_are_named_together(opened):
    other = UserFactory(name="Åse Winther", unit=opened.svalevej)
    MembershipFactory(user=other, unit=opened.svalevej, role=Membership.Role.LEADER)
    assert call_cards(opened.buf, opened, opened.birgitte)[0][1] == "Jens Ågård og Åse Winther"


def test_first_day_has_no_trend_column(opened, as_user, monday):
    monday.move_to(at(2020, 1, 7, 13, 0))
    page = as_user(opened.birgitte).get(reverse("board", args=[opened.area.pk])).text
    assert "Udvikling" not in page
    assert "Opkald i dag" not in page


def test_curve_starts_at_the_first_opening(opened):
    FollowUp.objects.filter(letter=opened.plain).update(opened_at=at(2020, 1, 10, 12, 30))
    assert Board(opened.buf, opened.incident, opened.birgitte).curve.first == TUESDAY


def test_curve_ends_at_the_number_of_the_panel(opened):
    create_many_letters(opened.incident, opened.area, units=3, letters=200)
    shown = Board(opened.buf, opened.incident, opened.birgitte)
    assert shown.curve.days[-1].remaining == missing_letters(shown.counts)
    assert [day.day for day in shown.curve.days] == [TUESDAY + timedelta(days=n) for n in range(7)]
    for row in shown.units:
        last = float(row.trend.points.split(",")[-1])
        assert last == pytest.approx(2 + 20 * (1 - _missing(row) / row.numbers["ALL"].value), abs=0.06)


def _missing(row):
    return row.numbers["ALL"].value - row.numbers["FOLLOWED_UP"].value
