"""Due dates: every kind of rule with its edge dates, how letters get the date, and who sees the date."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from followups import services
from followups.boards.board import Board
from followups.models import Decision, FollowUp
from followups.my_letters import worklist
from followups.rules import due_dates, letter_state
from followups.services import state_machine
from letters.categories import category_rules
from letters.models import CategoryRule, Letter
from sepo_incident.core import calendar
from tests.factories import FollowUpFactory, IncidentFactory, LetterFactory, at
from tests.followups.decision_answers import RESENT
from tests.followups.responses import letter_text

FOUR_WEEKS, PARATHED = (rule for rule in category_rules.DEFAULT_RULES if rule.get("clock") in ("PERIOD", "FIXED"))


def rule(clock: str, length: int | None = None, unit: str = "", days: tuple[str, ...] = ()) -> CategoryRule:
    return CategoryRule(clock=clock, length=length, length_unit=unit, fixed_days=list(days))


def working_days(count: int) -> CategoryRule:
    return rule("HEARING", count, "WORKING_DAY")


MEETING, HEARING = rule("MEETING"), rule("HEARING")
SICK, UPV = CategoryRule(**FOUR_WEEKS), CategoryRule(**PARATHED)
LEAP = rule("FIXED", days=("02-28",))


@pytest.mark.parametrize(
    ("clock", "sent_on", "runs_out"),
    [
        # only a date in the subject counts
        (MEETING, date(2019, 12, 18), None),
        # four weeks, across the turn of the year and ending on a Sunday
        (SICK, date(2019, 12, 9), date(2020, 1, 6)),
        (SICK, date(2019, 12, 15), date(2020, 1, 12)),
        (rule("PERIOD", 14, "DAY"), date(2020, 2, 16), date(2020, 3, 1)),  # a leap year
        # the next fixed date, including the day itself, and on to the next year
        (UPV, date(2019, 12, 1), date(2019, 12, 1)),
        (UPV, date(2019, 12, 2), date(2020, 1, 10)),
        (UPV, date(2020, 3, 2), date(2020, 12, 1)),
        (LEAP, date(2020, 2, 29), date(2021, 2, 28)),
        # Christmas 2019: 24, 25, 26 and 31 December and 1 January are no working days
        (working_days(1), date(2019, 12, 23), date(2019, 12, 27)),
        (working_days(3), date(2019, 12, 23), date(2020, 1, 2)),
        (working_days(10), date(2019, 12, 18), date(2020, 1, 8)),
        # Easter 2020: Maundy Thursday 9 April to Easter Monday 13 April
        (working_days(1), date(2020, 4, 8), date(2020, 4, 14)),
        # store bededag: Friday 8 May 2020 was one, Friday 16 May 2025 would have been
        (working_days(1), date(2020, 5, 7), date(2020, 5, 11)),
        (working_days(1), date(2025, 5, 15), date(2025, 5, 16)),
        # 5 June is a closing day, and Ascension Day a Thursday
        (working_days(1), date(2020, 6, 4), date(2020, 6, 8)),
        (working_days(1), date(2020, 5, 20), date(2020, 5, 22)),
    ],
)
def test_each_rule_kind_at_its_edges(clock, sent_on, runs_out):
    assert due_dates.due_date_by_rule(clock, sent_on) == runs_out


def test_add_working_days_agrees_with_working_days_between():
    start = date(2019, 12, 20)
    for count in range(1, 30):
        last = calendar.add_working_days(start, count)
        assert calendar.is_working_day(last)
        assert calendar.working_days_between(start, last) == count + calendar.is_working_day(start)


# --- The letters get it -------------------------------------------------------------------------------------------


def letter_in_category(cast, category: str, **fields) -> Letter:
    """Create a letter of Karen's in the category, with a follow-up."""
    letter = LetterFactory(incident=cast.incident, sender=cast.karen, leader=cast.jens, category=category, **fields)
    FollowUpFactory(letter=letter)
    return letter


def due_on(letter: Letter) -> date | None:
    return FollowUp.objects.get(letter=letter).due_on


