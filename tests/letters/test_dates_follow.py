"""A list that corrects a date moves it on the follow-up, whoever forgets what; decisions stand."""

from datetime import date

import pytest
from django.conf import settings
from django.db import connections, transaction

from followups import services, tasks
from followups.models import FollowUp
from followups.models.answers import DecisionAnswers
from letters.models import Letter
from tests.letters.lists import csv, row, xlsx

pytestmark = pytest.mark.django_db
NOTHING_RULED = ("incidents", "categories", "days", "dates")
AGAIN = DecisionAnswers(remedy="RESEND", is_sent=True, deadline_missed=False, consequence_review="NONE")


def followup(number: int) -> FollowUp:
    return FollowUp.objects.get(letter__source_ref=f"B-{number}")


@pytest.fixture
def opened(cast, take_in):
    take_in(xlsx(*(row(number, Emne="Møde 10. januar") for number in (1, 2, 3)), row(4, Emne="Pjece")))
    services.open_followups(cast.incident)


def test_a_letter_knows_the_date_it_names(opened):
    assert [followup(number).due_on for number in (1, 4)] == [date(2020, 1, 10), None]
    assert Letter.objects.get(source_ref="B-1").named_on == date(2020, 1, 10)


@pytest.mark.parametrize(
    ("cells", "moved_to"),
    [
        ({"Emne": "Møde 12. januar"}, date(2020, 1, 12)),
        ({"Emne": "Møde"}, None),
        ({"Emne": "Møde 11-12", "Sendt": "12-12-2019 08:00"}, date(2020, 12, 11)),
        ({"Emne": "Møde 10. januar", "Leder": "Jens Aagaard"}, date(2020, 1, 10)),
    ],
)
def test_the_next_list_moves_it_without_anybody_pressing_a_button(opened, take_in, cells, moved_to):
    take_in(csv(row(1, **cells)))
    tasks.follow_the_lists()
    assert followup(1).due_on == moved_to
    assert followup(2).due_on == date(2020, 1, 10)


def test_opening_again_moves_it_too(cast, opened, take_in):
    take_in(csv(row(1, Emne="Møde 12. januar")))
    services.open_followups(cast.incident)
    assert followup(1).due_on == date(2020, 1, 12)


def test_what_somebody_decided_about_stays_as_they_saw_it(cast, opened, take_in):
    services.decide(followup(1).letter, AGAIN, cast.karen, version=0)
    before = FollowUp.objects.filter(pk=followup(1).pk).values().get()
    take_in(csv(row(1, Emne="Møde 12. januar")))
    tasks.follow_the_lists()
    assert FollowUp.objects.filter(pk=followup(1).pk).values().get() == before
    services.undo_decision(followup(1).letter, cast.karen, version=1)
    tasks.follow_the_lists()
    assert followup(1).due_on == date(2020, 1, 12), "undecided again, it follows again"


def test_the_clock_asks_every_minute():
    entries = [one for one in settings.CELERY_BEAT_SCHEDULE.values() if one["task"] == tasks.follow_the_lists.name]
    assert [one["schedule"] for one in entries] == [60]


def test_three_queries_however_many_letters(opened, take_in, django_assert_num_queries):
    take_in(csv(*(row(number, Emne="Møde 12. januar") for number in (1, 2, 3))))
    with django_assert_num_queries(3):
        assert services.update_due_dates() == 3
    assert services.update_due_dates() == 0


@pytest.mark.django_db(transaction=True)
def test_a_letter_somebody_is_deciding_about_waits_until_next_time(opened, take_in):
    """Neither is held up, and two who lock many letters cannot lock each other."""
    take_in(csv(*(row(number, Emne="Møde 12. januar") for number in (1, 2))))
    other = connections.create_connection("default")
    try:
        with transaction.atomic():
            FollowUp.objects.select_for_update().get(pk=followup(1).pk)
            with other.cursor() as cursor:
                cursor.execute("SET statement_timeout = '5s'")
                cursor.execute(services.letter_facts._UPDATE_DUE_DATES_SQL, {name: [] for name in NOTHING_RULED})
                assert cursor.rowcount == 1
    finally:
        other.close()
    assert services.update_due_dates() == 1
