"""Absences: the days in force, the substitute at the end of a chain, and the constraints in the database."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from sepo_incident.accounts.models import Absence, User
from sepo_incident.accounts.roles import prefetch_roles
from tests.absence import FIRST, LAST, create_absence, reload_user
from tests.factories import at

DAY = timedelta(days=1)
TODAY = date(2020, 1, 13)
FOR_GOOD = None


def substitutes_of(cast, *names: str, on: date = TODAY):
    """Return {name: (name of the substitute, last day of the substitution)} for the absent people among `names`."""
    people = {getattr(cast, name).pk: name for name in vars(cast) if name in {*names, "karen", "jens", "anne", "olga"}}
    found = Absence.objects.stand_ins(on, [getattr(cast, name).pk for name in names])
    return {people[person]: (people.get(one.user), one.until) for person, one in found.items()}


def represented_people(cast, user, on: date = TODAY):
    return set(represented_people_with_reporter(user, on))


def represented_people_with_reporter(user, on: date = TODAY):
    return Absence.objects.roles_and_substitutions_of(user.pk, on)[1]


@pytest.mark.parametrize(
    ("day", "is_away"), [(FIRST - DAY, False), (FIRST, True), (LAST, True), (LAST + DAY, False)], ids=str
)
def test_absence_includes_first_and_last_day(cast, day, is_away):
    create_absence(cast.karen, cast.anne)
    assert represented_people(cast, cast.anne, day) == ({cast.karen.pk} if is_away else set())
    assert substitutes_of(cast, "karen", on=day) == ({"karen": ("anne", LAST)} if is_away else {})
    assert Absence.objects.in_force(day).exists() is is_away


def test_taken_back_absence_ends_and_stays_on_record(cast):
    one = create_absence(cast.karen, cast.anne, last=FOR_GOOD)
    assert represented_people(cast, cast.anne, date(2030, 1, 1)) == {cast.karen.pk}
    Absence.objects.filter(pk=one.pk).update(taken_back_at=timezone.now(), taken_back_by=cast.karen)
    assert represented_people(cast, cast.anne) == set()
    assert substitutes_of(cast, "karen") == {}
    create_absence(cast.karen, cast.olga)  # the days are free again
    assert Absence.objects.count() == 2


def test_substitute_chain_ends_with_the_first_present_person(cast):
    create_absence(cast.karen, cast.jens)
    create_absence(cast.jens, cast.anne, last=date(2020, 1, 15))
    assert substitutes_of(cast, "karen", "jens") == {
        "karen": ("anne", date(2020, 1, 15)),  # until Jens is back
        "jens": ("anne", date(2020, 1, 15)),
    }
    assert represented_people(cast, cast.anne) == {cast.karen.pk, cast.jens.pk}
    assert represented_people(cast, cast.jens) == set()  # away himself
    later = date(2020, 1, 16)
    assert substitutes_of(cast, "karen", on=later) == {"karen": ("jens", LAST)}
    assert represented_people(cast, cast.jens, later) == {cast.karen.pk}
    assert represented_people(cast, cast.anne, later) == set()


def test_prefetched_roles_equal_roles_fetched_singly(cast, monday):
    create_absence(cast.karen, cast.jens)
    create_absence(cast.jens, cast.anne)
    create_absence(cast.olga, cast.birgitte)
    everybody = list(User.objects.all())
    prefetch_roles(everybody)
    for user in everybody:
        held, alone = user.roles_and_substitutions, reload_user(user).roles_and_substitutions
        assert (sorted(held[0]), held[1]) == (sorted(alone[0]), alone[1]), user


def test_circular_substitute_chain_has_no_substitute(cast):
    create_absence(cast.karen, cast.jens)
    create_absence(cast.jens, cast.anne)
    create_absence(cast.anne, cast.jens)
    assert substitutes_of(cast, "karen", "jens", "anne") == dict.fromkeys(("karen", "jens", "anne"), (None, None))
    assert [represented_people(cast, user) for user in (cast.karen, cast.jens, cast.anne)] == [set(), set(), set()]


@pytest.mark.parametrize(
    "gone", [{"left_on": FIRST}, {"is_active": False}, {"unreachable_since": at(2020, 1, 10), "unreachable_why": "550"}]
)
def test_unavailable_substitute_leaves_no_substitute(cast, gone):
    create_absence(cast.karen, cast.anne)
    type(cast.anne).objects.filter(pk=cast.anne.pk).update(**gone)
    assert substitutes_of(cast, "karen") == {"karen": (None, None)}


def test_substitutes_of_all_absent_people_take_one_query(cast, django_assert_num_queries):
    create_absence(cast.karen, cast.anne)
    create_absence(cast.jens, cast.olga)
    with django_assert_num_queries(1):
        found = Absence.objects.stand_ins(TODAY)
    assert {person: one.user for person, one in found.items()} == {
        cast.karen.pk: cast.anne.pk,
        cast.jens.pk: cast.olga.pk,
    }


def test_substitution_names_the_person_who_reported_it(cast):
    create_absence(cast.karen, cast.olga, by=cast.jens)
    create_absence(cast.olga, cast.anne, by=cast.jens)
    assert represented_people_with_reporter(cast.anne) == {cast.karen.pk: cast.jens.pk, cast.olga.pk: cast.jens.pk}
    Absence.objects.filter(person=cast.olga).update(taken_back_at=timezone.now(), taken_back_by=cast.olga)
    create_absence(cast.olga, cast.anne)  # by herself
    assert represented_people_with_reporter(cast.anne) == {cast.karen.pk: None, cast.olga.pk: cast.olga.pk}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"substitute": "karen"}, "Man kan ikke være sin egen stedfortræder. Vælg en anden."),
        ({"last_day": FIRST - DAY}, "Sidste dag ligger før første dag."),
        ({"taken_back_at": at(2020, 1, 13)}, "Skriv, hvem der annullerede fraværet."),
    ],
)
def test_database_refuses_inconsistent_absence(cast, change, message):
    fields = {
        "person": cast.karen,
        "substitute": cast.anne,
        "first_day": FIRST,
        "last_day": LAST,
        "registered_by": cast.karen,
    }
    one = Absence(**fields | {name: getattr(cast, str(value), value) for name, value in change.items()})
    with pytest.raises(ValidationError, match=message):
        one.validate_constraints()
    with pytest.raises(IntegrityError), transaction.atomic():
        one.save()


@pytest.mark.parametrize(
    ("first", "last", "overlaps"),
    [
        (LAST, LAST, True),
        (FIRST - DAY, FOR_GOOD, True),
        (LAST + DAY, FOR_GOOD, False),
    ],
)
def test_overlapping_absences_are_refused(cast, first, last, overlaps):
    create_absence(cast.karen, cast.anne)
    create_absence(cast.jens, cast.anne)  # two absences with the same substitute
    fields = {"person": cast.karen, "substitute": cast.olga, "registered_by": cast.karen}
    again = Absence(first_day=first, last_day=last, **fields)
    if not overlaps:
        again.validate_constraints()
        again.save()
        return
    with pytest.raises(ValidationError, match="Der er allerede et fravær i de dage"):
        again.validate_constraints()
    with pytest.raises(IntegrityError), transaction.atomic():
        again.save()


def test_absence_is_immutable_except_taking_back(cast):
    one = Absence.objects.filter(pk=create_absence(cast.karen, cast.anne).pk)
    for change in ({"last_day": None}, {"substitute": cast.olga}, {"registered_by": cast.jens}):
        with pytest.raises(DatabaseError), transaction.atomic():
            one.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        one.delete()
    one.update(taken_back_at=timezone.now(), taken_back_by=cast.karen)
    with pytest.raises(DatabaseError), transaction.atomic():
        one.update(taken_back_at=None, taken_back_by=None)