def test_rule_dates_letters_without_a_date_in_the_subject(cast):
    plain = letter_in_category(cast, "Uddannelsesparathed", subject="UPV, 8. klasse")
    named = letter_in_category(cast, "Uddannelsesparathed", subject="UPV, samtale 20. januar")
    late = letter_in_category(cast, "Sygefraværssamtaler", sent_at=at(2019, 12, 10, 0, 30))  # still the 9th in UTC
    meeting, other = letter_in_category(cast, "Møder", subject="Møde"), letter_in_category(cast, "Pjecer")
    FollowUp.objects.filter(letter=named).update(due_on=None)
    assert services.update_due_dates() == 3
    assert list(map(due_on, (plain, named, late, meeting, other))) == [
        date(2020, 1, 10),
        date(2020, 1, 20),
        date(2020, 1, 7),
        None,
        None,
    ]
    assert services.update_due_dates() == 0


def test_due_date_follows_rule_category_and_incident(cast):
    letter = letter_in_category(cast, "Pjecer", sent_at=at(2019, 12, 20, 9, 0))
    decided = letter_in_category(cast, "Pjecer")
    elsewhere = LetterFactory(incident=IncidentFactory(slug="anden"), category="Pjecer", sent_at=letter.sent_at)
    FollowUpFactory(letter=elsewhere)
    services.decide(decided, RESENT, cast.karen, version=0)
    rules = cast.incident.category_rules.filter(name="Pjecer")
    rules.update(clock="HEARING", length=2, length_unit="WORKING_DAY")
    cast.incident.category_rules.create(position=99, name="Pjecer", words="x", clock="FIXED", fixed_days=["05-05"])
    assert services.update_due_dates() == 1
    assert due_on(letter) == date(2019, 12, 27), "the first rule of the name decides"
    assert (due_on(decided), due_on(elsewhere)) == (None, None)
    Letter.objects.filter(pk=letter.pk).update(category="Kvitteringer")
    services.update_due_dates()
    assert due_on(letter) is None
    Letter.objects.filter(pk=letter.pk).update(category="Pjecer")
    rules.exclude(position=99).update(clock="", length=None, length_unit="")
    services.update_due_dates()
    assert due_on(letter) == date(2020, 5, 5)


def test_queries_do_not_grow(cast, django_assert_num_queries):
    for day in range(9, 20):
        letter_in_category(cast, "Uddannelsesparathed", sent_at=at(2019, 12, day, 9, 0))
        letter_in_category(cast, "Sygefraværssamtaler", sent_at=at(2019, 12, day, 9, 0))
    with django_assert_num_queries(3):
        assert services.update_due_dates() == 22


# --- What people see ----------------------------------------------------------------------------------------------


def test_due_date_itself_is_not_late(cast, as_user, monday):
    for letter, day in ((cast.passed, 12), (cast.soon, 13), (cast.plain, 14)):
        FollowUp.objects.filter(letter=letter).update(due_on=date(2020, 1, day))
    mine = worklist.build_worklist(cast.karen, cast.incident, calendar.today())
    assert (mine.overdue, mine.due_soon) == ([cast.passed], [cast.soon, cast.plain])
    assert Board(cast.svalevej, cast.incident, cast.jens).counts["PASSED"] == 1
    board = as_user(cast.jens).get(reverse("board", args=[cast.svalevej.pk]))
    assert [letter.pk for letter in board.context["page_obj"]][:3] == [cast.passed.pk, cast.soon.pk, cast.plain.pk]
    for page in (board, as_user(cast.karen).get(reverse("my_letters"))):
        for said in ("Passeret 12. januar", "Dato i dag", "Dato i morgen"):
            assert page.text.count(said) == 1
    monday.move_to(at(2020, 1, 14, 0, 0))
    assert Board(cast.svalevej, cast.incident, cast.jens).counts["PASSED"] == 2
    assert "Passeret 12. januar" in as_user(cast.karen).get(reverse("my_letters")).text


@pytest.fixture
def sick_and_parathed(cast, monday):
    """Karen's letter about a sygefraværssamtale (a personnel case) and one about uddannelsesparathed, with dates."""
    Letter.objects.filter(pk=cast.personnel.pk).update(category="Sygefraværssamtaler")
    Letter.objects.filter(pk=cast.plain.pk).update(category="Uddannelsesparathed")
    services.update_due_dates()
    return cast


