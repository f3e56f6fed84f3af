"""Who is away, who answers instead, on which days, and what the database refuses."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from sepo_incident.accounts.models import Absence, User
from sepo_incident.accounts.roles import prefetch_roles
from tests.absence import FIRST, LAST, away, fresh
from tests.factories import at

DAY = timedelta(days=1)
TODAY = date(2020, 1, 13)
FOR_GOOD = None


def answering(cast, *names: str, on: date = TODAY):
    """{name: (who answers for them, until when)}"""
    people = {getattr(cast, name).pk: name for name in vars(cast) if name in {*names, "karen", "jens", "anne", "olga"}}
    found = Absence.objects.stand_ins(on, [getattr(cast, name).pk for name in names])
    return {people[person]: (people.get(one.user), one.until) for person, one in found.items()}


def stood_in_for(cast, user, on: date = TODAY):
    return set(words(user, on))


def words(user, on: date = TODAY):
    return Absence.objects.roles_and_substitutions_of(user.pk, on)[1]


@pytest.mark.parametrize(
    ("day", "is_away"), [(FIRST - DAY, False), (FIRST, True), (LAST, True), (LAST + DAY, False)], ids=str
)
def test_both_ends_count(cast, day, is_away):
    away(cast.karen, cast.anne)
    assert stood_in_for(cast, cast.anne, day) == ({cast.karen.pk} if is_away else set())
    assert answering(cast, "karen", on=day) == ({"karen": ("anne", LAST)} if is_away else {})
    assert Absence.objects.in_force(day).exists() is is_away


def test_days_are_those_of_copenhagen(cast, monday):
    """In Greenwich it is still the day before."""
    away(cast.karen, cast.anne)
    monday.move_to(at(2020, 1, 10, 0, 30))
    assert fresh(cast.anne).own_and_represented_ids == [cast.anne.pk, cast.karen.pk]
    monday.move_to(at(2020, 1, 9, 23, 59))
    assert fresh(cast.anne).own_and_represented_ids == [cast.anne.pk]
    monday.move_to(at(2020, 1, 20, 23, 59))
    assert fresh(cast.anne).own_and_represented_ids == [cast.anne.pk, cast.karen.pk]
    monday.move_to(at(2020, 1, 21, 0, 0))
    assert fresh(cast.anne).own_and_represented_ids == [cast.anne.pk]


def test_what_is_taken_back_is_over_and_stays_on_record(cast):
    one = away(cast.karen, cast.anne, last=FOR_GOOD)
    assert stood_in_for(cast, cast.anne, date(2030, 1, 1)) == {cast.karen.pk}
    Absence.objects.filter(pk=one.pk).update(taken_back_at=timezone.now(), taken_back_by=cast.karen)
    assert stood_in_for(cast, cast.anne) == set()
    assert answering(cast, "karen") == {}
    away(cast.karen, cast.olga)  # the days are free again
    assert Absence.objects.count() == 2


def test_the_chain_is_followed_to_who_is_here(cast):
    away(cast.karen, cast.jens)
    away(cast.jens, cast.anne, last=date(2020, 1, 15))
    assert answering(cast, "karen", "jens") == {
        "karen": ("anne", date(2020, 1, 15)),  # until Jens is back
        "jens": ("anne", date(2020, 1, 15)),
    }
    assert stood_in_for(cast, cast.anne) == {cast.karen.pk, cast.jens.pk}
    assert stood_in_for(cast, cast.jens) == set()  # away himself
    later = date(2020, 1, 16)
    assert answering(cast, "karen", on=later) == {"karen": ("jens", LAST)}
    assert stood_in_for(cast, cast.jens, later) == {cast.karen.pk}
    assert stood_in_for(cast, cast.anne, later) == set()


def test_read_beforehand_is_what_each_would_read(cast, monday):
    away(cast.karen, cast.jens)
    away(cast.jens, cast.anne)
    away(cast.olga, cast.birgitte)
    everybody = list(User.objects.all())
    prefetch_roles(everybody)
    for user in everybody:
        held, alone = user.held, fresh(user).held
        assert (sorted(held[0]), held[1]) == (sorted(alone[0]), alone[1]), user


def test_a_chain_that_comes_back_ends_with_nobody(cast):
    away(cast.karen, cast.jens)
    away(cast.jens, cast.anne)
    away(cast.anne, cast.jens)
    assert answering(cast, "karen", "jens", "anne") == dict.fromkeys(("karen", "jens", "anne"), (None, None))
    assert [stood_in_for(cast, user) for user in (cast.karen, cast.jens, cast.anne)] == [set(), set(), set()]


@pytest.mark.parametrize(
    "gone", [{"left_on": FIRST}, {"is_active": False}, {"unreachable_since": at(2020, 1, 10), "unreachable_why": "550"}]
)
def test_nobody_answers_where_it_ends_with_one_who_cannot(cast, gone):
    away(cast.karen, cast.anne)
    type(cast.anne).objects.filter(pk=cast.anne.pk).update(**gone)
    assert answering(cast, "karen") == {"karen": (None, None)}


def test_all_that_are_away_in_one_query(cast, django_assert_num_queries):
    away(cast.karen, cast.anne)
    away(cast.jens, cast.olga)
    with django_assert_num_queries(1):
        found = Absence.objects.stand_ins(TODAY)
    assert {person: one.user for person, one in found.items()} == {
        cast.karen.pk: cast.anne.pk,
        cast.jens.pk: cast.olga.pk,
    }


def test_whoever_named_each_link_is_told_where_it_is_one(cast):
    away(cast.karen, cast.olga, by=cast.jens)
    away(cast.olga, cast.anne, by=cast.jens)
    assert words(cast.anne) == {
        cast.karen.pk: cast.jens.pk,
        cast.olga.pk: cast.jens.pk,
    }
    Absence.objects.filter(person=cast.olga).update(taken_back_at=timezone.now(), taken_back_by=cast.olga)
    away(cast.olga, cast.anne)  # by herself
    assert words(cast.anne) == {cast.karen.pk: None, cast.olga.pk: cast.olga.pk}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"substitute": "karen"}, "Man kan ikke være sin egen stedfortræder. Vælg en anden."),
        ({"last_day": FIRST - DAY}, "Sidste dag ligger før første dag."),
        ({"taken_back_at": at(2020, 1, 13)}, "Det skal fremgå, hvem der tog fraværet tilbage."),
    ],
)
def test_the_database_refuses(cast, change, told):
    said = {"person": cast.karen, "substitute": cast.anne, "first_day": FIRST, "last_day": LAST, "said_by": cast.karen}
    one = Absence(**said | {name: getattr(cast, str(value), value) for name, value in change.items()})
    with pytest.raises(ValidationError, match=told):
        one.validate_constraints()
    with pytest.raises(IntegrityError), transaction.atomic():
        one.save()


@pytest.mark.parametrize(
    ("first", "last", "overlaps"),
    [
        (LAST, LAST, True),
        (FIRST - DAY, FIRST, True),
        (FIRST - DAY, FOR_GOOD, True),
        (LAST + DAY, FOR_GOOD, False),
        (FIRST - DAY, FIRST - DAY, False),
    ],
)
def test_nobody_is_away_twice_on_a_day(cast, first, last, overlaps):
    away(cast.karen, cast.anne)
    away(cast.jens, cast.anne)  # somebody else is, with the same substitute
    said = {"person": cast.karen, "substitute": cast.olga, "said_by": cast.karen}
    again = Absence(first_day=first, last_day=last, **said)
    if not overlaps:
        again.validate_constraints()
        again.save()
        return
    with pytest.raises(ValidationError, match="Der er allerede et fravær i de dage"):
        again.validate_constraints()
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save()


def test_what_was_said_stays_as_it_was_said(cast):
    one = Absence.objects.filter(pk=away(cast.karen, cast.anne).pk)
    for change in ({"last_day": None}, {"substitute": cast.olga}, {"said_by": cast.jens}):
        with pytest.raises(DatabaseError), transaction.atomic():
            one.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        one.delete()
    one.update(taken_back_at=timezone.now(), taken_back_by=cast.karen)
    with pytest.raises(DatabaseError), transaction.atomic():
        one.update(taken_back_at=None, taken_back_by=None)


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (LAST, "fra 10. januar 2020 til og med 20. januar 2020"),
        (FOR_GOOD, "fra 10. januar 2020 og indtil videre"),
    ],
)
def test_the_days_are_said(cast, last, said):
    assert away(cast.karen, cast.anne, last=last).days == said