def test_letter_page_explains_the_due_date(sick_and_parathed, as_user):
    cast = sick_and_parathed
    shown = letter_text(as_user(cast.karen), cast.personnel)
    assert "Datoen følger af emneområdet Sygefraværssamtaler: 4 uger efter afsendelsen." in shown
    assert "Sygedagpengelovens § 7 a: Samtalen skal holdes senest fire uger efter første sygedag." in shown
    assert "Passeret 10. januar" in shown
    assert "den næste af datoerne 10. januar, 1. marts og 1. december." in letter_text(as_user(cast.karen), cast.plain)
    assert "Datoen er dagen i emnet." in letter_text(as_user(cast.karen), cast.passed)
    services.decide(cast.plain, RESENT, cast.karen, version=0)
    cast.incident.category_rules.filter(name="Uddannelsesparathed").update(fixed_days=["02-02"])
    services.update_due_dates()
    assert "Siden er emnet eller reglen ændret." in letter_text(as_user(cast.karen), cast.plain)


def test_due_date_reveals_nothing_about_a_personnel_case(sick_and_parathed, as_user):
    """A reader who knows the rules, as KIT does, could infer the category from the date."""
    cast = sick_and_parathed
    told = ("10. januar", "Datoen følger af", "Brevets dato", "fire uger", "4 uger")
    for person in (cast.birgitte, cast.mette, cast.pia):
        shown = letter_text(as_user(person), cast.personnel)
        assert [words for words in told if words in shown] == []
        dated = as_user(person).get(reverse("board", args=[cast.svalevej.pk]), {"deadline": "1"})
        assert cast.personnel not in dated.context["page_obj"]
    assert Board(cast.svalevej, cast.incident, cast.birgitte).counts["PASSED"] == 2
    assert Board(cast.svalevej, cast.incident, cast.jens).counts["PASSED"] == 3
    board = as_user(cast.jens).get(reverse("board", args=[cast.svalevej.pk]), {"deadline": "1"})
    assert {cast.personnel, cast.plain} < set(board.context["page_obj"]), "those with a date have a deadline"


# --- A new deadline is proposed -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("new_days", "sent_on", "passed_on", "today", "new", "why"),
    [
        # as many working days as before: 19, 20, 23, 27 and 30 December, 2, 3 and 6 January
        (None, (2019, 12, 18), date(2020, 1, 6), date(2020, 1, 13), date(2020, 1, 23), "otte arbejdsdage"),
        (None, (2019, 12, 18), date(2019, 12, 18), date(2020, 1, 13), date(2020, 1, 14), "én arbejdsdag efter i dag"),
        (10, (2019, 12, 18), date(2020, 1, 6), date(2020, 1, 13), date(2020, 1, 27), "som emneområdet Høringer giver"),
    ],
)
def test_proposed_deadline_counts_working_days(new_days, sent_on, passed_on, today, new, why):
    letter = Letter(sent_at=at(*sent_on, 9, 0))
    clock = CategoryRule(name="Høringer", clock="HEARING", new_days=new_days)
    proposal = due_dates.propose_new_deadline(clock, letter, passed_on, today)
    assert proposal.new_deadline == new
    assert why in proposal.why


def test_new_deadline_is_proposed_after_a_passed_date(cast, as_user, monday):
    said = "Forslag: torsdag den 23. januar 2020, otte arbejdsdage efter i dag, lige så længe som modtageren havde før."
    shown = as_user(cast.karen).get(reverse("letter", args=[cast.passed.pk]))
    assert said in shown.text
    assert not shown.context["form"]["new_deadline"].value(), "it is the person who writes it"
    assert "Forslag:" not in letter_text(as_user(cast.karen), cast.soon)
    Letter.objects.filter(pk=cast.passed.pk).update(category="Høringer")
    cast.incident.category_rules.filter(name="Høringer").update(new_days=15)
    said = "mandag den 3. februar 2020, 15 arbejdsdage efter i dag, som emneområdet Høringer giver."
    assert said in letter_text(as_user(cast.karen), cast.passed)


# --- A person sets it ---------------------------------------------------------------------------------------------

THE_20TH = {"due_on_day": "20", "due_on_month": "1", "due_on_year": "2020"}


def post_due_date(as_user, person, letter, **said):
    said = (THE_20TH if "tilbage" not in said else {}) | {"version": 0} | said
    return as_user(person).post(reverse("set_due_date", args=[letter.pk]), said, follow=True)


def test_manual_date_overrides_subject_rules_and_lists(sick_and_parathed, as_user):
    cast = sick_and_parathed
    for letter in (cast.passed, cast.plain, cast.untitled):  # a date in the subject, a date by rule, no date
        assert "Brevets dato er gemt." in post_due_date(as_user, cast.karen, letter).text
        Letter.objects.filter(pk=letter.pk).update(named_on=date(2020, 2, 2), category="Sygefraværssamtaler")
    assert services.update_due_dates() == 0
    for letter in (cast.passed, cast.plain, cast.untitled):
        assert due_on(letter) == date(2020, 1, 20)
    shown = letter_text(as_user(cast.jens), cast.passed)
    assert "Karen Bülow Møller har sat datoen." in shown
    assert "Karen Bülow Møller satte brevets dato til 20. januar 2020. Før: 6. januar 2020." in shown
    assert "Du satte brevets dato til 20. januar 2020. Før: ingen." in letter_text(as_user(cast.karen), cast.untitled)
    line = Decision.objects.get(followup__letter=cast.passed)
    assert (line.answers, line.before["due_on"]) == ({"due_on": "2020-01-20", "is_set": True}, "2020-01-06")
    assert (line.version, line.on_behalf_of) == (1, None)


def test_manual_date_can_be_reset_after_the_decision(sick_and_parathed, as_user):
    cast = sick_and_parathed
    post_due_date(as_user, cast.jens, cast.plain)
    services.decide(cast.plain, RESENT, cast.karen, version=1)
    shown = post_due_date(as_user, cast.karen, cast.plain, version=2, tilbage="1").text
    assert "Den automatiske dato gælder igen." in shown
    assert "Du valgte den automatiske dato igen: 10. januar 2020. Før: 20. januar 2020." in shown
    assert due_on(cast.plain) == date(2020, 1, 10)
    services.confirm_letter(cast.plain, cast.jens, version=3)
    assert state_machine.REFUSALS["CONFIRMED"] in post_due_date(as_user, cast.karen, cast.plain, version=4).text
    assert "Gem datoen" not in letter_text(as_user(cast.karen), cast.plain)


def test_invalid_date_is_refused_and_second_change_conflicts(cast, as_user, monday):
    wrong = post_due_date(as_user, cast.karen, cast.plain, due_on_month="13")
    assert wrong.status_code == 422
    assert "Måneden skal være et tal fra 1 til 12." in wrong.text
    assert "Gem og vis næste brev" in wrong.text, "the decision is still asked for"
    assert "Er årstallet rigtigt?" in post_due_date(as_user, cast.karen, cast.plain, due_on_year="2200").text
    nothing = dict.fromkeys(THE_20TH, "")
    assert "Skriv en dato." in post_due_date(as_user, cast.karen, cast.plain, **nothing).text
    post_due_date(as_user, cast.jens, cast.plain)
    late = post_due_date(as_user, cast.karen, cast.plain, due_on_day="21")
    assert "Brevet er ændret, mens du læste." in late.text
    assert due_on(cast.plain) == date(2020, 1, 20)


def test_setting_a_date_needs_the_right_to_decide(sick_and_parathed, as_user):
    cast = sick_and_parathed
    post_due_date(as_user, cast.karen, cast.personnel)
    for person, status in ((cast.birgitte, 403), (cast.mette, 403), (cast.anne, 404)):
        assert post_due_date(as_user, person, cast.personnel, version=1).status_code == status
    shown = letter_text(as_user(cast.birgitte), cast.personnel)
    assert "Karen Bülow Møller rettede en dato." in shown
    assert "20. januar" not in shown
    with pytest.raises(services.NotPossible, match="Kun afsenderen og lederen"):
        services.set_due_date(cast.personnel, date(2020, 1, 21), cast.mette, version=1)
    assert due_on(cast.personnel) == date(2020, 1, 20)


def test_database_refuses_an_author_without_a_date(cast):
    with pytest.raises(IntegrityError), transaction.atomic():
        FollowUp.objects.filter(letter=cast.untitled).update(due_by=cast.karen)


def test_passed_due_date_is_one_rule_for_a_letter_and_for_a_query(cast):
    today = date(2020, 1, 8)
    without_followup = LetterFactory(incident=cast.incident)
    for due_on in (None, date(2020, 1, 7), today, date(2020, 1, 9)):
        FollowUpFactory(letter__incident=cast.incident, due_on=due_on)
    letters = Letter.objects.filter(pk__gte=without_followup.pk)
    passed = [letter for letter in letters if due_dates.passed_due_date(letter, today)]
    assert [letter.followup.due_on for letter in passed] == [date(2020, 1, 7)]
    assert list(letters.filter(letter_state.has_passed_due_date(today))) == passed
    assert set(letters.filter(~letter_state.has_passed_due_date(today))) == set(letters) - set(passed)
    assert letters.count() == 5
